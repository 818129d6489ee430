"""Who is told of what, and when: the rules of the configuration, applied to one alert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import ChannelName, HallId
from vigil.model.notices import Passed, Stage, Wanted, stages_of
from vigil.model.people import Role


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local times between which nobody is told; it may go over midnight."""

    from_time: time
    to_time: time

    def ends_after(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that hold at `at` are over; None where none hold."""
        local = at.astimezone(zone)
        for day in (-1, 0):
            begin = datetime.combine(local.date() + timedelta(days=day), self.from_time, zone)
            over = self.to_time <= self.from_time
            end = datetime.combine(begin.date() + timedelta(days=over), self.to_time, zone)
            if begin <= local < end:
                return end
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """Empty `kinds` and `halls`: all of them. Empty `roles`: overdue alerts are told whoever they were passed to."""

    channels: tuple[ChannelName, ...]
    kinds: frozenset[AlertKind] = frozenset()
    halls: frozenset[HallId] = frozenset()
    stages: frozenset[Stage] = frozenset(Stage)
    roles: frozenset[Role] = frozenset()
    quiet: Quiet | None = None

    def covers(self, alert: Alert, stage: Stage, passed: Passed | None = None) -> bool:
        kind = not self.kinds or alert.kind in self.kinds
        hall = not self.halls or alert.hall in self.halls
        role = passed is None or not self.roles or passed.to in self.roles
        return kind and hall and role and stage in self.stages


@dataclass(frozen=True, slots=True)
class Rules:
    """`group` is how long a notice waits for others, so that what comes together is told together."""

    rules: tuple[Rule, ...]
    group: timedelta
    zone: ZoneInfo

    def wanted(self, alert: Alert, now: datetime) -> tuple[Wanted, ...]:
        """Every stage that the alert has reached, for each channel that is to be told of it: where two rules say so, once, and
        at the earlier time.
        """
        return tuple(one for stage in stages_of(alert) for one in self._of(alert, stage, now))

    def overdue(self, alert: Alert, passed: Passed, now: datetime) -> tuple[Wanted, ...]:
        """For each channel that is to be told that nobody took the alert further in time."""
        return tuple(self._of(alert, Stage.OVERDUE, now, passed))

    def _of(self, alert: Alert, stage: Stage, now: datetime, passed: Passed | None = None) -> Iterator[Wanted]:
        due: dict[ChannelName, datetime] = {}
        for rule in self.rules:
            if not rule.covers(alert, stage, passed):
                continue
            at = now + self.group
            at = (rule.quiet.ends_after(at, self.zone) if rule.quiet is not None else None) or at
            for channel in rule.channels:
                due[channel] = min(at, due.get(channel, at))
        return (Wanted(channel, stage, at, passed) for channel, at in due.items())
