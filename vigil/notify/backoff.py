"""How long a channel is left alone after an attempt."""

from __future__ import annotations

from typing import Final

from vigil.model.notices import Answer, Verdict

_FIRST_S: Final = 5.0
_LONGEST_S: Final = 900.0
_REFUSED_S: Final = 600.0
"""A wrong key is not put right by asking, and each message that waits would be refused in its turn."""
_THROTTLED_S: Final = 60.0
_MOST_ASKED_S: Final = 86_400.0
"""Whatever the other side asks for."""


def rest_s(answer: Answer, failures: int, chance: float) -> float:
    """Seconds after an attempt. `failures` came before it in a row; `chance`, 0..1, keeps channels from knocking in step."""
    match answer.verdict:
        case Verdict.DELIVERED | Verdict.REJECTED:
            return 0
        case Verdict.REFUSED:
            return _REFUSED_S
        case Verdict.THROTTLED:
            return min(answer.rest_s or _THROTTLED_S, _MOST_ASKED_S)
        case Verdict.FAILED | Verdict.UNCERTAIN:
            longest = min(_LONGEST_S, _FIRST_S * 2.0 ** min(failures, 20))
            return longest * (0.5 + chance / 2)
