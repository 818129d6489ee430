"""A stream published to an RTMP server: handshake, connect, publish (Adobe's RTMP specification 1.0, sections 5 and 7)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final

from vigil.forward.push import amf, flv
from vigil.forward.push.chunks import USUAL_CHUNK, ChunkReader, Kind, Message, chunked
from vigil.forward.push.target import Deadlines, Target
from vigil.forward.push.wire import Wire
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, Packet, StreamParameters

_HANDSHAKE: Final = 1536
_CHUNK: Final = 64 * 1024
"""Ours. A chunk's header costs a byte, and nothing else goes between the chunks of a picture."""
_CONTROL, _COMMANDS, _DATA, _VIDEO = 2, 3, 4, 6
"""Channels."""
_CONNECT, _CREATE, _PUBLISH = 1, 4, 5
"""Transactions."""
_PING, _PONG = 6, 7
"""User control events (7.1.7)."""


class RtmpOutlet:
    """An Outlet. A server that hangs is noticed when its kernel takes no more: RTMP has no question that all answer."""

    def __init__(
        self, target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event
    ) -> None:
        self._target = target
        self._codec = parameters.codec
        self._until_mono = time.monotonic() + deadlines.open_s
        self._reader = ChunkReader()
        self._chunk = USUAL_CHUNK
        self._stream = 0
        self._heard = self._acknowledged = 0
        """Bytes of the server's."""
        self._window = 0
        self._sets: tuple[bytes, ...] = ()
        self._begin_90k: int | None = None
        self._last_ms = -1
        self._unread: list[Message] = []
        self._wire = Wire(
            target.host,
            target.port,
            tls=target.tls,
            until_mono=self._until_mono,
            stall_s=deadlines.stall_s,
            stopped=stopped,
        )
        with ExitStack() as undo:
            undo.callback(self.close)
            self._shake_hands()
            self._publish(parameters)
            undo.pop_all()

    def send(self, packet: Packet) -> None:
        if packet.key:
            self._send_header(packet)
        if self._begin_90k is None:
            self._begin_90k = packet.dts_90k
        # Whole milliseconds may fall together; servers want them to rise.
        time_ms = max((packet.dts_90k - self._begin_90k) * 1000 // CLOCK_RATE, self._last_ms + 1)
        self._last_ms = time_ms
        self._send(Kind.VIDEO, flv.picture(self._codec, packet), _VIDEO, time_ms)
        self.idle()

    def idle(self) -> None:
        for message in self._messages(self._wire.arrived()):
            self._hear(message)

    def close(self) -> None:
        if self._stream:
            leave = amf.encode("deleteStream", 6, None, self._stream)
            self._wire.say(chunked(Kind.COMMAND, leave, channel=_COMMANDS, stream=0, time_ms=0, chunk_size=self._chunk))
        self._wire.close()

    def _send_header(self, packet: Packet) -> None:
        """Before the first picture, and where parameter sets other than the SPS changed within the stream."""
        sets = nal.parameter_sets(self._codec, nal.split(packet.data))
        if sets == self._sets:
            return
        try:
            body = flv.header(self._codec, sets)
        except ValueError as error:
            raise self._target.error(f"the camera's parameter sets cannot be told: {error}") from error
        self._send(Kind.VIDEO, body, _VIDEO, max(0, self._last_ms))
        self._sets = sets

    def _shake_hands(self) -> None:
        ours = bytes(8) + os.urandom(_HANDSHAKE - 8)
        self._wire.send(b"\x03" + ours)
        heard = bytearray()
        while len(heard) < 1 + _HANDSHAKE:
            heard += self._wire.receive(self._until_mono)
        if heard[0] != 3:
            raise self._target.error("this is no RTMP server")
        self._wire.send(bytes(heard[1 : 1 + _HANDSHAKE]))
        while len(heard) < 1 + 2 * _HANDSHAKE:
            heard += self._wire.receive(self._until_mono)
        self._unread += self._messages(bytes(heard[1 + 2 * _HANDSHAKE :]))

    def _publish(self, parameters: StreamParameters) -> None:
        app, key = self._app_and_key()
        self._send(Kind.CHUNK_SIZE, _CHUNK.to_bytes(4, "big"), _CONTROL)
        self._chunk = _CHUNK
        who: dict[str, amf.Value] = {
            "app": app,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; vigil)",
            "tcUrl": f"{self._target.name}/{app}",
        }
        if self._codec is Codec.H265:
            who["fourCcList"] = ["hvc1"]
        self._command("connect", _CONNECT, who)
        self._await(lambda name, values: name == "_result" and values[0] == _CONNECT)
        self._command("releaseStream", 2, None, key)
        self._command("FCPublish", 3, None, key)
        self._command("createStream", _CREATE, None)
        created = self._await(lambda name, values: name == "_result" and values[0] == _CREATE)
        if len(created) < 3 or not isinstance(created[2], float):
            raise self._target.error("createStream: an answer without a stream")
        self._stream = int(created[2])
        self._command("publish", _PUBLISH, None, key, "live")
        self._await(lambda name, values: name == "onStatus" and _code(values) == "NetStream.Publish.Start")
        size = {"width": float(parameters.width), "height": float(parameters.height)}
        told: dict[str, amf.Value] = {**size, "videocodecid": flv.CODEC_ID[self._codec], "encoder": "vigil"}
        self._send(Kind.DATA, amf.encode("@setDataFrame", "onMetaData", told), _DATA)

    def _app_and_key(self) -> tuple[str, str]:
        path = self._target.path.strip("/")
        if self._target.stream_key is not None:
            return path, self._target.stream_key
        app, _, key = path.rpartition("/")
        return app, key

    def _command(self, name: str, transaction: float, *values: amf.Value) -> None:
        self._send(Kind.COMMAND, amf.encode(name, transaction, *values), _COMMANDS)

    def _send(self, kind: Kind, body: bytes, channel: int, time_ms: int = 0) -> None:
        stream = self._stream if channel != _CONTROL else 0
        data = chunked(kind, body, channel=channel, stream=stream, time_ms=time_ms, chunk_size=self._chunk)
        self._wire.send(data)

    def _await(self, wanted: Callable[[str, list[amf.Value]], bool]) -> list[amf.Value]:
        """The values behind the name of the first command that is `wanted`. Raises ForwardError where the server refuses."""
        while True:
            while self._unread:
                command = self._hear(self._unread.pop(0))
                if command is not None and wanted(*command):
                    return command[1]
            self._unread += self._messages(self._wire.receive(self._until_mono))

    def _hear(self, message: Message) -> tuple[str, list[amf.Value]] | None:
        """Does what the message asks for. A command is returned."""
        body = message.body
        if message.kind == Kind.WINDOW and len(body) >= 4:
            self._window = int.from_bytes(body[:4], "big")
        elif message.kind == Kind.USER_CONTROL and body[:2] == _PING.to_bytes(2, "big"):
            self._send(Kind.USER_CONTROL, _PONG.to_bytes(2, "big") + body[2:6], _CONTROL)
        elif message.kind == Kind.COMMAND:
            return self._understood(body)
        if self._window and self._heard - self._acknowledged > self._window:
            self._acknowledged = self._heard
            self._send(Kind.ACKNOWLEDGEMENT, (self._heard & 0xFFFFFFFF).to_bytes(4, "big"), _CONTROL)
        return None

    def _understood(self, body: bytes) -> tuple[str, list[amf.Value]] | None:
        try:
            name, *values = amf.decode(body)
        except ValueError as error:
            raise self._target.error(f"no RTMP: {error}") from None
        if not isinstance(name, str) or not values:
            return None
        # Servers refuse by `_error`, by a status of level error, or by `close`; releaseStream and FCPublish many do not know.
        status = _status(values)
        refused = name == "close" or (name == "onStatus" and status.get("level") == "error")
        if refused or (name == "_error" and values[0] in (_CONNECT, _CREATE, _PUBLISH)):
            raise self._target.error(f"refused: {self._target.hidden(str(status.get('code', name)))}")
        return name, values

    def _messages(self, data: bytes) -> list[Message]:
        self._heard += len(data)
        try:
            return list(self._reader.feed(data))
        except ValueError as error:
            raise self._target.error(f"no RTMP: {error}") from None


def _status(values: list[amf.Value]) -> Mapping[str, amf.Value]:
    """The object in which a server says how it stands, {} where there is none."""
    return next((one for one in values if isinstance(one, Mapping) and "code" in one), {})


def _code(values: list[amf.Value]) -> amf.Value:
    return _status(values).get("code")
