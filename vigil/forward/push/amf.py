"""AMF0, the values of RTMP's commands (Action Message Format, Adobe 2007): what a publisher says and hears, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final

Value = float | bool | str | None | Mapping[str, "Value"] | list["Value"]

_NUMBER: Final = Struct(">d")
_DEEPEST: Final = 8
_OBJECT_END: Final = b"\x00\x00\x09"


def encode(*values: Value) -> bytes:
    return b"".join(_encode(value) for value in values)


def decode(data: bytes) -> list[Value]:
    """Raises ValueError for what is cut short or of a kind that no server answers with."""
    values, at = [], 0
    while at < len(data):
        value, at = _decode(data, at, 0)
        values.append(value)
    return values


def _encode(value: Value) -> bytes:
    match value:
        case None:
            return b"\x05"
        case bool():
            return b"\x01\x01" if value else b"\x01\x00"
        case int() | float():
            return b"\x00" + _NUMBER.pack(value)
        case str():
            return b"\x02" + _text(value)
        case list():
            return b"\x0a" + len(value).to_bytes(4, "big") + encode(*value)
    return b"\x03" + b"".join(_text(name) + _encode(one) for name, one in value.items()) + _OBJECT_END


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:  # noqa: PLR0911, one for each kind
    if depth > _DEEPEST:
        raise ValueError("objects within objects without end")
    kind, at = _take(data, at, 1)
    match kind[0]:
        case 0x00:
            number, at = _take(data, at, 8)
            return float(_NUMBER.unpack(number)[0]), at
        case 0x01:
            flag, at = _take(data, at, 1)
            return flag != b"\x00", at
        case 0x02:
            return _string(data, at)
        case 0x03:
            return _members(data, at, depth)
        case 0x05 | 0x06:
            return None, at
        case 0x08:  # an associative array says first about how long it is
            return _members(data, _take(data, at, 4)[1], depth)
        case 0x0A:
            return _list(data, at, depth)
    raise ValueError(f"a value of kind {kind[0]:#04x}")


def _members(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    found: dict[str, Value] = {}
    while data[at : at + 3] != _OBJECT_END:
        name, at = _string(data, at)
        found[name], at = _decode(data, at, depth + 1)
    return found, at + 3


def _list(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    size, at = _take(data, at, 4)
    found: list[Value] = []
    for _ in range(int.from_bytes(size, "big")):
        value, at = _decode(data, at, depth + 1)
        found.append(value)
    return found, at


def _string(data: bytes, at: int) -> tuple[str, int]:
    size, at = _take(data, at, 2)
    text, at = _take(data, at, int.from_bytes(size, "big"))
    return text.decode("utf-8", "replace"), at


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise ValueError("a value cut short")
    return data[at : at + size], at + size
