from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.model import nal
from vigil.model.media import Codec

# Written by x264 and x265 for 1280x720.
H264_SPS = bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960")
H264_PPS = bytes.fromhex("68ef83bcb0")
H265_VPS = bytes.fromhex("40010c01ffff01600000030090000003000003005d959809")
H265_SPS = bytes.fromhex("42010101600000030090000003000003005da00280802d165959a4932bc05a020000030002000003003210")
H265_PPS = bytes.fromhex("4401c172b46240")

# What an encoder may write: no start code within, no zero at the end.
units = st.binary(min_size=1, max_size=40).map(lambda raw: raw.replace(b"\x00", b"\x01")) | st.just(
    b"\x65\x00\x00\x03\x01"
)


class TestSplit:
    def test_understands_both_start_codes(self) -> None:
        assert nal.split(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65d") == [b"\x67ab", b"\x68c", b"\x65d"]

    def test_drops_zeros_behind_a_unit(self) -> None:
        assert nal.split(b"\0\0\1\x67a\0\0\0\0\0\1\x65b\0\0") == [b"\x67a", b"\x65b"]

    @pytest.mark.parametrize("data", [b"", b"\x65abc", b"\0\0\1", b"\0\0\0\1\0\0\1"])
    def test_finds_nothing_where_nothing_is(self, data: bytes) -> None:
        assert nal.split(data) == []

    def test_keeps_emulation_prevention(self) -> None:
        unit = b"\x65\x00\x00\x03\x01\x80"
        assert nal.split(nal.join([unit])) == [unit]

    @given(st.lists(units, max_size=8))
    def test_is_the_inverse_of_join(self, given_units: list[bytes]) -> None:
        assert nal.split(nal.join(given_units)) == given_units

    @given(st.binary(max_size=200))
    def test_never_fails_and_gives_no_empty_unit(self, data: bytes) -> None:
        assert all(nal.split(data))


class TestBegins:
    @pytest.mark.parametrize("data", [b"\0\0\1\x65", b"\0\0\0\1\x65\x88", b"\0\0\1\0\0\x65"])
    def test_a_unit(self, data: bytes) -> None:
        assert nal.begins(data, 64)

    @pytest.mark.parametrize("data", [b"", b"\x65abc", b"\0\0\1", b"\0\0\0\1\0\0\0"])
    def test_nothing(self, data: bytes) -> None:
        assert not nal.begins(data, 64)

    def test_what_comes_later_is_not_looked_at(self) -> None:
        assert not nal.begins(bytes(64) + b"\0\0\1\x65", 64)


class TestTypes:
    def test_reads_the_type_of_either_codec(self) -> None:
        assert nal.nal_type(Codec.H264, b"\x65") == nal.H264_IDR
        assert nal.nal_type(Codec.H265, b"\x26\x01") == 19

    @pytest.mark.parametrize("unit", [b"\x65", b"\x25"])
    def test_h264_idr_is_key(self, unit: bytes) -> None:
        assert nal.is_key(Codec.H264, unit)
        assert nal.is_slice(Codec.H264, unit)

    @pytest.mark.parametrize("kind", range(16, 22))
    def test_h265_irap_is_key(self, kind: int) -> None:
        assert nal.is_key(Codec.H265, bytes((kind << 1, 1)))

    @pytest.mark.parametrize(("codec", "unit"), [(Codec.H264, b"\x41"), (Codec.H265, b"\x02\x01")])
    def test_other_slices_are_not_key(self, codec: Codec, unit: bytes) -> None:
        assert not nal.is_key(codec, unit)
        assert nal.is_slice(codec, unit)

    @pytest.mark.parametrize(
        ("codec", "unit"), [(Codec.H264, b"\x06"), (Codec.H265, b"\x4e\x01"), (Codec.H264, b"\x09")]
    )
    def test_sei_and_delimiters_are_neither(self, codec: Codec, unit: bytes) -> None:
        assert not nal.is_slice(codec, unit)
        assert not nal.is_parameter_set(codec, unit)

    @pytest.mark.parametrize(
        ("codec", "unit", "first"),
        [
            (Codec.H264, b"\x65\x88", True),
            (Codec.H264, b"\x41\x1b", False),
            (Codec.H264, b"\x41", False),
            (Codec.H265, b"\x26\x01\xaf", True),
            (Codec.H265, b"\x02\x01\x2f", False),
            (Codec.H265, b"\x02\x01", False),
        ],
    )
    def test_the_first_slice_of_a_picture_is_known(self, codec: Codec, unit: bytes, first: bool) -> None:
        assert nal.begins_picture(codec, unit) is first

    def test_collects_parameter_sets_once_and_in_order(self) -> None:
        given_units = [H265_PPS, b"\x4e\x01\x05", H265_SPS, H265_VPS, H265_SPS, b"\x26\x01\xaf"]
        assert nal.parameter_sets(Codec.H265, given_units) == (H265_VPS, H265_SPS, H265_PPS)

    def test_a_stream_without_an_sps_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no sequence parameter set"):
            nal.find_sps(Codec.H264, [H264_PPS])


class TestUnescape:
    @pytest.mark.parametrize(
        ("escaped", "plain"),
        [
            ("00000300", "000000"),
            ("0000030000030000", "000000000000"),
            ("0000030000", "00000000"),
            ("000003", "0000"),
            ("0003000003", "00030000"),
        ],
    )
    def test_takes_out_the_threes(self, escaped: str, plain: str) -> None:
        assert nal.unescape(bytes.fromhex(escaped)) == bytes.fromhex(plain)

    @given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4]), max_size=40).map(lambda some: bytes([*some, 0x80])))
    def test_escape_is_the_inverse(self, payload: bytes) -> None:
        escaped = nal.escape(payload)
        assert nal.unescape(escaped) == payload
        assert not any(bytes([0, 0, forbidden]) in escaped for forbidden in range(3))


class TestCodecString:
    def test_h264(self) -> None:
        assert nal.codec_string(Codec.H264, (H264_SPS, H264_PPS)) == "avc1.64001F"

    def test_h265_with_escaped_constraint_bytes(self) -> None:
        assert nal.codec_string(Codec.H265, (H265_VPS, H265_SPS, H265_PPS)) == "hvc1.1.6.L93.90"

    def test_h265_high_tier_main_10_with_a_profile_space(self) -> None:
        sps = bytes((0x42, 0x01, 0x01, 1 << 6 | 0x20 | 2, 0x20, 0, 0, 1)) + bytes((0xB0, 1, 2, 3, 4, 5)) + bytes((153,))
        assert nal.codec_string(Codec.H265, [sps]) == "hvc1.A2.80000004.H153.B0.1.2.3.4.5"

    @pytest.mark.parametrize("codec", list(Codec))
    def test_an_sps_cut_short_is_an_error(self, codec: Codec) -> None:
        sps = (H264_SPS if codec is Codec.H264 else H265_SPS)[:3]
        with pytest.raises(ValueError, match="ends before its level"):
            nal.codec_string(codec, [sps])
