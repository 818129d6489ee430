"""Gathers the smallest figures of a period from the store: of each window, queue and camera, day by day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from vigil.calendar import ServiceSpan
from vigil.model.alerts import AlertKind, AlertState
from vigil.model.ids import CameraId, HallId
from vigil.model.media import GapCause
from vigil.model.site import Hall, Site
from vigil.model.steps import UNDECIDED
from vigil.report.atoms import AlertAtom, Atoms, Place
from vigil.report.figures import UNTOLD, Footage, Handling, Judged, Queueing, Staffing
from vigil.report.hours import Timetable
from vigil.report.period import Period
from vigil.report.sums import alike, asked, times_of
from vigil.store.outcomes import Outcome
from vigil.store.queue_sums import QueueDay
from vigil.store.stores import Stores
from vigil.store.window_sums import WindowDay


def gather(site: Site, stores: Stores, period: Period, now: datetime) -> tuple[Atoms, int]:
    """The atoms of the period as far as it has passed, and how many alerts were of halls that the site no longer has.

    Raises CalendarError for a year whose workdays are not known, and StoreError.
    """
    zone = ZoneInfo(site.time_zone)
    from_at, to_at = period.bounds(zone)
    until_at = min(to_at, now)
    days = period.whole_days(zone, until_at)
    times = times_of(site, stores, period, until_at)
    halls = {hall.id: hall for hall in site.halls}
    raised = stores.outcomes.raised(from_at, to_at)
    known = [outcome for outcome in raised if outcome.hall in halls]
    atoms = Atoms(
        list(_staffing(site, stores, times)),
        list(_queueing(site, stores, times)),
        [_alert(outcome, halls[outcome.hall], zone) for outcome in known],
        [*_footage(site, stores, days), *_faults(stores, halls, days)],
    )
    return atoms, len(raised) - len(known)


def _staffing(site: Site, stores: Stores, times: Timetable) -> Iterator[tuple[Place, Staffing]]:
    halls = {window.id: hall for hall in site.halls for _, window in hall.windows()}
    services = alike(times.windows)
    told = {(day.window, day.day): day for day in stores.window_sums.by_day(asked(services))}
    for service, windows in services.items():
        for day, scheduled_s in service.seconds().items():
            for window in windows:
                hall = halls[window]
                place = Place(day, hall.id, hall.department, window=window)
                yield place, _of_window(told.get((window, day)), scheduled_s)


def _of_window(told: WindowDay | None, scheduled_s: float) -> Staffing:
    if told is None:
        return Staffing(unknown_by_s={UNTOLD: scheduled_s})
    unknown_s = {str(cause): seconds for cause, seconds in told.unknown_s.items()}
    untold_s = scheduled_s - told.staffed_s - told.unstaffed_s - sum(unknown_s.values())
    if untold_s > 0.5:  # less is the rounding of a day's minutes
        unknown_s[UNTOLD] = untold_s
    return Staffing(told.staffed_s, told.unstaffed_s, unknown_s)


def _queueing(site: Site, stores: Stores, times: Timetable) -> Iterator[tuple[Place, Queueing]]:
    halls = {group.id: hall for hall in site.halls for group in hall.groups}
    services = alike(times.groups)
    told = {(day.group, day.day): day for day in stores.queue_sums.by_day(asked(services))}
    for service, groups in services.items():
        for day, scheduled_s in service.seconds().items():
            for group in groups:
                hall = halls[group]
                place = Place(day, hall.id, hall.department, group=group)
                yield place, _of_queue(told.get((group, day)), scheduled_s)


def _of_queue(told: QueueDay | None, scheduled_s: float) -> Queueing:
    if told is None:
        return Queueing(scheduled_s)
    return Queueing(max(scheduled_s, told.known_s), told.known_s, told.most_waiting, told.waiting, told.wait_s)


def _alert(outcome: Outcome, hall: Hall, zone: ZoneInfo) -> tuple[Place, AlertAtom]:
    """An alert belongs to the day on which it was raised, with all that it became."""
    day = outcome.raised_at.astimezone(zone).date()
    place = Place(day, hall.id, hall.department, outcome.window, outcome.group, outcome.camera)
    absent_s = 0.0
    if outcome.kind is AlertKind.WINDOW_UNSTAFFED and outcome.state.is_confirmed:
        absent_s = outcome.absent_s or 0.0
    judged = Judged(
        confirmed=int(outcome.state.is_confirmed),
        undecided=int(outcome.state in UNDECIDED),
        dismissed=int(outcome.state is AlertState.DISMISSED),
        absent_s=absent_s,
    )
    return place, AlertAtom(outcome.kind, judged, _handling(outcome))


def _handling(outcome: Outcome) -> Handling:
    if outcome.backfilled:
        return Handling(late=1)
    answered, decided = (
        () if at is None else (max(0.0, (at - outcome.raised_at).total_seconds()),)
        for at in (outcome.acknowledged_at, outcome.decided_at)
    )
    return Handling(answered, decided, unanswered=int(not answered))


def _footage(site: Site, stores: Stores, days: list[ServiceSpan]) -> Iterator[tuple[Place, Footage]]:
    halls = {camera.id: hall for hall, camera in site.cameras()}
    for day, found in stores.recording.by_day(list(halls), days):
        hall = halls[found.camera]
        gaps_s = dict(found.gaps_s)
        wanted_s = max(0.0, found.expected_s - gaps_s.pop(GapCause.UNWANTED, 0.0))
        yield (
            Place(day, hall.id, hall.department, camera=found.camera),
            Footage(wanted_s, min(found.stored_s, wanted_s), gaps_s),
        )


def _faults(stores: Stores, halls: dict[HallId, Hall], days: list[ServiceSpan]) -> Iterator[tuple[Place, Footage]]:
    """Faults that nobody dismissed, counted on the day on which they were raised; their time on the days on which it passed."""
    if not days:
        return
    for outcome in stores.outcomes.camera_faults(days[0].from_at, days[-1].to_at):
        hall = halls.get(outcome.hall)
        if hall is None or outcome.state is AlertState.DISMISSED or outcome.camera is None:
            continue
        for day in _touched(days, outcome):
            seconds = _overlap_s(outcome, day)
            raised = int(day.from_at <= outcome.raised_at < day.to_at)
            if seconds > 0 or raised:
                place = Place(day.day, hall.id, hall.department, camera=CameraId(outcome.camera))
                yield place, Footage(faults=raised, fault_s=seconds)


def _touched(days: list[ServiceSpan], outcome: Outcome) -> list[ServiceSpan]:
    """The days from a fault's beginning to its end, or until it was told where that was later."""
    first = bisect_right(days, min(outcome.began_at, outcome.raised_at), key=lambda day: day.to_at)
    if outcome.ended_at is None:
        return days[first:]
    return days[first : bisect_right(days, max(outcome.ended_at, outcome.raised_at), key=lambda day: day.from_at)]


def _overlap_s(outcome: Outcome, day: ServiceSpan) -> float:
    ended_at = outcome.ended_at or day.to_at
    return max(0.0, (min(ended_at, day.to_at) - max(outcome.began_at, day.from_at)).total_seconds())
