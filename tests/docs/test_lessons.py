"""docs/design/lessons.md names the tests that show each lesson, all of them, and no others."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
NUMBERS = {*range(1, 14), 18, 21}


def marked() -> dict[int, set[str]]:
    """Tests by the lessons that they are marked with."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.lesson":
                    for number in decorator.args:
                        found[ast.literal_eval(number)].add(node.name)
    return dict(found)


def told() -> dict[int, set[str]]:
    text = (ROOT / "docs" / "design" / "lessons.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    return {int(number): set(re.findall(r"`(test_[a-z0-9_]+)`", tests)) for number, tests in rows}


def test_each_lesson_is_shown_by_the_tests_that_are_named() -> None:
    assert told() == marked()


def test_none_is_left_out() -> None:
    assert set(told()) == NUMBERS
