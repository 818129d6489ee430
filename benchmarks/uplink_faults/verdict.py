"""From what happened and what is in the archive to the figures of the result, and to words about each thing that is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.uplink_faults import archive as archives
from benchmarks.uplink_faults import counting, episodes, memory
from benchmarks.uplink_faults.archive import Archive, StoredSegment
from benchmarks.uplink_faults.cameras import Journal
from benchmarks.uplink_faults.counting import Count, Outage
from benchmarks.uplink_faults.ledger import Ledger
from benchmarks.uplink_faults.run import Events
from benchmarks.uplink_faults.schedule import CutKind, Program

_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    metrics: dict[str, Any]
    findings: tuple[str, ...]
    """Each loss, doubling and broken segment in words, so that it can be looked for; at most some of each kind."""


def reach(
    events: Events, journal: Journal, reads: Mapping[str, Sequence[float]], promised: Ledger, archive: Archive
) -> Verdict:
    """`reads` says of each camera when the node told that it reads it, in seconds since 1970, by time."""
    segments = archive.segments()
    counts = _counts(events, journal, segments, reads)
    known = archive.alerts()
    lost_alerts = episodes.lost(promised.alerts, known, promised.waiting)
    doubled_alerts = episodes.doubled(known)
    orphaned_alerts = episodes.orphaned(known, promised.open, promised.waiting)
    faults = _faults(segments)
    lost_segments = sorted(promised.segments - promised.segments_waiting - {segment.id for segment in segments})
    span = [datetime.fromtimestamp(at, UTC) for at in (events.from_at, events.to_at)]
    unexplained = {camera: archive.unexplained_s(camera, *span) for camera in counts}
    metrics: dict[str, Any] = {
        "cuts": len(events.cuts),
        **{f"cuts_{kind.value}": sum(one[2] is kind for one in events.cuts) for kind in CutKind},
        "kills": sum(events.kills.values()),
        **{f"kills_{program.value}": events.kills.get(program.value, 0) for program in Program},
        **_packets(counts),
        "alerts": len(promised.alerts),
        "alerts_lost": len(lost_alerts),
        "alerts_doubled": len(doubled_alerts),
        "alerts_orphaned": len(orphaned_alerts),
        "segments": len(segments),
        "segments_lost": len(lost_segments),
        "broken_segments": len(faults),
        "gaps_lost": _gaps_lost(promised, archive),
        "unexplained_s": round(sum(unexplained.values()), 1),
        "overlapping_s": round(archives.overlaps_s(segments), 1),
        "records_declined": len(promised.aside),
        "gops_dropped_by_cameras": journal.dropped_gops,
        "programs_died": len(events.deaths),
        **_backlog(events),
        **_memory(events),
    }
    findings = [
        *_told("lost picture", [f"{c} {_spans(count.lost)}" for c, count in counts.items() if count.lost]),
        *_told("doubled picture", [f"{c} {_spans(count.doubled)}" for c, count in counts.items() if count.doubled]),
        *_told("lost alert", lost_alerts),
        *_told("doubled alert", doubled_alerts),
        *_told("orphaned alert", orphaned_alerts),
        *_told("lost segment", lost_segments),
        *_told("broken segment", [f"{segment}: {why}" for segment, why in faults.items()]),
        *_told("unexplained", [f"{camera}: {seconds:.1f} s" for camera, seconds in unexplained.items() if seconds]),
        *_told("declined", promised.aside),
        *_told("died", events.deaths),
    ]
    return Verdict(metrics, tuple(findings))


def _counts(
    events: Events, journal: Journal, segments: list[StoredSegment], reads: Mapping[str, Sequence[float]]
) -> dict[str, Count]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for segment in segments:
        numbers[segment.camera] += archives.numbers(segment)
    return {
        camera: counting.count(
            sent, numbers[camera], _outages(events, reads.get(camera, [])), events.from_at, events.to_at
        )
        for camera, sent in sorted(journal.sent.items())
    }


def _outages(events: Events, reads: Sequence[float]) -> list[Outage]:
    """As a camera saw them that the node said to read at these times."""
    return [
        Outage(killed_at, restarted_at, next((at for at in reads if at >= restarted_at), None))
        for killed_at, restarted_at in events.outages
    ]


def _packets(counts: dict[str, Count]) -> dict[str, Any]:
    kills = [cost for count in counts.values() for cost in count.kills]
    outages = [cost.outage_s for cost in kills if cost.outage_s is not None]
    return {
        "packets_sent": sum(count.sent for count in counts.values()),
        "packets_archived": sum(count.archived for count in counts.values()),
        "packets_lost": sum(len(count.lost) for count in counts.values()),
        "packets_doubled": sum(len(count.doubled) for count in counts.values()),
        "packets_lost_to_kills": sum(count.lost_to_kills for count in counts.values()),
        "seconds_lost_before_kill_max": round(max((cost.seconds_before for cost in kills), default=0.0), 2),
        "node_outage_s_max": round(max(outages, default=0.0), 2),
    }


def _faults(segments: list[StoredSegment]) -> dict[str, str]:
    found = {}
    for index, segment in enumerate(segments):
        why = archives.fault(segment, decode=index % archives.DECODED_EACH == 0)
        if why is not None:
            found[segment.id] = why
    return found


def _gaps_lost(promised: Ledger, archive: Archive) -> int:
    """Gaps that the node put into its outbox and the centre has not."""
    return sum(
        (start_at, end_at, cause) not in archive.gaps(camera, start_at, end_at)
        for camera, start_at, end_at, cause in promised.gaps
    )


def _backlog(events: Events) -> dict[str, Any]:
    waited, left = events.backlog, events.left
    return {
        "line_mb": round(events.line_mb, 1),
        "backlog_mb": round(waited.megabytes, 1) if waited else None,
        "backlog_segments": waited.segments if waited else None,
        "backlog_records": waited.records if waited else None,
        "drained_s": None if events.drained_s is None else round(events.drained_s, 1),
        "left_at_node": left.segments + left.open_segments + left.records if left else None,
    }


def _memory(events: Events) -> dict[str, float | None]:
    lives = {program: [life.memory for life in events.lives.get(program.value, [])] for program in Program}
    growth = {program: memory.growth_mb(some) for program, some in lives.items()}
    known = [mb for mb in growth.values() if mb is not None]
    found: dict[str, float | None] = {"memory_growth_mb": max(known, default=None)}
    for program, some in lives.items():
        found |= {
            f"{program.value}_memory_growth_mb": growth[program],
            f"{program.value}_memory_drift_mb": memory.drift_mb(some, 15.0, 45.0),
            f"{program.value}_memory_peak_mb": memory.peak_mb(some),
            f"{program.value}_longest_life_s": max((life[-1][0] for life in some if life), default=0.0),
        }
    return {name: None if value is None else round(value, 1) for name, value in found.items()}


def _told(what: str, which: list[str] | tuple[str, ...]) -> list[str]:
    told = [f"{what}: {one}" for one in which[:_MOST_TOLD]]
    return [*told, f"{what}: {len(which) - _MOST_TOLD} more"] if len(which) > _MOST_TOLD else told


def _spans(numbers: tuple[int, ...]) -> str:
    """1-3, 7"""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
