from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.unit.analytics import drawn
from tests.unit.analytics.halls import (
    AT_ONE,
    AT_TWO,
    COUNTER,
    COUNTER_CAMERA,
    DETECTOR,
    HALL_CAMERA,
    LANE,
    NINE,
    ONE,
    QUEUE,
    SPOT_ONE,
    STAFF_ONE,
    STAFF_TWO,
    box,
    camera,
    local,
    site,
)
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.attention import THOROUGH, Schedule
from vigil.analytics.detector import Bgr, Detector, Region
from vigil.analytics.worker import Worker
from vigil.clock import FakeClock
from vigil.errors import DetectorError
from vigil.model.alerts import Alert, AlertKind, EndReason
from vigil.model.ids import CameraId
from vigil.model.looks import CameraHealth, CameraStatus, Detection, Staffing, Unknown, WindowStatus
from vigil.model.media import Frame
from vigil.model.site import Camera, Point
from vigil.testing import FakeDetector, frame_of

PICTURES = Path(__file__).parents[2] / "data" / "hall"
COUNTER_PICTURE: Bgr = np.asarray(cv2.imread(str(PICTURES / "counter.jpg")), np.uint8)
BLACK: Bgr = np.zeros((360, 640, 3), np.uint8)


class FakePicture:
    """A coded picture that is a hall with some noise, so that no two are alike."""

    def __init__(self, camera: CameraId, at: datetime, bgr: Bgr | None = COUNTER_PICTURE) -> None:
        self.camera = camera
        self.at = at
        self.decoded = 0
        self._bgr = bgr

    def decode(self) -> Frame | None:
        self.decoded += 1
        if self._bgr is None:
            return None
        noise = np.random.default_rng(self.at.microsecond + self.at.second).integers(0, 4, self._bgr.shape, np.uint8)
        return frame_of(self.camera, self.at, np.minimum(self._bgr, 250) + noise)


@dataclass
class FakeReports:
    """Keeps what it is told. With `failing` set it cannot take alerts, as when the disk is full."""

    standings: list[Standing] = field(default_factory=list)
    alerts: list[tuple[Alert, bytes | None]] = field(default_factory=list)
    kept: list[Memory] = field(default_factory=list)
    seconds: list[datetime] = field(default_factory=list)
    failing: bool = False

    def standing(self, standing: Standing) -> None:
        self.standings.append(standing)

    def second(self, standing: Standing, now: datetime) -> None:
        self.seconds.append(now)

    def alert(self, alert: Alert, jpeg: bytes | None) -> None:
        if self.failing:
            raise OSError("no space left on device")
        self.alerts.append((alert, jpeg))

    def progress(self, analyst: Analyst) -> None:
        self.kept.append(analyst.memory)

    @contextmanager
    def together(self) -> Iterator[None]:
        alerts, kept = len(self.alerts), len(self.kept)
        try:
            yield
        except BaseException:
            del self.alerts[alerts:], self.kept[kept:]
            raise


class Desk:
    """A worker turned by hand: one picture of the counter, one turn, a second each."""

    def __init__(
        self,
        *detectors: Detector | DetectorError,
        at: datetime = NINE,
        script: tuple[tuple[Detection, ...] | DetectorError, ...] = ((AT_TWO,),),
        memory: Memory = Memory(),  # noqa: B008, frozen
        cameras: tuple[Camera, ...] = (COUNTER_CAMERA, HALL_CAMERA),
        schedule: Schedule = THOROUGH,
    ) -> None:
        self.clock = FakeClock(at)
        self.reports = FakeReports()
        self.detector = FakeDetector(script)
        self.opened = 0
        self._detectors = list(detectors) or [self.detector]
        ids = frozenset(camera.id for camera in cameras)
        self.analyst = Analyst(site(*cameras), ids, DETECTOR, memory, at)
        self.worker = Worker(self.analyst, cameras, self._open, self.reports, self.clock, schedule=schedule, live=False)

    def _open(self) -> Detector:
        one = self._detectors[min(self.opened, len(self._detectors) - 1)]
        self.opened += 1
        if isinstance(one, DetectorError):
            raise one
        return one

    def second(self, bgr: Bgr | None = COUNTER_PICTURE) -> FakePicture:
        self.clock.advance(1)
        picture = FakePicture(COUNTER, self.clock.now(), bgr)
        self.worker.offer(picture)
        self.worker.turn()
        return picture

    def play(self, seconds: int, bgr: Bgr | None = COUNTER_PICTURE) -> None:
        for _ in range(seconds):
            self.second(bgr)

    def idle(self, seconds: int) -> None:
        """Turns without pictures; the time has come for a step each, so nothing is waited for."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.worker.turn()

    def window(self) -> WindowStatus:
        return next(one for one in self.reports.standings[-1].windows if one.window == ONE)

    def camera(self) -> CameraStatus:
        return next(one for one in self.reports.standings[-1].cameras if one.camera == COUNTER)

    def absences(self) -> list[tuple[Alert, bytes | None]]:
        return [one for one in self.reports.alerts if one[0].window == ONE]


# Looking


def test_pictures_become_statuses() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),))
    desk.play(12)
    assert (desk.window().staffing, desk.window().why) == (Staffing.STAFFED, None)
    assert (desk.camera().health, desk.camera().last_frame_at) == (CameraHealth.ONLINE, desk.clock.now())
    assert (desk.opened, desk.detector.looks) == (1, 12)


def test_out_of_hours_the_detector_is_not_asked_nor_even_opened() -> None:
    desk = Desk(at=local("2026-03-02T12:30"))
    desk.play(60)
    assert (desk.opened, desk.detector.looks) == (0, 0)
    assert desk.camera().health is CameraHealth.ONLINE
    assert not desk.window().in_service


def test_a_picture_that_shows_nothing_is_not_looked_at() -> None:
    desk = Desk()
    desk.play(5, BLACK)
    assert desk.detector.looks == 0
    assert (desk.window().staffing, desk.window().why) == (Staffing.UNKNOWN, Unknown.DARK)


def test_a_camera_is_looked_at_once_a_second_at_most() -> None:
    desk = Desk()
    pictures = []
    for _ in range(50):
        desk.clock.advance(0.25)
        pictures.append(FakePicture(COUNTER, desk.clock.now()))
        desk.worker.offer(pictures[-1])
        desk.worker.turn()
    assert desk.detector.looks == 13
    assert sum(picture.decoded for picture in pictures) == 13


def test_the_newest_picture_is_looked_at_and_the_others_are_forgotten() -> None:
    desk = Desk()
    old, new = FakePicture(COUNTER, NINE), FakePicture(COUNTER, NINE + timedelta(seconds=2))
    desk.worker.offer(old)
    desk.worker.offer(new)
    desk.clock.advance(2)
    desk.worker.turn()
    assert (old.decoded, new.decoded) == (0, 1)


def test_what_cannot_be_decoded_was_not_seen() -> None:
    desk = Desk()
    desk.play(12, None)
    assert desk.window().why is Unknown.NO_SIGNAL
    assert desk.detector.looks == 0


def test_a_clock_set_back_does_not_blind_it() -> None:
    desk = Desk()
    desk.play(5)
    desk.clock.at -= timedelta(minutes=10)
    looks = desk.detector.looks
    desk.play(5)
    assert desk.detector.looks == looks + 5


def test_a_camera_that_is_silent_is_unknown_without_any_picture() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),))
    desk.play(12)
    desk.idle(10)
    assert (desk.window().staffing, desk.window().why) == (Staffing.UNKNOWN, Unknown.NO_SIGNAL)


# The detector


def test_a_detector_that_fails_leaves_windows_unknown_and_cameras_well() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),) * 12 + (DetectorError("broken"),))
    desk.play(12)
    assert desk.window().staffing is Staffing.STAFFED
    desk.play(400)
    assert (desk.window().staffing, desk.window().why) == (Staffing.UNKNOWN, Unknown.DETECTOR)
    assert desk.camera().health is CameraHealth.ONLINE
    assert all(alert.camera == HALL_CAMERA.id for alert, _ in desk.reports.alerts)  # the hall's camera sends nothing


def test_a_detector_that_fails_is_closed_and_opened_anew_after_some_seconds() -> None:
    broken, sound = FakeDetector([(), DetectorError("broken")]), FakeDetector([(AT_ONE, AT_TWO)])
    desk = Desk(broken, sound)
    desk.play(2)
    assert (broken.closed, desk.opened) == (True, 1)
    desk.play(4)
    assert desk.opened == 1
    desk.play(1)
    assert desk.opened == 2
    desk.play(11)
    assert desk.window().staffing is Staffing.STAFFED


def test_a_detector_that_cannot_be_opened_is_tried_again() -> None:
    desk = Desk(DetectorError("no weights"), DetectorError("no weights"), FakeDetector([(AT_ONE, AT_TWO)]))
    desk.play(3)
    assert desk.window().why is Unknown.DETECTOR
    desk.play(30)
    assert desk.opened == 3
    assert desk.window().staffing is Staffing.STAFFED


class Exploding(FakeDetector):
    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        raise ZeroDivisionError


def test_a_fault_of_ours_is_not_blamed_on_the_camera_and_costs_no_step() -> None:
    desk = Desk(Exploding())
    desk.play(100)
    assert (desk.window().staffing, desk.window().why) == (Staffing.UNKNOWN, Unknown.DETECTOR)
    assert desk.camera().health is CameraHealth.ONLINE
    assert desk.absences() == []


# The camera's view


class Fed(Desk):
    """A desk that sees a small picture each five seconds."""

    def watch(self, bgr: Bgr, seconds: int) -> None:
        small = np.asarray(cv2.resize(bgr, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
        for _ in range(0, seconds, 5):
            self.clock.advance(5)
            self.worker.offer(FakePicture(COUNTER, self.clock.now(), small))
            self.worker.turn()


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [(drawn.turned(drawn.hall(), 0.15), Unknown.MOVED), (drawn.blurred(drawn.hall(), 7), Unknown.DEFOCUSED)],
    ids=["moved", "defocused"],
)
def test_a_camera_that_sees_another_view_accuses_nobody_and_is_alerted_itself(spoiled: Bgr, why: Unknown) -> None:
    desk = Fed(script=((AT_ONE, AT_TWO),) * 24 + ((),))
    desk.watch(drawn.hall(), 120)
    desk.watch(spoiled, 400)
    assert desk.detector.looks == 24
    assert desk.absences() == []
    assert (desk.window().staffing, desk.window().why) == (Staffing.UNKNOWN, why)
    assert (desk.camera().health, desk.camera().why) == (CameraHealth.IMPAIRED, why)
    faults = [alert.camera for alert, _ in desk.reports.alerts if alert.kind is AlertKind.CAMERA_FAULT]
    assert COUNTER in faults
    desk.watch(drawn.hall(), 330)
    assert len(desk.absences()) == 1  # what it sees now is believed again


def test_a_camera_turned_while_the_node_was_down_accuses_nobody() -> None:
    before = Fed()
    before.watch(drawn.hall(), 120)
    desk = Fed(memory=before.analyst.memory)
    desk.watch(drawn.turned(drawn.hall(), 0.15), 330)
    assert desk.absences() == []
    assert desk.window().why is Unknown.MOVED


def test_when_the_zones_were_redrawn_the_view_is_taken_to_be_right() -> None:
    before = Fed()
    before.watch(drawn.hall(), 120)
    redrawn = replace(COUNTER_CAMERA, zones=COUNTER_CAMERA.zones[:-1])
    desk = Fed(memory=before.analyst.memory, cameras=(redrawn, HALL_CAMERA))
    desk.watch(drawn.turned(drawn.hall(), 0.15), 120)
    assert desk.window().why is None


def test_out_of_hours_no_view_is_learned() -> None:
    desk = Fed(at=local("2026-03-02T12:30"))
    desk.watch(drawn.hall(), 300)
    assert desk.analyst.memory.scenes == {}


# Alerts


def test_a_clock_that_runs_away_is_an_alert_of_the_camera_and_costs_no_look() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),), cameras=(COUNTER_CAMERA,))
    for second in range(90):
        desk.worker.drift(COUNTER, 2.0 + second / 10)
        desk.second()
    assert [alert.facts["why"] for alert, _ in desk.reports.alerts] == ["clock-drift"]
    assert desk.window().staffing is Staffing.STAFFED


def test_an_alert_comes_with_a_picture_the_first_time_only() -> None:
    desk = Desk(script=((AT_TWO,),) * 605 + ((AT_ONE, AT_TWO),))
    desk.play(301)
    ((raised, jpeg),) = desk.absences()
    assert raised.revision == 1
    assert jpeg is not None
    assert jpeg[:2] == b"\xff\xd8"
    desk.play(320)
    revisions = [(alert.revision, jpeg is not None) for alert, jpeg in desk.absences()]
    assert revisions == [(1, True), (2, False), (3, False)]
    assert desk.absences()[-1][0].end_reason is EndReason.RESOLVED


def drawn_in(jpeg: bytes | None, corners: Sequence[Point], colour: Callable[[Bgr], Any]) -> bool:
    """Whether the outline of that polygon stands in the picture in that colour."""
    assert jpeg is not None
    picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    outline = np.zeros(picture.shape[:2], np.uint8)
    points = np.rint(np.asarray(corners) * (picture.shape[1], picture.shape[0])).astype(np.int32)
    cv2.polylines(outline, [points], isClosed=True, color=1)
    return bool(colour(picture[outline > 0].astype(int)).mean() > 0.8)


def red(pixels: Bgr) -> Any:
    return (pixels[:, 2] > 150) & (pixels[:, 1] < 120)


def green(pixels: Bgr) -> Any:
    return (pixels[:, 1] > 140) & (pixels[:, 2] < 140)


def test_the_picture_of_an_absence_shows_the_zones_of_its_window_and_who_was_seen() -> None:
    desk = Desk()
    desk.play(301)
    ((_, jpeg),) = desk.absences()
    assert drawn_in(jpeg, STAFF_ONE.polygon, red)
    assert drawn_in(jpeg, SPOT_ONE.polygon, red)
    assert not drawn_in(jpeg, STAFF_TWO.polygon, red)
    assert drawn_in(jpeg, box(AT_TWO.x0, AT_TWO.y0, AT_TWO.x1, AT_TWO.y1), green)


def test_the_picture_of_a_build_up_shows_its_lane_and_who_waits() -> None:
    desk = Desk(cameras=(camera(COUNTER, STAFF_ONE, STAFF_TWO, LANE),), script=((AT_TWO, *QUEUE),))
    desk.play(250)
    ((_, jpeg),) = [told for told in desk.reports.alerts if told[0].kind is AlertKind.QUEUE_BUILDUP]
    assert drawn_in(jpeg, LANE.polygon, red)
    assert not drawn_in(jpeg, STAFF_ONE.polygon, red)
    assert all(drawn_in(jpeg, box(one.x0, one.y0, one.x1, one.y1), green) for one in QUEUE)


def test_an_alert_without_any_picture_at_hand_comes_without() -> None:
    desk = Desk()
    desk.idle(20)
    assert {(alert.camera, jpeg) for alert, jpeg in desk.reports.alerts} == {(COUNTER, None), (HALL_CAMERA.id, None)}


def test_memory_is_kept_with_each_change_of_alerts_and_every_minute() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),))
    desk.play(59)
    hall_lost = len(desk.reports.kept)
    assert hall_lost == 1  # the hall's camera sends nothing: one alert
    desk.play(60)
    assert len(desk.reports.kept) == 2
    assert len(desk.reports.kept[-1].open) == 1


def test_an_alert_that_could_not_be_handed_over_is_handed_over_later_and_not_kept_as_told() -> None:
    desk = Desk()
    desk.play(290)
    kept = len(desk.reports.kept)
    desk.reports.failing = True
    desk.play(30)
    assert desk.absences() == []
    assert all(memory.open.keys() == {"camera hall"} for memory in desk.reports.kept[kept:])
    desk.reports.failing = False
    desk.play(2)
    ((raised, jpeg),) = desk.absences()
    assert raised.revision == 1
    assert jpeg is not None
    assert "window one" in desk.reports.kept[-1].open


def test_an_alert_of_which_no_memory_is_kept_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.play(290)
    with monkeypatch.context() as disk:

        def fails(analyst: Analyst) -> None:
            raise OSError("no space left on device")

        disk.setattr(desk.reports, "progress", fails)
        desk.play(30)
        assert desk.absences() == []
    desk.play(2)
    assert [alert.revision for alert, _ in desk.absences()] == [1]


def test_a_standing_is_told_when_it_changes() -> None:
    desk = Desk(at=local("2026-03-02T12:30"))
    desk.idle(100)
    assert len(desk.reports.standings) < 10


def test_every_step_is_told_though_nothing_changed() -> None:
    desk = Desk(at=local("2026-03-02T12:30"))
    desk.idle(100)
    assert len(desk.reports.seconds) == 100


# The thread


class Telling(FakeDetector):
    """Tells a test that it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        self.asked.set()
        return super().look(regions)


def test_it_works_on_a_thread_of_its_own_and_keeps_its_memory_when_it_stops() -> None:
    detector = Telling()
    desk = Desk(detector)
    desk.worker.start()
    desk.worker.offer(FakePicture(COUNTER, desk.clock.now()))
    assert detector.asked.wait(10)
    assert desk.worker.stop(timeout_s=10)
    assert len(desk.reports.kept) == 1
    assert detector.closed


def test_it_stops_even_when_the_last_memory_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()

    def fails(analyst: Analyst) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(desk.reports, "progress", fails)
    desk.worker.start()
    assert desk.worker.stop(timeout_s=10)


# Another site


def changed(desk: Desk, *cameras: Camera) -> None:
    ids = frozenset(camera.id for camera in cameras)
    desk.worker.change(lambda memory: Analyst(site(*cameras), ids, DETECTOR, memory, desk.clock.now()), cameras)


def test_what_is_the_same_in_both_is_judged_on() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),))
    desk.play(12)
    before = desk.window()
    told = len(desk.reports.standings)
    changed(desk, COUNTER_CAMERA, replace(HALL_CAMERA, zones=()))
    desk.play(3)
    assert desk.window() == before
    for standing in desk.reports.standings[told:]:
        assert next(one for one in standing.windows if one.window == ONE) == before


def test_an_absence_goes_on_over_a_change_and_is_told_once() -> None:
    desk = Desk(script=((AT_TWO,),))
    desk.play(200)
    changed(desk, COUNTER_CAMERA)
    desk.play(150)
    ((alert, _),) = desk.absences()
    assert alert.raised_at - alert.began_at < timedelta(seconds=310)
    changed(desk, COUNTER_CAMERA, HALL_CAMERA)
    desk.play(100)
    assert len(desk.absences()) == 1


def test_a_window_whose_zone_was_moved_is_looked_at_anew() -> None:
    desk = Desk(script=((AT_ONE, AT_TWO),))
    desk.play(12)
    assert desk.window().staffing is Staffing.STAFFED
    moved = replace(STAFF_ONE, polygon=box(0.4, 0.0, 0.5, 0.1))
    changed(desk, camera(COUNTER, moved, STAFF_TWO, SPOT_ONE), HALL_CAMERA)
    desk.play(60)
    assert desk.window().staffing is Staffing.UNSTAFFED


def test_alerts_of_what_left_the_site_end_and_late_pictures_of_it_are_nobodys() -> None:
    desk = Desk(script=((AT_TWO,),))
    desk.play(330)
    assert len(desk.absences()) == 1
    changed(desk, HALL_CAMERA)
    desk.second()
    alert, _ = desk.absences()[-1]
    assert alert.end_reason is EndReason.REMOVED
    assert all(one.window != ONE for one in desk.reports.standings[-1].windows)


# What is worth recording


def test_a_camera_is_eventful_while_a_window_is_not_known_to_be_staffed() -> None:
    desk = Desk(script=(*[(AT_ONE, AT_TWO)] * 40, *[(AT_TWO,)] * 60, *[(AT_ONE, AT_TWO)] * 60))
    told: list[bool] = []
    desk.worker._eventful = lambda cameras: told.append(COUNTER in cameras)
    desk.play(39)
    assert told[0]
    assert not told[-1]
    desk.play(60)
    assert told[-1]
    desk.play(60)
    assert not told[-1]


def test_out_of_hours_nothing_is() -> None:
    desk = Desk(at=local("2026-03-02T12:30"))
    told: list[frozenset[CameraId]] = []
    desk.worker._eventful = told.append
    desk.play(10)
    assert told[-1] == frozenset()
