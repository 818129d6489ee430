"""A person's API tokens: what a program may do in his name. Made and revoked by hand; what a scope does not name, it may not."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vigil.gateway import bearer
from vigil.gateway.account_views import NewTokenView, TokenList, TokenView
from vigil.gateway.auth import ByHand, hash_of
from vigil.gateway.deps import Deps
from vigil.gateway.examples import shown
from vigil.gateway.guards import GuardedRoute
from vigil.gateway.refusals import refuses
from vigil.model.ids import HallId
from vigil.model.people import Halls, Permission
from vigil.store.api_tokens import ApiToken

router = APIRouter(tags=["own"], prefix="/session/tokens", route_class=GuardedRoute)
_log = structlog.get_logger(__name__)

LONGEST_DAYS: Final = 366
MOST: Final = 20
NEVER: Final = frozenset({Permission.MANAGE_ACCOUNTS})
"""A program that may enter people may become anybody."""


class Wish(BaseModel):
    """Without `halls`: all of its owner's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra=shown(name="大屏", permissions=["read-alerts"], halls=["gongan"], days=365)
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    permissions: frozenset[Permission] = Field(min_length=1)
    halls: frozenset[HallId] | None = Field(default=None, min_length=1)
    days: int = Field(ge=1, le=LONGEST_DAYS)


@router.get("")
def list_own_tokens(person: ByHand, deps: Deps) -> TokenList:
    return TokenList(items=[TokenView.of(one) for one in deps.stores.api_tokens.of(person.user.username)])


@router.post("", status_code=201, responses=refuses(409))
def make_token(person: ByHand, deps: Deps, wish: Wish) -> NewTokenView:
    """Its scope is named permission by permission: who wants a program to decide, or to pull footage, says so."""
    if person.duties:
        raise HTTPException(403, f"First do this: {', '.join(person.duties)}.")
    halls = Halls(wish.halls)
    lent = person.rights.within(wish.permissions, halls)
    lacking = sorted((wish.permissions - lent.permissions) | (wish.permissions & NEVER))
    if lacking:
        raise HTTPException(422, f"permissions: a token of yours cannot have {', '.join(lacking)} there.")
    if len(deps.stores.api_tokens.of(person.user.username)) >= MOST:
        raise HTTPException(409, f"You have {MOST} tokens: revoke some first.")
    now, text = deps.clock.now(), bearer.make()
    expires_at = now + timedelta(days=wish.days)
    token = ApiToken(secrets.token_hex(8), person.user, wish.name, wish.permissions, halls, now, expires_at)
    deps.stores.api_tokens.add(token, hash_of(text))
    _log.info("token_made", username=person.user.username, token=token.id, permissions=sorted(wish.permissions))
    return NewTokenView(about=TokenView.of(token), token=text)


@router.delete("/{token_id}", status_code=204)
def revoke_token(person: ByHand, deps: Deps, token_id: str) -> None:
    if not deps.stores.api_tokens.revoke(person.user.username, token_id):
        raise HTTPException(404, "There is no such token.")
    _log.info("token_revoked", username=person.user.username, token=token_id)
