"""What we make of a picture, and what FFmpeg's own muxer makes of it."""

from __future__ import annotations

import io

import av
import pytest

from tests.media import Footage, footage
from vigil.forward.push import flv
from vigil.ingest.mux import TIME_BASE
from vigil.model import nal
from vigil.model.media import Codec, Packet

METADATA = 4
"""A packet type of Enhanced RTMP: colours, which players find in the SPS, too."""


def ffmpegs(sent: Footage) -> list[bytes]:
    """The bodies of FFmpeg's video tags (FLV 10.1, E.4.1)."""
    file = io.BytesIO()
    container = av.open(file, "w", format="flv")
    size = sent.parameters
    stream = container.add_mux_stream(size.codec.value, width=size.width, height=size.height, time_base=TIME_BASE)
    for one in sent.packets:
        packet = av.Packet(one.data)
        packet.dts, packet.pts, packet.time_base, packet.is_keyframe = one.dts_90k, one.pts_90k, TIME_BASE, one.key
        packet.stream = stream
        container.mux_one(packet)
    container.close()
    data, at, bodies = file.getvalue(), 13, []
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 4], "big")
        if data[at] == 9:
            bodies.append(data[at + 11 : at + 11 + length])
        at += 11 + length + 4
    return bodies


@pytest.mark.parametrize(("codec", "b_frames"), [(Codec.H264, 0), (Codec.H264, 2), (Codec.H265, 2)])
def test_header_and_pictures_say_what_ffmpeg_says(codec: Codec, b_frames: int) -> None:
    sent = footage(codec, seconds=2, b_frames=b_frames)
    header, *pictures = (body for body in ffmpegs(sent) if codec is Codec.H264 or body[0] & 0x0F != METADATA)
    ours = flv.header(codec, sent.parameters.parameter_sets)
    if codec is Codec.H264:
        assert ours == header
    else:
        # FFmpeg also keeps the encoder's SEI in its record, and says nothing of how the frames follow each other.
        assert ours[:5] == header[:5]
        assert ours[5 : 5 + 20] == header[5 : 5 + 20]
    for packet, picture in zip(sent.packets, pictures, strict=False):
        mine = flv.picture(codec, packet)
        assert mine[0] & 0xF0 == picture[0] & 0xF0
        assert slices_of(mine, codec) == slices_of(picture, codec)
        late_ms = round((packet.pts_90k - packet.dts_90k) / 90)
        assert int.from_bytes(mine[late_at(codec) : late_at(codec) + 3], "big", signed=True) == late_ms


def late_at(codec: Codec) -> int:
    return 2 if codec is Codec.H264 else 5


def slices_of(body: bytes, codec: Codec) -> list[bytes]:
    at = late_at(codec) + 3
    if codec is Codec.H265 and body[0] & 0x0F == 3:  # CodedFramesX: no composition time
        at -= 3
    units = []
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        units.append(body[at + 4 : at + 4 + size].rstrip(b"\x00"))
        at += 4 + size
    return [unit for unit in units if nal.is_slice(codec, unit)]


@pytest.mark.parametrize("codec", list(Codec))
def test_parameter_sets_that_are_none_are_a_value_error(codec: Codec) -> None:
    sets = footage(codec, seconds=1).parameters.parameter_sets
    for broken in ((), tuple(unit[:3] for unit in sets)):
        with pytest.raises(ValueError, match=r".+"):
            flv.header(codec, broken)


def test_times_before_decoding_are_negative() -> None:
    packet: Packet = footage(Codec.H264, seconds=1).packets[0]
    early = Packet(packet.data, 900, 0, True, packet.at)
    assert flv.picture(Codec.H264, early)[2:5] == (-10).to_bytes(3, "big", signed=True)
