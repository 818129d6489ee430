"""What differs between two sites, in the words of the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.model.site import (
    Calendar,
    Camera,
    Hall,
    Rates,
    Recording,
    RecordingMode,
    Secret,
    Site,
    Thresholds,
    Window,
    WindowGroup,
    Zone,
    ZoneKind,
)
from vigil.model.site_changes import Change, ChangeKind, KeyChange, Noun, changes

ONE, TWO = Window(WindowId("one"), "1号"), Window(WindowId("two"), "2号")
ZONE = Zone(ZoneKind.STAFF_AREA, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), window=WindowId("one"))
CAMERA = Camera(CameraId("counter"), "柜台", "rtsp://192.0.2.7/1", password=Secret(env="P"), zones=(ZONE,))
HALL = Hall(
    HallId("ga"),
    "公安",
    "市公安局",
    "usual",
    (WindowGroup(GroupId("hj"), "户籍", (ONE, TWO)), WindowGroup(GroupId("cz"), "出证", ())),
    (CAMERA,),
)
SITE = Site("梅州", calendars={"usual": Calendar()}, halls=(HALL,))


def with_hall(**values: Any) -> Site:
    return replace(SITE, halls=(replace(HALL, **values),))


def with_camera(**values: Any) -> Site:
    return with_hall(cameras=(replace(CAMERA, **values),))


def keys(after: Site) -> dict[tuple[Noun, str], list[tuple[str, str | None, str | None]]]:
    return {(one.noun, one.id): [(key.key, key.before, key.after) for key in one.keys] for one in changes(SITE, after)}


def test_the_same_site_has_no_change() -> None:
    assert changes(SITE, replace(SITE)) == ()


@pytest.mark.parametrize(
    ("after", "thing", "told"),
    [
        (replace(SITE, notice="试"), (Noun.SITE, ""), [("notice", None, '"试"')]),
        (
            replace(SITE, thresholds=Thresholds(absence_alert_s=200)),
            (Noun.SITE, ""),
            [("thresholds.absence_alert_s", "300", "200")],
        ),
        (
            replace(SITE, calendars={"usual": Calendar(closed=("2026-06-12",))}),
            (Noun.CALENDAR, "usual"),
            [("closed", None, '["2026-06-12"]')],
        ),
        (with_hall(name="新"), (Noun.HALL, "ga"), [("name", '"公安"', '"新"')]),
        (with_camera(url="rtsp://192.0.2.8/1"), (Noun.CAMERA, "counter"), [("url", '"rtsp://192.0.2.7/1"', '"rtsp://192.0.2.8/1"')]),
        (
            with_camera(password=Secret(file="p")),
            (Noun.CAMERA, "counter"),
            [("password.file", None, '"p"'), ("password.env", '"P"', None)],
        ),
        (
            with_camera(recording=Recording(RecordingMode.HOURS, "usual")),
            (Noun.CAMERA, "counter"),
            [("recording.mode", '"continuous"', '"hours"'), ("recording.calendar", None, '"usual"')],
        ),
        (
            with_camera(zones=(replace(ZONE, rates=Rates(0.1, 0.2, 7)),)),
            (Noun.CAMERA, "counter"),
            [
                ("zones.staff-area.one.rates.miss", None, "0.1"),
                ("zones.staff-area.one.rates.false_alarm", None, "0.2"),
                ("zones.staff-area.one.rates.run_s", None, "7"),
            ],
        ),
        (with_camera(zones=()), (Noun.CAMERA, "counter"), [("zones.staff-area.one.polygon", "[[0, 0], [1, 0], [1, 1]]", None)]),
    ],
)  # fmt: skip
def test_a_key_that_changed(after: Site, thing: tuple[Noun, str], told: list[tuple[str, str, str]]) -> None:
    assert keys(after) == {thing: told}


def test_a_whole_number_is_one_value_however_it_is_written() -> None:
    assert changes(SITE, replace(SITE, thresholds=Thresholds(absence_alert_s=300.0))) == ()


def test_a_window_that_goes_to_another_group_is_the_same_window() -> None:
    groups = (WindowGroup(GroupId("hj"), "户籍", (ONE,)), WindowGroup(GroupId("cz"), "出证", (TWO,)))
    assert keys(with_hall(groups=groups)) == {(Noun.WINDOW, "two"): [("group", '"hj"', '"cz"')]}


def test_a_camera_that_goes_to_another_hall_is_the_same_camera() -> None:
    other = Hall(HallId("rs"), "人社", "人社局", "usual", cameras=(CAMERA,))
    told = keys(replace(SITE, halls=(replace(HALL, cameras=()), other)))
    assert told[Noun.CAMERA, "counter"] == [("hall", '"ga"', '"rs"')]


def test_what_is_new_is_told_without_its_defaults_and_what_goes_by_its_name() -> None:
    new = Camera(CameraId("hall"), "大厅", "rtsp://192.0.2.9/1", sound=True)
    assert changes(SITE, with_hall(cameras=(new,))) == (
        Change(
            ChangeKind.ADDED,
            Noun.CAMERA,
            "hall",
            "大厅",
            HallId("ga"),
            (
                KeyChange("name", None, '"大厅"'),
                KeyChange("url", None, '"rtsp://192.0.2.9/1"'),
                KeyChange("sound", None, "true"),
                KeyChange("hall", None, '"ga"'),
            ),
        ),
        Change(ChangeKind.REMOVED, Noun.CAMERA, "counter", "柜台", HallId("ga")),
    )


def test_from_nothing_all_is_new() -> None:
    found = changes(None, SITE)
    assert {one.kind for one in found} == {ChangeKind.ADDED}
    assert [(one.noun, one.id) for one in found] == [
        (Noun.SITE, ""),
        (Noun.CALENDAR, "usual"),
        (Noun.HALL, "ga"),
        (Noun.GROUP, "hj"),
        (Noun.WINDOW, "one"),
        (Noun.WINDOW, "two"),
        (Noun.GROUP, "cz"),
        (Noun.CAMERA, "counter"),
    ]


def test_two_zones_of_one_window_are_two() -> None:
    second = replace(ZONE, polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 0.5)))
    assert [key for key, *_ in keys(with_camera(zones=(ZONE, second)))[Noun.CAMERA, "counter"]] == [
        "zones.staff-area.one#2.polygon"
    ]
