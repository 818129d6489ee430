"""Records cameras until it is told to stop, or killed: python -m tests.integration.record FOLDER RUN SEGMENT_S NAME=URL…

A URL may hold an account. Sound is asked for and recorded where there is some.

What the recorder is given is noted beside it, one hash a picture, so that a test can tell what a crash cost.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from tests.media import slices
from vigil.clock import SystemClock
from vigil.ingest.flusher import Flusher
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, GapCause, Packet, StreamKind, StreamParameters
from vigil.node.leftovers import take_in
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool


def picture_hash(units: tuple[bytes, ...]) -> str:
    return hashlib.sha256(b"".join(units)).hexdigest()


def open_spool(folder: Path) -> Spool:
    database = LocalDatabase(folder / "node.db")
    return Spool(database, Outbox(database, max_bytes=2**24), folder / "spool", max_bytes=2**32)


class Journal:
    """A sink that writes down each picture with one write, which the death of this process cannot undo."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._codec = Codec.H264

    def begin(self, parameters: StreamParameters) -> None:
        self._codec = parameters.codec

    def packet(self, packet: Packet) -> None:
        os.write(self._file, f"{picture_hash(slices(self._codec, packet.data))}\n".encode())

    def lost(self, at: datetime, cause: GapCause) -> None:
        pass


def address_of(camera: CameraId, url: str) -> StreamAddress:
    parts = urlsplit(url)
    account, _, place = parts.netloc.rpartition("@")
    username, _, password = account.partition(":")
    bare = urlunsplit(parts._replace(netloc=place))
    return StreamAddress(camera, bare, username=username or None, password=unquote(password) or None, sound=True)


def main(folder: Path, run: str, segment_s: float, cameras: dict[CameraId, str]) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    spool = open_spool(folder)
    take_in(spool)
    flusher = Flusher(spool.folder)
    recorder = Recorder(spool.folder, spool, segment_s=segment_s, queue_bytes=2**26, wrote=flusher.wrote)
    readers = []
    for camera, url in cameras.items():
        sink, journal = recorder.sink(camera), Journal(folder / f"{camera}.{run}")
        readers.append(Reader(address_of(camera, url), StreamKind.MAIN, [journal, sink], SystemClock(), hears=sink))
    flusher.start()
    recorder.start()
    for reader in readers:
        reader.start()
    stop.wait()
    for reader in readers:
        reader.stop()
    if not all(reader.join(10) for reader in readers) or not recorder.stop(10) or not flusher.stop(10):
        raise SystemExit("it did not stop in time")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        sys.argv[2],
        float(sys.argv[3]),
        {CameraId(name): url for name, _, url in (camera.partition("=") for camera in sys.argv[4:])},
    )
