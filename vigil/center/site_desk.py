"""Where versions of the site are proposed and entered, by the command line and by the API alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from vigil.calendar import require_years
from vigil.center.sections import site_of
from vigil.center.site import in_force, take_in
from vigil.clock import Clock
from vigil.config import Configuration, document_of, draft_of, load_site, read_document, yaml_of
from vigil.model import site_versions
from vigil.model.register import Action
from vigil.model.site import Site
from vigil.model.site_changes import Change, ChangeKind, Noun, changes
from vigil.model.site_versions import Loss, Origin, Proposal, SiteDraft, SiteVersion
from vigil.store.stores import Stores
from vigil.store.users import User

_LEAVE: Final = (Noun.HALL, Noun.GROUP, Noun.WINDOW, Noun.CAMERA)


class SiteDesk:
    """`entered` is called after a version was entered; it may take it up. Safe from any thread."""

    def __init__(
        self,
        configuration: Configuration,
        stores: Stores,
        clock: Clock,
        entered: Callable[[], None] = lambda: None,
        running: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._configuration = configuration
        self._stores = stores
        self._clock = clock
        self._entered = entered
        self._running = running

    @property
    def running(self) -> int | None:
        """The version that the centre serves; None: this is not the centre."""
        return self._running()

    def versions(self) -> tuple[SiteVersion, ...]:
        """By number. Raises StoreError."""
        return self._stores.site_versions.all()

    def now(self) -> SiteVersion | None:
        """The version in force. Raises StoreError."""
        return self._stores.site_versions.in_force(self._clock.now())

    def export(self, number: int | None = None) -> str | None:
        """As YAML; None: there is no such version. Without a number what is served now, whether entered yet or not.

        Raises ConfigError, StoreError.
        """
        if number is None:
            whole = in_force(self._configuration, self._stores.site_versions, self._clock)
            return yaml_of(document_of(site_of(whole)))
        version = self._stores.site_versions.find(number)
        return None if version is None else yaml_of(version.document)

    def difference(self, before: int | None, after: int) -> tuple[Change, ...] | None:
        """From one version to another, or from nothing; None: there is no such version. Raises ConfigError, StoreError."""
        old, new = (None if n is None else self._stores.site_versions.find(n) for n in (before, after))
        if new is None or (before is not None and old is None):
            return None
        return changes(None if old is None else read_document(old.document), read_document(new.document))

    def draft(self, text: str, name: str) -> SiteDraft:
        """The site in the text, of the right shape; the rules between its values are looked at when it is proposed.

        Raises ConfigError with every fault.
        """
        document = draft_of(text, name)
        return SiteDraft(document, yaml_of(document), tuple(node.id for node in self._configuration.nodes))

    def propose(self, text: str, name: str, effective_from: datetime | None = None) -> Proposal:
        """What the site in the text would change of that which is in force by then.

        Raises ConfigError with every fault, CalendarError, StoreError, and ValueError for a time that is over.
        """
        now = self._clock.now()
        if effective_from is not None and effective_from <= now:
            raise ValueError(f"{effective_from.isoformat()} is over. Leave it out for at once")
        site = site_of(load_site(text, name, self._configuration))
        require_years(site, now)
        known = self._stores.site_versions.all()
        before = self._before(known, effective_from or now)
        found = changes(before, site)
        return Proposal(
            document=document_of(site),
            after=known[-1].number if known else 0,
            effective_from=effective_from,
            changes=found,
            losses=tuple(self._losses(before, site, found)),
            replaced_by=site_versions.to_come(known, effective_from or now),
            takes_over=not any(version.origin is Origin.APPLIED for version in known),
        )

    def enter(self, proposal: Proposal, by: User, why: str) -> SiteVersion | None:
        """None, and nothing entered, where another version was entered since it was proposed. Raises StoreError."""
        with self._stores.database.write():
            after = proposal.after
            if after == 0 and self._configuration.site is not None:
                _, after = take_in(
                    self._configuration, self._stores.site_versions, self._clock
                )  # what was before is kept
            now = self._clock.now()
            version = self._stores.site_versions.add(
                proposal.document,
                origin=Origin.APPLIED,
                by=by.username,
                why=why,
                at=now,
                effective_from=proposal.effective_from or now,
                after=after,
            )
            if version is None:
                return None
            self._stores.register.append(by, Action.SITE, _told(version, proposal), at=now, reason=why)
        self._entered()
        return version

    def _before(self, known: tuple[SiteVersion, ...], at: datetime) -> Site | None:
        """None: there is none yet."""
        version = site_versions.in_force(known, at)
        return self._configuration.site if version is None else read_document(version.document)

    def _losses(self, before: Site | None, after: Site, found: tuple[Change, ...]) -> Iterator[Loss]:
        if before is None:
            return
        left = {camera.id for _, camera in after.cameras()}
        for change in found:
            if change.kind is ChangeKind.REMOVED and change.noun in _LEAVE:
                cameras = [
                    camera.id
                    for hall, camera in before.cameras()
                    if camera.id not in left
                    and change.id == {Noun.HALL: hall.id, Noun.CAMERA: camera.id}.get(change.noun)
                ]
                yield Loss(
                    change.noun,
                    change.id,
                    change.name,
                    self._stores.leavings.alerts(change.noun, change.id),
                    self._stores.leavings.footage_bytes(cameras) if cameras else 0,
                )


def _told(version: SiteVersion, proposal: Proposal) -> str:
    counts = [
        f"{sum(change.kind is kind for change in proposal.changes)} {kind}"
        for kind in ChangeKind
        if any(change.kind is kind for change in proposal.changes)
    ]
    begins = "" if proposal.effective_from is None else f" from {proposal.effective_from.isoformat()}"
    return f"site version {version.number}{begins}: {', '.join(counts) or 'no change'}, sha256 {version.sha256}"
