"""Prometheus metrics of a node, in a registry of their own. The centre's stand in vigil/gateway/metrics.py."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()

_STREAM = ("camera", "stream")
_FORWARD = (*_STREAM, "target")

stream_up: Final = Gauge("vigil_stream_up", "1 while packets come", _STREAM, registry=REGISTRY)
packets: Final = Counter("vigil_packets", "Packets read", _STREAM, registry=REGISTRY)
connect_failures: Final = Counter(
    "vigil_connect_failures", "Connections that failed or broke", _STREAM, registry=REGISTRY
)
time_breaks: Final = Counter("vigil_time_breaks", "Jumps in a stream's media time", _STREAM, registry=REGISTRY)
pictures_left_out: Final = Counter(
    "vigil_pictures_left_out", "Pictures of which the camera sent only a part", _STREAM, registry=REGISTRY
)
sound_lost: Final = Counter(
    "vigil_sound_lost_packets",
    "Packets of sound that did not come, made no sense, or had no place beside the pictures",
    ("camera",),
    registry=REGISTRY,
)
drift_s: Final = Gauge(
    "vigil_camera_drift_seconds",
    "Clock drift of the last half minute still to be corrected",
    _STREAM,
    registry=REGISTRY,
)
forward_up: Final = Gauge("vigil_forward_up", "1 while pictures go to the media server", _FORWARD, registry=REGISTRY)
forward_dropped_gops: Final = Counter(
    "vigil_forward_dropped_gops", "GOPs that a media server was too slow for", _FORWARD, registry=REGISTRY
)
recorder_dropped: Final = Counter(
    "vigil_recorder_dropped_packets", "Packets that the disk was too slow for", ("camera",), registry=REGISTRY
)
flush_seconds: Final = Histogram(
    "vigil_flush_seconds",
    "How long the spool's disk took to have what was recorded",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
    registry=REGISTRY,
)
live_dropped: Final = Counter(
    "vigil_live_dropped_fragments", "Live fragments dropped because the line to the centre was full", registry=REGISTRY
)
segments: Final = Counter("vigil_segments", "Segments closed", ("camera",), registry=REGISTRY)
gap_seconds: Final = Counter("vigil_gap_seconds", "Seconds without footage", ("camera", "cause"), registry=REGISTRY)
spool_bytes: Final = Gauge("vigil_spool_bytes", "Bytes of segments kept at the node", registry=REGISTRY)
spool_limit_bytes: Final = Gauge("vigil_spool_limit_bytes", "Bytes that the spool may take", registry=REGISTRY)
site_version: Final = Gauge("vigil_site_version", "Version of the site whose part the node runs", registry=REGISTRY)
outbox_records: Final = Gauge("vigil_outbox_records", "Records not yet acknowledged", registry=REGISTRY)
records_declined: Final = Counter(
    "vigil_records_declined", "Records that the centre will not take, set aside", ("kind",), registry=REGISTRY
)
uplink_up: Final = Gauge("vigil_uplink_up", "1 while connected to the centre", registry=REGISTRY)
looks: Final = Counter("vigil_looks", "Frames looked at", ("camera",), registry=REGISTRY)
cells: Final = Counter(
    "vigil_cells", "Windows and lanes of which a look said something, looked at or repeated", registry=REGISTRY
)
cells_looked: Final = Counter("vigil_cells_looked", "Those of them that the detector looked at", registry=REGISTRY)
look_seconds: Final = Histogram(
    "vigil_look_seconds",
    "Wall time of a look by stage; the detector's is that of a batch",
    ("stage",),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.5, 1, 2),
    registry=REGISTRY,
)
look_staleness_s: Final = Histogram(
    "vigil_look_staleness_seconds",
    "Age of a camera's last look when the next is done, in service",
    buckets=(0.5, 1, 1.5, 2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.75, 3, 4, 6, 8, 10, 20),
    registry=REGISTRY,
)
detector_failures: Final = Counter("vigil_detector_failures", "Looks that the detector failed on", registry=REGISTRY)
restarts: Final = Counter(
    "vigil_restarts", "Parts of the node started again after an error", ("part",), registry=REGISTRY
)
calendar_unknown: Final = Gauge(
    "vigil_windows_without_calendar", "Windows whose calendar does not know this year", registry=REGISTRY
)
ticket_feed_up: Final = Gauge(
    "vigil_ticket_feed_up", "1 while the group's ticket machine answers with sense", ("group",), registry=REGISTRY
)
alerts: Final = Counter("vigil_alerts", "Alerts raised", ("kind",), registry=REGISTRY)
