"""A connection to PostgreSQL that does not wait for a server which answers nobody.

A server that is frozen (its disk hangs, its processes are stopped) keeps its sockets open, and the kernel goes on
acknowledging what arrives: neither keepalives nor `tcp_user_timeout` nor the server's own timeouts end the wait. How long a
statement may take is another question, with one answer for a page of alerts and another for a migration. So whoever has waited
for a while asks the server for another connection: one that answers, with a refusal even, is at work; one that does not is gone.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection, errors
from psycopg.conninfo import make_conninfo

SILENT_S: Final = 5.0
"""How long nothing comes before we ask whether anybody is there."""
_ANSWER_S: Final = 5
_LOOK_S: Final = 0.1
"""How often a signal is looked for meanwhile; psycopg's own."""


class PatientConnection(Connection[Any]):
    """Raises OperationalError, and is closed, once its server answers nobody."""

    def wait(self, gen: Any, interval: float = _LOOK_S, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, SILENT_S)
            except errors._WaitTimeout:  # what `wait` says that it raises
                if not self._somebody_is_there():
                    self.pgconn.finish()  # nobody may meet it again
                    raise errors.OperationalError("the server does not answer") from None

    def _somebody_is_there(self) -> bool:
        where = make_conninfo(self.info.dsn, password=self.info.password or None, connect_timeout=_ANSWER_S)
        try:
            Connection.connect(where).close()
        except errors.ConnectionTimeout:
            return False
        except errors.OperationalError:
            return True  # it said no, and our own connection will say what it is
        return True
