"""What a camera says of itself: plain values, no I/O and no XML."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream is, as vigil will ask for it: by the host that the camera was reached by, without a login."""

    url: str
    told_host: str | None = None
    """The host that the camera itself told, where that is another."""
    held_login: bool = False
    """The camera put a login into the address; it was left out."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream that the camera offers. None is what it does not tell."""

    token: str
    name: str
    source: str
    """Token of the lens or channel that it shows."""
    codec: str | None = None
    """`H264`, `H265`, or another name as the camera has it."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    bitrate_kbps: int | None = None
    gop: int | None = None
    """Pictures from one key picture to the next."""
    audio: str | None = None
    stream: StreamAddress | None = None

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)

    @property
    def keyframe_s(self) -> float | None:
        return self.gop / self.fps if self.gop and self.fps else None


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that was read. A recorder, or a camera with several lenses, has profiles of several sources."""

    address: str
    name: str | None
    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    offset_s: float | None
    """Its clock minus ours; it tells whole seconds, so this is right to half a second. None: it does not tell."""
    profiles: tuple[Profile, ...]
