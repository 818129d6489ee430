"""What a provider opened for one connection: found again by later requests, admitted once, given back once."""

from __future__ import annotations

import asyncio

from vigil.forward.rtsp.service import Service
from vigil.forward.rtsp.source import Ask, Opened, Refusal, Source


class Demand:
    """At most one stream, kept from DESCRIBE to the session's end."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ask: Ask | None = None
        self._opened: Opened | None = None
        self._admitted = False

    async def find(self, ask: Ask, *, in_use: bool) -> Source:
        """The stream that was opened already, or a new one in place of one that nobody plays. Raises Refusal."""
        if self._opened is not None and ask == self._ask:
            return self._opened.source
        if self._service.provider is None:
            raise Refusal(404, "no such stream")
        if in_use:
            raise Refusal(455, "another stream is open on this connection")
        await self.close()
        try:
            async with asyncio.timeout(self._service.limits.open_s):
                self._opened = await self._service.provider.open(ask)
        except TimeoutError as error:
            raise Refusal(503, f"not opened within {self._service.limits.open_s:g} s") from error
        self._ask = ask
        return self._opened.source

    async def admit(self) -> None:
        """Before the first picture. Nothing to ask for a stream that was mounted. Raises Refusal."""
        if self._opened is not None and not self._admitted:
            await self._opened.admit()
            self._admitted = True

    async def close(self) -> None:
        opened, self._opened, self._ask, self._admitted = self._opened, None, None, False
        if opened is not None:
            await opened.close()
