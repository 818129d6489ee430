"""Which requests for a clip's bytes begin a viewing. A player asks for many ranges; the register wants one entry."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from vigil.model.ids import ClipId
from vigil.model.purposes import Purpose
from vigil.model.register import Action

MAX_OPEN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Viewing:
    """`session` is the hash of its token. The same clip for another purpose is another viewing."""

    session: str
    clip: ClipId
    action: Action
    purpose: Purpose | None = None


class Playbacks:
    """Remembers viewings that were entered. What it forgets is entered once more, never left out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[Viewing, None] = OrderedDict()

    def begins(self, viewing: Viewing, start: int) -> bool:
        """True at the clip's first byte, and for a later one that no entered viewing has led to.

        So nobody sees a clip unregistered by asking from its second byte on.
        """
        with self._lock:
            if start > 0 and viewing in self._open:
                self._open.move_to_end(viewing)
                return False
            return True

    def entered(self, viewing: Viewing) -> None:
        """The register has it."""
        with self._lock:
            self._open[viewing] = None
            self._open.move_to_end(viewing)
            if len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
