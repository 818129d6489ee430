"""`center.database`: a server's address without its password."""

from __future__ import annotations

import pytest

from tests.unit.config.files import faults, read, variant

URL = "postgresql+psycopg://vigil@db.example/vigil"


def text(url: str = URL, password: str = "{file: db.password}", more: str = "") -> str:
    section = f"database: {{url: '{url}', password: {password}{more}}}"
    return variant("objects: {folder: objects}", f"objects: {{folder: objects}}\n  {section}")


def test_a_good_section() -> None:
    configuration = read(text(more=", tls_ca: ca.pem"))
    assert configuration.center is not None
    settings = configuration.center.database
    assert settings is not None
    assert settings.password is not None
    assert (settings.url, settings.password.file, settings.tls_ca) == (URL, "db.password", "ca.pem")


def test_without_it_the_database_is_embedded() -> None:
    configuration = read()
    assert configuration.center is not None
    assert configuration.center.database is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://vigil@db.example:5433/vigil",
        "postgresql+psycopg://db.example/vigil",
        "postgresql+psycopg://vigil@[2001:db8::1]:5432/vigil",
        "postgresql+psycopg:///vigil?host=/run/postgresql",
        "postgresql+psycopg://vigil@db.example/vigil?sslmode=require&target_session_attrs=read-write",
    ],
)
def test_addresses_of_servers(url: str) -> None:
    assert faults(text(url)) == []


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgresql+psycopg://vigil:geheim@db.example/vigil", "holds a password"),
        ("postgresql+psycopg://vigil:geh@im@db.example/vigil", "holds a password"),
        ("postgresql+psycopg://vigil@db.example/vigil?password=geheim", "holds a password"),
        ("postgresql+psycopg2://vigil@db.example/vigil", "no address of a PostgreSQL database"),
        ("mysql://vigil@db.example/geheim", "no address of a PostgreSQL database"),
        ("db.example/geheim", "no address of a PostgreSQL database"),
        ("postgresql://vigil@db.example:port/geheim", "no address of a database"),
        ("postgresql://[::1/geheim", "no address of a database"),
        ("postgresql://vigil@db.example:0/geheim", "no address of a PostgreSQL database"),
        ("postgresql://vigil@db.example/geheim heim", "no address of a PostgreSQL database"),
        ("postgresql+psycopg:///vigil", "names no server"),
        ("postgresql://vigil@db.example", "names no database"),
        ("postgresql://vigil@db.example/", "names no database"),
        ("postgresql://vigil@db.example/one/two", "names no database"),
        ("postgresql://vigil@db.example/vigil?options=-cfsync", "options has no place"),
        ("postgresql://vigil@db.example/vigil?sslmod=off", "sslmod has no place"),
        ("postgresql://vigil@db.example/vigil#geheim", "# has no place"),
    ],
)
def test_a_url_that_is_none_is_told_and_not_repeated(url: str, what: str) -> None:
    (found,) = faults(text(url))
    assert found.where == "center.database.url"
    assert what in found.what
    assert "geheim" not in str(found)


@pytest.mark.parametrize(("password", "what"), [("geheim", "does not stand in this file"), ("{}", "kept in one place")])
def test_the_password_is_elsewhere(password: str, what: str) -> None:
    (found,) = faults(text(password=password))
    assert found.where == "center.database.password"
    assert what in found.what
    assert "geheim" not in str(found)
