"""Server-sent events (the HTML standard, section 9.2), as far as the centre sends them, and how one goes on after a break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vigil.errors import CallError, CallRefused


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """`name` is alert, clip, ledger, status or suspension; `data` is what it is about, as it is now."""

    name: str
    data: Any
    id: str | None = None


@dataclass(slots=True)
class Following:
    """Takes the lines of one connection after another. `last_id` and `retry_s` outlive each."""

    last_id: str | None = None
    retry_s: float = 2.0
    _name: str = "message"
    _data: list[str] = field(default_factory=list)

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Ends quietly where the next one says what is the case; CallRefused where it would be refused, too."""
        self._forget()
        try:
            yield
        except CallRefused as refusal:
            if refusal.retry_after_s is None:
                raise
        except CallError:
            pass

    def event(self, line: str) -> ServerEvent | None:
        """What ends with this line; an event that no empty line ends is none."""
        if not line:
            found = ServerEvent(self._name, json.loads("\n".join(self._data)), self.last_id) if self._data else None
            self._forget()
            return found
        what, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match what:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self.last_id = value
            case "retry" if value.isdigit():
                self.retry_s = int(value) / 1000
            case _:  # a comment, or a field of another time
                pass
        return None

    def _forget(self) -> None:
        self._name, self._data = "message", []
