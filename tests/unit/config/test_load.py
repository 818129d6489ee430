"""From a file to a configuration: YAML's corners, encodings, and what a message never repeats."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.unit.config.files import FILE, GOOD, faults, line_of, read, variant
from vigil.config import load
from vigil.errors import ConfigError, Fault
from vigil.model.site import ClipRules, Thresholds, Transport, WindowKind, Workdays, ZoneKind

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.yaml"))
PASSWORD = "{env: CAMERA_PASSWORD}"
RTSP = "rtsp://192.0.2.7/1"


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.name)
def test_the_files_that_come_with_vigil_are_good(file: Path) -> None:
    assert load(file).file == file


def test_the_demonstration_is_among_them() -> None:
    assert "demo.yaml" in [file.name for file in CONFIGS]


def test_what_is_left_out_has_its_default() -> None:
    configuration = read()
    site = configuration.site
    assert site is not None
    ((hall, camera),) = site.cameras()
    ((_, window),) = hall.windows()
    assert (site.time_zone, site.thresholds, site.clips) == ("Asia/Shanghai", Thresholds(), ClipRules())
    assert site.calendar_of(hall, window).workdays is Workdays.CHINA
    assert (window.kind, camera.transport, camera.substream) == (WindowKind.GENERAL, Transport.TCP, None)
    assert camera.zones[0].kind is ZoneKind.STAFF_AREA
    assert camera.zones[0].polygon == ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4))
    assert configuration.node("node") is configuration.nodes[0]
    assert configuration.node("other") is None


def test_relative_paths_begin_at_the_file_s_folder() -> None:
    configuration = read()
    assert configuration.path("data/a") == FILE.parent / "data" / "a"
    assert configuration.path("../b") == FILE.parent.parent / "b"
    assert configuration.path("/c") == Path("/c")
    assert configuration.path("~/d") == Path.home() / "d"


def test_a_whole_number_is_a_number() -> None:
    site = read(variant("site:\n", "site:\n  thresholds: {absent_after_s: 20, queue_per_window_enter: 6.5}\n")).site
    assert site is not None
    assert (site.thresholds.absent_after_s, site.thresholds.queue_per_window_enter) == (20, 6.5)


def test_dates_need_no_quotes() -> None:
    site = read(variant('18:00"]}', '18:00"], closed: [2026-06-12]}')).site
    assert site is not None
    assert site.calendars["usual"].closed == ("2026-06-12",)


def test_anchors_and_aliases_are_understood() -> None:
    text = variant("usual: {hours", "usual: &usual {hours", "  halls:\n", "    late: *usual\n  halls:\n")
    site = read(text).site
    assert site is not None
    assert site.calendars["late"] == site.calendars["usual"]


def test_a_fault_within_an_alias_is_told_where_it_stands() -> None:
    text = variant("usual: {hours", "usual: &usual {hour", "  halls:\n", "    late: *usual\n  halls:\n")
    assert {(one.where, one.line) for one in faults(text)} == {
        ("site.calendars.usual.hour", line_of(text, "usual:")),
        ("site.calendars.late.hour", line_of(text, "usual:")),
    }


def one_fault(text: str) -> Fault:
    (fault,) = faults(text)
    return fault


def test_an_alias_of_itself_has_an_end() -> None:
    fault = one_fault("site: &site\n  name: *site\n")
    assert fault.what == "this is nested without end"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("site:\n\tname: a\n", 2, "found character '\\t' that cannot start any token"),
        ("site:\n  name: a\n name: b\n", 3, "expected <block end>"),
        ("site: {name: a\n", 2, "expected ',' or '}'"),
        ("site: 'a\n", 2, "found unexpected end of stream"),
        ("site: *nobody\n", 1, "found undefined alias"),
        ("site:\n---\nsite:\n", 2, "but found another document"),
        ("site:\n  name: a\x00b\n", 2, "U+0000 is not allowed"),
        ("- site\n", 1, "a mapping is expected here"),
        ("just words\n", 1, "a mapping is expected here"),
    ],
)
def test_what_is_not_a_configuration_at_all(text: str, line: int, what: str) -> None:
    fault = one_fault(text)
    assert (fault.line, fault.where) == (line, "the file")
    assert what in fault.what
    assert fault.remedy


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "---\n"])
def test_an_empty_file_configures_nothing(text: str) -> None:
    configuration = read(text)
    assert (configuration.site, configuration.center, configuration.nodes) == (None, None, ())


# Files


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site\.yaml:1: the file: cannot be read: .*No such file.* Give the path"):
        load(tmp_path / "site.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(ConfigError, match=r"cannot be read: 'utf-8' codec .* Give the path of a UTF-8 YAML file"):
        load(file)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(file).site == read().site


# Secrets


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RTSP, "rtsp://admin:hunter2@192.0.2.7/1"),
        (RTSP, "rtsp://admin:12/hunter2@192.0.2.7/1"),
        (RTSP, '"rtsp://admin:12#hunter2@192.0.2.7/1"'),
        (RTSP, '"rtsp://admin:12?hunter2@192.0.2.7/1"'),
        (RTSP, '"rtsp://admin:[hunter2@192.0.2.7/1"'),
        (RTSP, "http://admin:hunter2@192.0.2.7/1"),
        (RTSP, "admin:hunter2@192.0.2.7"),
        (RTSP, "[rtsp://admin:hunter2@192.0.2.7/1]"),
        (RTSP, "{rtsp: 'admin:hunter2@192.0.2.7/1'}"),
        (f"url: {RTSP}", "urls: rtsp://admin:hunter2@192.0.2.7/1"),
        (PASSWORD, "hunter2"),
        (PASSWORD, "[hunter2]"),
        (PASSWORD, "{value: hunter2}"),
        (PASSWORD, "{env: [hunter2]}"),
        ("password: ", "pasword: hunter2 # "),
        ("cameras:\n        - id: counter", "cameras: {password: hunter2}\n      old:\n        - id: counter"),
        ("{file: node.key}", "hunter2"),
        ("ws://127.0.0.1:8480", "ws://node:hunter2@127.0.0.1:8480"),
        ("ws://127.0.0.1:8480", "http://node:hunter2@127.0.0.1:8480"),
        ("  data: center\n", "  data: center\n  metrics_token: hunter2\n"),
        ("  data: center\n", "  data: center\n  origins: ['https://a:hunter2@b']\n"),
        ("kind: staff-area", "kind: rtsp://admin:hunter2@192.0.2.7/1"),
    ],
)
def test_no_message_repeats_a_secret(old: str, new: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(variant(old, new))
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_halls_thresholds_change_single_values_of_the_sites() -> None:
    thresholds = "site:\n  thresholds: {absent_after_s: 20, absence_alert_s: 90}\n"
    own = "calendar: usual\n      thresholds: {absent_after_s: 25}\n"
    changed = variant("site:\n", thresholds).replace("calendar: usual\n", own, 1)

    site = read(changed).site

    assert site is not None
    halls_own = site.thresholds_of(site.halls[0])
    assert (halls_own.absent_after_s, halls_own.absence_alert_s) == (25, 90)
    assert site.thresholds.absent_after_s == 20


@pytest.mark.parametrize(
    "url",
    [
        "rtsps://192.0.2.7/1",
        "http://192.0.2.7/live.ts?channel=1",
        "http://192.0.2.7/live/1.m3u8",
        "https://192.0.2.7/live.flv",
        "https://192.0.2.7/live.m3u8\n          tls_verify: false",
        "rtsps://192.0.2.7/1\n          tls_ca: tls/cameras.pem",
        "file:clips/counter.mp4\n          substream: rtsp://192.0.2.7/2",
        "'file:clips/what? a #1.mp4'\n          substream: http://192.0.2.7/2.ts",
    ],
)
def test_sources_of_a_camera(url: str) -> None:
    assert read(variant(RTSP, url)).site is not None


def test_a_recording_in_the_place_of_a_camera() -> None:
    account = "          username: vigil\n          password: {env: CAMERA_PASSWORD}\n"
    assert read(variant(RTSP, "file:clips/counter.mp4", account, "")).site is not None
