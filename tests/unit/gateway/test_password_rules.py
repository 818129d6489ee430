from __future__ import annotations

import pytest

from vigil.gateway.password_rules import LONGEST, SHORTEST, fault_of

GOOD = ["correct horse battery", "三更灯火五更鸡正是男儿读书时", "x7 kd-92 ppq 41", "梅州客家围龙屋很好看真的呢"]


@pytest.mark.parametrize("password", [*GOOD, "kd8w2p" * 21 + "q9"])
def test_long_ones_of_any_characters_are_good(password: str) -> None:
    assert SHORTEST <= len(password) <= LONGEST
    assert fault_of(password, "li", "李明", "人社局") is None


@pytest.mark.parametrize(
    ("password", "what"),
    [
        ("kd8w2pq9xzm", "too short"),
        ("k" + "d8w2p" * 26, "too long"),
        ("password12345", "first that are tried"),
        ("!!Password2026", "first that are tried"),
        ("woaini1314520", "first that are tried"),
        ("1234567890123", "first that are tried"),
        ("0987654321098", "first that are tried"),
        ("qwertyuiopas", "first that are tried"),
        ("aaaaaaaaaaaa", "first that are tried"),
        ("abcdabcdabcd", "first that are tried"),
        ("20260302010203", "first that are tried"),
        ("1qaz2wsx3edc", "first that are tried"),
        ("liming-zhang1", "everybody knows"),
    ],
)
def test_what_anybody_tries_first_is_refused(password: str, what: str) -> None:
    fault = fault_of(password, "liming-zhang", "李明", "人社局")
    assert fault is not None
    assert what in fault
    assert password not in fault
