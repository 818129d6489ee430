"""docs/design/security.md names for each requirement of the ASVS the tests that show it; each of them exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@cache
def names() -> frozenset[str]:
    return frozenset(
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def rows() -> list[tuple[str, list[str]]]:
    """Requirement, and the tests that are named for it."""
    text = (ROOT / "docs" / "design" / "security.md").read_text(encoding="utf-8")
    section = text.partition("## ASVS level 2")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (?!requirement|---)([^|]+) \|[^|]+\| ([^|]+) \|$", section, re.MULTILINE)
    return [(requirement, re.findall(r"`(test_[a-z0-9_]+)`", shown)) for requirement, shown in found]


def test_there_is_a_table() -> None:
    assert len(rows()) > 40


@pytest.mark.parametrize(("requirement", "shown"), rows(), ids=[requirement for requirement, _ in rows()])
def test_each_requirement_is_shown(requirement: str, shown: list[str]) -> None:
    assert shown, requirement
    assert set(shown) <= names()
