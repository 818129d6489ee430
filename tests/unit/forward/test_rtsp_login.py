"""Guessing over connections is slowed down, and one user cannot take all connections."""

from __future__ import annotations

import pytest

from tests.unit.forward.test_digest import hashed
from vigil.clock import FakeClock
from vigil.forward.rtsp.digest import Algorithm, DigestGuard, answer, parse_authorization
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import UdpPorts
from vigil.forward.rtsp.login import Login
from vigil.forward.rtsp.message import Request, Response
from vigil.forward.rtsp.service import Service
from vigil.throttle import (
    FIRST_DELAY_S,
    FORGET_AFTER_S,
    FREE_TRIES,
    LONGEST_DELAY_S,
    MAX_ENTRIES,
    Throttle,
)

URI = "rtsp://127.0.0.1/live/counter"
KEY = ("platform", "192.0.2.7")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service(clock: FakeClock) -> Service:
    guard = DigestGuard({"platform": "right", "other": "right"}, clock=clock)
    return Service({}, guard, UdpPorts(), clock, Limits(user_connections=2))


def attempt(login: Login, password: str, user: str = "platform") -> Response | None:
    challenged = login.check(Request("DESCRIBE", URI, {}))
    assert challenged is not None
    parameters = parse_authorization(challenged.headers[-1][1])
    assert parameters is not None
    given = {"realm": "vigil", "nonce": parameters["nonce"], "uri": URI, "username": user}
    given["response"] = answer(Algorithm.MD5, hashed(Algorithm.MD5, f"{user}:vigil:{password}"), "DESCRIBE", given)
    header = "Digest " + ", ".join(f'{name}="{value}"' for name, value in given.items())
    return login.check(Request("DESCRIBE", URI, {"authorization": header}))


def status(response: Response | None) -> int:
    return 200 if response is None else response.status


class TestGuessing:
    def test_on_new_connections_is_shut_out_for_longer_and_longer(self, service: Service, clock: FakeClock) -> None:
        guesses = [status(attempt(Login(service, str(n), KEY[1]), "wrong")) for n in range(FREE_TRIES)]
        assert guesses == [401] * FREE_TRIES
        assert status(attempt(Login(service, "late", KEY[1]), "right")) == 403, "nor with the right one"
        clock.advance(FIRST_DELAY_S)
        assert status(attempt(Login(service, "later", KEY[1]), "wrong")) == 401
        clock.advance(FIRST_DELAY_S)
        assert status(attempt(Login(service, "again", KEY[1]), "right")) == 403
        clock.advance(FIRST_DELAY_S)
        assert status(attempt(Login(service, "at last", KEY[1]), "right")) == 200
        assert service.counters.failed_logins == FREE_TRIES + 3

    def test_concerns_neither_others_nor_elsewhere(self, service: Service) -> None:
        for n in range(FREE_TRIES):
            attempt(Login(service, str(n), KEY[1]), "wrong")
        assert status(attempt(Login(service, "a", KEY[1]), "right", "other")) == 200
        assert status(attempt(Login(service, "b", "192.0.2.8"), "right")) == 200


class TestThrottle:
    def test_waits_a_quarter_of_an_hour_at_most(self) -> None:
        throttle = Throttle()
        for _ in range(100):
            throttle.failed(KEY, 0.0)
        assert throttle.is_closed(KEY, LONGEST_DELAY_S - 1)
        assert not throttle.is_closed(KEY, LONGEST_DELAY_S)

    def test_forgets(self) -> None:
        throttle = Throttle()
        for n in range(FREE_TRIES - 1):
            throttle.failed(KEY, float(n))
        throttle.failed(KEY, FORGET_AFTER_S + 10)
        assert not throttle.is_closed(KEY, FORGET_AFTER_S + 10)

    def test_remembers_no_more_than_agreed(self) -> None:
        throttle = Throttle()
        for n in range(MAX_ENTRIES + 100):
            throttle.failed((str(n), "a"), 0.0)
        assert len(throttle._tries) == MAX_ENTRIES


class TestConnectionsOfAUser:
    def test_are_bounded_and_given_back(self, service: Service) -> None:
        logins = [Login(service, str(n), KEY[1]) for n in range(3)]
        assert [status(attempt(login, "right")) for login in logins] == [200, 200, 453]
        assert status(attempt(Login(service, "o", KEY[1]), "right", "other")) == 200
        logins[0].leave()
        assert status(attempt(logins[2], "right")) == 200
        for login in logins:
            login.leave()
        assert "platform" not in service.logins

    def test_who_logs_in_again_as_another_is_that_other(self, service: Service) -> None:
        login = Login(service, "one", KEY[1])
        attempt(login, "right")
        attempt(login, "right", "other")
        assert login.user == "other"
        assert set(service.logins) == {"other"}
