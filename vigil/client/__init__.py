"""A client of the centre's API for programs: `from vigil.client import Client`. It needs nothing of the centre's own code."""

from vigil.client.client import Client
from vigil.client.events import ServerEvent
from vigil.errors import BytesDiffer, CallError, CallRefused

__all__ = ["BytesDiffer", "CallError", "CallRefused", "Client", "ServerEvent"]
