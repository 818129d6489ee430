from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.analytics.halls import AT_ONE, AT_TWO, COUNTER, HALL, LANE, NINE, ONE, QUEUE, TWO
from tests.unit.eval.recordings import all_day, header, record
from vigil.analytics.analyst import Analyst
from vigil.analytics.attention import THOROUGH
from vigil.analytics.detector import Region
from vigil.errors import CalendarError, DetectorError, VigilError
from vigil.eval.clips import LabelledClip
from vigil.eval.evaluation import SceneResult, evaluate_scene
from vigil.eval.site import standard
from vigil.model.alerts import Alert, AlertKind
from vigil.model.looks import Detection, Staffing, Unknown
from vigil.model.site import Thresholds
from vigil.model.truth import PictureFault
from vigil.testing import FakeDetector

RULES = Thresholds(on_duty_after_s=3, absent_after_s=5, absence_alert_s=12, stale_after_s=4, camera_alert_s=5)
Script = Sequence[tuple[Detection, ...] | DetectorError]


def evaluated(*clips: LabelledClip, script: Script = ((AT_ONE,),), keep_looks: bool = False) -> SceneResult:
    """Each picture is looked at, so that a script goes on by one a picture."""
    return evaluate_scene(
        clips, standard(RULES), lambda: FakeDetector(script), keep_looks=keep_looks, schedule=THOROUGH
    )


def stated(result: SceneResult, from_s: int, to_s: int) -> set[tuple[Staffing, Unknown | None]]:
    """What is said of window one in these seconds."""
    of = result.statements.windows[ONE]
    return set(zip(of.staffing[from_s:to_s], of.whys[from_s:to_s], strict=True))


def test_there_is_a_statement_for_each_second_and_it_rests_on_the_pictures_before_it(tmp_path: Path) -> None:
    result = evaluated(record(tmp_path))
    one, two = result.statements.windows[ONE], result.statements.windows[TWO]
    assert len(one.staffing) == len(two.staffing) == len(result.statements.queue) == 30
    # Seen at 0, 1, 2, 3 s; the step at 3.5 s is the first that knows of three seconds of presence.
    assert one.whys[:2] == (Unknown.STARTING, Unknown.UNSETTLED)
    assert one.staffing[:4] == (Staffing.UNKNOWN,) * 4
    assert set(one.staffing[4:]) == {Staffing.STAFFED}
    assert set(two.staffing[6:]) == {Staffing.UNSTAFFED}


def test_an_alert_is_told_with_the_second_in_which_it_came_out(tmp_path: Path) -> None:
    result = evaluated(record(tmp_path))
    (told,) = [one for one in result.statements.alerts if one.kind is AlertKind.WINDOW_UNSTAFFED]
    assert (told.window, told.began_s, told.raised_s, told.ended_s) == (TWO, 0, 12.5, None)


def test_an_alert_that_ended_has_the_time_of_its_end_and_of_its_first_telling(tmp_path: Path) -> None:
    script = ((AT_ONE,),) * 20 + ((AT_ONE, AT_TWO),)
    result = evaluated(record(tmp_path), script=script)
    (told,) = [one for one in result.statements.alerts if one.kind is AlertKind.WINDOW_UNSTAFFED]
    assert (told.raised_s, told.ended_s) == (12.5, 20)


def test_in_a_gap_time_goes_on_and_all_is_unknown(tmp_path: Path) -> None:
    result = evaluated(record(tmp_path, gap=(10, 20)))
    assert stated(result, 5, 12) == {(Staffing.STAFFED, None)}
    assert stated(result, 14, 20) == {(Staffing.UNKNOWN, Unknown.NO_SIGNAL)}
    assert stated(result, 22, 30) == {(Staffing.STAFFED, None)}
    assert result.statements.queue[15] is None
    assert AlertKind.CAMERA_FAULT in {one.kind for one in result.statements.alerts}


def test_a_clip_that_ends_early_leaves_the_rest_unknown(tmp_path: Path) -> None:
    result = evaluated(record(tmp_path, gap=(10, 30)))
    assert stated(result, 15, 30) == {(Staffing.UNKNOWN, Unknown.NO_SIGNAL)}


def test_cameras_of_a_scene_go_in_step(tmp_path: Path) -> None:
    of = header(camera=HALL, zones=(LANE,))
    clips = [record(tmp_path, "counter", of=header(zones=header().zones[:2])), record(tmp_path, "hall", of=of)]
    # Pictures come by turns: the counter's, then the hall's.
    result = evaluated(*clips, script=((AT_ONE,), QUEUE) * 30, keep_looks=True)
    assert [(look.camera, look.at_s) for look in result.looks[:4]] == [(COUNTER, 0), (HALL, 0), (COUNTER, 1), (HALL, 1)]
    assert result.statements.queue[-1] == len(QUEUE)
    assert result.statements.windows[ONE].staffing[-1] is Staffing.STAFFED


def test_looks_are_kept_on_request_alone(tmp_path: Path) -> None:
    clip = record(tmp_path)
    assert evaluated(clip).looks == ()
    looks = evaluated(clip, keep_looks=True).looks
    assert [(look.at_s, look.people, look.why) for look in looks] == [(second, (AT_ONE,), None) for second in range(30)]


def test_out_of_hours_nobody_is_looked_for(tmp_path: Path) -> None:
    result = evaluated(record(tmp_path, of=header(start_at=NINE + timedelta(hours=4))), keep_looks=True)
    assert {look.why for look in result.looks} == {Unknown.CLOSED}
    assert not any(result.truth.windows[0].in_service)


def test_a_camera_that_is_off_line_at_first_has_its_pictures_when_they_were_taken(tmp_path: Path) -> None:
    away = [replace(row, fault=PictureFault.OFFLINE) for row in all_day(10)]
    result = evaluated(record(tmp_path, rows=[*away, *all_day(30)[10:]], gap=(0, 10)), keep_looks=True)
    assert result.looks[0].at_s == 10


def test_a_detector_that_fails_is_an_error_and_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="camera counter: the detector failed at 2026-03-02T01:00:05"):
        evaluated(record(tmp_path), script=((AT_ONE,),) * 5 + (DetectorError("broken"),))


class Exploding(FakeDetector):
    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        raise ZeroDivisionError


def test_a_fault_of_ours_in_a_look_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(DetectorError):
        evaluate_scene([record(tmp_path)], standard(RULES), Exploding)


def test_a_step_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Analyst, now: object) -> list[Alert]:
        raise ZeroDivisionError

    monkeypatch.setattr(Analyst, "step", fails)
    with pytest.raises(VigilError, match=r"the analytics failed at 2026-03-02T01:00:00\.5"):
        evaluated(record(tmp_path))


def test_the_detector_is_closed_whatever_happens(tmp_path: Path) -> None:
    good, bad = FakeDetector(((AT_ONE,),)), FakeDetector([DetectorError("broken")])
    clip = record(tmp_path)
    evaluate_scene([clip], standard(RULES), lambda: good)
    with pytest.raises(DetectorError):
        evaluate_scene([clip], standard(RULES), lambda: bad)
    assert good.closed
    assert bad.closed


def test_a_year_whose_workdays_are_not_known_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="the workdays of 2050 are not known"):
        evaluated(record(tmp_path, of=header(start_at=NINE.replace(year=2050))))
