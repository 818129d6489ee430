"""How a node becomes known to the centre: a token that a person carries over once, for a key that the node made itself."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from secrets import token_urlsafe
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from vigil.center.sections import open_database
from vigil.clock import Clock
from vigil.config import Configuration
from vigil.errors import StoreError
from vigil.model.ids import NodeId
from vigil.store.node_keys import EnrolledNode, NodeKeys
from vigil.throttle import Throttle
from vigil.uplink import protocol

TOKEN_GOOD_FOR: Final = timedelta(hours=24)
_SHORTEST_KEY: Final = 32
_MOST_BYTES: Final = 4096
"""Of a request: who asks is not known yet."""

log = structlog.get_logger()


class Enrolment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    node: Annotated[str, Field(max_length=64)]
    token: Annotated[str, Field(max_length=128, repr=False)]
    key: Annotated[str, Field(min_length=_SHORTEST_KEY, max_length=256, repr=False)]


def router(keys: NodeKeys, clock: Clock, throttle: Throttle | None = None) -> APIRouter:
    """POST of an Enrolment: 204, 403 where the token is none, 429 for who tries again and again."""
    routes = APIRouter(include_in_schema=False)
    tries = throttle or Throttle()

    @routes.post(protocol.ENROL, max_body_size=_MOST_BYTES)
    async def enrol(enrolment: Enrolment, request: Request) -> Response:
        client = request.client.host if request.client else ""
        if tries.attempt(("enrol", client), clock.mono()) > 0:
            return Response(status_code=429)
        node = NodeId(enrolment.node)
        entered = await run_in_threadpool(keys.enrol, node, enrolment.token, enrolment.key, clock.now())
        if not entered:
            log.warning("enrolment_refused", node=enrolment.node, client=client)
            return Response("The token is none for this node, is too old, or was used.", 403, media_type="text/plain")
        tries.clear(("enrol", client))
        log.info("node_enrolled", node=node, client=client)
        return Response(status_code=204)

    return routes


def who_knows(configured: dict[NodeId, str], keys: NodeKeys) -> Callable[[NodeId, str], bool]:
    """Whether a key is a node's: the one in the centre's file where there is one, else the one that it was enrolled with."""

    def knows(node: NodeId, key: str) -> bool:
        expected = configured.get(node)
        if expected is not None:
            return hmac.compare_digest(key.encode(), expected.encode())
        return keys.holds(node, key)

    return knows


def make_token(configuration: Configuration, node: str, clock: Clock) -> str:
    """Raises StoreError where the file has no such node, or has its key already."""
    settings = configuration.node(node)
    if settings is None:
        known = ", ".join(one.id for one in configuration.nodes) or "none"
        raise StoreError(f"there is no node {node!r} in {configuration.file}. It has: {known}")
    if settings.key is not None:
        raise StoreError(f"{node}: its key stands in {configuration.file}. To enrol it, take key: out there")
    token = token_urlsafe(32)
    with _keys(configuration) as keys:
        keys.allow(settings.id, token, clock.now() + TOKEN_GOOD_FOR)
    return token


def listed(configuration: Configuration) -> list[EnrolledNode]:
    with _keys(configuration) as keys:
        return keys.all()


def revoke(configuration: Configuration, node: str) -> None:
    """Raises StoreError where the node was not enrolled."""
    with _keys(configuration) as keys:
        if not keys.revoke(NodeId(node)):
            raise StoreError(f"no node {node!r} is enrolled. A key that stands in the file is changed there")


@contextmanager
def _keys(configuration: Configuration) -> Iterator[NodeKeys]:
    database = open_database(configuration)
    try:
        yield NodeKeys(database)
    finally:
        database.close()
