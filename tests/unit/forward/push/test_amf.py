from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.push import amf

scalars = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20)
names = st.text(min_size=1, max_size=8)
values = st.recursive(
    scalars, lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=3), max_leaves=8
)


def deep(value: amf.Value) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max((deep(one) for one in inner), default=0)


@given(st.lists(values, max_size=4))
def test_what_is_said_is_heard(said: list[amf.Value]) -> None:
    if all(deep(value) <= 8 for value in said):
        assert amf.decode(amf.encode(*said)) == said


@given(st.binary(max_size=64))
def test_what_makes_no_sense_is_a_value_error_and_nothing_else(data: bytes) -> None:
    with suppress(ValueError):
        amf.decode(data)


def test_an_associative_array_is_an_object() -> None:
    # AMF0, 2.10: the kind, a number of members that may be wrong, and then as an object.
    data = b"\x08\x00\x00\x00\x00\x00\x04code\x02\x00\x02ok\x00\x00\x09"
    assert amf.decode(data) == [{"code": "ok"}]


def test_objects_within_objects_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="without end"):
        amf.decode(b"\x03\x00\x01a" * 50)
