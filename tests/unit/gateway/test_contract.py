"""The OpenAPI document: where it comes from, and what it says beside shapes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from tests.unit.gateway.world import CAMERA, World
from vigil import cli
from vigil.gateway.app import document
from vigil.model.ids import AlertId
from vigil.model.people import Role, everywhere

PICTURE: Final = b"\xff\xd8\xff a picture"
PROBLEM: Final = "application/problem+json"


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


def test_the_document_says_which_calls_need_a_purpose(world: World) -> None:
    """Those, and no others, that refuse whoever inspects and has not said what for."""
    ids = with_footage(world)
    world.stores.users.set_grants(Role.INVESTIGATOR, everywhere(Role.INVESTIGATOR, Role.ADMIN))
    inspector = world.client(Role.INVESTIGATOR, None)
    refused, said = set(), set()
    for method, path, operation in operations():
        if {"$ref": "#/components/parameters/Purpose"} in operation.get("parameters", ()):
            said.add(operation["operationId"])
            shape = operation["responses"]["403"]["content"][PROBLEM]["schema"]
            assert shape == {"$ref": "#/components/schemas/PurposeProblem"}
        if method == "get" and operation["operationId"] != "follow_events":  # which does not end
            answer = inspector.get(path.format_map(ids))
            if answer.status_code == 403 and answer.json().get("needs") == "purpose":
                refused.add(operation["operationId"])
    assert refused == said == {"play_clip", "read_snapshot", "download_ledger_file", "read_still"}


class Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "none"


def with_footage(world: World) -> Ids:
    """Ids by the name of the parameter that takes them."""
    world.raise_alert()
    world.deps.objects.put("p", io.BytesIO(PICTURE), size=len(PICTURE), sha256=hashlib.sha256(PICTURE).hexdigest())
    world.stores.alerts.attach_snapshot(AlertId("alert-1"), "p")
    entry = world.enter("e-1")
    judge = world.client(Role.SUPERVISOR)
    attached = judge.post(f"/api/v1/ledger/{entry}/files", params={"name": "照片.jpg"}, content=PICTURE).json()
    evidence = attached["evidence"][0]["id"]
    return Ids(alert_id="alert-1", camera_id=CAMERA, clip_id=world.make_clip(), entry_id=entry, evidence_id=evidence)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation."""
    for path, by_method in document()["paths"].items():
        for method, operation in by_method.items():
            yield method, path, operation
