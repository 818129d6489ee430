from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.model import nal
from vigil.model.media import Codec
from vigil.model.picture_numbers import OURS, number_of, numbered

KEY = {
    Codec.H264: [b"\x67\x64\x00\x1f", b"\x68\xee", b"\x06\x05\x01\x00\x80", b"\x65\x88\x84", b"\x65\x40\x01"],
    Codec.H265: [b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1", b"\x26\x01\xaf", b"\x26\x01\x2f"],
}
FIRST_SLICE = {Codec.H264: 3, Codec.H265: 3}


@pytest.mark.parametrize("codec", Codec)
class TestNumbers:
    @given(number=st.integers(0, 2**64 - 1))
    def test_are_read_as_they_were_given(self, codec: Codec, number: int) -> None:
        assert number_of(codec, numbered(codec, nal.join(KEY[codec]), number)) == number

    def test_stand_before_the_first_slice_and_leave_the_rest_alone(self, codec: Codec) -> None:
        units = nal.split(numbered(codec, nal.join(KEY[codec]), 7))
        at = FIRST_SLICE[codec]
        assert units[:at] + units[at + 1 :] == KEY[codec]
        assert not nal.is_slice(codec, units[at])
        assert units[at][-1] == 0x80

    def test_a_picture_without_one_has_none(self, codec: Codec) -> None:
        assert number_of(codec, nal.join(KEY[codec])) is None


def test_zeros_make_no_start_code() -> None:
    data = numbered(Codec.H264, b"\x00\x00\x00\x01\x65\x88", 0)
    (unit, _) = nal.split(data)
    assert unit == b"\x06\x05\x18" + OURS + bytes.fromhex("000003 000003 000003 000080")


def test_another_encoders_message_is_not_ours() -> None:
    theirs = b"\x06\x05\x18" + bytes(range(1, 25)) + b"\x80"
    assert number_of(Codec.H264, nal.join([theirs, b"\x65\x88"])) is None
