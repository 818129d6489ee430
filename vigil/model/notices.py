"""What people are told away from the screen: through which channels, of which stage of an alert, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.model.alerts import Alert, AlertState
from vigil.model.ids import ChannelName
from vigil.model.people import Role


class ChannelKind(StrEnum):
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    EMAIL = "email"
    WEBHOOK = "webhook"


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class Stage(StrEnum):
    """Of an alert's episode; each is told once to each channel. An alert is overdue once for each rung that it climbs."""

    RAISED = "raised"
    ESCALATED = "escalated"
    ENDED = "ended"
    OVERDUE = "overdue"  # nobody took it further in time, and the centre passed it to the next role


def stages_of(alert: Alert) -> tuple[Stage, ...]:
    """Those that a node says it has reached."""
    reached = {Stage.RAISED: alert.raised_at, Stage.ESCALATED: alert.escalated_at, Stage.ENDED: alert.ended_at}
    return tuple(stage for stage, at in reached.items() if at is not None)


@dataclass(frozen=True, slots=True)
class Passed:
    """An alert went to the next role. `version` is what the step made of the alert: the number of steps in its history."""

    to: Role
    version: int


class NoticeState(StrEnum):
    """Of one stage of one alert for one channel."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"  # the other side will not have it; a person may send it again
    EXPIRED = "expired"  # a day of tries was not enough; likewise


class Verdict(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"
    THROTTLED = "throttled"  # it was not taken because there were too many
    FAILED = "failed"  # it was certainly not taken, and another time it may be
    UNCERTAIN = "uncertain"  # it may have been taken: the answer did not come, or cannot be read
    REFUSED = "refused"  # the channel is wrong: its key, its signature, its address
    REJECTED = "rejected"  # this message is wrong, and another may pass


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what the other side said, for people, without secrets. `rest_s`: how long it wants to be left alone."""

    verdict: Verdict
    text: str
    rest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """An alert to be told of, as it stands now. `stages` are those that its channel has not been told of.

    `passed_to`: the centre gave it to this role, its channel has not been told of that, and nobody took it further since.
    """

    alert: Alert
    state: AlertState
    backfilled: bool
    stages: frozenset[Stage]
    passed_to: Role | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Leave to tell a channel of a stage, not before `due_at`.

    `passed`: to whom the centre passed the alert, where it is overdue.
    """

    channel: ChannelName
    stage: Stage
    due_at: datetime
    passed: Passed | None = None
