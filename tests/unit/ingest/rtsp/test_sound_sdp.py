from __future__ import annotations

import pytest

from tests.unit.ingest.rtsp.test_sdp import BASE, QUERY, SESSION_FIRST
from vigil.ingest.g711 import Law
from vigil.ingest.rtsp.sound_sdp import AuHeaders, SoundTrack, sound_track
from vigil.ingest.source import NoSound
from vigil.model.media import SoundCodec, SoundParameters

HBR = "streamtype=5; profile-level-id=15; mode=AAC-hbr; config=1408; SizeLength=13; IndexLength=3; IndexDeltaLength=3"


def described(line: str, *attributes: str) -> str:
    return "\r\n".join(
        ("v=0", "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", f"m=audio 0 RTP/AVP {line}", *attributes)
    )


def aac(fmtp: str, clock: str = "16000/1") -> str:
    return described("97", f"a=rtpmap:97 mpeg4-generic/{clock}", f"a=fmtp:97 {fmtp}", "a=control:track2")


def test_aac() -> None:
    assert sound_track(aac(HBR), BASE) == SoundTrack(
        uri=f"{BASE}/track2",
        payload_type=97,
        clock=16_000,
        parameters=SoundParameters(SoundCodec.AAC, 16_000, 1, bytes.fromhex("1408")),
        headers=AuHeaders(13, 3, 3),
    )


def test_g711_by_its_name_and_where_it_stands_before_the_pictures() -> None:
    assert sound_track(SESSION_FIRST, BASE) == SoundTrack(
        uri=f"{BASE}/trackID=2",
        payload_type=8,
        clock=8000,
        parameters=SoundParameters(SoundCodec.LPCM, 8000, 1),
        law=Law.A,
    )


@pytest.mark.parametrize(("payload_type", "law"), [("0", Law.MU), ("8", Law.A)])
def test_g711_needs_no_name(payload_type: str, law: Law) -> None:
    track = sound_track(described(payload_type), BASE)
    assert (track.law, track.payload_type, track.clock, track.uri) == (law, int(payload_type), 8000, BASE)


def test_g711_of_two_channels_and_another_rate() -> None:
    track = sound_track(described("98", "a=rtpmap:98 pcmu/16000/2"), BASE)
    assert track.parameters == SoundParameters(SoundCodec.LPCM, 16_000, 2)


def test_the_first_one_that_can_be_recorded() -> None:
    text = described("107 8", "a=rtpmap:107 opus/48000/2") + "\r\nm=audio 0 RTP/AVP 0"
    assert sound_track(text, BASE).law is Law.A


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (QUERY, "describes no sound"),
        (described("107", "a=rtpmap:107 opus/48000/2"), "sound is opus"),
        (described("14"), "payload type 14"),
        (described("97", "a=rtpmap:97 PCMA/none"), "payload type 97"),
        (described("8", "a=rtpmap:8 PCMA/8000/6"), "in 6 channels"),
        (described("8", "a=rtpmap:8 PCMA/800000"), "with 800000 samples"),
        (described("8", "a=rtpmap:8 PCMA/8000000000000"), "payload type 8"),
        (aac(HBR.replace("1408", "2b11")), "AAC of type 5"),
        (aac(HBR.replace("1408", "xy")), "configuration"),
        (aac("mode=AAC-hbr; config=1408"), "without its sizes"),
        (aac(HBR + "; auxiliaryDataSizeLength=8"), "more beside it"),
        (aac(HBR.replace("=13", "=1000")), "cannot be read"),
        (aac(HBR.replace("=13", "=-1")), "cannot be read"),
    ],
)
def test_why_there_is_none(text: str, why: str) -> None:
    with pytest.raises(NoSound, match=why):
        sound_track(text, BASE)
