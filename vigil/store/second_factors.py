"""Second factors: what a person's codes are made of, sealed, and recovery codes by their hashes. Each code is good once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update

from vigil.store.database import Database
from vigil.store.tables import RecoveryCodeRow, SecondFactorRow


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`confirmed`: the person has shown that the codes come out right. `last_step`: the last time step that was used."""

    username: str
    sealed: str = field(repr=False)
    confirmed: bool
    last_step: int


class SecondFactors:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, username: str) -> SecondFactor | None:
        with self._database.read() as session:
            row = session.get(SecondFactorRow, username)
            return None if row is None else SecondFactor(row.username, row.sealed, row.confirmed, row.last_step)

    def all(self) -> list[SecondFactor]:
        with self._database.read() as session:
            rows = session.scalars(select(SecondFactorRow).order_by(SecondFactorRow.username))
            return [SecondFactor(row.username, row.sealed, row.confirmed, row.last_step) for row in rows]

    def begin(self, username: str, sealed: str) -> None:
        """A new one that is not in force yet, in place of one that was not confirmed."""
        with self._database.write() as session:
            session.merge(SecondFactorRow(username=username, sealed=sealed, confirmed=False, last_step=0))

    def confirm(self, username: str, step: int, code_hashes: Iterable[str]) -> None:
        """In force from now on, with these recovery codes and no others."""
        with self._database.write() as session:
            row = session.get_one(SecondFactorRow, username, with_for_update=True)
            row.confirmed, row.last_step = True, step
            self._renew(username, code_hashes)

    def use(self, username: str, step: int) -> bool:
        """False when a code of that time step or a later one was used before."""
        later = update(SecondFactorRow).where(SecondFactorRow.username == username, SecondFactorRow.last_step < step)
        with self._database.write() as session:
            return session.connection().execute(later.values(last_step=step)).rowcount == 1

    def use_recovery(self, username: str, code_sha256: str) -> bool:
        """False when it is none of the person's, or was used before."""
        mine = delete(RecoveryCodeRow).where(RecoveryCodeRow.username == username)
        with self._database.write() as session:
            chosen = mine.where(RecoveryCodeRow.code_sha256 == code_sha256)
            return session.connection().execute(chosen).rowcount == 1

    def recovery_left(self, username: str) -> int:
        with self._database.read() as session:
            return len(list(session.scalars(select(RecoveryCodeRow).where(RecoveryCodeRow.username == username))))

    def remove(self, username: str) -> bool:
        """With its recovery codes. False when there was none."""
        with self._database.write() as session:
            session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.username == username))
            gone = delete(SecondFactorRow).where(SecondFactorRow.username == username)
            return session.connection().execute(gone).rowcount == 1

    def seal_anew(self, seal_again: Callable[[str, str], str]) -> int:
        """After a change of the key: `seal_again` is given user name and sealed text. How many there are."""
        with self._database.write() as session:
            rows = list(session.scalars(select(SecondFactorRow)))
            for row in rows:
                row.sealed = seal_again(row.username, row.sealed)
            return len(rows)

    def _renew(self, username: str, code_hashes: Iterable[str]) -> None:
        with self._database.write() as session:
            session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.username == username))
            session.add_all(RecoveryCodeRow(code_sha256=one, username=username) for one in code_hashes)
