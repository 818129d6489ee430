from __future__ import annotations

import pytest

from vigil.discover.place import Device, parse_host


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("192.0.2.7", Device("192.0.2.7")),
        ("192.0.2.7:8080", Device("192.0.2.7", 8080)),
        ("camera-3.hall", Device("camera-3.hall")),
        ("[2001:db8::7]:81", Device("2001:db8::7", 81)),
    ],
)
def test_hosts(text: str, device: Device) -> None:
    assert parse_host(text) == device


@pytest.mark.parametrize(
    "text",
    ["", ":80", "a:b", "a:0", "a:70000", "viewer:s3cret@192.0.2.7", "http://192.0.2.7", "a/b", "a?b", "a\nb", "[::1"],
)
def test_no_hosts(text: str) -> None:
    with pytest.raises(ValueError, match=r"no host\. Give an address"):
        parse_host(text)


def test_an_address() -> None:
    assert Device("2001:db8::7", 81).address == "[2001:db8::7]:81"
