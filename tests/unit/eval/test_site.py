from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from tests.unit.analytics.halls import COUNTER, GROUP, HALL, LANE, ONE, SPOT_ONE, STAFF_ONE, STAFF_TWO, TWO, site
from tests.unit.eval.recordings import header
from vigil.config import load
from vigil.errors import ConfigError, TruthError, VigilError
from vigil.eval.clips import LabelledClip
from vigil.eval.site import from_file, site_of, standard
from vigil.model.ids import CameraId, WindowId
from vigil.model.site import Calendar, ClipRules, Site, Thresholds
from vigil.model.truth import TruthHeader

DEFAULTS = Path(__file__).parents[3] / "configs" / "default.yaml"


def clip(of: TruthHeader) -> LabelledClip:
    return LabelledClip(Path(f"{of.camera}.mp4"), Path(f"{of.camera}.truth.jsonl"), of)


# The rules that hold where nothing else is said


def test_the_defaults_on_file_are_those_of_the_code() -> None:
    assert load(DEFAULTS).site == dataclasses.replace(
        standard(), name="defaults", calendars={"usual": Calendar()}, thresholds=Thresholds(), clips=ClipRules()
    )


@pytest.mark.parametrize(("section", "shape"), [("thresholds", Thresholds), ("clips", ClipRules)])
def test_every_default_is_spelled_out(section: str, shape: type[Thresholds | ClipRules]) -> None:
    written = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))["site"][section]
    assert set(written) == {field.name for field in dataclasses.fields(shape)}


def test_a_file_without_a_site_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("nodes: []\n", encoding="utf-8")
    with pytest.raises(VigilError, match="there is no site: in it"):
        from_file(file)
    file.write_text("site: {name: x, colour: red}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        from_file(file)


# From the truth


def test_a_site_is_drawn_from_the_truth() -> None:
    counter = clip(header(zones=(STAFF_ONE, STAFF_TWO, SPOT_ONE)))
    hall = clip(header(camera=HALL, zones=(LANE,)))
    rules = Thresholds(absence_alert_s=60)
    drawn = site_of([counter, hall], standard(rules))
    (only,) = drawn.halls
    assert [one.id for _, one in only.windows()] == [ONE, TWO]
    assert [(one.id, one.zones) for one in only.cameras] == [
        (COUNTER, (STAFF_ONE, STAFF_TWO, SPOT_ONE)),
        (HALL, (LANE,)),
    ]
    assert drawn.thresholds_of(only) == rules
    assert drawn.calendar_of(only) == Calendar()


def test_the_calendar_of_the_rules_holds() -> None:
    late = Calendar(hours=("08:30-20:00",))
    drawn = site_of([clip(header())], Site(name="rules", calendars={"late": late}))
    assert drawn.calendar_of(drawn.halls[0]) == late


def test_without_a_staff_area_and_a_queue_there_is_nothing_to_say() -> None:
    with pytest.raises(TruthError, match=r"counter.truth.jsonl: no staff area and no queue is drawn in scene scene"):
        site_of([clip(header(zones=(SPOT_ONE,)))], standard())


# From a configuration


def test_cameras_of_a_configuration_are_matched_by_id_and_the_others_left_out() -> None:
    found = site_of([clip(header(zones=()))], site())
    assert [camera.id for _, camera in found.cameras()] == [COUNTER]
    assert found.halls[0].groups[0].id == GROUP


def test_a_camera_or_a_window_that_the_configuration_lacks_is_named() -> None:
    with pytest.raises(TruthError, match=r"it tells of camera door, .* It has counter, hall"):
        site_of([clip(header(camera=CameraId("door")))], site())
    with pytest.raises(TruthError, match=r"it tells of window three, .* It has one, two"):
        site_of([clip(header(windows=(ONE, WindowId("three"))))], site())
