"""Clients of the centre's API for programs: `from vigil.client import Client`, or `AsyncClient` for who awaits.

They need nothing of the centre's own code.
"""

from vigil.client.async_client import AsyncClient
from vigil.client.client import Client
from vigil.client.events import ServerEvent
from vigil.errors import BytesDiffer, CallError, CallRefused

__all__ = ["AsyncClient", "BytesDiffer", "CallError", "CallRefused", "Client", "ServerEvent"]
