"""What every connection to a camera shares, whoever makes it: where the stream is, and pictures and sound as they came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from vigil.errors import VigilError
from vigil.model.site import Transport
from vigil.model.source_url import SourceKind, kind_of

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 5.0
SETTLE_S = 1.0
"""What comes in the first second of a connection decides when its pictures were taken (vigil/ingest/session.py)."""

TIMED_OUT = "nothing came within the time-out"
MAX_PACKET_BYTES = 16 * 1024 * 1024  # a 4K intra picture is about 2 MB; more is a broken stream or an attack


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream is. `password` stays out of repr, logs and errors."""

    camera: str
    url: str
    transport: Transport = Transport.TCP
    username: str | None = None
    password: str | None = None
    tls_ca: Path | None = None
    """Who vouches for the camera's certificate; None: whom the system believes."""
    tls_verify: bool = True
    sound: bool = False
    """Whether sound is asked for."""

    def __repr__(self) -> str:
        return f"StreamAddress({self.camera!r}, {self.url!r})"

    @property
    def kind(self) -> SourceKind | None:
        return kind_of(self.url)

    def with_credentials(self) -> str:
        if self.username is None:
            return self.url
        parts = urlsplit(self.url)
        user = f"{quote(self.username, safe='')}:{quote(self.password or '', safe='')}"
        return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


@dataclass(frozen=True, slots=True)
class RawPacket:
    """As it came: Annex B, media times not yet checked."""

    data: bytes
    dts_90k: int | None
    pts_90k: int | None
    key: bool


@dataclass(frozen=True, slots=True)
class RawSound:
    """A piece of sound and its place on the time line on which the connection's pictures are shown."""

    data: bytes
    samples: int
    time_90k: int


class NoSound(VigilError):
    """Why a camera is recorded without sound though its entry asks for it. Never a reason to lose its pictures."""


def no_rest() -> None:
    pass
