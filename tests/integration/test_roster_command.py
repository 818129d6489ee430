"""`vigil roster import` against a real gateway over loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.integration.test_api_client import Centre
from tests.integration.test_api_client import centre as centre  # noqa: PLC0414
from tests.unit.gateway.test_api_tokens import token
from tests.unit.roster.samples import GOOD, csv_of
from vigil.cli import main
from vigil.model.ids import WindowId

AHEAD = (*GOOD[:2], "2026-03-03 08:30", "2026-03-03 12:00", *GOOD[4:])


@pytest.fixture
def key(centre: Centre, tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(token(centre.world, "supervisor", "keep-roster", "pause-windows"))
    return path


def bring(centre: Centre, key: Path, data: bytes, *options: str, typed: str = "") -> Result:
    file = key.with_name("roster.csv")
    file.write_bytes(data)
    arguments = ["roster", "import", str(file), "--center", centre.address, "--token-file", str(key), *options]
    return CliRunner().invoke(main, arguments, input=typed)


def entered(centre: Centre) -> int:
    window = WindowId("ga-w-1")
    return len(centre.world.stores.suspensions.counting([window], centre.world.clock.now()).get(window, []))


def test_it_says_what_it_would_do_asks_and_does_it_once(centre: Centre, key: Path) -> None:
    data = csv_of(AHEAD)
    looked = bring(centre, key, data, "--dry-run")
    assert looked.exit_code == 0, looked.output
    assert "1 to enter, 0 there already, 0 in conflict, 0 faulty." in looked.output
    assert bring(centre, key, data, typed="n\n").exit_code == 1
    assert entered(centre) == 0
    assert "1 are entered." in bring(centre, key, data, typed="y\n").output
    again = bring(centre, key, data, "--yes")
    assert (again.exit_code, entered(centre)) == (0, 1)
    assert "0 to enter, 1 there already" in again.output


def test_a_wrong_row_is_named_with_what_would_be_right(centre: Centre, key: Path) -> None:
    found = bring(centre, key, csv_of(AHEAD, (*GOOD[:4], "出差", "x")), "--yes")
    assert found.exit_code == 1
    assert "    3  faulty    kind: '出差' is none. One of 暂停, 请假, 顶岗" in found.output
    assert "nothing was entered: 1 rows cannot be" in found.output
    assert entered(centre) == 0


def test_a_file_or_a_token_that_is_none_is_refused_in_words(centre: Centre, key: Path) -> None:
    found = bring(centre, key, b"\xd0\xcf\x11\xe0", "--yes")
    assert found.exit_code == 1
    assert "old workbook" in found.output
    key.write_text("vigil_none")
    found = bring(centre, key, csv_of(AHEAD), "--yes")
    assert found.exit_code == 1
    assert "401" in found.output
