from __future__ import annotations

import pytest

from vigil.errors import SourceError, redact_url


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("rtsp://192.0.2.7:554/stream1", "rtsp://192.0.2.7:554/stream1"),
        ("rtsp://admin:hunter2@192.0.2.7:554/stream1?token=hunter2", "rtsp://192.0.2.7:554/stream1"),
        ("rtsp://admin:hunter2@[2001:db8::7]:554/1", "rtsp://[2001:db8::7]:554/1"),
        ("rtsp://admin:p@hunter2@192.0.2.7/1", "rtsp://192.0.2.7/1"),
        ("rtsp://admin:12/hunter2@192.0.2.7/1", "rtsp://192.0.2.7/1"),
        ("rtsp://admin:12#hunter2@192.0.2.7/1", "rtsp://192.0.2.7/1"),
        ("rtsp://admin:12?hunter2@192.0.2.7/1", "rtsp://192.0.2.7/1"),
        ("rtsp://admin:hunter2://@192.0.2.7/1", "(not a URL)"),
        ("admin:hunter2@192.0.2.7", "192.0.2.7"),
        ("rtsp://192.0.2.7:hunter2/1", "(not a URL)"),
        ("rtsp://[hunter2/1", "(not a URL)"),
        (
            "rtsp://192.0.2.7/user=admin&password=hunter2&channel=1",
            "rtsp://192.0.2.7/user=admin&password=***&channel=1",
        ),
        ("/srv/footage.mp4", "/srv/footage.mp4"),
        ("", ""),
    ],
)
def test_a_url_in_a_log_holds_no_secret(url: str, redacted: str) -> None:
    assert redact_url(url) == redacted


def test_an_error_of_a_source_carries_the_camera_and_a_redacted_url() -> None:
    error = SourceError("counter", "rtsp://admin:hunter2@192.0.2.7/1", "refused")
    assert str(error) == "camera counter: rtsp://192.0.2.7/1: refused"
    assert error.url == "rtsp://192.0.2.7/1"
