"""The way to our schema: from nothing, from an older one, and from none of ours, on both databases."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from tests.conftest import Opened
from vigil.errors import StoreError
from vigil.store import schema
from vigil.store.database import Database
from vigil.store.tables import Base

NEWEST = schema._line()[-1].revision
ONE, TWO = f"{int(NEWEST) + 1:04}", f"{int(NEWEST) + 2:04}"
NEXT = """\
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("made_by_{number}", sa.Column("id", sa.Integer(), primary_key=True))
    {more}
"""


def differences(url: str) -> list[object]:
    """Between the tables that are there and the models."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    return found


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Our revisions in a folder where a test may add some."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in schema.MIGRATIONS.glob("0*.py"):
        shutil.copy(path, folder)
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    schema._scripts.cache_clear()
    schema._line.cache_clear()


def add(folder: Path, number: str, before: str, more: str = "") -> None:
    (folder / f"{number}_a_step.py").write_text(NEXT.format(number=number, before=before, more=more))
    forget()


def test_what_the_migrations_make_is_what_the_models_say(database_url: str) -> None:
    assert differences(database_url) == []


def test_a_difference_would_be_seen(new_url: str, opened: Opened) -> None:
    opened(new_url)
    execute(new_url, "ALTER TABLE alerts DROP COLUMN end_reason")
    execute(new_url, "DROP INDEX alerts_of_hall")
    assert len(differences(new_url)) == 2


def test_an_older_schema_goes_through_every_step_and_keeps_what_is_in_it(
    new_url: str, opened: Opened, line: Path
) -> None:
    opened(new_url)
    execute(
        new_url,
        "INSERT INTO node_clocks (number, node, at, offset_s, error_s) VALUES (1, 'n', CURRENT_TIMESTAMP, 0, 0)",
    )
    add(line, ONE, NEWEST)
    add(line, TWO, ONE, 'op.add_column("node_clocks", sa.Column("more", sa.Text()))')
    later = Database(new_url, upgrade=False)
    assert later.standing() == schema.Standing(NEWEST, TWO, (f"{ONE}_a_step", f"{TWO}_a_step"))
    later.close()
    database = opened(new_url)
    assert database.standing() == schema.Standing(TWO, TWO, ())
    with database.read() as session:
        assert session.execute(text("SELECT node, more FROM node_clocks")).all() == [("n", None)]


def test_a_step_that_fails_changes_nothing_and_those_before_it_stay(new_url: str, opened: Opened, line: Path) -> None:
    opened(new_url)
    add(line, ONE, NEWEST)
    add(line, TWO, ONE, 'op.execute("SELECT 1 FROM nowhere")')
    with pytest.raises(StoreError, match="nowhere"):
        opened(new_url)
    assert tables(new_url) & {f"made_by_{ONE}", f"made_by_{TWO}"} == {f"made_by_{ONE}"}
    add(line, TWO, ONE)
    assert opened(new_url).standing().found == TWO


def test_several_that_start_at_once_bring_it_up_once(new_url: str, line: Path) -> None:
    add(line, ONE, NEWEST)
    add(line, TWO, ONE)
    begin = threading.Barrier(4)

    def start() -> tuple[str, ...]:
        begin.wait()
        with closing(Database(new_url)) as database:
            return database.steps_taken

    with ThreadPoolExecutor(4) as threads:
        started = [threads.submit(start) for _ in range(4)]
        taken = [step for one in started for step in one.result()]
    ours = [path.stem for path in sorted(line.glob("0*.py"))]
    assert sorted(taken) == ours
    assert ours[-2:] == [f"{ONE}_a_step", f"{TWO}_a_step"]
    assert {f"made_by_{ONE}", f"made_by_{TWO}"} < tables(new_url)


def test_a_database_that_is_looked_at_is_left_alone(new_url: str) -> None:
    database = Database(new_url, upgrade=False)
    assert database.standing().found is None
    assert database.standing().ahead[0] == "0003_every_table"
    database.close()
    assert tables(new_url) == set()


def test_refuses_a_later_schema_naming_both(new_url: str, opened: Opened) -> None:
    opened(new_url)
    execute(new_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="revision 9999, and this vigil knows 0003 to"):
        opened(new_url)


def test_refuses_a_database_of_somebody_else(new_url: str, opened: Opened) -> None:
    execute(new_url, "CREATE TABLE theirs (x INTEGER)")
    with pytest.raises(StoreError, match="not one of vigil's"):
        opened(new_url)
    assert tables(new_url) == {"theirs"}


def test_the_revisions_are_one_line_and_named_by_number(tmp_path: Path) -> None:
    names = sorted(path.stem for path in schema.MIGRATIONS.glob("*.py") if path.stem != "__init__")
    assert names == [Path(script.path).stem for script in schema._line()]
    assert [name[:4] for name in names] == [script.revision for script in schema._line()]
    assert [int(name[:4]) for name in names] == list(range(3, 3 + len(names)))


def test_what_was_decided_before_alerts_were_seen_through_stays(new_url: str, opened: Opened, line: Path) -> None:
    for path in line.glob("0*.py"):
        if path.stem[:4] >= "0009":
            path.unlink()
    forget()
    opened(new_url)
    execute(
        new_url,
        "INSERT INTO alerts (id, revision, kind, hall, began_at, raised_at, facts, state, backfilled) VALUES "
        "('a', 1, 'window-unstaffed', 'h', '2026-03-02', '2026-03-02', '{}', 'dismissed', FALSE)",
    )
    execute(
        new_url,
        "INSERT INTO alert_steps (number, alert, at, \"by\", step, note) VALUES (1, 'a', '2026-03-02', 'li', 'dismiss', 'x')",
    )
    for path in Path(schema.__file__).with_name("migrations").glob("0009_*.py"):
        shutil.copy(path, line)
    forget()
    with opened(new_url).read() as session:
        assert session.execute(text("SELECT level, received_at FROM alerts")).all() == [(0, None)]
        assert session.execute(text("SELECT step, reason, note FROM alert_steps")).all() == [("dismiss", "other", "x")]


def test_notices_of_before_there_were_overdue_ones_stay_what_they_are(new_url: str, opened: Opened, line: Path) -> None:
    later = {path: path.read_text() for path in line.glob("0*.py") if path.name >= "0015"}
    for path in later:
        path.unlink()
    forget()
    opened(new_url)
    upsert = "INSERT INTO alerts (id, revision, kind, hall, began_at, raised_at, facts, state, backfilled) VALUES "
    execute(
        new_url,
        f"{upsert} ('a', 1, 'queue-buildup', 'ga', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '{{}}', 'open', false)",
    )
    notice = "INSERT INTO notices (number, channel, alert, stage, state, created_at, due_at) VALUES "
    execute(new_url, f"{notice} (7, 'duty', 'a', 'raised', 'sent', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)")
    for path, text_ in later.items():
        path.write_text(text_)
    forget()
    database = opened(new_url)
    with database.read() as session:
        assert session.execute(text("SELECT number, state, version, role FROM notices")).all() == [(7, "sent", 0, None)]
    again = "INSERT INTO notices (channel, alert, stage, version, state, created_at, due_at) VALUES "
    values = "'sent', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    execute(new_url, f"{again} ('duty', 'a', 'raised', 2, {values}")
    with pytest.raises(IntegrityError):
        execute(new_url, f"{again} ('duty', 'a', 'raised', 2, {values}")
