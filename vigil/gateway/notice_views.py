"""What the API says of notifications (docs/reference/api.md)."""

from __future__ import annotations

from collections import Counter
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.notice_desk import ChannelState
from vigil.gateway.times import Time
from vigil.model.notices import Answer, ChannelKind, Stage, Verdict
from vigil.store.deliveries import Attempt


class AnswerView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(text="ok"))

    verdict: Verdict
    text: str

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls(verdict=answer.verdict, text=answer.text)


class ChannelView(BaseModel):
    """`answer` is the last. `rest_until`: nothing but a test is sent till then."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            name="值班群",
            where="qyapi.weixin.qq.com",
            answer=AnswerView,
            failures=0,
            delivered_at="2026-11-23T01:35:04.200Z",
            waiting=0,
            unsent=0,
        )
    )

    name: str
    kind: ChannelKind
    where: str
    answer: AnswerView | None
    failures: int
    rest_until: Time | None
    delivered_at: Time | None
    waiting: int
    oldest_at: Time | None
    unsent: int

    @classmethod
    def of(cls, state: ChannelState) -> Self:
        record, backlog = state.record, state.backlog
        return cls(
            name=state.name,
            kind=state.kind,
            where=state.where,
            answer=None if record.answer is None else AnswerView.of(record.answer),
            failures=record.failures,
            rest_until=record.rest_until,
            delivered_at=record.delivered_at,
            waiting=backlog.waiting,
            oldest_at=backlog.oldest_at,
            unsent=backlog.unsent,
        )


class ChannelList(BaseModel):
    items: list[ChannelView]


class AttemptView(BaseModel):
    """`answer` is null while it is under way. `title` is that of the message, and `stages` how many alerts it tells of as raised,
    escalated, ended or overdue; which they are stands in the alerts.
    """

    model_config = ConfigDict(
        json_schema_extra=shown(
            number=1207,
            at="2026-11-23T01:35:03.600Z",
            until_at="2026-11-23T01:35:18.600Z",
            channel="值班群",
            message="msg_2f8c1d9e0b7a4365",
            title="【分厅告警】公安分厅：1 条",
            notices=1,
            stages={"raised": 1},
            answer=AnswerView,
        )
    )

    number: int
    at: Time
    until_at: Time
    channel: str
    message: str
    title: str
    test: bool
    notices: int
    stages: dict[Stage, int]
    answer: AnswerView | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            number=attempt.number,
            at=attempt.at,
            until_at=attempt.until_at,
            channel=attempt.channel,
            message=attempt.message,
            title=str(attempt.body.get("title", "")),
            test=attempt.test,
            notices=attempt.notices,
            stages=Counter(Stage(item["stage"]) for item in attempt.body.get("items", ())),
            answer=None if attempt.answer is None else AnswerView.of(attempt.answer),
        )


class AttemptList(BaseModel):
    items: list[AttemptView]
    next: str | None


class SentAgainView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(notices=3))

    notices: int
