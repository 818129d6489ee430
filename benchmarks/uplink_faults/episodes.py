"""Alerts that the node promised and the centre has: which are lost, and which episodes are there twice. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """As the centre has it. `part` is what the id says behind its time, where one subject has several parts."""

    id: str
    revision: int
    kind: str
    subject: str
    part: str
    began_at: datetime
    ended_at: datetime | None


def part_of(alert_id: str, began_at: datetime) -> str:
    """What vigil/analytics/alertbook.py put behind the time of the episode's beginning."""
    return alert_id.partition(began_at.astimezone(UTC).strftime("_%Y%m%dT%H%M%SZ"))[2].removeprefix("_")


def lost(promised: Mapping[str, int], known: Iterable[KnownAlert], waiting: Set[str]) -> list[str]:
    """Those that the centre lacks, or has in an older revision, and that do not wait at the node either."""
    revisions = {alert.id: alert.revision for alert in known}
    return sorted(
        alert for alert, revision in promised.items() if revisions.get(alert, 0) < revision and alert not in waiting
    )


def orphaned(known: Iterable[KnownAlert], opened: Set[str], waiting: Set[str]) -> list[str]:
    """Those that are open at the centre for ever: the node knows nothing of them any more, and nothing of them waits there."""
    return sorted(
        alert.id for alert in known if alert.ended_at is None and alert.id not in opened and alert.id not in waiting
    )


def doubled(known: Iterable[KnownAlert]) -> list[str]:
    """Those that began while another of the same kind and subject was not over."""
    series: dict[tuple[str, str, str], list[KnownAlert]] = defaultdict(list)
    for alert in known:
        series[alert.kind, alert.subject, alert.part].append(alert)
    found = []
    for alerts in series.values():
        alerts.sort(key=lambda alert: alert.began_at)
        over_at = datetime.min.replace(tzinfo=UTC)
        for before, alert in pairwise(alerts):
            over_at = max(over_at, before.ended_at or _NEVER)
            if alert.began_at < over_at:
                found.append(alert.id)
    return sorted(found)
