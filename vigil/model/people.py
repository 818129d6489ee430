"""Who may do what. A person holds one or more roles; a role is a fixed set of permissions."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    INVESTIGATOR = "investigator"
    ADMIN = "admin"


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
        }
    ),
    # An administrator runs the system and reads who saw what; footage is not theirs to watch.
    Role.ADMIN: frozenset({Permission.READ_REGISTER, Permission.READ_METRICS}),
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
