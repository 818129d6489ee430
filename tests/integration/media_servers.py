"""Media servers that are not ours, to push to: GStreamer's RTSP server, FFmpeg as an RTMP server, and one that does nothing."""

from __future__ import annotations

import asyncio
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vigil.forward.push.target import Target
from vigil.model import nal
from vigil.model.ids import CameraId
from vigil.model.media import Codec, StreamKind
from vigil.model.site import Transport

CAMERA = CameraId("hall-counter")
USER, PASSWORD = "publisher", "s3cret/word"
MOUNTS = {Codec.H264: "h264", Codec.H265: "h265"}
PYTHON = "/usr/bin/python3"
MISSING = (
    "GStreamer's RTSP server did not start; its words are above. As root: apt-get install --yes python3-gi "
    "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "
    "gstreamer1.0-plugins-ugly"
)
READY_S = 30
_STEP = 16 * 1024
RECEIVER = """
import sys, av
source = av.open(sys.argv[1], options={"listen": "1"})
print(source.streams.video[0].codec_context.name, flush=True)
sink = av.open(sys.argv[2], "w")
stream = sink.add_stream_from_template(source.streams.video[0])
try:
    for packet in source.demux(video=0):
        if packet.dts is not None:
            packet.stream = stream
            sink.mux(packet)
except OSError:  # whoever published has hung up
    pass
sink.close()
"""


@dataclass(slots=True)
class Process:
    """A server's process. `start` after `kill` takes the same port again."""

    port: int = 0
    running: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str]) -> None:
        self.running = subprocess.Popen(command, stdout=subprocess.PIPE)

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            if self.running.stdout is not None:
                self.running.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        assert self.running is not None
        self.running.send_signal(number)


@dataclass(slots=True)
class GstRecorder(Process):
    """Writes what it is sent, as Annex B, to `folder`."""

    folder: Path = field(default_factory=Path)

    def start(self) -> None:
        script = str(Path(__file__).with_name("gst_recorder.py"))
        mounts = [f"/{name}={self.file(codec)}" for codec, name in MOUNTS.items()]
        try:
            self.run([PYTHON, script, "--port", str(self.port), "--user", USER, "--password", PASSWORD, *mounts])
        except FileNotFoundError:
            pytest.fail(MISSING)
        assert self.running is not None
        assert self.running.stdout is not None
        ready, _, _ = select.select([self.running.stdout], [], [], READY_S)
        line = self.running.stdout.readline() if ready else b""
        if not line:
            self.kill()
            pytest.fail(MISSING)
        self.port = int(line)

    def file(self, codec: Codec) -> Path:
        return self.folder / f"came.{MOUNTS[codec]}"

    def pictures(self, codec: Codec) -> list[bytes]:
        """The slices that came since the last connection began; each picture of these tests is one."""
        path = self.file(codec)
        units = nal.split(path.read_bytes()) if path.exists() else []
        return [unit for unit in units if nal.is_slice(codec, unit)]

    def target(self, codec: Codec, transport: Transport = Transport.TCP, password: str = PASSWORD) -> Target:
        url = f"rtsp://127.0.0.1:{self.port}/{MOUNTS[codec]}"
        return Target(CAMERA, StreamKind.MAIN, url, transport, USER, password)


@dataclass(slots=True)
class RtmpListener(Process):
    """FFmpeg takes one publisher and writes what it sends to `path`."""

    path: Path = field(default_factory=Path)

    def start(self, codec: Codec) -> None:
        self.port = self.port or free_port()
        url = f"rtmp://127.0.0.1:{self.port}/live/hall"
        if codec is Codec.H264:
            self.run(["ffmpeg", "-v", "error", "-y", "-listen", "1", "-i", url, "-c", "copy", str(self.path)])
        else:  # Debian's FFmpeg is older than H.265 in FLV; that of PyAV is not
            self.run([sys.executable, "-c", RECEIVER, url, str(self.path)])
        self._until_it_listens()

    def _until_it_listens(self) -> None:
        """Without connecting: it takes one connection only."""
        until_mono = time.monotonic() + READY_S
        place = f"{0x0100007F:08X}:{self.port:04X}"
        while not any(
            line.split()[1] == place and line.split()[3] == "0A"
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        ):
            assert time.monotonic() < until_mono, "FFmpeg does not listen"
            time.sleep(0.05)

    def target(self) -> Target:
        return Target(CAMERA, StreamKind.MAIN, f"rtmp://127.0.0.1:{self.port}/live", stream_key="hall")


class Front:
    """What stands before a media server: a reverse proxy with TLS, or a line that passes on `bytes_s` and no more."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None, bytes_s: float | None = None) -> None:
        self._target = port
        self._step_s = None if bytes_s is None else _STEP / bytes_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        listening = socket.socket()
        if bytes_s is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STEP)
        listening.bind(("127.0.0.1", 0))
        self.port = int(listening.getsockname()[1])
        self._do(asyncio.start_server(self._pass_on, sock=listening, ssl=tls, limit=_STEP))

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(5)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._copy(reader, outer, self._step_s), self._copy(inner, writer, None))

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, step_s: float | None) -> None:
        with suppress(ConnectionError):
            while data := await source.read(_STEP):
                sink.write(data)
                await sink.drain()
                if step_s is not None:
                    await asyncio.sleep(step_s * len(data) / _STEP)
        sink.close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Of 127.0.0.1, made by a test, so that nobody trusts it: its file, and what a server needs of it."""
    path, key = folder / "front.crt", folder / "front.key"
    made = ["-x509", "-nodes", "-days", "2", "-subj", "/CN=front", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command = ["openssl", "req", *made, *curve, "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return path, context


class Silent:
    """Takes connections and says nothing, lesson 3."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()

    def target(self, scheme: str) -> Target:
        place = f"127.0.0.1:{self._socket.getsockname()[1]}"
        return Target(CAMERA, StreamKind.MAIN, f"{scheme}://{place}/live/hall")

    def close(self) -> None:
        self._socket.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
