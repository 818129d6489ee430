"""The node's own page: /metrics and /healthz on loopback, in a thread of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from vigil import metrics

StartResponse = Callable[..., Any]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name is the standard library's
        """Says nothing: a scrape every few seconds is no event."""


class HealthServer:
    """Raises OSError when the address is taken."""

    def __init__(self, listen: str, healthy: Callable[[], dict[str, Any]]) -> None:
        host, _, port = listen.rpartition(":")
        self._healthy = healthy
        self._metrics: Callable[[dict[str, Any], StartResponse], Iterable[bytes]] = make_wsgi_app(metrics.REGISTRY)
        self._server = make_server(host.strip("[]"), int(port), self._answer, _Server, _Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return self._metrics(environ, start)
            case "/healthz":
                start(_status(HTTPStatus.OK), [("Content-Type", "application/json")])
                return [json.dumps(self._healthy()).encode()]
            case _:
                start(_status(HTTPStatus.NOT_FOUND), [("Content-Type", "text/plain")])
                return [b"/metrics or /healthz\n"]


def _status(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"
