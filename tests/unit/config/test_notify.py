"""`center.notify`: what names nothing, gives a key away or tells nobody is said before anything starts."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, line_of, read
from vigil.config.channels import MailSecurity
from vigil.model.alerts import AlertKind
from vigil.model.notices import Language, Stage

WECOM = "{name: duty, key: {file: wecom}}"
MAIL = "{name: mail, host: smtp.example, sender: vigil <vigil@hall.example>, to: [duty@hall.example]}"
HOOK = "{name: hook, url: 'https://receiver.example/vigil?token=t0ken', secret: {env: HOOK}}"
RULE = "{channels: [duty], kinds: [camera-fault], halls: [gongan], stages: [raised], quiet: '22:00-07:30'}"


def text(wecom: str = WECOM, rule: str = RULE, more: str = "") -> str:
    section = f"  notify:\n    wecom:\n      - {wecom}\n{more}    rules:\n      - {rule}\n"
    return GOOD.replace("nodes:", f"{section}nodes:")


def test_a_good_section() -> None:
    ding = "    dingtalk: [{name: ding, access_token: {env: T}, secret: {env: S}}]\n"
    feishu = "    feishu: [{name: lark, hook: {env: H}, base_url: 'https://open.larksuite.com', language: en}]\n"
    configuration = read(text(more=f"{ding}{feishu}    email: [{MAIL}]\n    webhook: [{HOOK}]\n    group_s: 0\n"))
    assert configuration.center is not None
    settings = configuration.center.notify
    assert settings is not None
    assert settings.names() == ("duty", "ding", "lark", "mail", "hook")
    assert settings.feishu[0].language is Language.EN
    assert (settings.email[0].security, settings.email[0].port) == (MailSecurity.STARTTLS, 587)
    (rule,) = settings.rules
    assert (rule.kinds, rule.halls, rule.stages) == ((AlertKind.CAMERA_FAULT,), ("gongan",), (Stage.RAISED,))


def test_a_rule_that_says_no_more_is_of_everything() -> None:
    configuration = read(text(rule="{channels: [duty]}"))
    assert configuration.center is not None
    assert configuration.center.notify is not None
    (rule,) = configuration.center.notify.rules
    assert (rule.kinds, rule.halls, rule.stages, rule.quiet) == ((), (), tuple(Stage), None)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("duty", "值班", "wecom[0].name", "cannot be a channel's name"),
        ("{file: wecom}", "{}", "wecom[0].key", "a secret is kept in one place"),
        ("{file: wecom}", "693axxx6", "wecom[0].key", "a secret does not stand in this file"),
        (WECOM, "{name: duty, key: {env: K}, secret: {env: S}}", "wecom[0].secret", "unknown key 'secret'"),
        (WECOM, "{name: duty, key: {env: K}, base_url: 'http://we.example'}", "wecom[0].base_url", "in the clear"),
        (WECOM, "{name: duty, key: {env: K}, base_url: 'https://a:b@we.example'}", "wecom[0].base_url", "credentials"),
        (
            WECOM,
            "{name: duty, key: {env: K}, base_url: 'https://we.example/?key=1'}",
            "wecom[0].base_url",
            "of its own",
        ),
        (WECOM, "{name: duty, key: {env: K}, base_url: we.example}", "wecom[0].base_url", "no HTTP address"),
        (WECOM, "{name: duty, key: {env: K}, tls_ca: ''}", "wecom[0].tls_ca", "this is no file"),
        ("channels: [duty]", "channels: [night]", "rules[0].channels[0]", "there is no channel 'night'"),
        ("channels: [duty]", "channels: []", "rules[0].channels", "this rule tells nobody"),
        ("stages: [raised]", "stages: []", "rules[0].stages", "this rule tells of nothing"),
        ("stages: [raised]", "stages: [begun]", "rules[0].stages[0]", "'begun' is not known"),
        ("[camera-fault]", "[fault]", "rules[0].kinds[0]", "'fault' is not known"),
        ("halls: [gongan]", "halls: [renshe]", "rules[0].halls[0]", "there is no hall 'renshe'"),
        ("stages: [raised]", "roles: [operator]", "rules[0].roles[0]", "no alert is passed to a operator"),
        ("stages: [raised]", "stages: [raised], roles: [supervisor]", "rules[0].roles", "this rule tells of none"),
        ("22:00-07:30", "22:00-24:30", "rules[0].quiet", "are no quiet hours"),
        ("22:00-07:30", "22:00-22:00", "rules[0].quiet", "are no quiet hours"),
        ("    rules:", "    group_s: 301\n    rules:", "group_s", "out of range"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, where: str, what: str) -> None:
    given = text().replace(old, new)
    (found,) = faults(given)
    assert found.where == f"center.notify.{where}"
    assert what in found.what
    assert found.line >= line_of(given, "  notify:")
    assert "693axxx6" not in str(found)
    assert "a:b" not in str(found)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("sender: vigil <vigil@hall.example>", "sender: vigil", "sender", "no mail address"),
        ("[duty@hall.example]", "[]", "to", "nobody would get the mail"),
        ("[duty@hall.example]", "['duty@hall.example, x@y.example']", "to[0]", "no mail address"),
        ("[duty@hall.example]", '["duty@hall.example\\nBcc: x@y.example"]', "to[0]", "no mail address"),
        ("host: smtp.example", "host: 'smtp://x'", "host", "this is no host"),
        ("host: smtp.example", "host: smtp.example, port: 0", "port", "is no port"),
        ("host: smtp.example", "host: smtp.example, security: none", "security", "in the clear"),
        ("host: smtp.example", "host: smtp.example, username: vigil", "", "go together"),
    ],
)
def test_a_mail_channel_that_is_wrong(old: str, new: str, where: str, what: str) -> None:
    (found,) = faults(text(more=f"    email:\n      - {MAIL.replace(old, new)}\n"))
    assert found.where == f"center.notify.email[0]{'.' if where else ''}{where}"
    assert what in found.what


def test_a_webhook_may_be_plain_on_this_machine_alone() -> None:
    local = HOOK.replace("https://receiver.example/vigil", "http://127.0.0.1:9/vigil")
    assert faults(text(more=f"    webhook: [{local}]\n")) == []
    (found,) = faults(text(more=f"    webhook: [{HOOK.replace('https', 'http')}]\n"))
    assert found.where == "center.notify.webhook[0].url"
    assert "t0ken" not in str(found)


def test_names_are_unique_over_all_kinds() -> None:
    (found,) = faults(text(more=f"    email: [{MAIL.replace('name: mail', 'name: duty')}]\n"))
    assert (found.where, found.what) == ("center.notify.email[0].name", "a channel 'duty' stands already above")


def test_notify_without_channels_or_rules_is_an_error() -> None:
    found = faults(GOOD.replace("nodes:", "  notify: {rules: []}\nnodes:"))
    assert [one.where for one in found] == ["center.notify", "center.notify.rules"]


@pytest.mark.parametrize("url", ["vigil.example", "https://a:b@vigil.example", "https://vigil.example/?x=1", "ftp://x"])
def test_a_public_url_that_is_none(url: str) -> None:
    (found,) = faults(GOOD.replace("nodes:", f"  public_url: {url}\nnodes:"))
    assert found.where == "center.public_url"
