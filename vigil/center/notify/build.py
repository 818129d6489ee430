"""Channels and rules, made of the configuration. Raises SecretError, and ConfigError for an authority that is none."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo

from vigil.center.notify.notifier import Notifier
from vigil.clock import Clock
from vigil.config import CenterSettings, Configuration, EmailChannel, NotifySettings, read_secret
from vigil.errors import ConfigError, Fault
from vigil.model.ids import ChannelName
from vigil.model.notices import ChannelKind, Language
from vigil.model.site import Secret, Site
from vigil.notify import dingtalk, feishu, mail, webhook, wecom
from vigil.notify.channel import Channel, Label
from vigil.notify.message import Draughtsman
from vigil.notify.post import Poster
from vigil.notify.rules import Quiet, Rule, Rules
from vigil.store.stores import Stores

_LIMITS = {
    ChannelKind.WECOM: wecom.LIMITS,
    ChannelKind.DINGTALK: dingtalk.LIMITS,
    ChannelKind.FEISHU: feishu.LIMITS,
    ChannelKind.EMAIL: mail.LIMITS,
    ChannelKind.WEBHOOK: webhook.LIMITS,
}


def build_notifier(
    configuration: Configuration, settings: CenterSettings, site: Site, stores: Stores, clock: Clock
) -> Notifier | None:
    """None: nobody is to be told."""
    notify = settings.notify
    if notify is None:
        return None
    channels = build_channels(notify, configuration)
    keep = timedelta(days=settings.keep.messages_days)
    return Notifier(channels, build_rules(notify, site), build_draughtsman(settings, site), stores, clock, keep=keep)


def build_draughtsman(settings: CenterSettings, site: Site) -> Draughtsman:
    return Draughtsman(site, settings.public_url)


def build_rules(settings: NotifySettings, site: Site) -> Rules:
    rules = tuple(
        Rule(
            rule.channels,
            frozenset(rule.kinds),
            frozenset(rule.halls),
            frozenset(rule.stages),
            frozenset(rule.roles),
            _quiet(rule.quiet),
        )
        for rule in settings.rules
    )
    return Rules(rules, timedelta(seconds=settings.group_s), ZoneInfo(site.time_zone))


def build_channels(settings: NotifySettings, configuration: Configuration) -> tuple[Channel, ...]:
    return tuple(_Builder(configuration).all(settings))


class _Builder:
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def all(self, settings: NotifySettings) -> Iterator[Channel]:
        for one in settings.wecom:
            base, key = one.base_url or wecom.BASE_URL, self._secret(one.key)
            poster = Poster(_join(base, wecom.PATH), self._tls(one.tls_ca), (key,))
            yield wecom.WeCom(_label(one.name, ChannelKind.WECOM, one.language, base), poster, key)
        for two in settings.dingtalk:
            base, token = two.base_url or dingtalk.BASE_URL, self._secret(two.access_token)
            poster = Poster(_join(base, dingtalk.PATH), self._tls(two.tls_ca), (token,))
            label = _label(two.name, ChannelKind.DINGTALK, two.language, base)
            yield dingtalk.DingTalk(label, poster, token, self._maybe(two.secret))
        for three in settings.feishu:
            base, hook = three.base_url or feishu.BASE_URL, self._secret(three.hook)
            poster = Poster(_join(base, feishu.PATH) + quote(hook, safe=""), self._tls(three.tls_ca), (hook,))
            label = _label(three.name, ChannelKind.FEISHU, three.language, base)
            yield feishu.Feishu(label, poster, self._maybe(three.secret))
        for four in settings.email:
            yield self._mail(four)
        for five in settings.webhook:
            hidden = tuple(value for _, value in parse_qsl(urlsplit(five.url).query))
            poster = Poster(five.url, self._tls(five.tls_ca), hidden)
            label = _label(five.name, ChannelKind.WEBHOOK, five.language, five.url)
            yield webhook.Webhook(label, poster, self._key(five.name, five.secret))

    def _mail(self, one: EmailChannel) -> Channel:
        security = mail.Security(one.security.value)
        tls = None if security is mail.Security.NONE else self._tls(one.tls_ca)
        office = mail.PostOffice(one.host, one.port, security, one.username, self._maybe(one.password), tls)
        limits = _LIMITS[ChannelKind.EMAIL]
        return mail.Mail(Label(one.name, ChannelKind.EMAIL, one.language, one.host, limits), office, one.sender, one.to)

    def _secret(self, secret: Secret) -> str:
        return read_secret(secret, self._configuration.folder)

    def _maybe(self, secret: Secret | None) -> str | None:
        return None if secret is None else self._secret(secret)

    def _key(self, name: ChannelName, secret: Secret) -> bytes:
        try:
            return webhook.key_of(self._secret(secret))
        except ValueError:
            raise self._fault(f"the secret of {name} is no base64 behind whsec_", "Write it anew") from None

    def _tls(self, authority: str | None) -> ssl.SSLContext:
        path: Path | None = None if authority is None else self._configuration.path(authority)
        try:
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise self._fault(f"the authority {path} cannot be read: {error}", "Give a PEM file") from error

    def _fault(self, what: str, remedy: str) -> ConfigError:
        return ConfigError([Fault(str(self._configuration.file), 1, "center.notify", what, remedy)])


def _label(name: ChannelName, kind: ChannelKind, language: Language, url: str) -> Label:
    return Label(name, kind, language, urlsplit(url).hostname or "", _LIMITS[kind])


def _join(base: str, path: str) -> str:
    return base.rstrip("/") + path


def _quiet(text: str | None) -> Quiet | None:
    if text is None:
        return None
    begin, _, end = text.partition("-")
    return Quiet(time.fromisoformat(begin), time.fromisoformat(end))
