from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.ingest.timeline import Broken, Timeline, WallTime

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FRAME_90K = 3600
SECOND_90K = 90_000

Time = int | None


def place_all(*times: Time | tuple[Time, Time]) -> list[tuple[int, int]]:
    timeline = Timeline()
    placed = []
    for time in times:
        dts, pts = time if isinstance(time, tuple) else (time, time)
        result = timeline.place(dts, pts)
        assert not isinstance(result, Broken)
        placed.append(result)
    return placed


class TestTimeline:
    def test_leaves_good_times_alone(self) -> None:
        assert place_all((0, 7200), (3600, 14400), (7200, 10800)) == [(0, 7200), (3600, 14400), (7200, 10800)]

    def test_begins_anywhere(self) -> None:
        assert place_all(-7200) == [(-7200, -7200)]
        assert place_all(2**40) == [(2**40, 2**40)]

    def test_a_small_step_back_is_moved(self) -> None:
        assert place_all(9000, 5400, 9000, 12600) == [(9000, 9000), (9001, 9001), (9002, 9002), (12600, 12600)]

    def test_the_same_time_twice_is_moved(self) -> None:
        assert place_all(0, 0) == [(0, 0), (1, 1)]

    def test_a_picture_is_never_shown_before_it_is_decoded(self) -> None:
        assert place_all((3600, 0), (0, 0)) == [(3600, 3600), (3601, 3601)]

    def test_one_time_is_enough(self) -> None:
        assert place_all((None, 3600), (7200, None)) == [(3600, 3600), (7200, 7200)]

    def test_without_a_time_it_comes_just_behind(self) -> None:
        assert place_all(9000, None, 12600) == [(9000, 9000), (9001, 9001), (12600, 12600)]

    @pytest.mark.parametrize(
        ("to_90k", "told"),
        [(-SECOND_90K, "back by 1.0 s"), (10 * SECOND_90K + 1, "ahead by 10.0 s"), (2**33, "ahead by 95443.7 s")],
    )
    def test_a_jump_breaks_it(self, to_90k: int, told: str) -> None:
        timeline = Timeline()
        timeline.place(0, 0)
        broken = timeline.place(to_90k, to_90k)
        assert isinstance(broken, Broken)
        assert broken.reason.endswith(told)

    def test_a_pause_of_ten_seconds_is_none(self) -> None:
        assert place_all(0, 10 * SECOND_90K) == [(0, 0), (10 * SECOND_90K, 10 * SECOND_90K)]

    def test_says_whether_it_has_begun(self) -> None:
        timeline = Timeline()
        assert timeline.empty
        timeline.place(0, 0)
        assert not timeline.empty

    @given(st.lists(st.tuples(st.none() | st.integers(-(2**40), 2**40), st.none() | st.integers(-(2**40), 2**40))))
    @pytest.mark.lesson(4)
    def test_whatever_comes_decoding_times_rise(self, times: list[tuple[Time, Time]]) -> None:
        timeline = Timeline()
        results = [timeline.place(dts, pts) for dts, pts in times]
        placed = [result for result in results if not isinstance(result, Broken)]
        assert all(a[0] < b[0] for a, b in pairwise(placed))
        assert all(pts >= dts for dts, pts in placed)

    @given(st.lists(st.integers(-SECOND_90K + 1, SECOND_90K)))
    def test_nothing_is_lost_within_a_second(self, wander: list[int]) -> None:
        """Every packet is at most a second behind the newest: none may break the line."""
        timeline = Timeline()
        for number, by_90k in enumerate(wander):
            newest = number * 2 * SECOND_90K
            assert not isinstance(timeline.place(newest, newest), Broken)
            assert not isinstance(timeline.place(newest + by_90k, newest + by_90k), Broken)


class Camera:
    """Packets that arrive, at 25 a second by the camera's clock."""

    def __init__(self, *, runs: float = 1.0, delay_s: float = 0.0) -> None:
        """`runs`: seconds of the camera's clock in one of the wall's."""
        self.wall = WallTime()
        self.media_90k = 0
        self.arrived_s = delay_s
        self.runs = runs
        self.wall.settle([(self.at(delay_s), 0)])
        self.dated = [self.wall.at(0)]

    @staticmethod
    def at(seconds: float) -> datetime:
        return AT + timedelta(seconds=seconds)

    def send(self, seconds: float, *, late_s: float = 0.0, jitter: random.Random | None = None) -> None:
        for _ in range(round(seconds * 25)):
            self.media_90k += FRAME_90K
            self.arrived_s += 0.04 / self.runs
            late = late_s + (jitter.expovariate(20) if jitter is not None else 0.0)
            self.wall.arrived(self.at(self.arrived_s + late), self.media_90k)
            self.dated.append(self.wall.at(self.media_90k))

    @property
    def error_s(self) -> float:
        """Of the last picture's wall time, against the moment at which it was taken."""
        return (self.dated[-1] - self.at(self.arrived_s)).total_seconds()

    def steps_s(self) -> list[float]:
        return [(b - a).total_seconds() for a, b in pairwise(self.dated)]


class TestWallTime:
    def test_wants_to_be_settled_first(self) -> None:
        with pytest.raises(ValueError, match="settle"):
            WallTime().at(0)

    def test_a_burst_of_older_pictures_is_dated_back(self) -> None:
        """A server sends the GOP it had kept, two seconds in one instant, and goes on live."""
        wall = WallTime()
        burst = [(AT, number * FRAME_90K) for number in range(51)]
        live = [(AT + timedelta(seconds=0.04 * n), (50 + n) * FRAME_90K) for n in range(1, 25)]
        wall.settle([*burst, *live])
        assert wall.at(50 * FRAME_90K) == AT
        assert wall.at(0) == AT - timedelta(seconds=2)

    def test_the_least_late_of_the_first_second_counts(self) -> None:
        wall = WallTime()
        late_s = (0.3, 0.05, 0.2)
        wall.settle([(AT + timedelta(seconds=n + late), n * SECOND_90K) for n, late in enumerate(late_s)])
        assert wall.at(0) == AT + timedelta(seconds=0.05)

    def test_media_time_may_begin_anywhere(self) -> None:
        wall = WallTime()
        wall.settle([(AT, 2**40)])
        assert wall.at(2**40 + SECOND_90K) == AT + timedelta(seconds=1)

    def test_jitter_is_not_followed(self) -> None:
        camera = Camera()
        camera.send(300, jitter=random.Random(1))
        assert abs(camera.error_s) < 0.005

    def test_a_burst_on_the_line_is_not_followed(self) -> None:
        camera = Camera()
        camera.send(20)
        camera.send(5, late_s=3)
        camera.send(300)
        assert camera.error_s == pytest.approx(0, abs=1e-5)

    @pytest.mark.parametrize("runs", [0.999, 0.9999, 1.0001, 1.001])
    @pytest.mark.lesson(5)
    def test_a_drifting_crystal_is_followed(self, runs: float) -> None:
        """At 1000 parts in a million, ten times the worst crystal, it is off by what the last minute gained."""
        camera = Camera(runs=runs)
        camera.send(3600)
        assert abs(camera.error_s) <= 61 * abs(1 - runs) + 0.001

    @pytest.mark.parametrize("late_s", [0.2, -0.2])
    def test_a_step_is_followed_slowly_and_once(self, late_s: float) -> None:
        camera = Camera()
        camera.send(31)
        camera.send(150, late_s=late_s)
        steps = camera.steps_s()
        assert all(abs(step - 0.04) <= 0.04 * 0.005 + 2e-6 for step in steps)
        errors = [(at - AT).total_seconds() - 0.04 * n - late_s for n, at in enumerate(camera.dated)]
        assert errors[-1] == pytest.approx(0, abs=1e-3)
        assert all(error * late_s <= 1e-6 for error in errors), "it went past the mark"

    def test_wall_time_rises_however_long_the_line_was_silent(self) -> None:
        """What the silence would allow as a correction must not fall on the next picture, which is 40 ms later."""
        camera = Camera()
        camera.send(31, late_s=0)
        camera.send(35, late_s=-0.3)  # now 0.3 s are to be taken back
        camera.arrived_s += 4.9
        camera.send(0.4)
        assert min(camera.steps_s()) > 0.039

    @given(st.lists(st.tuples(st.integers(1, 10 * SECOND_90K), st.floats(-30, 30)), max_size=100))
    def test_wall_time_rises_whenever_media_time_does(self, packets: list[tuple[int, float]]) -> None:
        wall = WallTime()
        wall.settle([(AT, 0)])
        media_90k, dated = 0, [wall.at(0)]
        for step_90k, late_s in packets:
            media_90k += step_90k
            wall.arrived(AT + timedelta(seconds=media_90k / SECOND_90K + late_s), media_90k)
            dated.append(wall.at(media_90k))
        assert all(a < b for a, b in pairwise(dated))

    def test_says_how_far_the_clocks_are_apart(self) -> None:
        camera = Camera()
        camera.send(31)
        camera.send(31, late_s=0.5)
        camera.send(31, late_s=0.5)
        assert 0.3 < camera.wall.correction_s <= 0.5
        assert not camera.wall.astray

    @pytest.mark.parametrize("late_s", [3600, -3600])
    def test_a_clock_that_was_set_is_not_followed_for_days(self, late_s: float) -> None:
        camera = Camera()
        camera.send(31)
        camera.send(62, late_s=late_s)
        assert camera.wall.astray
