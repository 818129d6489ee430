"""Which of a camera's streams vigil would record and which it would look at, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigil.discover.camera import FoundCamera, Profile

CODECS: Final = ("H264", "H265")
LEAST_PIXELS: Final = 352 * 288
"""CIF. In a smaller picture people are too small to be found."""
LONGEST_KEYFRAME_S: Final = 4.0
"""vigil looks at key pictures, and what was not looked at for 8 s (stale_after_s) is unknown."""
LARGEST_OFFSET_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One lens or channel as vigil would use it."""

    camera: FoundCamera
    channel: int
    """Counted from 1; a camera with one lens has only that."""
    channels: int
    main: Profile
    sub: Profile | None
    warnings: tuple[str, ...]


def choose(camera: FoundCamera) -> tuple[Choice, ...]:
    """One for each lens or channel that has a stream with an address."""
    sources: dict[str, list[Profile]] = {}
    for profile in camera.profiles:
        if profile.stream is not None:
            sources.setdefault(profile.source, []).append(profile)
    found = []
    for channel, profiles in enumerate(sources.values(), start=1):
        main = max(profiles, key=lambda one: (one.codec in CODECS, one.pixels, one.bitrate_kbps or 0))
        sub = substream(profiles, main)
        warnings = (*_of_streams(main, sub), *_of_clock(camera.offset_s))
        found.append(Choice(camera, channel, len(sources), main, sub, warnings))
    return tuple(found)


def substream(profiles: Iterable[Profile], main: Profile) -> Profile | None:
    """The smallest that people can be found in: it costs the least to decode."""
    fit = [
        one
        for one in profiles
        if one.codec in CODECS and LEAST_PIXELS <= one.pixels < main.pixels and _url(one) != _url(main)
    ]
    return min(fit, key=lambda one: (one.pixels, one.codec != "H264", one.bitrate_kbps or 0), default=None)


def _url(profile: Profile) -> str | None:
    return profile.stream.url if profile.stream else None


def _of_streams(main: Profile, sub: Profile | None) -> Iterator[str]:
    for noun, one in (("main stream", main), ("substream", sub)):
        if one is None:
            continue
        if one.codec not in CODECS:
            yield f"the {noun} is {one.codec}; vigil reads H.264 and H.265. Set the camera's codec"
        if one.keyframe_s is not None and one.keyframe_s > LONGEST_KEYFRAME_S:
            yield (
                f"the {noun} has a key frame each {one.keyframe_s:g} s; vigil looks at key frames alone. "
                f"Set the interval to 1 to 2 s ({_frames(one)} frames)"
            )
    told_host = main.stream.told_host if main.stream else None
    if told_host is not None:
        yield (
            f"the camera says that its streams are at {told_host}; the host that it was reached by was written. "
            "Try them: an address translation must pass RTSP on, too"
        )
    if any(one is not None and one.stream is not None and one.stream.held_login for one in (main, sub)):
        yield "the camera put a login into the addresses of its streams, which was left out. Try them"
    if sub is None:
        yield "no substream of 352x288 or more; the main stream is analysed, which costs more. Set one of about 640x360"


def _frames(profile: Profile) -> str:
    fps = profile.fps or 0
    return f"{max(fps, 1):.0f} to {max(2 * fps, 1):.0f}"


def _of_clock(offset_s: float | None) -> Iterator[str]:
    if offset_s is None:
        yield "the camera does not tell its time, or none that makes sense. Set its clock, by NTP"
    elif abs(offset_s) > LARGEST_OFFSET_S:
        yield f"the camera's clock is {against_ours(offset_s)}. Let NTP keep it: the time in its picture is wrong"


def against_ours(offset_s: float) -> str:
    """7203.4 → 2 h 0 min 3 s ahead of ours"""
    whole = round(abs(offset_s))
    if whole <= 1:  # it tells whole seconds
        return "right to a second"
    days, hours, minutes, seconds = whole // 86_400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    parts = [f"{value} {unit}" for value, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))]
    first = next((index for index, part in enumerate(parts) if not part.startswith("0 ")), len(parts) - 1)
    return f"{' '.join(parts[first:])} {'behind' if offset_s < 0 else 'ahead of'} ours"
