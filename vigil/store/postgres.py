"""PostgreSQL as the centre uses it: over the network or a socket, many writers at a time.

Who writes works at READ COMMITTED and locks the rows that it decides by; who reads has one snapshot for all of its statements
(docs/design/database.md says why, and in which order rows are locked). A committed row is on the server's disk.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from vigil.errors import StoreError
from vigil.store.patient import PatientConnection

_DRIVER: Final = "postgresql+psycopg"
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_CONNECT_S: Final = 5
_SILENT_MS: Final = 15_000
"""A server whose machine is gone says nothing: after this long without an answer to what was sent, the connection is broken."""
_LOCK_MS: Final = 10_000
"""How long a writer waits for another's row before the database refuses."""
_IDLE_MS: Final = 60_000
"""A transaction of ours that does nothing for so long is a defect; the server ends it, for it holds rows that others want."""
_KEEPALIVE: Final = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


def url_of(address: str, password: str | None, tls_ca: Path | None) -> URL:
    """The address as the configuration has it, with what must not stand in it. Raises StoreError.

    Over a network the server must show a certificate for its name, unless the address has an `sslmode` of its own.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise StoreError("the address of the database is no URL such as postgresql+psycopg://host/db") from error
    url = url.set(drivername=_DRIVER, password=password)
    elsewhere = url.host is not None and url.host not in _LOOPBACK
    mode = url.query.get("sslmode", "verify-full" if elsewhere else "prefer")
    tls = {"sslmode": str(mode)}
    if tls_ca is not None:
        tls["sslrootcert"] = str(tls_ca)
    elif mode == "verify-full":
        # libpq's own word for this, `system`, looks where the OpenSSL within psycopg's wheel was built.
        tls["sslrootcert"] = ssl.get_default_verify_paths().cafile or "system"
    return url.update_query_dict(tls)


def open_engine(url: URL, **pool: Any) -> Engine:
    """A connection is tried before it is lent: after the server was started anew, nobody meets a dead one."""
    settings = {"lock_timeout": _LOCK_MS, "idle_in_transaction_session_timeout": _IDLE_MS}
    engine = create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "application_name": "vigil",
            "client_encoding": "utf8",
            "connect_timeout": _CONNECT_S,
            "tcp_user_timeout": _SILENT_MS,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            **_KEEPALIVE,
        },
        **pool,
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _connected)
    return engine


def reader(engine: Engine) -> Engine:
    """Its transactions see the database as it was at their first statement, as those of SQLite do, and change nothing."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writer(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="READ COMMITTED")


def asker(engine: Engine) -> Engine:
    """Each statement is a transaction by itself, which the server begins and ends with it."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _connect(dialect: Any, record: Any, arguments: Any, options: Any) -> PatientConnection:  # noqa: ARG001
    return PatientConnection.connect(*arguments, **options)


def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
    """Holds the connection to what we promise of it. Raises StoreError."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(f"the database keeps text as {encoding}. Make one with ENCODING 'UTF8'")
    # Off, a commit is told before it is on the disk, and the node forgets what it was told is kept.
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")  # as UtcDateTime has it
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()
