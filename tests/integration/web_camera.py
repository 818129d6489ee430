"""HTTP servers that stand for cameras and recorders: a folder, with what goes wrong on demand. And live playlists by ffmpeg."""

from __future__ import annotations

import base64
import http.server
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "viewer", "s3cret/w@rd"


class WebCamera:
    """Serves a folder on loopback. `start` after `stop` takes the same port again.

    `asks_for_login`: 401 without the right account. `stalls_after`: bytes of a body after which nothing more comes, while the
    connection stays open. `live_s`: bodies take so long and have no announced length, as of a stream that never ends.
    `moved_to`: each request is sent there.
    """

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        self.folder = folder
        self.port = 0
        self.asks_for_login = False
        self.live_s: float | None = None
        self.stalls_after: int | None = None
        self.moved_to: str | None = None
        self.asked: list[tuple[str, str | None]] = []
        """Path and Authorization of each request."""
        self._certificate = certificate
        self._server: _Server | None = None

    def start(self) -> None:
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """As if it died: those who listen are hung up on."""
        if self._server is not None:
            self._server.ended.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, name: str) -> str:
        return f"{'http' if self._certificate is None else 'https'}://127.0.0.1:{self.port}/{name}"


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, camera: WebCamera) -> None:
        self.camera = camera
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", camera.port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up is no news, nor is one that does not believe a certificate."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        camera = self.server.camera
        camera.asked.append((self.path, self.headers.get("Authorization")))
        account = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if camera.moved_to is not None:
            self._answer(302, "Location", camera.moved_to)
        elif camera.asks_for_login and self.headers.get("Authorization") != f"Basic {account}":
            self._answer(401, "WWW-Authenticate", 'Basic realm="camera"')
        else:
            try:
                body = (camera.folder / self.path.lstrip("/")).read_bytes()
            except OSError:
                self._answer(404, "Content-Type", "text/plain")
            else:
                self._give(body)

    def _answer(self, status: int, header: str, value: str) -> None:
        self.send_response(status)
        self.send_header(header, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _give(self, body: bytes) -> None:
        camera = self.server.camera
        self.send_response(200)
        if camera.live_s is None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        stop = len(body) if camera.stalls_after is None else camera.stalls_after
        step = 1024 if camera.live_s is not None else len(body)
        for at in range(0, stop, step):
            self.wfile.write(body[at : min(at + step, stop)])
            if camera.live_s is not None and self.server.ended.wait(camera.live_s * step / len(body)):
                return
        if stop < len(body):
            self.server.ended.wait(60)


@contextmanager
def live_playlist(folder: Path, clip: Path, kind: str, *, seconds: float = 1.0) -> Iterator[Path]:
    """A clip over and over as a live stream in pieces (`mpegts`, `fmp4`), of which the old ones go. Yields the playlist."""
    playlist = folder / "live.m3u8"
    command = ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy"]
    command += ["-f", "hls", "-hls_time", str(seconds), "-hls_list_size", "4", "-hls_segment_type", kind]
    command += ["-hls_flags", "delete_segments+temp_file", str(playlist)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not (playlist.exists() and playlist.read_text().count("#EXTINF") >= 2):
            assert process.poll() is None, "ffmpeg ended; its words are above"
            assert time.monotonic() < deadline, "no playlist"
            time.sleep(0.05)
        yield playlist
    finally:
        process.terminate()
        process.wait(10)
