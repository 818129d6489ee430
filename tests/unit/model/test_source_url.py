from __future__ import annotations

from pathlib import Path

import pytest

from vigil.model.source_url import SourceKind, file_of, in_folder, is_encrypted, kind_of


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("rtsp://camera/1", SourceKind.RTSP),
        ("RTSP://camera/1", SourceKind.RTSP),
        ("rtsps://camera/1", SourceKind.RTSPS),
        ("http://camera/1.ts", SourceKind.HTTP),
        ("https://camera/a.mp4", SourceKind.HTTP),
        ("http://camera/a.mp4?list=b.m3u8", SourceKind.HTTP),
        ("http://camera/a.m3u8?token=1", SourceKind.HLS),
        ("https://camera/a.M3U8", SourceKind.HLS),
        ("file:clips/a.m3u8", SourceKind.FILE),
        ("file:///clips/a.mp4", SourceKind.FILE),
        ("clips/a.mp4", None),
        ("ftp://camera/a.mp4", None),
        ("http://[2001:db8::7/1", None),
    ],
)
def test_kinds(url: str, kind: SourceKind | None) -> None:
    assert kind_of(url) is kind


def test_encrypted() -> None:
    assert [url for url in ("rtsps://a/", "https://a/", "rtsp://a/", "http://a/", "file:a") if is_encrypted(url)] == [
        "rtsps://a/",
        "https://a/",
    ]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:clips/a #1?.mp4", "clips/a #1?.mp4"),
        ("file:/clips/a.mp4", "/clips/a.mp4"),
        ("file:///clips/a.mp4", "/clips/a.mp4"),
    ],
)
def test_paths(url: str, path: str) -> None:
    assert file_of(url) == Path(path)


def test_an_address_is_no_file() -> None:
    with pytest.raises(ValueError, match="no file"):
        file_of("http://camera/1.ts")


def test_relative_paths_begin_at_the_folder() -> None:
    folder = Path("/etc/vigil")
    assert in_folder("file:clips/a.mp4", folder) == "file:/etc/vigil/clips/a.mp4"
    assert in_folder("file:/srv/a.mp4", folder) == "file:/srv/a.mp4"
    assert in_folder("http://camera/a.mp4", folder) == "http://camera/a.mp4"
