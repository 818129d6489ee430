"""Staffing second by second: what was stated beside what was so, counted.

A rule that waits for 30 s before it says "unstaffed" is not wrong in these 30 s: the seconds within the rule's own delay
after a true change are left out, and how many they are is told. Nothing else is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vigil.eval.scene import WindowColumns
from vigil.eval.statements import WindowStatements
from vigil.model.looks import Staffing

Mask = npt.NDArray[np.bool_]


class State(IntEnum):
    UNSTAFFED = 0
    STAFFED = 1
    UNKNOWN = 2


_STATES: Final = {
    Staffing.UNSTAFFED: State.UNSTAFFED,
    Staffing.STAFFED: State.STAFFED,
    Staffing.UNKNOWN: State.UNKNOWN,
}


@dataclass(frozen=True, slots=True, eq=False)
class WindowSeconds:
    """One window's seconds as arrays. `counted` are in service with the truth known, `delayed` within the rule's delay."""

    truth: npt.NDArray[np.int8]
    stated: npt.NDArray[np.int8]
    counted: Mask
    delayed: Mask
    visible: Mask


@dataclass(frozen=True, slots=True)
class Confusion:
    """Seconds by truth and statement, those of the rule's delay left out; and how many of all were unknown.

    `seen` and `unseen` are the seconds in which the window was and was not visible, delay included.
    """

    right_unstaffed: int = 0
    wrong_unstaffed: int = 0
    right_staffed: int = 0
    wrong_staffed: int = 0
    seen: int = 0
    unknown_seen: int = 0
    unseen: int = 0
    unknown_unseen: int = 0
    delayed: int = 0


def of_window(window: WindowColumns, statements: WindowStatements | None) -> WindowSeconds:
    truth = np.array([_code(staffed) for staffed in window.staffed], np.int8)
    stated = np.full(len(truth), State.UNKNOWN, np.int8)
    if statements is not None:
        said = [_STATES[one] for one in statements.staffing[: len(truth)]]
        stated[: len(said)] = said
    counted = np.array(window.in_service, np.bool_) & (truth != State.UNKNOWN)
    rules = window.thresholds
    delayed = after_change(truth, State.UNSTAFFED, rules.absent_after_s) | after_change(
        truth, State.STAFFED, rules.on_duty_after_s
    )
    return WindowSeconds(truth, stated, counted, delayed, np.array(window.visible, np.bool_))


def confusion(seconds: WindowSeconds, mask: Mask) -> Confusion:
    """Counts the seconds of the mask."""
    counted = seconds.counted & mask
    compared = counted & ~seconds.delayed
    table = np.bincount(seconds.truth[compared] * 3 + seconds.stated[compared], minlength=6)
    unknown = counted & (seconds.stated == State.UNKNOWN)
    return Confusion(
        right_unstaffed=int(table[0]),
        wrong_staffed=int(table[1]),
        wrong_unstaffed=int(table[3]),
        right_staffed=int(table[4]),
        seen=int((counted & seconds.visible).sum()),
        unknown_seen=int((unknown & seconds.visible).sum()),
        unseen=int((counted & ~seconds.visible).sum()),
        unknown_unseen=int((unknown & ~seconds.visible).sum()),
        delayed=int((counted & seconds.delayed).sum()),
    )


def after_change(truth: npt.NDArray[np.int8], state: State, delay_s: float) -> Mask:
    """The seconds less than `delay_s` after the other state turned into this one, wherever the truth was last known."""
    result = np.zeros(len(truth), np.bool_)
    known = np.flatnonzero(truth != State.UNKNOWN)
    changed = known[1:][(truth[known[1:]] == state) & (truth[known[:-1]] != state)]
    for second in changed:
        result[second : second + int(np.ceil(delay_s))] = True
    return result


def _code(staffed: bool | None) -> State:
    if staffed is None:
        return State.UNKNOWN
    return State.STAFFED if staffed else State.UNSTAFFED
