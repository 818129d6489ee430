"""Cameras with sound, for the bench of recording: ours have none, so GStreamer's RTSP server sends clips with AAC."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId

ROOT: Final = Path(__file__).resolve().parent.parent
_CAMERA: Final = ROOT / "tests" / "integration" / "gst_camera.py"
_SYSTEM_PYTHON: Final = "/usr/bin/python3"
"""It has GStreamer's bindings."""
_USER: Final = "viewer"
_PASSWORD: Final = "bench"
_READY_S: Final = 30.0
AAC: Final = "AAC-LC, 16 kHz, mono, 48 kbit/s"
"""As a camera with a microphone sends it."""


def with_sound(clip: Path, folder: Path) -> Path:
    """The clip as it is, and beside it what a hall sounds like to an encoder: noise that is louder in the low notes."""
    target = folder / f"{clip.stem}-sound.mp4"
    if not target.exists():
        half = target.with_suffix(".part")
        noise = "anoisesrc=color=brown:amplitude=0.5:sample_rate=16000:seed=1"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(clip), "-f", "lavfi", "-i", noise]
        command += ["-c:v", "copy", "-c:a", "aac", "-b:a", "48k", "-ac", "1", "-shortest", "-f", "mp4", str(half)]
        subprocess.run(command, check=True)
        half.rename(target)
    return target


@contextmanager
def camera(clip: Path) -> Iterator[int]:
    """Its port. Each reader gets the clip from its beginning, once through."""
    command = [_SYSTEM_PYTHON, str(_CAMERA), "--port", "0", "--user", _USER, "--password", _PASSWORD, f"/aac={clip}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            ready, _, _ = select.select([program.stdout], [], [], _READY_S)
            line = program.stdout.readline() if ready else b""
            if not line:
                raise SystemExit("GStreamer's RTSP server did not start: it is in gir1.2-gst-rtsp-server-1.0")
            yield int(line)
        finally:
            program.kill()


def addresses(port: int, cameras: int) -> list[StreamAddress]:
    url = f"rtsp://127.0.0.1:{port}/aac"
    names = (CameraId(f"camera-{number}") for number in range(cameras))
    return [StreamAddress(name, url, username=_USER, password=_PASSWORD, sound=True) for name in names]


def urls(port: int, cameras: int) -> Sequence[str]:
    """For FFmpeg."""
    return [f"rtsp://{_USER}:{_PASSWORD}@127.0.0.1:{port}/aac"] * cameras


def without_sound(spool: Path) -> int:
    """How many cameras have a segment without a track of sound (the handler's type in its header, ISO/IEC 14496-12, 8.4.3)."""
    folders = [folder for folder in spool.iterdir() if folder.is_dir()]
    return sum(any(b"soun" not in path.read_bytes()[:8192] for path in folder.glob("*.mp4")) for folder in folders)
