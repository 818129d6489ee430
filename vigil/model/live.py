"""What a live viewer gets, in order: an initialisation, fragments, and word of what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from vigil.model.looks import CameraHealth
from vigil.model.media import Fragment


@dataclass(frozen=True, slots=True)
class LiveInit:
    """A player begins anew: `data` is the initialisation segment (ftyp + moov), `mime` its type with codecs."""

    mime: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LiveState:
    """Whether pictures come."""

    health: CameraHealth


@dataclass(frozen=True, slots=True)
class LiveDropped:
    """GOPs that this viewer has lost so far."""

    gops: int


LiveMessage = LiveInit | Fragment | LiveState | LiveDropped
