"""vigil: branch-hall video into the centre's operations platform, and what it says about windows and queues."""

__version__ = "0.1.0"
