from __future__ import annotations

import uuid

import pytest

from vigil.discover import document
from vigil.discover.place import Device
from vigil.discover.probe import TYPES, _message, answered, scope

ID = "6c1a2b9e-0000-4000-8000-000000000001"
IDS = {ID.replace("-", "")}
NAMES = (
    'xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
)


def matches(addresses: str, relates: str = f"urn:uuid:{ID}", wrapped: bool = True) -> bytes:
    match = (
        "<d:ProbeMatch><d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Hall%203%0a"
        f"</d:Scopes><d:XAddrs>{addresses}</d:XAddrs></d:ProbeMatch>"
    )
    body = f"<d:ProbeMatches>{match}</d:ProbeMatches>" if wrapped else match
    return (
        f"<e:Envelope {NAMES}><e:Header><w:RelatesTo>{relates}</w:RelatesTo></e:Header><e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


@pytest.mark.parametrize(
    ("addresses", "scheme", "port", "path"),
    [
        ("http://192.0.2.7/onvif/device_service", "http", 80, "/onvif/device_service"),
        ("http://192.0.2.7:8080/x", "http", 8080, "/x"),
        ("https://192.0.2.7/x http://192.0.2.7/y", "http", 80, "/y"),
        ("https://192.0.2.7/x", "https", 443, "/x"),
        ("http://198.51.100.1:81/x http://192.0.2.7:82/y", "http", 82, "/y"),
        ("http://198.51.100.1:81/x", "http", 81, "/x"),
        ("http://[fe80::1]/x http://192.0.2.7/y", "http", 80, "/y"),
        ("http://[half/x", "http", 80, "/onvif/device_service"),
        ("ftp://192.0.2.7/x", "http", 80, "/onvif/device_service"),
        ("", "http", 80, "/onvif/device_service"),
    ],
)
def test_the_host_is_who_answered(addresses: str, scheme: str, port: int, path: str) -> None:
    assert answered(matches(addresses), "192.0.2.7", IDS) == Device("192.0.2.7", port, path, scheme, "Hall 3")


def test_a_match_without_its_wrapper() -> None:
    """ipycam has it so."""
    assert answered(matches("http://192.0.2.7/x", wrapped=False), "192.0.2.7", IDS) is not None


@pytest.mark.parametrize("relates", [ID, ID.upper(), f"uuid:{ID}", f"urn:uuid:{ID}"])
def test_ways_of_writing_an_id(relates: str) -> None:
    assert answered(matches("", relates), "192.0.2.7", IDS) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<x/>",
        b"<!DOCTYPE x><x/>",
        matches("http://192.0.2.7/x", relates="urn:uuid:6c1a2b9e-0000-4000-8000-000000000002"),
        matches("http://192.0.2.7/x", relates=""),
    ],
)
def test_what_answers_no_probe_of_ours(data: bytes) -> None:
    assert answered(data, "192.0.2.7", IDS) is None


@pytest.mark.parametrize("types", TYPES)
def test_a_probe_is_xml_and_asks_for_one_type(types: str) -> None:
    root = document.parse(_message(uuid.UUID(ID), types))
    assert root.value("Header", "MessageID") == f"urn:uuid:{ID}"
    assert root.value("Body", "Probe", "Types") in ("dn:NetworkVideoTransmitter", "tds:Device")


def test_scopes() -> None:
    assert scope("onvif://www.onvif.org/NAME/%E6%9F%9C%E5%8F%B0", "name") == "柜台"
    assert scope("onvif://www.onvif.org/name/", "name") is None
    assert scope("urn:x", "name") is None
