"""The register verified and its head told, from the command line, beside a running centre."""

from __future__ import annotations

from collections.abc import Iterable

from vigil.center.sections import open_database
from vigil.config import Configuration
from vigil.store.register import Register
from vigil.store.register_chain import Head, Verdict, verify


def verified(configuration: Configuration, kept: Iterable[Head]) -> tuple[Verdict, Head]:
    """Raises ConfigError and StoreError. Entries that are made meanwhile are not looked at."""
    database = open_database(configuration)
    try:
        register = Register(database)
        head = register.head()
        entries = (entry for entry in register.all() if entry.number <= head.number)
        return verify(entries, head, kept=kept), head
    finally:
        database.close()
