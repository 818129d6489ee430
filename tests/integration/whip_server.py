"""A WHIP server (RFC 9725) with an end of its own: aiortc, which decodes what it is sent. Sign-in by a bearer token.

    python whip_server.py PORT TOKEN

Prints a line when it listens, one for each picture (its number), `left` at a DELETE.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from tests.media import number_in

MOST = 64 * 1024


def say(what: object) -> None:
    print(what, flush=True)  # noqa: T201


async def show(track: MediaStreamTrack) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        say(number_in(np.asarray(frame.to_ndarray(format="gray"), np.uint8)))


class Server:
    def __init__(self, token: str) -> None:
        self._token = token
        self._peers: list[RTCPeerConnection] = []
        self._shown: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        status, text = HTTPStatus.OK, ""
        if fields.get("authorization", "") != f"bearer {self._token}".lower():
            status = HTTPStatus.UNAUTHORIZED
        elif head.startswith("DELETE"):
            say("left")
        else:
            status, text = HTTPStatus.CREATED, await self._answer(body.decode())
        data = f"HTTP/1.1 {status} {status.phrase}\r\nLocation: /session/1\r\nContent-Type: application/sdp\r\n"
        writer.write(f"{data}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode())
        await writer.drain()
        writer.close()

    async def _answer(self, offer: str) -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)
        peer.on("track", lambda track: self._shown.append(asyncio.ensure_future(show(track))))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)


async def main() -> None:
    port, token = int(sys.argv[1]), sys.argv[2]
    server = await asyncio.start_server(Server(token).serve, "127.0.0.1", port)
    say("ready")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
