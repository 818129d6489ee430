from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from vigil.clock import FakeClock
from vigil.ingest.door import KNOCK_EVERY_S, door_of, wait_for_return


class Stop(threading.Event):
    """Waits pass at once, and are added up on the clock. Set after so many of them."""

    def __init__(self, clock: FakeClock, stops_after: int | None = None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._clock, self._stops_after = clock, stops_after

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self._clock.advance(timeout)
        return self._stops_after is not None and len(self.waits) >= self._stops_after


def waited(answers: list[bool], seconds: float, stops_after: int | None = None) -> tuple[float, int]:
    """How long was waited, and how often the door was asked."""
    clock = FakeClock()
    stop = Stop(clock, stops_after)
    left: Iterator[bool] = iter(answers)
    asked = 0

    def is_open() -> bool:
        nonlocal asked
        asked += 1
        return next(left, answers[-1])

    wait_for_return(is_open, seconds, stop, clock)
    return clock.mono(), asked


def test_who_refuses_us_and_is_there_is_left_alone_for_the_whole_time() -> None:
    assert waited([True], 30) == (30, 1)


def test_who_comes_back_is_tried_within_two_seconds() -> None:
    assert waited([False, False, False, True], 30) == (3 * KNOCK_EVERY_S, 4)


def test_who_does_not_come_back_is_tried_when_the_time_is_over() -> None:
    assert waited([False], 5) == (5, 4)


def test_a_short_wait_asks_nobody() -> None:
    assert waited([False], 1) == (1, 0)


def test_stopping_ends_it() -> None:
    assert waited([False], 30, stops_after=2) == (2 * KNOCK_EVERY_S, 2)


def test_a_real_door() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        door = door_of(f"rtsp://127.0.0.1:{port}/hall")
        assert door is not None
        assert door()
    assert not door()


@pytest.mark.parametrize("url", ["file:clips/hall.mp4", "clips/hall.mp4"])
def test_a_file_has_no_door(url: str) -> None:
    assert door_of(url) is None


@pytest.mark.parametrize("url", ["rtsp://192.0.2.7/1", "rtsps://192.0.2.7/1", "http://192.0.2.7/a.m3u8"])
def test_a_port_that_is_not_named_is_the_usual_one(url: str) -> None:
    assert door_of(url) is not None
