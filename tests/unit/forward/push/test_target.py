from __future__ import annotations

from vigil.forward.push.target import Target
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind

CAMERA = CameraId("counter")


def test_nothing_secret_is_shown() -> None:
    target = Target(
        CAMERA,
        StreamKind.MAIN,
        "rtmp://media.example/live/geheim?token=geheim",
        username="me",
        password="geheim",
        stream_key="geheim",
    )
    assert "geheim" not in f"{target!r} {target} {target.name} {target.error('x')}"
    assert target.name == "rtmp://media.example:1935"


def test_what_a_server_says_is_one_line_without_our_secrets() -> None:
    target = Target(CAMERA, StreamKind.MAIN, "rtsp://[2001:db8::1]/x", password="p/w", stream_key="key")
    assert target.hidden("no p/w\r\nforward_began key" + "x" * 500) == ("no ***  forward_began ***" + "x" * 500)[:200]
    assert target.name == "rtsp://[2001:db8::1]:554"
