"""The Range header of PLAY (RFC 2326, sections 3.6, 3.7 and 12.29): normal play time and absolute time. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from vigil.forward.rtsp.source import Recorded

_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{0,9})?")
_HOURS: Final = re.compile(r"(\d{1,5}):([0-5]?\d):([0-5]?\d(?:\.\d{0,9})?)")
_CLOCK: Final = re.compile(r"(\d{8}T\d{6})(\.\d{1,9})?Z")


@dataclass(frozen=True, slots=True)
class PlayRange:
    """Seconds from the recorded range's beginning. None: from where it stands, and to the end."""

    from_s: float | None = None
    until_s: float | None = None
    clock: bool = False
    """True when the player counts in absolute time, and so is answered."""


def parse(header: str | None, recorded: Recorded) -> PlayRange:
    """Raises ValueError for what is not understood or lies outside of what is recorded: the answer is then 457."""
    if header is None:
        return PlayRange()
    unit, _, span = header.partition(";")[0].strip().partition("=")  # "time=", when to begin, is not offered
    begin, dash, end = span.strip().partition("-")
    if not dash or unit not in ("npt", "clock"):
        raise ValueError(f"not a range of npt or clock: {header[:60]!r}")
    # Who names the time that he asked for means the beginning, also where that is the first picture after a gap.
    read = _npt if unit == "npt" else lambda text: max(0.0, _clock(text, recorded))
    from_s = None if begin.strip() in ("", "now") else read(begin.strip())
    until_s = read(end.strip()) if end.strip() else None
    lowest = 0.0 if from_s is None else from_s
    if not 0 <= lowest < recorded.duration_s or (until_s is not None and until_s <= lowest):
        raise ValueError(f"outside of what was opened: {header[:60]!r}")
    return PlayRange(from_s, until_s, clock=unit == "clock")


def describe(chosen: PlayRange, at_s: float, recorded: Recorded) -> str:
    """The header of the answer: where playing begins and ends."""
    until_s = recorded.duration_s if chosen.until_s is None else min(chosen.until_s, recorded.duration_s)
    if chosen.clock:
        return f"clock={_utc(recorded.from_at, at_s)}-{_utc(recorded.from_at, until_s)}"
    return f"npt={at_s:.3f}-{until_s:.3f}"


def _npt(text: str) -> float:
    if _SECONDS.fullmatch(text):
        return float(text)
    parts = _HOURS.fullmatch(text)
    if parts is None:
        raise ValueError(f"not a normal play time: {text[:30]!r}")
    return int(parts[1]) * 3600 + int(parts[2]) * 60 + float(parts[3])


def _clock(text: str, recorded: Recorded) -> float:
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        raise ValueError(f"not an absolute time of UTC: {text[:30]!r}")
    at = datetime.strptime(parts[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return (at - recorded.from_at).total_seconds() + float(parts[2] or 0)


def _utc(from_at: datetime, after_s: float) -> str:
    at = (from_at + timedelta(seconds=after_s)).astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z"
