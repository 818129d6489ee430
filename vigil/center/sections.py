"""The sections of the configuration that a centre must have, and where its database is."""

from __future__ import annotations

from pathlib import Path

from vigil.config import CenterSettings, Configuration
from vigil.errors import ConfigError, Fault
from vigil.model.site import Site


def center_of(configuration: Configuration) -> CenterSettings:
    """Raises ConfigError."""
    if configuration.center is None:
        raise _missing(configuration, "center", "Add center: with listen:, data: and objects:")
    return configuration.center


def site_of(configuration: Configuration) -> Site:
    """Raises ConfigError."""
    if configuration.site is None:
        raise _missing(configuration, "site", "Add site: with its halls")
    return configuration.site


def database_file(configuration: Configuration) -> Path:
    """Raises ConfigError."""
    return configuration.path(center_of(configuration).data) / "vigil.db"


def _missing(configuration: Configuration, section: str, remedy: str) -> ConfigError:
    return ConfigError([Fault(str(configuration.file), 1, section, "this section is missing", remedy)])
