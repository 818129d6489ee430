"""The queue: its length second by second, and the wait that was told to those who joined it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vigil.eval.scene import QueueColumns, SceneTruth
from vigil.eval.seconds import Mask
from vigil.eval.statements import Statements
from vigil.model.truth import VisitTruth

BANDS: Final = ((0, 4), (5, 9), (10, 15))
"""Queue lengths that are told apart, both ends within. Longer ones count in the whole alone."""


@dataclass(frozen=True, slots=True)
class LengthSums:
    """Over the seconds in service in which a camera saw the lane. `error` is stated less true."""

    seconds: int = 0
    stated: int = 0
    error: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One visitor who joined and was served. `width_s`, `error_s` and `covered` are None where no wait was stated."""

    joined_s: float
    served_s: float
    error_s: float | None = None
    width_s: float | None = None
    covered: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LaneSeconds:
    """The queue's seconds as arrays: people truly in view, people stated (-1: nothing), and the seconds that count."""

    true: npt.NDArray[np.int64]
    stated: npt.NDArray[np.int64]
    counted: Mask


def of_queue(queue: QueueColumns, statements: Statements) -> LaneSeconds:
    true = np.array([-1 if one is None else one for one in queue.in_view], np.int64)
    stated = np.full(len(true), -1, np.int64)
    said = [-1 if one is None else one for one in statements.queue[: len(true)]]
    stated[: len(said)] = said
    counted = (true >= 0) & np.array(queue.visible, np.bool_) & np.array(queue.in_service, np.bool_)
    return LaneSeconds(true, stated, counted)


def lengths(lane: LaneSeconds, mask: Mask, band: tuple[int, int] | None = None) -> LengthSums:
    """Sums over the seconds of the mask; with a band, over those in which so many people truly stood in view."""
    counted = lane.counted & mask
    if band is not None:
        counted &= (lane.true >= band[0]) & (lane.true <= band[1])
    stated = counted & (lane.stated >= 0)
    errors = lane.stated[stated] - lane.true[stated]
    return LengthSums(int(counted.sum()), int(stated.sum()), float(errors.sum()), float(np.abs(errors).sum()))


def waits(truth: SceneTruth, statements: Statements) -> list[WaitRow]:
    """One row for each visit that was served, and that began while the queue was in service."""
    queue = truth.queue
    if queue is None:
        return []
    return list(_waits(truth.visits, queue, statements))


def _waits(visits: Iterable[VisitTruth], queue: QueueColumns, statements: Statements) -> Iterable[WaitRow]:
    for visit in visits:
        wait_s, joined_s, served_s = visit.wait_s, visit.joined_s, visit.served_s
        if wait_s is None or joined_s is None or served_s is None:
            continue
        second = int(joined_s)
        if second >= len(queue.in_service) or not queue.in_service[second]:
            continue
        said = statements.waits[second] if second < len(statements.waits) else None
        if said is None:
            yield WaitRow(joined_s, served_s)
        else:
            covered = said.low_s <= wait_s <= said.high_s
            yield WaitRow(joined_s, served_s, said.median_s - wait_s, said.high_s - said.low_s, covered)
