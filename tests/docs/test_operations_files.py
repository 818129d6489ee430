"""What configs/ has for those who run vigil: alert rules, a dashboard, units. They name metrics and commands that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.docs.test_docs import metric_families
from vigil import cli

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
UNITS = sorted((CONFIGS / "systemd").glob("*.service"))
_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((CONFIGS / "prometheus" / "vigil-alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((CONFIGS / "grafana" / "vigil.json").read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def samples() -> set[str]:
    found = set()
    for family in metric_families():
        if family.type == "histogram":
            found |= {family.name + ending for ending in _OF_A_HISTOGRAM}
        else:
            found.add(family.name + ("_total" if family.type == "counter" else ""))
    return found


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_metric_that_is_asked_for_is_one(expression: str) -> None:
    asked = set(re.findall(r"\bvigil_\w+", expression))
    assert asked
    assert asked <= samples()


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_label_that_is_asked_for_is_one(expression: str) -> None:
    table = (CONFIGS.parent / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(vigil_\w+)` \| \w+ \|([\w, ]*)\|", table, re.MULTILINE)
    of = {name: set(labels.strip().split(", ")) for name, labels in rows}
    asked_of = {re.sub("_bucket$", "", name) for name in re.findall(r"\bvigil_\w+", expression)}
    known = {"le", "instance"}.union(*(of[name] for name in asked_of))
    asked = {name for group in re.findall(r"by \(([^)]*)\)", expression) for name in group.split(", ")}
    asked |= set(re.findall(r"[{,]\s*(\w+)\s*=~?\"", expression))
    assert asked <= known


def test_every_rule_says_in_both_languages_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        summary = rule["annotations"]["summary"]
        assert re.search(r"[\u4e00-\u9fff].* / .*[a-z]", summary), summary
        assert rule["annotations"]["action"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_no_panel_lies_on_another() -> None:
    fields = [
        (x, y)
        for panel in panels()
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(fields) == len(set(fields))
    assert max(x for x, _ in fields) < 24


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_commands_that_there_are(unit: Path) -> None:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(unit)
    context = click.Context(cli.main)
    for key in ("ExecStartPre", "ExecStart"):
        program, command, *_ = parser["Service"][key].split()
        assert program.endswith("/vigil")
        assert cli.main.get_command(context, command) is not None
