"""A PostgreSQL of our own, from Debian's package: in a temporary folder, on a socket in it and a free port of the loopback.

    with PostgresServer() as server:
        database = Database(server.url(server.create()))

Over the socket everybody is let in. Over TCP the role `vigil`, an ordinary one as an installation has it, needs its password.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg import sql

from tests.system import free_ports
from vigil.store.tables import Base

ROLE: Final = "vigil"
PASSWORD: Final = "geheim-für-tests"
ELSEWHERE: Final = "127.0.0.2"
"""Where it listens, too: an address that vigil does not take for its own machine, and so wants a certificate of."""
_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_READY_S: Final = 60.0
_STOP_S: Final = 30.0
_ACCESS: Final = "local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n"
# Nothing here need outlive the machine, and several servers run side by side.
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "fatal",
}


class PostgresServer:
    """Started by `start`, stopped by `stop`, as often as wanted; on leaving the `with` its folder goes, too."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """`settings` in place of those of tests."""
        self._settings = _SETTINGS | dict(settings or {})
        self.folder = Path(tempfile.mkdtemp(prefix="vigil-pg-"))
        (self.port,) = free_ports(1)
        self._bin = _binaries()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def __enter__(self) -> Self:
        try:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            (self.folder / "data" / "pg_hba.conf").write_text(_ACCESS)
            self._start_somewhere()
            self.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(PASSWORD))
            )
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.stop(signal.SIGQUIT)  # nobody reads it again, so it need not be left tidy
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_somewhere(self) -> None:
        """Another program may take the port between our asking for it and the server's."""
        for _ in range(2):
            try:
                return self.start()
            except AssertionError:
                self.stop()
                (self.port,) = free_ports(1)
        return self.start()

    def start(self) -> None:
        """From the main thread: see `_end_with_us`."""
        options = {
            "listen_addresses": f"127.0.0.1,{ELSEWHERE}",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **self._settings,
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.folder / "data", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                start_new_session=True,
                preexec_fn=_end_with_us,  # noqa: PLW1509, one call that takes no lock
            )
        deadline = time.monotonic() + _READY_S
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                log_text = (self.folder / "log").read_text(errors="replace")[-2000:]
                assert self._process.poll() is None, f"PostgreSQL ended:\n{log_text}"
                assert time.monotonic() < deadline, f"PostgreSQL does not answer:\n{log_text}"
                time.sleep(0.05)
            else:
                return

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT ends every connection and then the server; SIGQUIT is as if it crashed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)  # a test may have failed while it was frozen
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def freeze(self) -> None:
        """It keeps its connections and answers nobody, as where its machine hangs. The kernel still takes what is sent."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        assert self._process is not None
        postmaster = self._process.pid
        os.kill(postmaster, number)  # first: it makes no more
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for child in children:
            os.kill(int(child), number)

    def show_certificate(self, certificate: Path, key: Path) -> None:
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            target = self.folder / "data" / name
            target.write_bytes(source.read_bytes())
            target.chmod(0o600)
            if self._user is not None:
                shutil.chown(target, self._user)
        self.execute("ALTER SYSTEM SET ssl = on")
        self.execute("SELECT pg_reload_conf()")

    def create(self, template: str = "template1", encoding: str = "UTF8") -> str:
        """The name of a new database of the role's. A template may have no connection."""
        name = f"vigil_{next(self._numbers)}"
        more = "" if encoding == "UTF8" else f" ENCODING '{encoding}' LOCALE 'C'"
        self.execute(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}{more}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        """Removes every row, of tables too that let nobody do so."""
        names = [table.name for table in Base.metadata.sorted_tables]
        statements = "".join(f"DELETE FROM {one};" for one in names)
        self.execute(f"SET session_replication_role = replica; {statements}", name)

    def execute(self, statement: LiteralString | sql.Composed, database: str = "postgres") -> list[tuple[Any, ...]]:
        """As the superuser; the rows, if there are any."""
        where = {"host": str(self.folder), "port": self.port, "user": "postgres", "dbname": database}
        with psycopg.connect(**where, autocommit=True) as connection:  # type: ignore[arg-type]
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str) -> str:
        """Over the socket, without a password."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.folder}&port={self.port}"

    def address(self, database: str, host: str = "127.0.0.1") -> str:
        """Over TCP, as a configuration has it."""
        return f"postgresql+psycopg://{ROLE}@{host}:{self.port}/{database}"

    def configure(self, database: str, folder: Path) -> Callable[[dict[str, Any]], None]:
        """Writes the password below `folder`; what it returns puts the database into a configuration there."""
        (folder / "db.password").write_text(PASSWORD, encoding="utf-8")

        def change(values: dict[str, Any]) -> None:
            values["center"]["database"] = {"url": self.address(database), "password": {"file": "db.password"}}

        return change

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [self._bin / program, "-D", self.folder / "data", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, user=self._user)
        assert done.returncode == 0, done.stderr


def _end_with_us() -> None:
    """In the server, before it is one: a run that is killed leaves none behind. It ends with the thread that started it."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _binaries() -> Path:
    """Debian keeps the programs of each version in a folder of its own, out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    at = found[-1] if found else shutil.which("postgres")
    assert at is not None, "PostgreSQL is not installed (Debian's package postgresql)"
    return Path(at).parent
