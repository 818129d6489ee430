"""The shape of `center.notify`: channels, by their kind, and rules that say who is told of what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vigil.model.alerts import AlertKind
from vigil.model.ids import ChannelName, HallId
from vigil.model.notices import Language, Stage
from vigil.model.people import Role
from vigil.model.site import Secret, Strict


@dataclass(frozen=True, slots=True)
class WeComChannel(Strict):
    name: ChannelName
    key: Secret
    """What stands behind `key=` in the robot's address."""
    base_url: str | None = None
    """None: the public one. A deployment of one's own has another."""
    tls_ca: str | None = None
    """Who vouches for the server; None: whom the system believes."""
    language: Language = Language.ZH


@dataclass(frozen=True, slots=True)
class DingTalkChannel(Strict):
    name: ChannelName
    access_token: Secret
    secret: Secret | None = None
    """With which it signs; None: the robot is held by a keyword or by addresses."""
    base_url: str | None = None
    tls_ca: str | None = None
    language: Language = Language.ZH


@dataclass(frozen=True, slots=True)
class FeishuChannel(Strict):
    name: ChannelName
    hook: Secret
    """The last part of the robot's address."""
    secret: Secret | None = None
    base_url: str | None = None
    tls_ca: str | None = None
    language: Language = Language.ZH


class MailSecurity(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class EmailChannel(Strict):
    name: ChannelName
    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: MailSecurity = MailSecurity.STARTTLS
    """`none` is for a post office on this machine."""
    username: str | None = None
    password: Secret | None = None
    tls_ca: str | None = None
    language: Language = Language.ZH


@dataclass(frozen=True, slots=True)
class WebhookChannel(Strict):
    name: ChannelName
    url: str
    secret: Secret
    """`whsec_` and base64, or any text: with it each message is signed."""
    tls_ca: str | None = None
    language: Language = Language.ZH


@dataclass(frozen=True, slots=True)
class NotifyRule(Strict):
    channels: tuple[ChannelName, ...]
    kinds: tuple[AlertKind, ...] = ()
    """Empty: all."""
    halls: tuple[HallId, ...] = ()
    """Empty: all."""
    stages: tuple[Stage, ...] = tuple(Stage)
    roles: tuple[Role, ...] = ()
    """Of overdue alerts, those that were passed to these roles. Empty: all."""
    quiet: str | None = None
    """HH:MM-HH:MM in the site's time zone, over midnight too: what falls into it is told at its end."""


@dataclass(frozen=True, slots=True)
class NotifySettings(Strict):
    """Who is told of alerts away from the screen. Names of channels are unique over all kinds."""

    rules: tuple[NotifyRule, ...]
    wecom: tuple[WeComChannel, ...] = ()
    dingtalk: tuple[DingTalkChannel, ...] = ()
    feishu: tuple[FeishuChannel, ...] = ()
    email: tuple[EmailChannel, ...] = ()
    webhook: tuple[WebhookChannel, ...] = ()
    group_s: float = 10
    """What comes within so long of the first is told together."""

    def names(self) -> tuple[ChannelName, ...]:
        return tuple(
            one.name for kind in (self.wecom, self.dingtalk, self.feishu, self.email, self.webhook) for one in kind
        )
