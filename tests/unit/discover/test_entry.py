from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.discover.test_choice import FULL, HALF, camera, profile
from vigil.config import load_text
from vigil.config.document import parse
from vigil.discover.camera import FoundCamera
from vigil.discover.choice import Choice, choose
from vigil.discover.document import plain
from vigil.discover.entry import Account, _scalar, camera_id, described, document
from vigil.model.site import Camera, Secret

ACCOUNT = Account("viewer", Secret(env="CAMERAS"))
BEFORE = """\
site:
  name: x
  calendars: {usual: {workdays: every-day}}
  halls:
    - id: hall
      name: x
      department: x
      calendar: usual
      groups: [{id: group, name: x, windows: [{id: window, name: x}]}]
"""
AFTER = "nodes: [{id: node, center: 'ws://127.0.0.1:8480', key: {file: key}, data: data}]\n"


def named(name: str | None, serial: str | None = "SN-12345678", **rest: str) -> FoundCamera:
    return replace(camera(FULL, HALF), name=name, serial=serial, **rest)  # type: ignore[arg-type]


def one(found: FoundCamera) -> Choice:
    (choice,) = choose(found)
    return choice


def read(text: str) -> list[Camera]:
    """As vigil reads it, below a hall."""
    whole = BEFORE + "".join(f"      {line}\n" for line in text.splitlines()) + AFTER
    site = load_text(whole, Path("site.yaml")).site
    assert site is not None
    return list(site.halls[0].cameras)


def test_an_entry() -> None:
    found = named("Counter 1", manufacturer="Example", model="E-1", firmware="1.2")
    assert document([one(found)], ACCOUNT, ["Look here."]) == (
        "# Look here.\n"
        "cameras:\n"
        "  # Example E-1, firmware 1.2, serial SN-12345678; at 192.0.2.7:80\n"
        "  # clock right to a second\n"
        "  # main stream: H.264 1920x1080, 25 fps, 1000 kbit/s, a key frame each 2 s (H264-1920x1080)\n"
        "  # substream: H.264 640x360, 25 fps, 1000 kbit/s, a key frame each 2 s (H264-640x360)\n"
        "  - id: counter-1-12345678\n"
        "    name: Counter 1\n"
        "    url: rtsp://192.0.2.7/H264-1920x1080\n"
        "    substream: rtsp://192.0.2.7/H264-640x360\n"
        "    username: viewer\n"
        '    password: {env: "CAMERAS"}\n'
    )


def test_warnings_stand_above() -> None:
    text = document([one(camera(profile(1920, 1080, gop=250)))], None)
    assert "  # WARNING: the main stream has a key frame each 10 s" in text
    assert "username" not in text


NASTY = [
    "柜台 1",
    "yes",
    "null",
    "1",
    "1.5",
    "a: b",
    "# a",
    "a #b",
    "- a",
    "{a}",
    "'",
    '"',
    "\\",
    "*a",
    "&a",
    "!a",
    "%a",
    "@",
    "é",
    "~",
    "2026-01-01",
]


@pytest.mark.parametrize("name", NASTY)
def test_names_are_read_back_as_they_are(name: str) -> None:
    (found,) = read(document([one(named(name))], Account(name, Secret(file=name))))
    assert (found.name, found.username, found.password) == (name, name, Secret(file=name))
    assert found.url == "rtsp://192.0.2.7/H264-1920x1080"


@given(st.text(min_size=1, max_size=30).map(plain).filter(bool))
def test_any_text_is_read_back_as_it_is(text: str) -> None:
    assert parse(f"name: {_scalar(text)}", "x").value == {"name": text}


@pytest.mark.parametrize(
    ("name", "model", "serial", "wanted"),
    [
        ("Counter 1", None, "SN-12345678", "counter-1-12345678"),
        ("柜台", "DS-2CD", "A/1", "ds-2cd-a1"),
        ("柜台", None, None, "camera-192-0-2-7-80"),
        ("IPC", None, None, "ipc"),
        ("x" * 80, None, "12345678", "x" * 59),
        ("--É--", "?", "?", "camera-192-0-2-7-80"),
    ],
)
def test_ids(name: str | None, model: str | None, serial: str | None, wanted: str) -> None:
    found = replace(camera(FULL, HALF), name=name, model=model, serial=serial)
    assert camera_id(one(found)) == wanted


def test_ids_are_unique_and_in_order_of_addresses() -> None:
    twins = [replace(named("IPC", serial=None), address=f"192.0.2.{host}:80") for host in (10, 9, 11)]
    text = document([one(twin) for twin in twins], ACCOUNT)
    found = read(text)
    assert [camera.id for camera in found] == ["ipc", "ipc-2", "ipc-3"]
    assert text.index("192.0.2.9:") < text.index("192.0.2.10:") < text.index("192.0.2.11:")


def test_lenses_are_numbered() -> None:
    found = replace(
        camera(profile(1920, 1080, source="a"), profile(1280, 720, source="b")), name="Dome", serial="00000001"
    )
    read_back = read(document(choose(found), ACCOUNT))
    assert [(camera.id, camera.name) for camera in read_back] == [
        ("dome-00000001-1", "Dome (1)"),
        ("dome-00000001-2", "Dome (2)"),
    ]


def test_what_is_not_told_is_not_written() -> None:
    bare = replace(FULL, width=None, fps=None, bitrate_kbps=None, gop=None, name="x")
    assert described(bare) == "H.264 (x)"
    assert described(replace(bare, codec="JPEG", audio="G711")) == "JPEG, sound G711 (x)"
