"""Rules for `center.database`. Its URL may hold a secret that does not belong there, so it is never repeated."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from vigil.config.faults import FaultSink, check_secret, is_plain
from vigil.config.schema import DatabaseSettings

_PATH: Final = ("center", "database")
_SCHEMES: Final = ("postgresql", "postgresql+psycopg")
_OPTIONS: Final = ("host", "port", "sslmode", "sslcert", "sslkey", "target_session_attrs")
"""Of libpq: what names the server or proves it and us. Everything else is vigil's to say."""
_EXAMPLE: Final = "For example postgresql+psycopg://vigil@db.example/vigil"


def check_database(settings: DatabaseSettings, fault: FaultSink) -> None:
    if settings.password is not None:
        check_secret(settings.password, (*_PATH, "password"), fault)
    where = (*_PATH, "url")
    try:
        parts = urlsplit(settings.url)
        port = parts.port
    except ValueError:  # half an IPv6 address, or a port that is no number
        fault(where, "this is no address of a database", _EXAMPLE)
        return
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - set(_OPTIONS) - {"password"})
    if parts.password is not None or parts.netloc.count("@") > 1 or "password" in options:
        fault(where, "the URL holds a password", "Move it to password: {file: PATH}")
    elif parts.scheme not in _SCHEMES or not is_plain(settings.url) or port == 0:
        fault(where, "this is no address of a PostgreSQL database", _EXAMPLE)
    elif not parts.hostname and not options.get("host"):
        fault(where, "the URL names no server", f"{_EXAMPLE}, or …///vigil?host=/run/postgresql for a socket")
    elif not parts.path.strip("/") or "/" in parts.path[1:]:
        fault(where, "the URL names no database", _EXAMPLE)
    elif parts.fragment or unknown:
        fault(where, f"{', '.join(unknown) or '#'} has no place in the URL", f"Known: {', '.join(_OPTIONS)}")
