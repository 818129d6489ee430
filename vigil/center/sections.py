"""The sections of the configuration that a centre must have, and its database."""

from __future__ import annotations

from pathlib import Path

from vigil.config import CenterSettings, Configuration, read_secret
from vigil.errors import ConfigError, Fault
from vigil.model.site import Site
from vigil.store.database import Database


def center_of(configuration: Configuration) -> CenterSettings:
    """Raises ConfigError."""
    if configuration.center is None:
        raise _missing(configuration, "center", "Add center: with listen:, data: and objects:")
    return configuration.center


def site_of(configuration: Configuration) -> Site:
    """Raises ConfigError. Whose site may be in the database: vigil/center/site.py."""
    if configuration.site is None:
        remedy = "Add site: with its halls, or give the database one with `vigil apply`"
        raise _missing(configuration, "site", remedy)
    return configuration.site


def open_database(configuration: Configuration, *, upgrade: bool = True) -> Database:
    """With our schema, which it is brought to unless `upgrade` is False. Raises ConfigError, SecretError, StoreError."""
    settings = center_of(configuration).database
    if settings is None:
        return Database.in_file(database_file(configuration), upgrade=upgrade)
    password = None if settings.password is None else read_secret(settings.password, configuration.folder)
    tls_ca = None if settings.tls_ca is None else configuration.path(settings.tls_ca)
    return Database.on_server(settings.url, password, tls_ca, upgrade=upgrade)


def database_file(configuration: Configuration) -> Path:
    """Where it is embedded. Raises ConfigError."""
    return configuration.path(center_of(configuration).data) / "vigil.db"


def _missing(configuration: Configuration, section: str, remedy: str) -> ConfigError:
    return ConfigError([Fault(str(configuration.file), 1, section, "this section is missing", remedy)])
