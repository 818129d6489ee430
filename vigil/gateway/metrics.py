"""Prometheus metrics of the centre, in a registry of their own. Labels name routes, never people or what they looked at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class GatewayMetrics:
    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    logins: Counter
    viewers: Gauge
    screens: Gauge
    report_seconds: Histogram

    @classmethod
    def on(cls, registry: CollectorRegistry | None = None) -> Self:
        """Metrics on a registry, which may hold others of the centre; None: a new one."""
        registry = registry or CollectorRegistry()
        route = ("method", "route")
        return cls(
            registry=registry,
            requests=Counter("vigil_requests", "Requests answered", (*route, "status"), registry=registry),
            seconds=Histogram("vigil_request_seconds", "Time until the answer's first byte", route, registry=registry),
            logins=Counter("vigil_logins", "Tries to log in", ("result",), registry=registry),
            viewers=Gauge("vigil_live_viewers", "Open live pictures", registry=registry),
            screens=Gauge("vigil_event_streams", "Open event streams", registry=registry),
            report_seconds=Histogram(
                "vigil_report_seconds",
                "How long figures, a pack or the filing took to make",
                ("wanted",),
                buckets=(0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300),
                registry=registry,
            ),
        )


class MeasureRequests:
    """Middleware. Counts by the route's pattern, so that no id becomes a label."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, watch)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        method = scope["method"] if scope["method"] in _METHODS else "other"  # a client may invent them
        labels = (method, getattr(route, "path", "none"))
        self._metrics.requests.labels(*labels, str(status)).inc()
        self._metrics.seconds.labels(*labels).observe(seconds)
