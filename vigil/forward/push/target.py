"""Where a stream is pushed to, and how long each step there may take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from vigil.errors import ForwardError
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.model.site import Transport

_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """One stream of one camera at one server. What is secret stays out of repr, logs, metrics and errors."""

    camera: CameraId
    stream: StreamKind
    url: str
    transport: Transport = Transport.TCP
    """Of RTSP."""
    username: str | None = None
    password: str | None = None
    stream_key: str | None = None
    """Of RTMP: what comes behind the URL's path."""
    bearer: str | None = None
    """Of WHIP."""

    def __repr__(self) -> str:
        return f"Target({self.camera!r}, {self.stream!r}, {self.name!r})"

    @property
    def scheme(self) -> str:
        return self._parts.scheme

    @property
    def tls(self) -> bool:
        return self.scheme in ("rtsps", "rtmps")

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        return self._parts.port or _PORTS[self.scheme]

    @property
    def path(self) -> str:
        return self._parts.path

    @property
    def place(self) -> str:
        """host:port as it stands in URLs."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def name(self) -> str:
        """Scheme, host and port: what logs and metrics call it. A path may be a stream key."""
        return f"{self.scheme}://{self.place}"

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    def error(self, reason: str) -> ForwardError:
        return ForwardError(self.camera, self.name, reason)

    def hidden(self, text: str) -> str:
        """What a server said, fit for the log: one line of it, without our secrets and without control characters."""
        for secret in self._secrets():
            text = text.replace(secret, "***")
        return "".join(one if one.isprintable() else " " for one in text)[:200]

    def _secrets(self) -> Iterable[str]:
        return (one for one in (self.password, self.stream_key, self.bearer, self._parts.query) if one)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds."""

    open_s: float = 10.0
    """From the name's look-up to the server's word that pictures may come."""
    stall_s: float = 5.0
    """For the server's kernel to take anything more. A slow line takes something."""
    answer_s: float = 10.0
    """For an answer to the question whether the server is still there (RTSP). Pictures that lie before it take their time."""
    alive_every_s: float = 5.0
    """Between two such questions."""
