"""A period beside the one before it: what its figures were then, and by how much they differ.

Nothing here says which way is better. A count is compared only where windows were watched. Service and what was unknown of it
stand beside, for months have more and fewer days of work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vigil.model.alerts import AlertKind
from vigil.report.figures import Figures, weighted_percentile


class Measure(StrEnum):
    """What is compared: shares 0..1, seconds, or how many."""

    SERVICE_S = "service_s"
    UNKNOWN_SHARE = "unknown_share"
    STAFFING_RATE = "staffing_rate"
    ABSENT_S = "absent_s"
    UNSERVED = "unserved"
    CONFIRMED = "confirmed"
    WAIT_MEDIAN_S = "wait_median_s"
    WAIT_P90_S = "wait_p90_s"
    COMPLETENESS = "completeness"


_OF: Final[dict[Measure, Callable[[Figures], float | None]]] = {
    Measure.SERVICE_S: lambda figures: figures.staffing.service_s,
    Measure.UNKNOWN_SHARE: lambda figures: figures.staffing.unknown_share,
    Measure.STAFFING_RATE: lambda figures: figures.staffing.rate,
    Measure.ABSENT_S: lambda figures: figures.of(AlertKind.WINDOW_UNSTAFFED).absent_s,
    Measure.UNSERVED: lambda figures: figures.of(AlertKind.UNSERVED_VISITOR).confirmed,
    Measure.CONFIRMED: lambda figures: sum(judged.confirmed for judged in figures.judged.values()),
    Measure.WAIT_MEDIAN_S: lambda figures: weighted_percentile(figures.queueing.wait_s, 0.5),
    Measure.WAIT_P90_S: lambda figures: weighted_percentile(figures.queueing.wait_s, 0.9),
    Measure.COMPLETENESS: lambda figures: figures.footage.share,
}
_COUNTS: Final = frozenset({Measure.ABSENT_S, Measure.UNSERVED, Measure.CONFIRMED})
"""None of them is none only where somebody could have seen one."""


@dataclass(frozen=True, slots=True)
class Change:
    """None: it was not known then; `difference` is None where it is not known of either."""

    before: float | None
    difference: float | None


Changes = Mapping[Measure, Change]


def changes(now: Figures, before: Figures) -> Changes:
    return {measure: _change(_known(measure, now), _known(measure, before)) for measure in Measure}


def _known(measure: Measure, figures: Figures) -> float | None:
    if measure in _COUNTS and figures.staffing.known_s == 0:
        return None
    return _OF[measure](figures)


def _change(now: float | None, before: float | None) -> Change:
    return Change(before, None if now is None or before is None else now - before)
