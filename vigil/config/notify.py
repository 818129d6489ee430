"""Rules of `center.notify`: channels that can be reached without giving a key away, and rules that name what there is."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from vigil.config.channels import EmailChannel, MailSecurity, NotifyRule, NotifySettings, WebhookChannel
from vigil.config.document import Path
from vigil.config.faults import FaultSink, check_secret, is_address, is_plain
from vigil.model.escalation import Escalation
from vigil.model.notices import Stage
from vigil.model.site import Site

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_ADDRESS: Final = r"""[^\s,;:<>()"@\\]+@[^\s,;:<>()"@\\]+"""
_MAILBOX = re.compile(_ADDRESS, re.ASCII)
_SENDER = re.compile(rf"""{_ADDRESS}|[^\r\n,;:<>()"@\\]+ <{_ADDRESS}>""")
_HERE: Final = ("127.0.0.1", "::1", "localhost")
_PATH: Final[Path] = ("center", "notify")
_SECRETS: Final = ("key", "access_token", "hook", "secret", "password")


def check_notify(settings: NotifySettings, escalation: Escalation, site: Site | None, fault: FaultSink) -> None:
    seen: set[str] = set()
    for kind in ("wecom", "dingtalk", "feishu", "email", "webhook"):
        for index, channel in enumerate(getattr(settings, kind)):
            at = (*_PATH, kind, index)
            if not _NAME.fullmatch(channel.name):
                remedy = "Lower-case letters, digits and hyphens, at most 63"
                fault((*at, "name"), f"{channel.name!r} cannot be a channel's name", remedy)
            if channel.name in seen:
                fault((*at, "name"), f"a channel {channel.name!r} stands already above", "Give each its own name")
            seen.add(channel.name)
            _channel(channel, at, fault)
    if not seen:
        fault(_PATH, "there is no channel", "Add wecom:, dingtalk:, feishu:, email: or webhook:, or remove notify:")
    if not settings.rules:
        fault((*_PATH, "rules"), "without rules nobody is told", "List who is told of what")
    if not 0 <= settings.group_s <= 300:
        fault((*_PATH, "group_s"), f"{settings.group_s:g} is out of range", "It must be from 0 to 300")
    for index, rule in enumerate(settings.rules):
        _rule(rule, seen, site, (*_PATH, "rules", index), fault)
        _roles(rule, escalation, (*_PATH, "rules", index), fault)


def check_public_url(url: str, fault: FaultSink) -> None:
    parts = ("center", "public_url")
    if "@" in url or not is_address(url, ("http", "https")) or not is_plain(url) or urlsplit(url).query:
        fault(parts, "this is no address of a screen", "For example https://vigil.example")


def _channel(channel: object, at: Path, fault: FaultSink) -> None:
    for name in _SECRETS:
        secret = getattr(channel, name, None)
        if secret is not None:
            check_secret(secret, (*at, name), fault)
    if getattr(channel, "tls_ca", None) == "":
        fault((*at, "tls_ca"), "this is no file", "For example tls/authority.pem")
    if isinstance(channel, EmailChannel):
        _email(channel, at, fault)
    elif isinstance(channel, WebhookChannel):
        _address(channel.url, (*at, "url"), fault)
    elif (base_url := getattr(channel, "base_url", None)) is not None:
        _address(base_url, (*at, "base_url"), fault)
        if urlsplit(base_url).query:
            fault((*at, "base_url"), "the key has a place of its own", "The address up to the path, without ?")


def _address(url: str, at: Path, fault: FaultSink) -> None:
    """It may hold a token, so no fault repeats it."""
    if "@" in url:
        fault(at, "the URL holds credentials", "Leave them out: messages are signed, not logged in")
    elif not is_address(url, ("http", "https")) or not is_plain(url):
        fault(at, "this is no HTTP address", "For example https://receiver.example/hook")
    elif urlsplit(url).scheme == "http" and urlsplit(url).hostname not in _HERE:
        fault(at, "keys and alerts would cross the network in the clear", "Use https://, with tls_ca: where needed")


def _email(channel: EmailChannel, at: Path, fault: FaultSink) -> None:
    if not channel.host or not is_plain(channel.host) or any(sign in channel.host for sign in "/@"):
        fault((*at, "host"), "this is no host", "For example smtp.example")
    if not 1 <= channel.port <= 65535:
        fault((*at, "port"), f"{channel.port} is no port", "As a rule 587, or 465 with security: tls")
    if (channel.username is None) != (channel.password is None):
        fault(at, "username and password go together", "Give both, or neither")
    if channel.security is MailSecurity.NONE and channel.host not in _HERE:
        what = "passwords and alerts would cross the network in the clear"
        fault((*at, "security"), what, "security: starttls or tls; none is for a post office on this machine")
    if not channel.to:
        fault((*at, "to"), "nobody would get the mail", "List addresses")
    for index, address in enumerate(channel.to):
        _mail_address(address, _MAILBOX, (*at, "to", index), fault)
    _mail_address(channel.sender, _SENDER, (*at, "sender"), fault)


def _mail_address(address: str, pattern: re.Pattern[str], at: Path, fault: FaultSink) -> None:
    if not pattern.fullmatch(address) or not address.isprintable():
        fault(at, "this is no mail address", "For example duty@hall.example")


def _rule(rule: NotifyRule, channels: set[str], site: Site | None, at: Path, fault: FaultSink) -> None:
    if not rule.channels:
        fault((*at, "channels"), "this rule tells nobody", "Name channels")
    if not rule.stages:
        fault((*at, "stages"), "this rule tells of nothing", "raised, escalated, ended, overdue")
    # Where the site is in the centre's database, halls are held against it there.
    halls = {str(hall.id) for hall in site.halls} if site is not None else {str(hall) for hall in rule.halls}
    known = {"channels": channels, "halls": halls}
    for key, ids in known.items():
        for index, named in enumerate(getattr(rule, key)):
            if named not in ids:
                remedy = f"One of {', '.join(sorted(ids)) or '(none yet)'}"
                fault((*at, key, index), f"there is no {key[:-1]} {named!r}", remedy)
    if rule.quiet is not None:
        begin, _, end = rule.quiet.partition("-")
        if not _QUIET.fullmatch(rule.quiet) or begin == end:
            fault((*at, "quiet"), f"{rule.quiet!r} are no quiet hours", "For example 22:00-07:30")


def _roles(rule: NotifyRule, escalation: Escalation, at: Path, fault: FaultSink) -> None:
    if rule.roles and Stage.OVERDUE not in rule.stages:
        fault((*at, "roles"), "roles are of overdue alerts, and this rule tells of none", "Add overdue to stages")
    above = escalation.roles[1:]
    for index, role in enumerate(rule.roles):
        if role not in above:
            remedy = f"One of {', '.join(above) or '(none: center.escalation names no second role)'}"
            fault((*at, "roles", index), f"no alert is passed to a {role}", remedy)
