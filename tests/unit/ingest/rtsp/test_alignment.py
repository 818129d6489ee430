from __future__ import annotations

import pytest

from vigil.ingest.rtsp.alignment import APART_90K, SETTLE_90K, Alignment
from vigil.model.media import CLOCK_RATE

RATE = 8000
PICTURE_90K = CLOCK_RATE // 25
APART = 123_456_789
"""What is between the two streams' own times, in 90 kHz."""


class Camera:
    """Sends 25 pictures and 50 pieces of sound a second over one line, as time goes by."""

    def __init__(self, *, ppm: float = 0.0) -> None:
        self.alignment = Alignment(RATE)
        self.apart_90k = APART
        self._ppm = ppm
        self._now_90k = 0
        self.waiting_90k = 0
        """By how much pictures are late."""

    def sound_90k(self, at_90k: int) -> int:
        return round((at_90k - self.apart_90k) * (1 + self._ppm / 1e6))

    def run(self, seconds: float) -> None:
        until_90k = self._now_90k + round(seconds * CLOCK_RATE)
        while self._now_90k < until_90k:
            self._now_90k += CLOCK_RATE // 50
            newest_90k = (self._now_90k - self.waiting_90k) // PICTURE_90K * PICTURE_90K
            self.alignment.arrived(self.timestamp(self._now_90k), newest_90k)

    def timestamp(self, at_90k: int) -> int:
        return self.sound_90k(at_90k) * RATE // CLOCK_RATE

    @property
    def off_90k(self) -> int:
        """By how much sound of now is placed too late."""
        return self.alignment.time_90k(self.timestamp(self._now_90k)) - self._now_90k

    def report(self, *, years_off: float = 0.0, sound_off_90k: int = 0) -> None:
        ntp_90k = round(years_off * 365 * 86_400 * CLOCK_RATE) + self._now_90k
        self.alignment.picture_reported(ntp_90k, self._now_90k)
        self.alignment.sound_reported(ntp_90k + sound_off_90k, self.timestamp(self._now_90k))


class TestByArrival:
    def test_nothing_is_known_before_a_second_of_sound_has_come(self) -> None:
        camera = Camera()
        camera.run(SETTLE_90K / CLOCK_RATE - 0.1)
        assert camera.alignment.offset_90k is None
        with pytest.raises(ValueError, match="too short"):
            camera.alignment.time_90k(0)
        camera.run(0.2)
        assert camera.alignment.offset_90k is not None

    def test_sound_belongs_to_the_picture_that_it_came_behind(self) -> None:
        camera = Camera()
        camera.run(5)
        assert -PICTURE_90K <= camera.off_90k <= 0

    def test_two_clocks_that_drift_apart_are_followed(self) -> None:
        """200 parts in a million are 0.7 s in an hour."""
        camera = Camera(ppm=200)
        camera.run(3600)
        assert abs(camera.off_90k) <= 2 * PICTURE_90K

    def test_pictures_that_are_late_for_some_seconds_move_nothing(self) -> None:
        camera = Camera()
        camera.run(30.1)
        before = camera.off_90k
        for tenth in range(40):
            camera.waiting_90k = tenth * CLOCK_RATE // 10
            camera.run(0.1)
        camera.waiting_90k = 0
        camera.run(20)
        assert camera.off_90k == pytest.approx(before, abs=PICTURE_90K)

    @pytest.mark.parametrize("by_s", [60, -60, 5 * 3600])
    def test_a_jump_is_followed_within_a_second_and_a_bit(self, by_s: int) -> None:
        camera = Camera()
        camera.run(12.5)
        camera.apart_90k += by_s * CLOCK_RATE
        camera.run(1.2)
        assert abs(camera.off_90k) <= PICTURE_90K


class TestByReports:
    @pytest.mark.parametrize("years_off", [0, 56, -3])
    def test_are_exact_whatever_the_cameras_clock_says(self, years_off: float) -> None:
        camera = Camera()
        camera.run(2)
        camera.report(years_off=years_off)
        assert abs(camera.off_90k) <= CLOCK_RATE // RATE

    def test_one_of_two_says_nothing(self) -> None:
        camera = Camera()
        camera.run(2)
        before = camera.alignment.offset_90k
        camera.alignment.picture_reported(10**9, 0)
        assert camera.alignment.offset_90k == before

    def test_are_believed_over_arrival(self) -> None:
        """The camera's pictures take longer than its sound, and it knows by how much."""
        camera = Camera()
        camera.waiting_90k = CLOCK_RATE // 3
        camera.run(2)
        camera.report()
        assert abs(camera.off_90k) <= CLOCK_RATE // RATE

    @pytest.mark.parametrize("off_90k", [APART_90K + CLOCK_RATE, -(10**12)])
    def test_what_cannot_be_is_not_believed(self, off_90k: int) -> None:
        camera = Camera()
        camera.run(2)
        before = camera.alignment.offset_90k
        camera.report(sound_off_90k=off_90k)
        assert camera.alignment.offset_90k == before

    def test_of_before_a_jump_are_not_believed_until_there_are_new_ones(self) -> None:
        camera = Camera()
        camera.run(2)
        camera.report()
        camera.apart_90k += 3600 * CLOCK_RATE
        camera.run(1.2)
        assert abs(camera.off_90k) <= PICTURE_90K
        camera.report()
        assert abs(camera.off_90k) <= CLOCK_RATE // RATE
