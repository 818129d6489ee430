"""Records of the uplink that have been taken in, for those whose own rows cannot tell (they come at least once)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from vigil.model.ids import NodeId
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import RecordRow


class Records:
    def __init__(self, database: Database) -> None:
        self._database = database

    def first_time(self, record: str, node: NodeId, at: datetime) -> bool:
        """False when the record was taken in before.

        Call it inside `Database.write`, together with what the record changes, so that both are kept or neither.
        """
        with self._database.write() as session:
            return insert_if_absent(session, RecordRow, {"record": record, "node": node, "at": at})

    def forget_before(self, at: datetime) -> None:
        """Forget what came before `at`; a node never holds a record back for so long that it could come again."""
        with self._database.write() as session:
            session.execute(delete(RecordRow).where(RecordRow.at < at))
