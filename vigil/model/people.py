"""Who may do what, and where. A person holds grants: a role for all halls, or for one. A role is a fixed set of permissions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from vigil.model.ids import HallId


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    INVESTIGATOR = "investigator"
    ADMIN = "admin"
    AUDITOR = "auditor"
    HALL = "hall"  # a hall's own people


class Permission(StrEnum):
    WATCH_LIVE = "watch-live"
    READ_ALERTS = "read-alerts"
    ACKNOWLEDGE = "acknowledge"
    DECIDE = "decide"
    REOPEN = "reopen"  # a decision that was wrong
    PLAY_CLIPS = "play-clips"
    EXPORT_CLIPS = "export-clips"
    PULL_ARCHIVE = "pull-archive"
    HOLD_FOOTAGE = "hold-footage"  # beyond its time
    READ_REGISTER = "read-register"
    READ_METRICS = "read-metrics"
    PAUSE_WINDOWS = "pause-windows"
    KEEP_ROSTER = "keep-roster"  # leave and substitutes
    READ_MINUTES = "read-minutes"  # of windows and queues: what was believed when, and why not
    READ_REPORTS = "read-reports"
    MAKE_REPORTS = "make-reports"
    KEEP_CHANNELS = "keep-channels"  # through which people are told of alerts
    READ_ACCOUNTS = "read-accounts"
    MANAGE_ACCOUNTS = "manage-accounts"
    KEEP_SITE = "keep-site"
    MUTE_ALERTS = "mute-alerts"
    READ_LEDGER = "read-ledger"
    KEEP_LEDGER = "keep-ledger"
    ENTER_FINDINGS = "enter-findings"  # of inspections


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(
        {
            Permission.WATCH_LIVE,
            Permission.READ_ALERTS,
            Permission.ACKNOWLEDGE,
            Permission.PLAY_CLIPS,
            Permission.PAUSE_WINDOWS,
            Permission.READ_LEDGER,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            Permission.WATCH_LIVE,
            Permission.READ_ALERTS,
            Permission.ACKNOWLEDGE,
            Permission.DECIDE,
            Permission.REOPEN,
            Permission.PLAY_CLIPS,
            Permission.EXPORT_CLIPS,
            Permission.PAUSE_WINDOWS,
            Permission.KEEP_ROSTER,
            Permission.MUTE_ALERTS,
            Permission.READ_LEDGER,
            Permission.KEEP_LEDGER,
            Permission.HOLD_FOOTAGE,
            Permission.READ_MINUTES,
            Permission.READ_REPORTS,
            Permission.MAKE_REPORTS,
        }
    ),
    Role.INVESTIGATOR: frozenset(
        {
            Permission.READ_ALERTS,
            Permission.PLAY_CLIPS,
            Permission.EXPORT_CLIPS,
            Permission.PULL_ARCHIVE,
            Permission.READ_LEDGER,
            Permission.ENTER_FINDINGS,
            Permission.HOLD_FOOTAGE,
            Permission.READ_MINUTES,
        }
    ),
    # An administrator runs the system and reads who saw what; footage is not theirs to watch, and figures show none.
    Role.ADMIN: frozenset(
        {
            Permission.READ_REGISTER,
            Permission.READ_METRICS,
            Permission.READ_REPORTS,
            Permission.MAKE_REPORTS,
            Permission.KEEP_CHANNELS,
            Permission.READ_ACCOUNTS,
            Permission.MANAGE_ACCOUNTS,
            Permission.KEEP_SITE,
        }
    ),
    # An auditor reads who saw what and who may, and changes nothing.
    Role.AUDITOR: frozenset({Permission.READ_REGISTER, Permission.READ_ACCOUNTS}),
    # Leave and substitutes are approved by supervisors, and an alert is not judged by whom it is about.
    Role.HALL: frozenset(
        {
            Permission.WATCH_LIVE,
            Permission.READ_ALERTS,
            Permission.PLAY_CLIPS,
            Permission.PAUSE_WINDOWS,
            Permission.READ_LEDGER,
        }
    ),
}

_OF_THE_CENTRE: Final = frozenset({Role.ADMIN, Role.AUDITOR})
"""Accounts and the register belong to no hall."""


@dataclass(frozen=True, slots=True)
class Halls:
    """Some halls, or all that there are and will be (`named` is None). What belongs to no known hall is in all only."""

    named: frozenset[HallId] | None = frozenset()

    def __contains__(self, hall: HallId | None) -> bool:
        return self.named is None or hall in self.named

    def __bool__(self) -> bool:
        return self.named is None or bool(self.named)

    def __or__(self, other: Halls) -> Halls:
        return Halls(None if self.named is None or other.named is None else self.named | other.named)

    def __and__(self, other: Halls) -> Halls:
        if self.named is None:
            return other
        return self if other.named is None else Halls(self.named & other.named)


ALL_HALLS: Final = Halls(None)
NO_HALLS: Final = Halls()


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a hall, or in all of them. As text `supervisor`, or `supervisor@ga` for the hall with the id ga."""

    role: Role
    hall: HallId | None = None

    def __str__(self) -> str:
        return str(self.role) if self.hall is None else f"{self.role}@{self.hall}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, which says what would be right."""
        name, at, hall = text.partition("@")
        if name not in set(Role) or (at and not hall):
            raise ValueError(f"{text!r} is no role. One of {', '.join(Role)}, or with a hall: hall@ID")
        return cls(Role(name), HallId(hall) if at else None)

    @property
    def halls(self) -> Halls:
        return ALL_HALLS if self.hall is None else Halls(frozenset({self.hall}))


def everywhere(*roles: Role) -> frozenset[Grant]:
    return frozenset(Grant(role) for role in roles)


def require_sound(grants: Collection[Grant], halls: Collection[HallId]) -> None:
    """Raises ValueError for grants that cannot be meant. `halls`: those that there are.

    A hall's own people hold nothing else: beside the role of an investigator they would see that they are inspected
    (article 8(6)), beside a supervisor's they would judge themselves.
    """
    for grant in grants:
        if grant.hall is not None and grant.hall not in halls:
            raise ValueError(f"{grant}: there is no hall {grant.hall!r}. One of {', '.join(sorted(halls)) or '(none)'}")
        if grant.hall is not None and grant.role in _OF_THE_CENTRE:
            raise ValueError(f"{grant}: the role {grant.role} is given for the centre, not for a hall")
        if grant.hall is None and grant.role is Role.HALL:
            raise ValueError("the role hall is given for a hall: hall@ID")
    if len({grant.role is Role.HALL for grant in grants}) > 1:
        raise ValueError("a hall's own people hold no other role: they would learn of inspections, or judge themselves")


def inspected_by(grants: Iterable[Grant]) -> Halls:
    """The halls that somebody may inspect unannounced, whatever else he is there: which of the two he does, nobody can tell."""
    found = NO_HALLS
    for grant in grants:
        if grant.role is Role.INVESTIGATOR:
            found |= grant.halls
    return found


@dataclass(frozen=True, slots=True)
class Rights:
    """In which halls each permission is held."""

    held: Mapping[Permission, Halls] = field(default_factory=dict)

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> Self:
        held: dict[Permission, Halls] = {}
        for grant in grants:
            for permission in PERMISSIONS[grant.role]:
                held[permission] = held.get(permission, NO_HALLS) | grant.halls
        return cls(held)

    def halls(self, permission: Permission) -> Halls:
        return self.held.get(permission, NO_HALLS)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Those held in a hall at least."""
        return frozenset(permission for permission, halls in self.held.items() if halls)

    def within(self, permissions: Collection[Permission], halls: Halls) -> Rights:
        """What is left of them where no more than this is lent."""
        return Rights({one: self.halls(one) & halls for one in permissions})
