"""Who tells people of alerts, as those who have something to tell see it. The one that does is vigil/center/notify."""

from __future__ import annotations

from typing import Protocol

from vigil.model.alerts import Alert
from vigil.model.notices import Passed


class Notices(Protocol):
    def enter(self, alert: Alert) -> None:
        """Within the transaction that enters the alert."""
        ...

    def overdue(self, alert: Alert, passed: Passed) -> None:
        """Within the transaction that passes it to the next role."""
        ...

    def wake(self) -> None:
        """After it."""
        ...


class NoNotices:
    """Where nobody is to be told."""

    def enter(self, alert: Alert) -> None:
        pass

    def overdue(self, alert: Alert, passed: Passed) -> None:
        pass

    def wake(self) -> None:
        pass
