"""Pictures sent, killed for and kept: which of them are lost, and which are there twice. Pure.

What a kill of the node may cost is what was sent within a second before it, and what was sent until it keeps pictures again:
not later than it says that it reads the camera, and not later than a while after its start. All else that was sent and is not in
the archive is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

KILL_MAY_COST_S: Final = 1.0
"""FRAGMENT_S and GATHER_S of vigil/ingest/recorder.py and REST_S of vigil/ingest/reader.py, together less than this."""
READS_AGAIN_S: Final = 15.0
"""From a start of the node to the first picture that it keeps, at most."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A kill of the node as one camera saw it; seconds since 1970."""

    killed_at: float
    restarted_at: float
    reads_at: float | None = None
    """When the node next said that it reads the camera, in this life or a later one; it has pictures by then."""


@dataclass(frozen=True, slots=True)
class KillCost:
    """What one kill cost one camera. A life that kept nothing had nothing to lose: all of it belongs to the kill before."""

    seconds_before: float
    """From the sending of the first of the pictures that were not kept to the kill; 0 without any."""
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

    @property
    def lost_to_kills(self) -> int:
        return self.sent - self.archived - len(self.lost)


def count(
    sent: Mapping[int, float], archived: Iterable[int], outages: Sequence[Outage], from_at: float, to_at: float
) -> Count:
    """Of a camera's numbers with their times of sending, as far as sent from `from_at` until `to_at`. Outages by time."""
    copies = Counter(archived)
    counted = sorted((at, number) for number, at in sent.items() if from_at <= at <= to_at)
    kept = [at for at, number in counted if number in copies]
    missing = [(at, number) for at, number in counted if number not in copies]
    excused = [_excused(outage, kept, to_at) for outage in outages]
    kills = [outage.killed_at for outage in outages]
    lives = zip([from_at, *kills], outages, [*kills[1:], to_at], strict=False)
    return Count(
        sent=len(counted),
        archived=len(kept),
        lost=tuple(number for at, number in missing if not any(begin <= at < end for begin, end in excused)),
        doubled=tuple(sorted(number for number, copies_of in copies.items() if copies_of > 1)),
        kills=tuple(_cost(outage, kept, [at for at, _ in missing], before, after) for before, outage, after in lives),
    )


def _excused(outage: Outage, kept: Sequence[float], to_at: float) -> tuple[float, float]:
    """Half open."""
    again_at = [next((at for at in kept if at > outage.killed_at), to_at), outage.restarted_at + READS_AGAIN_S]
    if outage.reads_at is not None:
        again_at.append(outage.reads_at)
    return outage.killed_at - KILL_MAY_COST_S, min(again_at)


def _cost(
    outage: Outage, kept: Sequence[float], missing: Sequence[float], before_at: float, after_at: float
) -> KillCost:
    """`before_at` is when the kill before was, or the run began, `after_at` when the next one was, or it ended."""
    last_kept = max((at for at in kept if before_at < at <= outage.killed_at), default=None)
    first_missing = None
    if last_kept is not None:
        first_missing = min((at for at in missing if last_kept < at <= outage.killed_at), default=None)
    first_kept = min((at for at in kept if outage.killed_at < at <= after_at), default=None)
    return KillCost(
        seconds_before=0.0 if first_missing is None else outage.killed_at - first_missing,
        outage_s=None if first_kept is None else first_kept - outage.restarted_at,
    )
