"""What people run today for the same questions, so that figures have something to stand beside.

`plain` counts boxes of vigil's own detector, as a script does that somebody writes in an afternoon. `ultralytics_queue` is
region counting as Ultralytics' solutions have it, on every frame. Both come down to `counts`, and `naive` turns these into
statements that `vigil eval` can measure.
"""
