"""What the gateway asks of whoever keeps the site's versions (vigil/center/site_desk.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from vigil.model.site_changes import Change
from vigil.model.site_versions import Proposal, SiteDraft, SiteVersion
from vigil.store.users import User


class SiteDesk(Protocol):
    """Every method blocks, and may raise StoreError."""

    @property
    def running(self) -> int | None:
        """The version that the centre serves."""
        ...

    def versions(self) -> tuple[SiteVersion, ...]:
        """By number."""
        ...

    def now(self) -> SiteVersion | None:
        """The version in force."""
        ...

    def export(self, number: int | None = None) -> str | None:
        """As YAML, without a number what is served now; None: there is no such version. Raises ConfigError."""
        ...

    def difference(self, before: int | None, after: int) -> tuple[Change, ...] | None:
        """None: there is no such version. Raises ConfigError."""
        ...

    def draft(self, text: str, name: str) -> SiteDraft:
        """Of the right shape; the rules are for `propose`. Raises ConfigError with every fault."""
        ...

    def propose(self, text: str, name: str, effective_from: datetime | None = None) -> Proposal:
        """Raises ConfigError with every fault, CalendarError, and ValueError for a time that is over."""
        ...

    def enter(self, proposal: Proposal, by: User, why: str) -> SiteVersion | None:
        """None, and nothing entered, where another version was entered since it was proposed. It is in the register."""
        ...
