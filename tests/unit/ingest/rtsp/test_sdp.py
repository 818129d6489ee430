from __future__ import annotations

from dataclasses import replace

import pytest

from tests.media import footage
from vigil.forward.rtsp.sdp import describe
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.rtsp.sdp import Track, video_track
from vigil.model.media import Codec

BASE = "rtsp://192.0.2.7:554/Streaming/Channels/101"
SESSION_FIRST = """v=0
o=- 1109162014219182 1109162014219192 IN IP4 192.0.2.7
s=Media Presentation
e=NONE
b=AS:5100
t=0 0
a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/
m=audio 0 RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=2
m=video 0 RTP/AVP 96
a=recvonly
a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z0IAKeKQ, aM48gA==
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
"""
"""The order and the absolute URIs of a widespread maker's cameras."""
QUERY = """v=0
s=Media Server
t=0 0
a=control:*
a=packetization-supported:DH
m=video 0 RTP/AVP 98
a=control:trackID=0
a=framerate:25.000000
a=rtpmap:98 H265/90000
a=fmtp:98 profile-id=1;sprop-sps=QgEB;sprop-pps=RAHA;sprop-vps=QAEM
"""
"""Another's: relative URIs behind one with a query."""


def test_absolute_uris_are_taken_as_they_are() -> None:
    assert video_track(SESSION_FIRST, BASE) == Track(
        uri=f"{BASE}/trackID=1",
        session_uri=f"{BASE}/",
        codec=Codec.H264,
        payload_type=96,
        parameter_sets=(bytes.fromhex("67420029e290"), bytes.fromhex("68ce3c80")),
    )


def test_relative_uris_are_appended() -> None:
    base = "rtsp://192.0.2.7/cam/realmonitor?channel=1&subtype=0/"
    track = video_track(QUERY, base)
    assert track.uri == f"{base}trackID=0"
    assert track.session_uri == base
    assert track.codec is Codec.H265
    assert [unit.hex() for unit in track.parameter_sets] == ["40010c", "420101", "4401c0"], "VPS, SPS, PPS"


def test_lines_may_end_either_way() -> None:
    assert video_track(QUERY.replace("\n", "\r\n"), "rtsp://a/") == video_track(QUERY, "rtsp://a/")


def test_without_controls_the_base_is_what_to_ask_for() -> None:
    text = "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 h264/90000\n"
    assert video_track(text, BASE) == Track(BASE, BASE, Codec.H264, 96, ())


@pytest.mark.parametrize("fmtp", ["sprop-parameter-sets=Z0IAKeKQ,A", "sprop-parameter-sets=,", "packetization-mode=1"])
def test_bad_parameter_sets_are_the_pictures_to_bring(fmtp: str) -> None:
    text = f"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 {fmtp}\n"
    assert len(video_track(text, BASE).parameter_sets) <= 1


@pytest.mark.parametrize("codec", list(Codec))
def test_what_our_own_server_says_is_understood(codec: Codec) -> None:
    parameters = footage(codec).parameters
    track = video_track(describe(parameters, host="::1", session=7), "rtsp://[::1]:8554/hall/")
    assert (track.codec, track.parameter_sets) == (codec, parameters.parameter_sets)
    assert track.uri == "rtsp://[::1]:8554/hall/trackID=0"
    other = describe(replace(parameters, connection=2), host="127.0.0.1", session=8)
    assert video_track(other, "rtsp://[::1]:8554/hall/") == track


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\nm=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n",
        "v=0\nm=video 0 RTP/AVP 26\n",
        "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 MP4V-ES/90000\n",
        "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2\n",
        "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 sprop-max-don-diff=2\n",
    ],
)
def test_other_tracks_are_not_ours(text: str) -> None:
    with pytest.raises(NotUnderstood):
        video_track(text, BASE)
