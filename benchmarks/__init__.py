"""What vigil costs and how right it is, measured. Each is `python -m benchmarks.NAME`; see docs/design/benchmarks.md."""

from typing import Final

NAMES: Final = ("accuracy", "node", "recording", "uplink_faults", "centre")
"""All of them, in the order in which `make bench` runs them."""
