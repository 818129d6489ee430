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
    PLAY_CLIPS = "play-clips"
    EXPORT_CLIPS = "export-clips"
    PULL_ARCHIVE = "pull-archive"
    HOLD_FOOTAGE = "hold-footage"  # beyond its time
    READ_REGISTER = "read-register"
    READ_METRICS = "read-metrics"
    PAUSE_WINDOWS = "pause-windows"
    KEEP_ROSTER = "keep-roster"  # leave and substitutes
    READ_REPORTS = "read-reports"
    MAKE_REPORTS = "make-reports"
    KEEP_CHANNELS = "keep-channels"  # through which people are told of alerts


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(
        {
            Permission.WATCH_LIVE,
            Permission.READ_ALERTS,
            Permission.ACKNOWLEDGE,
            Permission.PLAY_CLIPS,
            Permission.PAUSE_WINDOWS,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            Permission.WATCH_LIVE,
            Permission.READ_ALERTS,
            Permission.ACKNOWLEDGE,
            Permission.DECIDE,
            Permission.PLAY_CLIPS,
            Permission.EXPORT_CLIPS,
            Permission.PAUSE_WINDOWS,
            Permission.KEEP_ROSTER,
            Permission.HOLD_FOOTAGE,
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
            Permission.HOLD_FOOTAGE,
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
        }
    ),
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
