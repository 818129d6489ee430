"""What a URL asks for: /live/CAMERA, /live/CAMERA/sub, /archive/CAMERA?from=TIME&to=TIME. Pure.

A path that has none of these forms is none of ours, so nothing of it ever becomes a file's name or an object's key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote

from vigil.forward.rtsp.source import Refusal
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind

LONGEST: Final = timedelta(days=1)
"""Of one recorded range; who wants more asks again."""

_LIVE: Final = re.compile(r"/live/([a-z0-9][a-z0-9-]{0,62})(/sub)?")
_ARCHIVE: Final = re.compile(r"/archive/([a-z0-9][a-z0-9-]{0,62})")


@dataclass(frozen=True, slots=True)
class LiveWanted:
    camera: CameraId
    stream: StreamKind


@dataclass(frozen=True, slots=True)
class RangeWanted:
    camera: CameraId
    from_at: datetime
    to_at: datetime


def wanted(path: str, query: str, now: datetime) -> LiveWanted | RangeWanted:
    """Raises Refusal: 404 for another path, 400 for a query that names no range. A live URL's query is passed over."""
    if live := _LIVE.fullmatch(path):
        return LiveWanted(CameraId(live[1]), StreamKind.SUB if live[2] else StreamKind.MAIN)
    if archive := _ARCHIVE.fullmatch(path):
        from_at, to_at = _range(query)
        if not timedelta() < to_at - from_at <= LONGEST:
            raise Refusal(400, "the range must end after it begins, and within a day")
        if from_at >= now:
            raise Refusal(404, "the range has not begun yet")
        return RangeWanted(CameraId(archive[1]), from_at, to_at)
    raise Refusal(404, "neither /live/CAMERA nor /archive/CAMERA")


def _range(query: str) -> tuple[datetime, datetime]:
    values = [part.partition("=")[::2] for part in query.split("&") if part]
    given = {name: _time(name, unquote(text)) for name, text in values if name in ("from", "to")}
    if len(given) != 2 or len(values) != 2:
        raise Refusal(400, "a range is ?from=TIME&to=TIME and nothing else")
    return given["from"], given["to"]


def _time(name: str, text: str) -> datetime:
    """ISO 8601 with an offset. A plus is a plus here: nobody writes spaces into a time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, f"{name}= is not a time, for example 2026-11-23T09:00:00+08:00") from error
    if at.tzinfo is None:
        raise Refusal(400, f"{name}= has no offset, for example +08:00")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Refusal(400, f"{name}= is not a time that a calendar knows") from error
