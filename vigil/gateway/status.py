"""What is the case now, and the stream of what changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from vigil.errors import StoreError
from vigil.gateway.alert_views import AlertView
from vigil.gateway.auth import Person, find_person, require
from vigil.gateway.clips import sees
from vigil.gateway.deps import Deps, GatewayDeps
from vigil.gateway.events import (
    AlertChanged,
    ClipChanged,
    Event,
    LedgerChanged,
    StatusChanged,
    Subscriber,
    SuspensionChanged,
)
from vigil.gateway.extent import Extent
from vigil.gateway.footage_views import ClipView
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.ledger import view_of
from vigil.gateway.ledger_access import visible
from vigil.gateway.status_views import StatusView
from vigil.gateway.suspension_views import SuspensionView
from vigil.model.ids import AlertId, ClipId, LedgerId
from vigil.model.people import Permission

router = APIRouter(tags=["status"], route_class=GuardedRoute)
_log = structlog.get_logger(__name__)

Reader = Annotated[Person, Depends(require(Permission.READ_ALERTS))]
_RETRY_MS = 2000


@router.get("/status")
def read_status(person: Reader, deps: Deps) -> StatusView:
    return _status(person, deps)


@router.get("/events", response_class=EventSourceResponse)
async def follow_events(person: Reader, request: Request, deps: Deps) -> AsyncIterator[ServerSentEvent]:
    """Begins with the whole status. Ends when the session does, the reader is too slow, or the database does not answer."""
    subscriber = deps.events.subscribe()
    deps.metrics.screens.inc()
    try:
        yield ServerSentEvent(event="status", data=_status(person, deps), retry=_RETRY_MS)
        async for event in _changes(subscriber, person, request, deps):
            yield event
    except (
        StoreError
    ) as error:  # who comes again begins with everything as it is; an event left out would be missed for good
        _log.error("store_failed", path=request.url.path, error=str(error))
    finally:
        deps.metrics.screens.dec()
        deps.events.unsubscribe(subscriber)


async def _changes(
    subscriber: Subscriber, person: Person, request: Request, deps: GatewayDeps
) -> AsyncIterator[ServerSentEvent]:
    checked_mono = deps.clock.mono()
    while True:
        taken = await subscriber.take(deps.session_check_s)
        if subscriber.closed:
            return
        if not taken or deps.clock.mono() - checked_mono >= deps.session_check_s:
            again = await run_in_threadpool(find_person, request, deps)
            if again is None or not again.may(Permission.READ_ALERTS):
                return
            person, checked_mono = again, deps.clock.mono()
        for event in taken:
            told = await run_in_threadpool(_told, event, person, deps)
            if told is not None:
                yield told


def _status(person: Person, deps: GatewayDeps) -> StatusView:
    extent = Extent.of(deps.site, deps.owners, person.rights.halls(Permission.READ_ALERTS))
    return StatusView.of(extent.cut(deps.statuses.view()), deps.clock.now())


def _told(event: Event, person: Person, deps: GatewayDeps) -> ServerSentEvent | None:
    """The event with what it is about as of now; None when this person may not know of it."""
    match event:
        case StatusChanged():
            return ServerSentEvent(event="status", data=_status(person, deps))
        case AlertChanged(alert):
            return _alert_told(alert, person, deps)
        case LedgerChanged(entry_id):
            return _ledger_told(entry_id, person, deps)
        case SuspensionChanged(suspension):
            entered = deps.stores.suspensions.find(suspension)
            known = entered is not None and person.may_in(entered.hall, Permission.READ_ALERTS)
            return ServerSentEvent(event="suspension", data=SuspensionView.of(entered)) if entered and known else None
        case ClipChanged(clip_id):
            return _clip_told(clip_id, person, deps)


def _alert_told(alert: AlertId, person: Person, deps: GatewayDeps) -> ServerSentEvent | None:
    record = deps.stores.alerts.find(alert)
    if record is None or not person.may_in(record.alert.hall, Permission.READ_ALERTS):
        return None
    clip = deps.stores.clips.of_alerts([alert]).get(alert)
    return ServerSentEvent(event="alert", data=AlertView.of(record, clip))


def _clip_told(clip_id: ClipId, person: Person, deps: GatewayDeps) -> ServerSentEvent | None:
    changed = deps.stores.clips.find(clip_id)
    if changed is None or not sees(deps, person, changed):
        return None
    return ServerSentEvent(event="clip", data=ClipView.of(changed))


def _ledger_told(entry_id: LedgerId, person: Person, deps: GatewayDeps) -> ServerSentEvent | None:
    kept = deps.stores.ledger.find(entry_id)
    if kept is None or not visible(person, kept.entry):
        return None
    return ServerSentEvent(event="ledger", data=view_of(deps, person, kept))
