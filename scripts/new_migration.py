"""new_migration.py WHAT_IT_DOES: writes the next revision of the database's schema, from what the models say beside the last one.

It is a beginning. Read it, mend it, and run tests/unit/store/test_schema.py; docs/design/database.md says more.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from vigil.store.database import Database
from vigil.store.schema import MIGRATIONS
from vigil.store.tables import Base

HEAD = '''\
"""{words}."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from vigil.store.tables.base import DOCUMENT, INTEGER, TEXT, UtcDateTime

revision: Final = "{number}"
down_revision: Final = "{before}"


def upgrade() -> None:
    '''

OURS = (
    (r"sa\.Text\(\)\.with_variant\(sa\.Text\(collation='C'\), 'postgresql'\)", "TEXT"),
    (r"sa\.BigInteger\(\)\.with_variant\(sa\.Integer\(\), 'sqlite'\)", "INTEGER"),
    (r"sa\.JSON\(\)\.with_variant\(postgresql\.JSONB\(astext_type=Text\(\)\), 'postgresql'\)", "DOCUMENT"),
    (r"vigil\.store\.tables\.base\.UtcDateTime\(timezone=True\)", "UtcDateTime()"),
    (r", nullable=True", ""),
    (r", unique=False", ""),
)
"""What Alembic writes out, and how the models say it."""


def main(what: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", what):
        sys.exit("new_migration.py WHAT_IT_DOES: a name such as node_names")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "vigil.db"
        database = Database.in_file(file)
        before = database.standing().needed
        database.close()
        engine = create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            found = produce_migrations(MigrationContext.configure(connection), Base.metadata)
        engine.dispose()
    if found.upgrade_ops is None or found.upgrade_ops.is_empty():
        sys.exit("The models say what the last revision makes; there is nothing to write")
    number = f"{int(before) + 1:04}"
    path = MIGRATIONS / f"{number}_{what}.py"
    words = what.replace("_", " ").capitalize()
    body = re.sub(r"^\s*# ###.*\n?", "", render_python_code(found.upgrade_ops), flags=re.MULTILINE)
    for theirs, ours in OURS:
        body = re.sub(theirs, ours, body)
    path.write_text(HEAD.format(words=words, number=number, before=before) + body.strip() + "\n", encoding="utf-8")
    print(f"{path}\nRun `ruff check --fix` and `ruff format`, and read it: names, what a table with rows in it needs.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
