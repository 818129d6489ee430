"""Server-sent events (the HTML standard, section 9.2), as far as the centre sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """`name` is alert, clip, ledger, status or suspension; `data` is what it is about, as it is now."""

    name: str
    data: Any
    id: str | None = None


@dataclass(slots=True)
class Memory:
    """What is kept between two connections: the last event's id, and how long to wait for the next connection."""

    last_id: str | None = None
    retry_s: float = 2.0


def events_in(lines: Iterable[str], memory: Memory) -> Iterator[ServerEvent]:
    """An event that is not ended by an empty line is none."""
    name, data = "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield ServerEvent(name, json.loads("\n".join(data)), memory.last_id)
            name, data = "message", []
            continue
        what, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match what:
            case "event":
                name = value
            case "data":
                data.append(value)
            case "id" if "\0" not in value:
                memory.last_id = value
            case "retry" if value.isdigit():
                memory.retry_s = int(value) / 1000
            case _:  # a comment, or a field of another time
                pass
