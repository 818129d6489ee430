from __future__ import annotations

import pytest

from vigil.ingest.annex_b import units_of
from vigil.model.media import Codec

AVCC = bytes.fromhex("014d001fffe1 0003 67aabb 02 0002 68cc 0002 68dd".replace(" ", ""))
HVCC = bytes([1, *bytes(21), 2]) + bytes.fromhex("20 0001 0003 4001aa 21 0002 0002 4201 0003 420199".replace(" ", ""))
FOUND = {
    Codec.H264: [b"\x67\xaa\xbb", b"\x68\xcc", b"\x68\xdd"],
    Codec.H265: [b"\x40\x01\xaa", b"\x42\x01", b"\x42\x01\x99"],
}
RECORDS = {Codec.H264: AVCC, Codec.H265: HVCC}


@pytest.mark.parametrize("codec", list(Codec))
def test_the_sets_of_a_record(codec: Codec) -> None:
    assert units_of(codec, RECORDS[codec]) == FOUND[codec]


@pytest.mark.parametrize("codec", list(Codec))
def test_one_that_is_cut_off_gives_what_was_there(codec: Codec) -> None:
    record = RECORDS[codec]
    for size in range(len(record)):
        found = units_of(codec, record[:size])
        assert found == FOUND[codec][: len(found)]
