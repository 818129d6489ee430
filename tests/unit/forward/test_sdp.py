from __future__ import annotations

import pytest

from vigil.forward.rtsp.sdp import describe
from vigil.model.media import Codec, StreamParameters

H264 = StreamParameters(
    Codec.H264, 1280, 720, (bytes.fromhex("6764001facd940"), bytes.fromhex("68ef83bcb0")), connection=3
)
H265 = StreamParameters(
    Codec.H265, 1280, 720, (bytes.fromhex("40010c01"), bytes.fromhex("42010101"), bytes.fromhex("4401c172"))
)


def test_h264_golden() -> None:
    assert describe(H264, host="192.0.2.5", session=17).split("\r\n") == [
        "v=0",
        "o=- 17 3 IN IP4 192.0.2.5",
        "s=vigil",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1; profile-level-id=64001F; sprop-parameter-sets=Z2QAH6zZQA==,aO+DvLA=",
        "a=control:trackID=0",
        "",
    ]


def test_h265_names_each_kind_of_parameter_set() -> None:
    lines = describe(H265, host="::1", session=1).split("\r\n")
    assert "o=- 1 0 IN IP6 ::1" in lines
    assert "a=rtpmap:96 H265/90000" in lines
    assert "a=fmtp:96 sprop-vps=QAEMAQ==; sprop-sps=QgEBAQ==; sprop-pps=RAHBcg==" in lines


def test_several_sets_of_one_kind_share_a_parameter() -> None:
    sets = (*H265.parameter_sets, bytes.fromhex("4401c173"))
    text = describe(StreamParameters(Codec.H265, 1280, 720, sets), host="::1", session=1)
    assert "sprop-pps=RAHBcg==,RAHBcw==" in text


@pytest.mark.parametrize("codec", list(Codec))
def test_without_a_sequence_parameter_set_there_is_nothing_to_describe(codec: Codec) -> None:
    with pytest.raises(ValueError, match="no sequence parameter set"):
        describe(StreamParameters(codec, 1280, 720, ()), host="::1", session=1)
