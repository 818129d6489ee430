from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.truth.samples import ONE
from vigil.errors import TruthError
from vigil.label.desk import Changed, Desk, write_truth
from vigil.model.truth import Truth, TruthHeader, TruthSource, WindowTruth
from vigil.truth import lines

HEAD = "window,what,from,to\n"
STAFFED = HEAD + "one,staffed,00:00:00,00:00:05\n"


def test_a_change_is_on_the_disk_at_once(desk: Desk) -> None:
    desk.keep("window,what,from,to\none,staffed,0,5\n", desk.revision)
    assert desk.table.read_text(encoding="utf-8") == STAFFED
    assert desk.table.name == "morning.labels.csv"


def test_work_goes_on_where_it_ended(desk: Desk, header: TruthHeader) -> None:
    desk.keep(STAFFED, desk.revision)
    assert Desk(desk.clip, header).text == STAFFED


def test_a_wrong_table_changes_nothing(desk: Desk) -> None:
    desk.keep(STAFFED, desk.revision)
    with pytest.raises(TruthError, match=r"morning.labels.csv:2: 'away' is none of"):
        desk.keep(f"{HEAD}one,away,0,5\n", desk.revision)
    assert desk.table.read_text(encoding="utf-8") == STAFFED
    assert desk.text == STAFFED


def test_of_two_pages_the_one_that_knows_less_is_refused(desk: Desk) -> None:
    before = desk.revision
    desk.keep(STAFFED, before)
    with pytest.raises(Changed, match="it was changed meanwhile"):
        desk.keep(HEAD, before)
    assert desk.text == STAFFED


def test_a_table_that_cannot_be_read_is_not_written_over(desk: Desk, header: TruthHeader) -> None:
    desk.table.write_text("these are my notes", encoding="utf-8")
    with pytest.raises(TruthError, match="the table begins with"):
        Desk(desk.clip, header)


def test_the_truth_is_told_beside_the_clip(desk: Desk, clip: Path) -> None:
    desk.keep(STAFFED, desk.revision)
    told = desk.tell()
    assert lines.read(lines.truth_path(clip)) == told
    assert told.seconds[4].windows == {ONE: WindowTruth(True)}
    assert told.seconds[5].windows == {}
    assert desk.tell() == told, "and again"


def test_nothing_is_told_while_nothing_is_labelled(desk: Desk, clip: Path) -> None:
    with pytest.raises(TruthError, match="nothing is labelled yet"):
        desk.tell()
    assert not lines.truth_path(clip).exists()


def test_what_a_simulator_knows_is_not_written_over(desk: Desk, clip: Path, header: TruthHeader) -> None:
    simulated = Truth(replace(header, source=TruthSource.SIMULATOR), ())
    write_truth(lines.truth_path(clip), simulated)
    with pytest.raises(TruthError, match="it exists, and comes from: simulator"):
        Desk(clip, header)
    desk.keep(STAFFED, desk.revision)
    with pytest.raises(TruthError, match="Move it away first"):
        desk.tell()
    assert lines.read(lines.truth_path(clip)) == simulated


def test_no_scratch_is_left(desk: Desk, clip: Path) -> None:
    desk.keep(STAFFED, desk.revision)
    desk.tell()
    assert {path.name for path in clip.parent.iterdir()} == {clip.name, desk.table.name, desk.truth.name}
