from __future__ import annotations

from pathlib import Path

import openpyxl
from click.testing import CliRunner

from tests.postgres import PASSWORD, PostgresServer
from vigil.cli import main
from vigil.store.database import Database

CONFIGURATION = """
site:
  name: 梅州市政务服务中心
  calendars: {usual: {}}
  halls:
    - {id: ga, name: 公安分厅, department: 公安局, calendar: usual}
center:
  data: data
  objects: {folder: objects}
nodes: []
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    return run_with(CONFIGURATION, folder, *arguments)


def run_with(configuration: str, folder: Path, *arguments: str) -> tuple[int, str]:
    file = folder / "vigil.yaml"
    file.write_text(configuration, encoding="utf-8")
    group, command, *options = arguments
    result = CliRunner().invoke(main, [group, command, "-c", str(file), "--out", str(folder / "out"), *options])
    return result.exit_code, result.output


def test_a_pack_is_made_from_the_centres_file(tmp_path: Path) -> None:
    Database.in_file(tmp_path / "data" / "vigil.db").close()
    code, output = run(tmp_path, "report", "make", "--kind", "two-months", "--first-day", "2026-02-11")
    assert (code, [Path(line).name for line in output.split()]) == (
        0,
        ["two-months-2026-01.xlsx", "two-months-2026-01.pdf"],
    )
    assert (tmp_path / "out" / "two-months-2026-01.pdf").read_bytes().startswith(b"%PDF")
    book = openpyxl.load_workbook(tmp_path / "out" / "two-months-2026-01.xlsx")
    assert str(book["概况"]["A1"].value).endswith("（2026年1—2月）")


def test_the_filing_is_made_too(tmp_path: Path) -> None:
    Database.in_file(tmp_path / "data" / "vigil.db").close()
    assert run(tmp_path, "report", "filing") == (0, f"{tmp_path / 'out' / 'filing.xlsx'}\n")


def test_a_server_s_database_is_found_too(tmp_path: Path, postgres: PostgresServer) -> None:
    (tmp_path / "db.password").write_text(PASSWORD, encoding="utf-8")
    section = f"database: {{url: '{postgres.address(postgres.create())}', password: {{file: db.password}}}}"
    configuration = CONFIGURATION.replace("  data: data\n", f"  data: data\n  {section}\n")
    code, output = run_with(configuration, tmp_path, "report", "make", "--kind", "month", "--first-day", "2026-02-01")
    assert (code, len(output.split())) == (0, 2)
    assert not (tmp_path / "data").exists()


def test_a_database_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    code, output = run(tmp_path, "report", "make", "--kind", "month", "--first-day", "2026-02-11")
    assert (code, "there is no database" in output) == (1, True)
    assert not (tmp_path / "data").exists()


def test_a_span_needs_its_end(tmp_path: Path) -> None:
    code, output = run(tmp_path, "report", "make", "--kind", "span", "--first-day", "2026-02-11")
    assert (code, "--last-day must not be before" in output) == (1, True)
