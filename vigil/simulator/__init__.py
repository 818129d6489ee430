"""The simulator as a program: scenarios become clips with their truth, or live cameras. A composition root.

What a hall and its cameras do is in vigil/sim, which knows of no clip and no network. `job` and `render` are for programs that
need clips, such as benchmarks; `live` serves; `commands` is the command line and loads the others only when they are needed.
"""
