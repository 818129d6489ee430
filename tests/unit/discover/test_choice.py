from __future__ import annotations

import pytest

from vigil.discover.camera import FoundCamera, Profile, StreamAddress
from vigil.discover.choice import against_ours, choose


def profile(
    width: int, height: int, codec: str = "H264", gop: int | None = 50, source: str = "", **rest: str
) -> Profile:
    name = f"{codec}-{width}x{height}{source}"
    stream = StreamAddress(rest.get("url", f"rtsp://192.0.2.7/{name}"), told_host=rest.get("told_host"))
    return Profile(name, name, source, codec, width, height, 25, 1000, gop, stream=stream)


def camera(*profiles: Profile, offset_s: float | None = 0.0) -> FoundCamera:
    return FoundCamera("192.0.2.7:80", None, None, None, None, None, offset_s, profiles)


FULL, HALF, CIF, TINY = profile(1920, 1080), profile(640, 360), profile(352, 288), profile(320, 240)


@pytest.mark.parametrize(
    ("profiles", "main", "sub"),
    [
        ((FULL, HALF), FULL, HALF),
        ((HALF, FULL), FULL, HALF),
        ((FULL, HALF, CIF, TINY), FULL, CIF),
        ((FULL, TINY), FULL, None),
        ((FULL,), FULL, None),
        ((FULL, profile(1920, 1080, "H265")), FULL, None),
        ((FULL, profile(640, 360, "JPEG")), FULL, None),
        ((profile(3840, 2160, "JPEG"), FULL, HALF), FULL, HALF),
        ((FULL, profile(640, 360, url=FULL.stream.url if FULL.stream else "")), FULL, None),
        ((profile(640, 360, "H265"), FULL, HALF), FULL, HALF),
    ],
)
def test_which_stream_is_which(profiles: tuple[Profile, ...], main: Profile, sub: Profile | None) -> None:
    (found,) = choose(camera(*profiles))
    assert (found.main, found.sub) == (main, sub)


def test_each_source_is_a_camera() -> None:
    found = choose(
        camera(profile(1920, 1080, source="1"), profile(640, 360, source="1"), profile(1280, 720, source="2"))
    )
    assert [(one.channel, one.channels, one.main.width) for one in found] == [(1, 2, 1920), (2, 2, 1280)]
    assert found[0].sub is not None


def test_profiles_without_an_address_are_no_streams() -> None:
    assert choose(camera(Profile("t", "t", "", "H264", 640, 360))) == ()


def warnings(*profiles: Profile, offset_s: float | None = 0.0) -> tuple[str, ...]:
    (found,) = choose(camera(*profiles, offset_s=offset_s))
    return found.warnings


def test_a_good_camera_has_no_warnings() -> None:
    assert warnings(FULL, HALF) == ()
    assert warnings(profile(1920, 1080, gop=None), profile(640, 360, gop=100), offset_s=-5) == ()


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (warnings(profile(1920, 1080, "JPEG")), "main stream is JPEG"),
        (warnings(profile(1920, 1080, gop=101), HALF), "main stream has a key frame each 4.04 s"),
        (warnings(FULL, profile(640, 360, gop=250)), "substream has a key frame each 10 s"),
        (warnings(FULL), "no substream of 352x288"),
        (warnings(FULL, HALF, offset_s=5.1), "5 s ahead of ours"),
        (warnings(FULL, HALF, offset_s=None), "does not tell its time"),
        (warnings(profile(1920, 1080, told_host="198.51.100.9"), HALF), "streams are at 198.51.100.9"),
    ],
)
def test_warnings(found: tuple[str, ...], what: str) -> None:
    assert any(what in warning for warning in found)


def test_a_login_within_an_address() -> None:
    held = Profile("t", "t", "", "H264", 1920, 1080, stream=StreamAddress("rtsp://192.0.2.7/a", held_login=True))
    assert any("put a login into" in warning for warning in warnings(held, HALF))


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (0.4, "right to a second"),
        (-7203.4, "2 h 0 min 3 s behind ours"),
        (65, "1 min 5 s ahead of ours"),
        (-86_400 * 400, "400 d 0 h 0 min 0 s behind ours"),
        (9, "9 s ahead of ours"),
    ],
)
def test_offsets_in_words(offset_s: float, words: str) -> None:
    assert against_ours(offset_s) == words
