"""The newest look of each camera, and what they say together of a window, its visitor or a queue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.analytics.zones import Look
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import Presence, Unknown


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a zone at `at`, and by which camera. `why` is set exactly when `presence` is unknown."""

    presence: Presence
    at: datetime
    camera: CameraId | None
    why: Unknown | None = None
    present: int = 0
    """Clerks that this camera was sure of."""
    cameras: tuple[CameraId, ...] = ()
    """All that say so."""
    repeated: bool = False
    """Whether nobody looked anew: nothing had changed since somebody did."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """What is known of a window's visitor and staff together, as of the older of the two looks.

    One clerk serves a visitor, however many the window needs: `staff` is seen where anybody is.

    `camera` is the one that shows it: both, where one camera does. `staff_cameras` are all that say what `staff` is.
    """

    visitor: Presence
    staff: Presence
    at: datetime
    camera: CameraId | None = None
    staff_cameras: tuple[CameraId, ...] = ()
    repeated: bool = False
    """Whether nobody looked anew at the staff area: nothing had changed since somebody did."""

    @classmethod
    def unknown(cls, at: datetime) -> Encounter:
        return cls(Presence.UNKNOWN, Presence.UNKNOWN, at)

    @property
    def known(self) -> bool:
        return Presence.UNKNOWN not in (self.visitor, self.staff)


@dataclass(frozen=True, slots=True)
class LaneCount:
    """People waiting, or None where nobody could look."""

    waiting: int | None
    at: datetime
    camera: CameraId | None


_Word = tuple[Presence, Unknown | None]
"""What one look says of a zone, and why it does not say more."""


class Board:
    """Not thread-safe; belongs to the analyst."""

    def __init__(self, stale_after_s: float, started_at: datetime) -> None:
        self._started_at = started_at
        self._stale_after = timedelta(seconds=stale_after_s)
        self._looks: dict[CameraId, Look] = {}

    def add(self, look: Look) -> None:
        self._looks[look.camera] = look

    def look(self, camera: CameraId) -> Look | None:
        return self._looks.get(camera)

    def trouble(self, camera: CameraId, now: datetime) -> Unknown | None:
        """Why this camera says nothing now, or None when its last look is fresh and good."""
        look = self._looks.get(camera)
        # A look from far ahead says as little as an old one: the clock was set back.
        if abs(now - (look.at if look else self._started_at)) > self._stale_after:
            return Unknown.NO_SIGNAL
        return look.why if look else Unknown.STARTING

    def staff(self, window: WindowId, cameras: Iterable[CameraId], now: datetime) -> Evidence:
        evidence = self._together(cameras, now, lambda look: (look.staff[window], look.doubts.get(window)))
        look = self._looks.get(evidence.camera) if evidence.camera else None
        if look is None:
            return evidence
        present, repeated = look.present.get(window, 0), self._is_repeated(window, evidence.cameras)
        # Not by `replace`, which takes several times as long: this is done for each window each second.
        return Evidence(
            evidence.presence, evidence.at, evidence.camera, evidence.why, present, evidence.cameras, repeated
        )

    def attended(self, window: WindowId, cameras: Iterable[CameraId], now: datetime) -> Evidence:
        """Whether anybody is in the staff area, be it fewer than the window needs."""

        def say(look: Look) -> _Word:
            here = Presence.SEEN if look.present.get(window, 0) else look.staff[window]
            return here, look.doubts.get(window)

        return self._together(cameras, now, say)

    def score(self, window: WindowId, cameras: Iterable[CameraId], now: datetime) -> float | None:
        """The best score that any camera gave the staff area (see Look.scores); None where none could look."""
        looks = [look for look, trouble in self._of(cameras, now) if look and not trouble]
        return max((look.scores.get(window, 0.0) for look in looks), default=None)

    def visitor(self, window: WindowId, cameras: Iterable[CameraId], now: datetime) -> Evidence:
        return self._together(cameras, now, lambda look: _visitor(look.visitors[window]))

    def encounter(
        self, window: WindowId, cameras: Collection[CameraId], spot_cameras: Iterable[CameraId], now: datetime
    ) -> Encounter:
        """`cameras` see the window's staff area, `spot_cameras` its visitor spot."""
        staff, visitor = self.attended(window, cameras, now), self.visitor(window, spot_cameras, now)
        shown_by = visitor.camera if visitor.camera in cameras else staff.camera
        at, repeated = min(staff.at, visitor.at), self._is_repeated(window, staff.cameras)
        return Encounter(visitor.presence, staff.presence, at, shown_by, staff.cameras, repeated)

    def lane(self, group: GroupId, cameras: Iterable[CameraId], now: datetime) -> LaneCount:
        """The largest count of the cameras that look at the lane: they see the same people, each perhaps not all of them."""
        counts = [
            LaneCount(look.waiting[group], look.at, look.camera)
            for look, trouble in self._of(cameras, now)
            if look and not trouble
        ]
        return max(counts, key=lambda count: count.waiting or 0, default=LaneCount(None, now, None))

    def _together(self, cameras: Iterable[CameraId], now: datetime, say: Callable[[Look], _Word]) -> Evidence:
        """Somebody seen by any camera is there; nobody is there when all that can look see nobody and none is in doubt."""
        why: Unknown | None = None
        seen: list[Look] = []
        clear: list[Look] = []
        for look, trouble in self._of(cameras, now):
            if look is None or trouble is not None:
                why = trouble or why
                continue
            presence, doubt = say(look)
            if doubt is Unknown.DOUBTFUL or why is None:
                why = doubt or why
            if presence is not Presence.UNKNOWN:
                (seen if presence is Presence.SEEN else clear).append(look)
        if why is Unknown.DOUBTFUL:
            clear = []
        agreed = seen or clear
        if not agreed:
            return Evidence(Presence.UNKNOWN, now, None, why or Unknown.NO_SIGNAL)
        newest = max(agreed, key=lambda look: look.at)
        presence = Presence.SEEN if seen else Presence.CLEAR
        return Evidence(presence, newest.at, newest.camera, cameras=tuple(look.camera for look in agreed))

    def _is_repeated(self, window: WindowId, cameras: Collection[CameraId]) -> bool:
        return bool(cameras) and all(window in self._looks[camera].repeated for camera in cameras)

    def _of(self, cameras: Iterable[CameraId], now: datetime) -> list[tuple[Look | None, Unknown | None]]:
        return [(self._looks.get(camera), self.trouble(camera, now)) for camera in cameras]


def _visitor(presence: Presence) -> _Word:
    return presence, Unknown.DOUBTFUL if presence is Presence.UNKNOWN else None
