"""What the API says of accounts, sessions and tokens. Never a password, a hash, or what a code is made of."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.people import Permission
from vigil.store.api_tokens import ApiToken
from vigil.store.sessions import LoginSession
from vigil.store.users import User


class AccountView(BaseModel):
    """`roles` as `supervisor`, for all halls, or `supervisor@HALL`. `external`: comes by an identity provider."""

    model_config = ConfigDict(
        json_schema_extra=shown(username="wang", name="王芳", unit="市政务服务中心", roles=["operator"])
    )

    username: str
    name: str
    unit: str
    roles: list[str]
    disabled: bool
    initial_password: bool
    second_factor: bool
    external: bool

    @classmethod
    def of(cls, user: User, *, initial_password: bool, second_factor: bool, external: bool) -> Self:
        return cls(
            username=user.username,
            name=user.name,
            unit=user.unit,
            roles=sorted(str(grant) for grant in user.grants),
            disabled=user.disabled,
            initial_password=initial_password,
            second_factor=second_factor,
            external=external,
        )


class AccountList(BaseModel):
    items: list[AccountView]


class NewAccountView(BaseModel):
    """`password` is shown this once, and is good for nothing but to set another one."""

    model_config = ConfigDict(json_schema_extra=shown(password="k7Qv2mXe9sTb4wLd"))  # noqa: S106 (nobody's)

    account: AccountView
    password: str


class SessionView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            id="5f2c9d0b1e7a4836",
            client="192.0.2.17",
            created_at="2026-11-23T00:02:11.000Z",
            seen_at="2026-11-23T01:35:41.120Z",
            expires_at="2026-11-23T12:02:11.000Z",
            current=True,
        )
    )

    id: str
    client: str
    created_at: Time
    seen_at: Time
    expires_at: Time
    current: bool

    @classmethod
    def of(cls, session: LoginSession, *, current: bool) -> Self:
        return cls(
            id=session.id,
            client=session.client,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            current=current,
        )


class SessionList(BaseModel):
    items: list[SessionView]


class TokenView(BaseModel):
    """`halls` is null for all of its owner's."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            id="9c1d4e7f20b3a586",
            name="大屏",
            permissions=["read-alerts", "read-ledger"],
            created_at="2026-11-02T06:30:00.000Z",
            expires_at="2027-11-02T06:30:00.000Z",
            used_at="2026-11-23T01:35:00.000Z",
        )
    )

    id: str
    name: str
    permissions: list[Permission]
    halls: list[str] | None
    created_at: Time
    expires_at: Time
    used_at: Time | None

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            permissions=sorted(token.permissions),
            halls=None if token.halls.named is None else sorted(token.halls.named),
            created_at=token.created_at,
            expires_at=token.expires_at,
            used_at=token.used_at,
        )


class TokenList(BaseModel):
    items: list[TokenView]


class NewTokenView(BaseModel):
    """`token` is shown this once."""

    model_config = ConfigDict(json_schema_extra=shown(token="vigil_8Yq2hZcT0nVbK5rXmJ4sLwE7uAfD1gPi6QoC9tR3000000"))  # noqa: S106 (nobody's)

    about: TokenView
    token: str
