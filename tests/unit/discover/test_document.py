from __future__ import annotations

import pytest

from vigil.discover.document import MOST_BYTES, NotXml, parse, plain


def test_names_are_without_namespace() -> None:
    root = parse(b'<a:x xmlns:a="urn:a" a:token="t"><b xmlns="urn:b"> v <c/></b></a:x>')
    assert root.name == "x"
    assert root.attributes == {"token": "t"}
    assert root.value("b") == "v"
    assert root.first("b", "c") is not None


def test_what_is_missing_or_empty_is_none() -> None:
    root = parse(b"<x><b/></x>")
    assert root.first("b", "c") is None
    assert root.value("b") is None
    assert root.value("c", "d") is None


def test_every_looks_below() -> None:
    root = parse(b"<x><y><z>1</z></y><z>2<z>3</z></z></x>")
    assert [one.text for one in root.every("z")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "not XML"),
        (b"<html><br></html>", "not XML"),
        (b"\xff\xfe\x00", "not XML"),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', "not XML"),
        (b"<!DOCTYPE x><x/>", "document type"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "document type"),
        (b'<!DOCTYPE x SYSTEM "http://192.0.2.66/x.dtd"><x/>', "document type"),
        (b"<x>&a;</x>", "not XML"),
        (b"<a>" * 41, "nested"),
        (b"<x>" + b"<a/>" * 50_001 + b"</x>", "long without end"),
        (b"<x>" + b" " * MOST_BYTES + b"</x>", "more than 1024 KiB"),
    ],
)
def test_what_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(NotXml, match=what):
        parse(data)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (None, None),
        ("", None),
        (" \n\t", None),
        ("a\n  - id: evil", "a - id: evil"),
        ("a\u2028b\x1b[31mc\x00", "a b [31mc"),
        ("柜台  1", "柜台 1"),
        ("x" * 100, "x" * 80),
    ],
)
def test_one_short_line_that_can_be_printed(told: str | None, shown: str | None) -> None:
    assert plain(told) == shown
