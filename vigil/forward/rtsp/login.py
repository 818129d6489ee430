"""Who a connection belongs to: each request that opens something is checked, and what was tried in vain is counted."""

from __future__ import annotations

from typing import Final

import structlog

from vigil.forward.rtsp.digest import Verdict, claimed_user
from vigil.forward.rtsp.message import Request, Response
from vigil.forward.rtsp.service import Service

_LONGEST_NAME: Final = 64
"""Remembered of a name: a guesser may send any."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Login:
    def __init__(self, service: Service, connection: str, peer: str) -> None:
        self._service = service
        self._connection = connection
        self._peer = peer
        self.user = ""
        """Who logged in last; '' for nobody."""
        self.failed = 0

    def check(self, request: Request) -> Response | None:
        """None when the request may go on, else what to answer."""
        guard = self._service.guard
        if guard is None:
            return None
        stale = False
        if (given := request.headers.get("authorization")) is not None:
            user, now = claimed_user(given), self._service.clock.mono()
            key = (user[:_LONGEST_NAME], self._peer)
            if self._service.throttle.is_closed(key, now):
                self._count_failed()
                return Response(403)  # not 401, at which players try again at once
            verdict = guard.verify(given, method=request.method, uri=request.uri, connection=self._connection)
            if verdict is Verdict.ACCEPTED:
                self._service.throttle.clear(key)
                return self._enter(user)
            stale = verdict is Verdict.STALE
            if not stale:
                self._service.throttle.failed(key, now)
                self._count_failed()
        challenges = guard.challenges(self._connection, stale=stale)
        return Response(401, tuple(("WWW-Authenticate", challenge) for challenge in challenges))

    def leave(self) -> None:
        """The connection has ended. May be called again."""
        of_user = self._service.logins.get(self.user, set())
        of_user.discard(self._connection)
        if not of_user:
            self._service.logins.pop(self.user, None)
        self.user = ""

    def _enter(self, user: str) -> Response | None:
        if user == self.user:
            return None
        if len(self._service.logins.get(user, ())) >= self._service.limits.user_connections:
            _log.warning("rtsp_user_has_too_many", user=user, peer=self._peer)
            return Response(453)
        self.leave()
        self.user = user
        self._service.logins.setdefault(user, set()).add(self._connection)
        return None

    def _count_failed(self) -> None:
        self._service.counters.failed_logins += 1
        self.failed += 1
        if self.failed == 1:
            _log.warning("rtsp_login_failed", peer=self._peer)
