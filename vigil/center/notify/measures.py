"""What the notifier says of itself, as metrics of the centre. Names channels, never alerts or people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vigil.center.notify.notifier import Figures


class NotifyMeasures(Collector):
    """Asked when somebody reads /metrics. The figures of the queue are those of the last look, at most seconds old."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures()
        attempts = CounterMetricFamily("vigil_notify_attempts", "Messages sent or tried", labels=("channel", "verdict"))
        for (channel, verdict), count in figures.verdicts.items():
            attempts.add_metric((channel, str(verdict)), count)
        waiting = GaugeMetricFamily(
            "vigil_notify_waiting", "Notices that are due and have not left", labels=("channel",)
        )
        oldest = GaugeMetricFamily(
            "vigil_notify_oldest_seconds", "For how long the oldest of them has been due", labels=("channel",)
        )
        unsent = GaugeMetricFamily(
            "vigil_notify_unsent", "Notices refused or given up, for a person to send again", labels=("channel",)
        )
        for channel, backlog in figures.backlogs.items():
            waiting.add_metric((channel,), backlog.waiting)
            age_s = 0.0 if backlog.oldest_at is None else (figures.now - backlog.oldest_at).total_seconds()
            oldest.add_metric((channel,), max(age_s, 0))
            unsent.add_metric((channel,), backlog.unsent)
        yield from (attempts, waiting, oldest, unsent)
