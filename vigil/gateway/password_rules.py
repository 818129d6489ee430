"""What may be a password: long, and not among the first that anybody tries. Nothing is asked of its characters.

Rules of composition make people write Passw0rd!, so there are none (ASVS 2.1.9); length and a list of the commonest are
what holds against guessing. The list holds words of any length, because whoever must be longer adds digits to one.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 128
_EDGES: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_FEW: Final = 5
"""Different characters; with fewer it is a pattern."""
_ROWS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def fault_of(password: str, *about: str) -> str | None:
    """What is wrong with it, in words that do not repeat it. `about`: user name, name and unit, which everybody knows."""
    if len(password) < SHORTEST:
        return f"a password of {len(password)} characters is too short. Use {SHORTEST} or more; a few words make a good one"
    if len(password) > LONGEST:
        return f"a password of {len(password)} characters is too long. Use {LONGEST} or fewer"
    folded = password.casefold()
    if any(len(word) >= 3 and word.casefold() in folded and len(folded) - len(word) < 8 for word in about):
        return "the password is little more than a name that everybody knows. Use other words"
    if _is_common(folded):
        return "the password is among the first that are tried. Use words that do not belong together"
    return None


def _is_common(folded: str) -> bool:
    if len(set(folded)) < _FEW or any(folded in row * 2 or folded[::-1] in row * 2 for row in _ROWS):
        return True
    if any(folded == folded[:size] * (len(folded) // size) for size in range(1, len(folded) // 2 + 1)):
        return True  # one piece over and over
    return folded in _common() or _EDGES.sub("", folded) in _common() or not _EDGES.sub("", folded)


@cache
def _common() -> frozenset[str]:
    text = files("vigil.gateway").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
