"""Which site a centre serves: the version in force in its database, or, until a person applies one, that of its file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from vigil.calendar import require_years
from vigil.center.sections import site_of
from vigil.clock import Clock
from vigil.config import Configuration, document_of, load_site, yaml_of
from vigil.errors import CalendarError, ConfigError
from vigil.model.site_versions import Origin, SiteVersion
from vigil.store.site_versions import SiteVersions

SYSTEM: Final = "vigil"
_FROM_FILE: Final = "配置文件"

log = structlog.get_logger()


def with_version(configuration: Configuration, version: SiteVersion) -> Configuration:
    """Raises ConfigError where the two do not go together, by lines of what `vigil export` writes."""
    return load_site(yaml_of(version.document), f"site version {version.number}", configuration)


def in_force(configuration: Configuration, versions: SiteVersions, clock: Clock) -> Configuration:
    """With the site that a centre would serve that started now; changes nothing. Raises ConfigError, StoreError."""
    version = versions.in_force(clock.now())
    if version is None or (configuration.site is not None and not versions.applied()):
        return replace(configuration, site=site_of(configuration))
    return with_version(configuration, version)


def take_in(configuration: Configuration, versions: SiteVersions, clock: Clock) -> tuple[Configuration, int]:
    """At the centre's start: with the site that it serves, and the version that this is. Raises ConfigError, StoreError.

    Until somebody has applied a version, a site in the file that is not the last one's is the next version.
    """
    now, version = clock.now(), versions.in_force(clock.now())
    applied = versions.applied()
    if version is None or (configuration.site is not None and not applied):
        document = document_of(site_of(configuration))
        if version is None or version.document != document:
            version = versions.add(document, origin=Origin.FILE, by=SYSTEM, why=_FROM_FILE, at=now, effective_from=now)
            assert version is not None  # noqa: S101, it was entered after whichever there was
            log.info("site_taken_from_file", version=version.number)
        return configuration, version.number
    whole = with_version(configuration, version)
    if configuration.site is not None and configuration.site != whole.site:
        log.warning("site_in_file_not_read", file=str(configuration.file), version=version.number)
    return whole, version.number


class SiteFollower:
    """Has the centre take up the version in force, whoever entered it and from when on it is.

    `change` is called in the thread of whoever calls `run`, and raises nothing that `vigil check` would not have said.
    """

    def __init__(
        self,
        configuration: Configuration,
        versions: SiteVersions,
        clock: Clock,
        change: Callable[[Configuration, int], None],
        running: int,
    ) -> None:
        self._configuration = replace(configuration, site=None)
        self._versions = versions
        self._clock = clock
        self._change = change
        self._running = running
        self._refused = 0
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """The version that the centre serves."""
        return self._running

    def run(self) -> None:
        """Raises StoreError. A version that does not go with the file leaves the one before in its place, and is told once."""
        with self._lock:
            number = self._versions.number_in_force(self._clock.now())
            if number in (0, self._running, self._refused):
                return
            version = self._versions.find(number)
            assert version is not None  # noqa: S101, none is ever removed
            try:
                whole = with_version(self._configuration, version)
                require_years(site_of(whole), self._clock.now())
            except (ConfigError, CalendarError) as error:
                self._refused = number
                log.error("site_version_refused", version=number, running=self._running, error=str(error))
                return
            self._change(whole, number)
            self._running, self._refused = number, 0
            log.info("site_changed", version=number, by=version.by)
