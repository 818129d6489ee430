"""What the RTSP server says of itself, as metrics of the centre. Names nobody, and nothing that somebody looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vigil.forward.rtsp import ServerStats


@dataclass(frozen=True, slots=True)
class RtspFigures:
    """`dropped_gops` are those of streams that were opened on demand; the server knows those of its mounts alone."""

    server: ServerStats
    live_streams: int
    dropped_gops: int


class RtspMeasures(Collector):
    """Asked when somebody reads /metrics."""

    def __init__(self, figures: Callable[[], RtspFigures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures()
        server = figures.server
        yield GaugeMetricFamily("vigil_rtsp_connections", "Open RTSP connections", server.connections)
        yield GaugeMetricFamily("vigil_rtsp_readers", "Readers to whom something is sent", server.playing)
        yield GaugeMetricFamily("vigil_rtsp_live_streams", "Live streams held for readers", figures.live_streams)
        yield CounterMetricFamily("vigil_rtsp_dropped_gops", "GOPs lost by slow readers", figures.dropped_gops)
        yield CounterMetricFamily("vigil_rtsp_failed_logins", "Wrong passwords", server.failed_logins)
        yield CounterMetricFamily("vigil_rtsp_refused_connections", "Beyond the bounds", server.refused_connections)
