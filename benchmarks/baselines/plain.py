"""Counting boxes in polygons: the script that somebody writes in an afternoon, given vigil's own detections.

It takes what the detector found in each picture that vigil looked at, so a difference in the figures is one of the rules
and not of the eyes. A picture in which nothing could be seen counts zero, and so does one that does not come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.baselines.counts import CameraCounts, Counts, changes
from benchmarks.baselines.naive import NaiveRules, state
from vigil.eval.statements import LookRecord, Statements
from vigil.model.looks import Detection
from vigil.model.site import Zone, ZoneKind
from vigil.model.truth import TruthHeader
from vigil.truth.footage import holds

SYSTEM = "plain"
GAP_S = 8.0
"""After this long without a picture the count is zero. Key frames, which are what is looked at, come every 1 to 4 s."""


def plain(
    headers: Sequence[TruthHeader],
    looks: Iterable[LookRecord],
    seconds: int,
    rules: NaiveRules = NaiveRules(),  # noqa: B008, frozen
    in_service: Sequence[bool] = (),
) -> Statements:
    """What the plain counter says of a scene of `seconds`. `headers` are its cameras', `looks` what was found in each."""
    kept = list(looks)
    cameras = [count(header, [look for look in kept if look.camera == header.camera]) for header in headers]
    return state(SYSTEM, cameras, seconds, rules, in_service)


def count(header: TruthHeader, looks: Sequence[LookRecord]) -> CameraCounts:
    """One camera's counts."""
    counts = tuple(changes(_counts(header, sorted(looks, key=lambda look: look.at_s))))
    return CameraCounts(SYSTEM, header.scene, header.camera, counts, frames=len(looks))


def _counts(header: TruthHeader, looks: Sequence[LookRecord]) -> Iterator[Counts]:
    last_s = 0.0
    yield _inside(header.zones, (), 0.0)
    for look in looks:
        if look.at_s - last_s > GAP_S:
            yield _inside(header.zones, (), last_s + GAP_S)
        yield _inside(header.zones, look.people, look.at_s)
        last_s = look.at_s
    if header.seconds - last_s > GAP_S:
        yield _inside(header.zones, (), last_s + GAP_S)


def _inside(zones: Sequence[Zone], people: Sequence[Detection], at_s: float) -> Counts:
    """Staff by the middle of the box, people who wait by its foot: lanes are drawn on the floor."""
    areas = [zone for zone in zones if zone.kind is ZoneKind.STAFF_AREA]
    lanes = [zone for zone in zones if zone.kind is ZoneKind.QUEUE]
    staff = {zone.window: 0 for zone in areas if zone.window is not None}
    for zone in areas:
        if zone.window is not None:
            staff[zone.window] += sum(holds(zone.polygon, person.centre) for person in people)
    waiting = sum(any(holds(lane.polygon, person.foot) for lane in lanes) for person in people)
    return Counts(at_s, staff, waiting if lanes else None)
