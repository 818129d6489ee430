from __future__ import annotations

from vigil.ingest.source import StreamAddress

CAMERA = "hall-counter"


class TestAddress:
    def test_credentials_are_quoted(self) -> None:
        address = StreamAddress(CAMERA, "rtsp://10.0.0.7:554/ch1?a=b", username="ad:min", password="p@ss/w:rd%")
        assert address.with_credentials() == "rtsp://ad%3Amin:p%40ss%2Fw%3Ard%25@10.0.0.7:554/ch1?a=b"

    def test_without_a_name_there_are_none(self) -> None:
        address = StreamAddress(CAMERA, "rtsp://[fe80::1]:554/ch1", password="unused")
        assert address.with_credentials() == address.url

    def test_the_password_is_not_shown(self) -> None:
        assert "secret" not in repr(StreamAddress(CAMERA, "rtsp://host/", username="admin", password="secret"))
