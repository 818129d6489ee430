"""Media servers that a camera is pushed to: what they may be, and what is said of those that cannot be."""

from __future__ import annotations

import pytest

from tests.unit.config.files import faults, line_of, read, variant
from vigil.model.media import StreamKind
from vigil.model.site import Forward, Secret, Transport

PASSWORD = "          password: {env: CAMERA_PASSWORD}\n"
CAMERA = "site.halls[0].cameras[0]"


def with_forward(*entries: str) -> str:
    lines = "".join(f"            - {{{entry}}}\n" for entry in entries)
    return variant(PASSWORD, f"{PASSWORD}          forward:\n{lines}")


def test_a_server_may_have_a_login_or_a_key() -> None:
    site = read(
        with_forward(
            "url: 'rtsp://192.0.2.9:8554/hall', transport: udp, username: vigil, password: {env: PUSH}",
            "url: 'rtmps://192.0.2.9/live', stream_key: {file: key}",
            "url: 'rtmp://192.0.2.9/live/hall'",
            f"{WHIP}, bearer: {{env: TOKEN}}",
        )
    ).site
    assert site is not None
    assert site.halls[0].cameras[0].forward == (
        Forward("rtsp://192.0.2.9:8554/hall", StreamKind.MAIN, Transport.UDP, "vigil", Secret(env="PUSH")),
        Forward("rtmps://192.0.2.9/live", stream_key=Secret(file="key")),
        Forward("rtmp://192.0.2.9/live/hall"),
        Forward("https://192.0.2.9/hall/whip", bearer=Secret(env="TOKEN")),
    )


RTSP = "url: 'rtsp://192.0.2.9/hall'"
WHIP = "url: 'https://192.0.2.9/hall/whip'"
RTMP = "url: 'rtmp://192.0.2.9/live/hall'"


@pytest.mark.parametrize(
    ("entry", "key", "what", "remedy"),
    [
        ("url: 'rtsp://me:geheim@192.0.2.9/hall'", ".url", "holds credentials", "username: and password:"),
        ("url: 'rtmp://192.0.2.9/live@geheim/x'", ".url", "holds credentials", "stream_key:"),
        ("url: 'srt://192.0.2.9:9000'", ".url", "SRT is not spoken", "One of rtsp://"),
        ("url: 'udp://192.0.2.9:9000'", ".url", "no address that pictures can be pushed to", "One of rtsp://"),
        ("url: 'rtsp://:554/x'", ".url", "no address that pictures can be pushed to", "for example rtsp://"),
        ("url: 'rtsp://192.0.2.9/a b'", ".url", "no spaces", "Percent-encode"),
        (f"{RTSP}, username: me", "", "go together", "Give both"),
        (f"{RTSP}, stream_key: {{env: A}}", ".stream_key", "only RTMP has stream keys", "username:"),
        (f"{RTSP}, stream: sub", ".stream", "no substream", "Add substream:"),
        (f"{RTSP}, username: me, password: {{}}", ".password", "kept in one place", "env: NAME"),
        ("url: 'rtsps://192.0.2.9/hall', transport: udp", ".transport", "TLS protects TCP", "transport: tcp"),
        (f"{RTMP}, transport: udp", ".transport", "only RTSP has a choice", "Remove"),
        (f"{RTMP}, username: me, password: {{env: A}}", "", "only RTSP has a username", "stream_key:"),
        (f"{RTSP}, bearer: {{env: A}}", ".bearer", "only WHIP has bearer tokens", "Remove"),
        (f"{WHIP}, stream_key: {{env: A}}", ".stream_key", "only RTMP has stream keys", "bearer:"),
        (f"{WHIP}, username: me, password: {{env: A}}", "", "only RTSP has a username", "bearer:"),
        ("url: 'rtmp://192.0.2.9/live'", ".url", "an application and a stream", "stream_key:"),
        ("url: 'rtmp://192.0.2.9', stream_key: {env: A}", ".url", "an application and a stream", "live"),
        ("url: 'rtmp://192.0.2.9/live/x?pass=geheim'", ".url", "a secret as a rule", "stream_key:"),
    ],
)
def test_what_cannot_be_is_told_with_what_would_be_right(entry: str, key: str, what: str, remedy: str) -> None:
    text = with_forward(entry)
    (found,) = faults(text)
    assert found.where == f"{CAMERA}.forward[0]{key}"
    assert found.line == line_of(text, entry)
    assert what in found.what
    assert remedy in found.remedy
    assert "geheim" not in str(found)


def test_one_stream_goes_to_a_server_once() -> None:
    (found,) = faults(with_forward(RTSP, RTMP, "url: 'rtsp://192.0.2.9/again'"))
    assert (found.where, found.what) == (f"{CAMERA}.forward[2].url", "the main stream goes to that server already")


CENTER = "  objects: {folder: objects}\n"


def with_center(forwards: str, *entries: str) -> str:
    lines = "".join(f"      - {{{entry}}}\n" for entry in entries)
    return variant(CENTER, f"{CENTER}  forwards:\n    {forwards}:\n{lines}")


def test_the_centre_pushes_by_camera() -> None:
    center = read(with_center("counter", f"{RTSP}, username: vigil, password: {{env: PUSH}}", RTMP)).center
    assert center is not None
    assert center.forwards == {
        "counter": (
            Forward("rtsp://192.0.2.9/hall", username="vigil", password=Secret(env="PUSH")),
            Forward("rtmp://192.0.2.9/live/hall"),
        )
    }


@pytest.mark.parametrize(
    ("camera", "entry", "where", "what", "remedy"),
    [
        ("kounter", RTSP, ".kounter", "there is no camera 'kounter'", "One of counter"),
        ("counter", "url: 'srt://192.0.2.9:9000'", ".counter[0].url", "SRT is not spoken", "One of rtsp://"),
        ("counter", f"{RTSP}, stream: sub", ".counter[0].stream", "no substream", "Add substream:"),
        ("counter", f"{RTSP}, username: me, password: {{}}", ".counter[0].password", "kept in one place", "env: NAME"),
    ],
)
def test_the_centre_s_servers_have_the_same_rules(camera: str, entry: str, where: str, what: str, remedy: str) -> None:
    (found,) = faults(with_center(camera, entry))
    assert found.where == f"center.forwards{where}"
    assert what in found.what
    assert remedy in found.remedy


def test_a_server_is_pushed_to_by_the_node_or_by_the_centre() -> None:
    by_the_node = f"{PASSWORD}          forward:\n            - {{{RTSP}}}\n"
    by_the_centre = f"{CENTER}  forwards:\n    counter:\n      - {{url: 'rtsp://192.0.2.9/again'}}\n"
    (found,) = faults(variant(PASSWORD, by_the_node, CENTER, by_the_centre))
    assert (found.where, found.what) == (
        "center.forwards.counter[0].url",
        "the main stream goes to that server already",
    )
