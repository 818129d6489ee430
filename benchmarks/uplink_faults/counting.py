"""Pictures sent, killed for and kept: which of them are lost, and which are there twice. Pure.

What a kill of the node may cost is what was sent within a second before it, and what was sent until the node reads again,
which must be soon. All else that was sent and is not in the archive is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

KILL_MAY_COST_S: Final = 1.0
"""FRAGMENT_S and GATHER_S of vigil/ingest/recorder.py and REST_S of vigil/ingest/reader.py, together less than this."""
READS_AGAIN_S: Final = 15.0
"""From a start of the node to the first picture that it keeps."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A kill of the node, and when it was running again; seconds since 1970."""

    killed_at: float
    restarted_at: float


@dataclass(frozen=True, slots=True)
class KillCost:
    """What one kill cost one camera."""

    pictures_before: int
    """Sent before the kill and not kept, without a picture between that was."""
    seconds_before: float
    """From the sending of the first of these to the kill; 0 without any."""
    pictures_after: int
    """Sent from the kill on, until the first that was kept."""
    outage_s: float | None
    """From the restart to the sending of the first picture that was kept; None when another kill came first, or the end."""


@dataclass(frozen=True, slots=True)
class Count:
    """Of one camera."""

    sent: int
    archived: int
    lost: tuple[int, ...]
    doubled: tuple[int, ...]
    """Numbers that are there more than once."""
    kills: tuple[KillCost, ...]


def count(
    sent: Mapping[int, float], archived: Iterable[int], outages: Sequence[Outage], from_at: float, to_at: float
) -> Count:
    """Of a camera's numbers with their times of sending, as far as sent from `from_at` until `to_at`. Outages by time."""
    copies = Counter(archived)
    counted = sorted((at, number) for number, at in sent.items() if from_at <= at <= to_at)
    kept = [at for at, number in counted if number in copies]
    missing = [(at, number) for at, number in counted if number not in copies]
    costs = tuple(_cost(outage, ended_at, counted, copies) for outage, ended_at in _with_ends(outages, to_at))
    excused = [_excused(outage, kept, to_at) for outage in outages]
    return Count(
        sent=len(counted),
        archived=len(kept),
        lost=tuple(number for at, number in missing if not any(begin <= at < end for begin, end in excused)),
        doubled=tuple(sorted(number for number, copies_of in copies.items() if copies_of > 1)),
        kills=costs,
    )


def _with_ends(outages: Sequence[Outage], to_at: float) -> Iterable[tuple[Outage, float]]:
    """Each with the end of the life that follows."""
    ends = [after.killed_at for _, after in pairwise(outages)]
    return zip(outages, [*ends, to_at][: len(outages)], strict=True)


def _excused(outage: Outage, kept: Sequence[float], to_at: float) -> tuple[float, float]:
    """Half open."""
    first_kept = next((at for at in kept if at > outage.killed_at), to_at)
    return outage.killed_at - KILL_MAY_COST_S, min(first_kept, outage.restarted_at + READS_AGAIN_S)


def _cost(outage: Outage, ended_at: float, counted: Sequence[tuple[float, int]], copies: Counter[int]) -> KillCost:
    before = [entry for entry in counted if entry[0] <= outage.killed_at]
    lost_before: list[float] = []
    for at, number in reversed(before):
        if number in copies:
            break
        lost_before.append(at)
    after = [entry for entry in counted if entry[0] > outage.killed_at]
    first_kept = next((at for at, number in after if number in copies), None)
    return KillCost(
        pictures_before=len(lost_before),
        seconds_before=outage.killed_at - lost_before[-1] if lost_before else 0.0,
        pictures_after=sum(first_kept is None or at < first_kept for at, _ in after),
        outage_s=first_kept - outage.restarted_at if first_kept is not None and first_kept < ended_at else None,
    )
