"""A node that nobody gave a key: a token at the centre, `vigil enrol` at the node, and a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.integration.test_uplink import PlayedNode, until
from tests.system import DemoSystem
from vigil import cli


@pytest.fixture(autouse=True)
def _logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)  # for the whole process, and so not for a test


def without_key(values: dict[str, Any]) -> None:
    del values["nodes"][0]["key"]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[DemoSystem]:
    """A centre whose file has no key for its node."""
    with DemoSystem(tmp_path, change=without_key, whole=False) as running:
        yield running


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli.main, arguments, input=given)


async def test_a_node_is_enrolled_once_and_shut_out(system: DemoSystem, tmp_path: Path) -> None:
    file = str(system.file)
    node_id = system.configuration.nodes[0].id
    made = run("nodes", "token", "-c", file, node_id)
    token = made.output.splitlines()[0]
    hall = tmp_path / "hall.yaml"
    hall.write_text(
        f"nodes:\n  - id: {node_id}\n    center: ws://127.0.0.1:{system.center_port}\n"
        "    key: {file: hall.key}\n    data: hall\n"
    )
    refused = run("enrol", "-c", str(hall), "--token-file", "-", given="a guess\n")
    assert refused.exit_code == 1
    assert "Make another at the centre" in refused.output
    enrolled = run("enrol", "-c", str(hall), "--token-file", "-", given=f"{token}\n")
    assert enrolled.exit_code == 0, enrolled.output
    key = (tmp_path / "hall.key").read_text().strip()
    assert run("nodes", "list", "-c", file).output.startswith(f"{node_id}\t2")

    node = PlayedNode(system.folder, system.center_port, key)
    async with node.running():
        node.observe(1)
        await until(node.is_empty, 20, "the record to arrive")
    assert key not in (tmp_path / "center" / "vigil.db").read_bytes().decode(errors="replace")
    assert key not in system.log_of("center")
    assert token not in system.log_of("center")

    assert run("nodes", "revoke", "-c", file, node_id).exit_code == 0
    again = PlayedNode(system.folder, system.center_port, key)
    async with again.running():
        await until(lambda: "node_refused" in system.log_of("center"), 20, "the refusal")


def test_a_node_whose_key_stands_in_the_file_is_not_enrolled(tmp_path: Path) -> None:
    system = DemoSystem(tmp_path, whole=False)
    told = run("nodes", "token", "-c", str(system.file), system.configuration.nodes[0].id)
    assert told.exit_code == 1
    assert "take key: out there" in told.output
