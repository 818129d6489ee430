"""The OpenAPI document: where it comes from, and what it says beside shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.gateway.world import World
from vigil import cli
from vigil.gateway.app import document
from vigil.model.people import Role


@pytest.mark.parametrize("into_file", [True, False])
def test_the_command_writes_what_the_centre_serves(world: World, tmp_path: Path, *, into_file: bool) -> None:
    file = tmp_path / "vigil.json"
    told = CliRunner().invoke(cli.main, ["openapi", "--out", str(file)] if into_file else ["openapi"])
    assert told.exit_code == 0, told.output
    written = file.read_text(encoding="utf-8") if into_file else told.output
    served = world.client(Role.AUDITOR).get("/api/v1/openapi.json").json()
    assert json.loads(written) == served
    assert served["openapi"].startswith("3.1")


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    told = CliRunner().invoke(cli.main, ["openapi", "--out", str(tmp_path / "none" / "vigil.json")])
    assert told.exit_code == 1
    assert "No such file or directory" in told.output
    assert "Traceback" not in told.output


def operations(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["operationId"]: one for path in found["paths"].values() for one in path.values()}
