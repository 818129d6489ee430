from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.media import footage, fragmented
from tests.unit.config.files import read, variant
from tests.unit.truth.samples import FOOTAGE
from vigil.errors import SourceError, TruthError
from vigil.label.subject import Recording, choose, fitted, header_of, measure, parse_start
from vigil.model.media import Codec
from vigil.model.site import Site
from vigil.model.truth import SecondTruth, Truth, TruthSource

RECORDING = Recording(Codec.H264, 1280, 720, 60.0, 10.0)
SECOND_GROUP = "        - {id: shebao, name: 社保, windows: [{id: two, name: 2号窗口}, {id: three, name: 3号窗口}]}\n"
SECOND_ZONE = (
    "            - {kind: queue, group: shebao, polygon: [[0.5, 0.5], [1, 0.5], [1, 1]]}\n"
    "            - {kind: visitor-spot, window: two, polygon: [[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]]}\n"
)


def site(text: str | None = None) -> Site:
    found = (read() if text is None else read(text)).site
    assert found is not None
    return found


TWO_GROUPS = variant(
    "      cameras:\n", SECOND_GROUP + "      cameras:\n", "center:\n  data", SECOND_ZONE + "center:\n  data"
)


def test_a_camera_brings_the_windows_and_zones_of_its_queue() -> None:
    found = choose(site(), "counter").footage("morning", datetime(2026, 3, 2, tzinfo=UTC), ("day",))
    assert (found.camera, found.group, found.windows) == ("counter", "huji", ("one",))
    assert [zone.window for zone in found.zones] == ["one"]
    assert found.tags == ("day",)


def test_of_two_queues_in_a_picture_one_is_chosen() -> None:
    with pytest.raises(TruthError, match="say which queue's windows with --group: huji, shebao"):
        choose(site(TWO_GROUPS), "counter")
    chosen = choose(site(TWO_GROUPS), "counter", "shebao")
    assert [window.id for window in chosen.windows] == ["two", "three"], "all of the queue's, seen or not"
    assert [(zone.window, zone.group) for zone in chosen.zones] == [(None, "shebao"), ("two", None)]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(TruthError, match="there is no camera 'yard'; the file has: counter"):
        choose(site(), "yard")
    with pytest.raises(TruthError, match="say which queue's windows with --group: huji"):
        choose(site(), "counter", "shebao")


def test_a_camera_without_zones_cannot_be_labelled() -> None:
    bare = site()
    hall = bare.halls[0]
    camera = replace(hall.cameras[0], zones=())
    with pytest.raises(TruthError, match="camera counter has no zones; draw them first"):
        choose(replace(bare, halls=(replace(hall, cameras=(camera,)),)), "counter")


def test_a_start_has_a_time_zone() -> None:
    assert parse_start("2026-03-02T09:00:00+08:00") == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert parse_start("2026-03-02T01:00Z") == datetime(2026, 3, 2, 1, tzinfo=UTC)
    for text, what in (("2026-03-02 09:00", "has no time zone"), ("yesterday", "is no time")):
        with pytest.raises(TruthError, match=f"--start-at: '{text}' {what}; write the date, the time and the zone"):
            parse_start(text)


def test_a_recording_is_measured(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(fragmented(footage(Codec.H264)))
    assert measure(clip) == Recording(Codec.H264, 160, 96, 8.0, 25.0)
    with pytest.raises(SourceError, match=r"none\.mp4"):
        measure(tmp_path / "none.mp4")


def test_a_header_says_what_a_person_will_label() -> None:
    header = header_of(FOOTAGE, RECORDING)
    assert (header.source, header.width, header.height) == (TruthSource.LABEL, 1280, 720)
    assert (header.seconds, header.fps, header.windows) == (60.0, 10.0, FOOTAGE.windows)


def labelled(width: int, height: int, seconds: float) -> Truth:
    header = FOOTAGE.header(TruthSource.MOT, seconds=seconds, size=(width, height), fps=30)
    return Truth(header, (SecondTruth(0, {}),))


def test_labels_of_a_larger_copy_fit() -> None:
    header = fitted(labelled(1920, 1080, 60.2), RECORDING, Path("gt.txt")).header
    assert (header.width, header.height, header.fps, header.source) == (1280, 720, 10.0, TruthSource.MOT)


def test_labels_of_another_clip_do_not() -> None:
    with pytest.raises(TruthError, match=r"gt\.txt: labels of a picture of 640 × 480 do not fit a clip of 1280 × 720"):
        fitted(labelled(640, 480, 60), RECORDING, Path("gt.txt"))
    with pytest.raises(TruthError, match=r"labels of 90\.0 s do not fit a clip of 60\.0 s"):
        fitted(labelled(1280, 720, 90), RECORDING, Path("gt.txt"))
