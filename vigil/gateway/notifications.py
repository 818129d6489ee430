"""Notifications, for administrators: which channels there are and how they stand, what was sent, a test, and sending again."""

from __future__ import annotations

import math
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from vigil.gateway.auth import Person, require
from vigil.gateway.deps import Deps
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.notice_views import AnswerView, AttemptList, AttemptView, ChannelList, ChannelView, SentAgainView
from vigil.gateway.refusals import refuses
from vigil.model.ids import ChannelName
from vigil.model.people import Permission

router = APIRouter(tags=["notifications"], route_class=GuardedRoute)

log = structlog.get_logger()

Keeper = Annotated[Person, Depends(require(Permission.KEEP_CHANNELS))]


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: ChannelName | None = None
    cursor: int | None = Field(default=None, ge=1)
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/notifications/channels")
def list_channels(_: Keeper, deps: Deps) -> ChannelList:
    return ChannelList(items=[ChannelView.of(state) for state in deps.notices.states()])


@router.get("/notifications/log")
def list_attempts(_: Keeper, deps: Deps, wanted: Annotated[Wanted, Query()]) -> AttemptList:
    page = deps.stores.deliveries.log(channel=wanted.channel, before=wanted.cursor, limit=wanted.limit)
    return AttemptList(
        items=[AttemptView.of(attempt) for attempt in page.items],
        next=None if page.next is None else str(page.next),
    )


@router.post("/notifications/channels/{channel}/test", responses=refuses(429))
async def test_channel(person: Keeper, deps: Deps, channel: ChannelName) -> AnswerView:
    tested = await deps.notices.test(channel)
    if tested is None:
        raise HTTPException(404, "There is no such channel.")
    if tested.answer is None:
        wait_s = 1 if tested.again_at is None else (tested.again_at - deps.clock.now()).total_seconds()
        seconds = max(1, math.ceil(wait_s))
        raise HTTPException(429, f"The channel takes nothing for {seconds} s.", {"Retry-After": str(seconds)})
    log.info("channel_tested", channel=channel, by=person.user.username, verdict=str(tested.answer.verdict))
    return AnswerView.of(tested.answer)


@router.post("/notifications/channels/{channel}/send-again")
def send_notices_again(person: Keeper, deps: Deps, channel: ChannelName) -> SentAgainView:
    count = deps.notices.send_again(channel)
    if count is None:
        raise HTTPException(404, "There is no such channel.")
    log.info("notices_sent_again", channel=channel, by=person.user.username, notices=count)
    return SentAgainView(notices=count)
