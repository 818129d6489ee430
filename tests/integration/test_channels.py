"""Each channel against the other side on the loopback, which judges as the real one does: errors in a 200 included."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests import robots
from tests.integration import certificates
from tests.post_office import PASSWORD, USERNAME, Office, post_office
from tests.robots import HOOK, KEY, SECRET, TOKEN, WEBHOOK_SECRET, RobotServer, drip, flood, half, hang, says
from tests.unit.notify.samples import due, many, message
from vigil.model.ids import ChannelName
from vigil.model.notices import Answer, ChannelKind, Language, Verdict
from vigil.notify import dingtalk, feishu, mail, webhook, wecom
from vigil.notify.channel import Channel, Label
from vigil.notify.dingtalk import DingTalk
from vigil.notify.feishu import Feishu
from vigil.notify.mail import Mail, PostOffice, Security
from vigil.notify.post import Poster
from vigil.notify.webhook import Webhook, key_of
from vigil.notify.wecom import WeCom

PATIENT_S, HASTY_S = 30.0, 2.0
"""Deadlines: of those who are answered, and of those who wait in vain."""


def label(kind: ChannelKind) -> Label:
    return Label(ChannelName("duty"), kind, Language.ZH, "127.0.0.1", ())


def poster(url: str, *hidden: str, tls: ssl.SSLContext | None = None) -> Poster:
    return Poster(url, tls or ssl.create_default_context(), hidden, deadline_s=PATIENT_S)


def make_wecom(url: str, key: str = KEY) -> WeCom:
    return WeCom(label(ChannelKind.WECOM), poster(url + wecom.PATH, key), key)


def make_dingtalk(url: str, token: str = TOKEN, secret: str | None = SECRET) -> DingTalk:
    return DingTalk(label(ChannelKind.DINGTALK), poster(url + dingtalk.PATH, token), token, secret)


def make_feishu(url: str, hook: str = HOOK, secret: str | None = SECRET) -> Feishu:
    return Feishu(label(ChannelKind.FEISHU), poster(url + feishu.PATH + hook, hook), secret)


def make_webhook(url: str, secret: str = WEBHOOK_SECRET) -> Webhook:
    return Webhook(label(ChannelKind.WEBHOOK), poster(url + "/hook?token=t0ken", "t0ken"), key_of(secret))


@dataclass(frozen=True)
class Kind:
    judge: robots.Judge
    make: Callable[[str], Channel]


KINDS = {
    "wecom": Kind(robots.wecom, make_wecom),
    "dingtalk": Kind(robots.dingtalk, make_dingtalk),
    "feishu": Kind(robots.feishu, make_feishu),
    "webhook": Kind(robots.webhook, make_webhook),
}


def hasty(channel: Channel) -> Channel:
    assert isinstance(channel, WeCom | DingTalk | Feishu | Webhook)
    return replace(channel, poster=replace(channel.poster, deadline_s=HASTY_S))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def server(kind: Kind) -> Iterator[RobotServer]:
    with RobotServer(kind.judge) as server:
        yield server


def now() -> datetime:
    return datetime.now(UTC)


async def verdict(channel: Channel) -> tuple[Verdict, float | None]:
    answer = await channel.send(message(), now())
    return answer.verdict, answer.rest_s


async def test_a_message_is_taken(kind: Kind, server: RobotServer) -> None:
    answer = await kind.make(server.url).send(message(), now())
    assert answer.verdict is Verdict.DELIVERED, answer
    assert len(server.taken) == 1


async def test_the_longest_message_is_taken(kind: Kind, server: RobotServer) -> None:
    answer = await kind.make(server.url).send(many(300), now())
    assert answer.verdict is Verdict.DELIVERED, answer


@pytest.mark.parametrize("fault", [hang, half, drip])
async def test_what_may_have_been_taken_is_uncertain(kind: Kind, server: RobotServer, fault: robots.Fault) -> None:
    server.faults.append(fault)
    assert await verdict(hasty(kind.make(server.url))) == (Verdict.UNCERTAIN, None)
    assert len(server.taken) == 1


async def test_what_never_left_has_failed(kind: Kind, server: RobotServer) -> None:
    with RobotServer(kind.judge) as gone:
        url = gone.url
    assert await verdict(kind.make(url)) == (Verdict.FAILED, None)
    assert await verdict(kind.make("http://name.invalid")) == (Verdict.FAILED, None)


async def test_a_name_that_is_not_resolved_in_time_has_failed(
    kind: Kind, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*args: Any, **more: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    answer = await hasty(kind.make("http://robot.example")).send(message(), now())
    assert answer == Answer(Verdict.FAILED, f"no answer within {HASTY_S:g} s")


async def test_a_redirect_is_not_followed(kind: Kind, server: RobotServer) -> None:
    with RobotServer(kind.judge) as other:
        server.faults.append(says(302, {}, Location=f"{other.url}/elsewhere"))
        assert await verdict(kind.make(server.url)) == (Verdict.REFUSED, None)
        assert other.requests == []


async def test_a_proxy_of_the_environment_is_not_asked(
    kind: Kind, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert (await verdict(kind.make(server.url)))[0] is Verdict.DELIVERED


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (says(429, {}), (Verdict.THROTTLED, None)),
        (says(429, {}, Retry_After="7"), (Verdict.THROTTLED, 7)),
        (
            says(429, {}, Retry_After="Mon, 02 Mar 2026 01:00:30 GMT", Date="Mon, 02 Mar 2026 01:00:00 GMT"),
            (Verdict.THROTTLED, 30),
        ),
        (says(503, {}, Retry_After="9"), (Verdict.THROTTLED, 9)),
        (says(502, b"<html>bad gateway"), (Verdict.UNCERTAIN, None)),
        (says(404, b"not found"), (Verdict.REFUSED, None)),
        (says(413, b"too large"), (Verdict.REJECTED, None)),
    ],
)
async def test_statuses(
    kind: Kind, server: RobotServer, fault: robots.Fault, expected: tuple[Verdict, float | None]
) -> None:
    server.faults.append(fault)
    assert await verdict(kind.make(server.url)) == expected


@pytest.mark.parametrize("name", ["wecom", "dingtalk", "feishu"])
@pytest.mark.parametrize(
    "body", [b"<html>log in to the hotel's network", b"", b"[]", b'"ok"', {"errcode": None, "code": "0"}, {"ok": True}]
)
async def test_a_200_that_is_not_the_robots_is_no_success(name: str, body: Any) -> None:
    with RobotServer(KINDS[name].judge) as server:
        server.faults.append(says(200, body))
        assert await verdict(KINDS[name].make(server.url)) == (Verdict.UNCERTAIN, None)


async def test_of_an_endless_answer_no_more_is_read_than_is_needed(kind: Kind, server: RobotServer) -> None:
    server.faults.append(flood)
    answer = await kind.make(server.url).send(message(), now())
    assert len(answer.text) <= 320


@pytest.mark.parametrize(
    ("name", "channel", "verdict", "text"),
    [
        ("wecom", lambda url: make_wecom(url, "wrong"), Verdict.REFUSED, "93000 invalid webhook url"),
        ("dingtalk", lambda url: make_dingtalk(url, "wrong"), Verdict.REFUSED, "300005 token is not exist"),
        (
            "dingtalk",
            lambda url: make_dingtalk(url, secret="wrong"),
            Verdict.REFUSED,
            "310000 description:机器人发送签名不匹配",
        ),
        ("dingtalk", lambda url: make_dingtalk(url, secret=None), Verdict.REFUSED, "310000"),
        ("feishu", lambda url: make_feishu(url, "wrong"), Verdict.REFUSED, "19001 param invalid"),
        ("feishu", lambda url: make_feishu(url, secret="wrong"), Verdict.REFUSED, "19021 sign match fail"),
        ("webhook", lambda url: make_webhook(url, "whsec_AAAA"), Verdict.REFUSED, "HTTP 401"),
    ],
)
async def test_a_wrong_key_or_signature_is_refused(
    name: str, channel: Callable[[str], Channel], verdict: Verdict, text: str
) -> None:
    with RobotServer(KINDS[name].judge) as server:
        answer = await channel(server.url).send(message(), now())
    assert answer.verdict is verdict
    assert answer.text.startswith(text)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, (Verdict.THROTTLED, 60)),
        ("wecom", {"errcode": -1, "errmsg": "system busy"}, (Verdict.FAILED, None)),
        ("wecom", {"errcode": 40058, "errmsg": "invalid Request Parameter"}, (Verdict.REJECTED, None)),
        ("wecom", {"errcode": 99999, "errmsg": "new"}, (Verdict.FAILED, None)),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, (Verdict.THROTTLED, 600)),
        ("dingtalk", {"errcode": 410100, "errmsg": "发送速度太快而限流"}, (Verdict.THROTTLED, 600)),
        ("dingtalk", {"errcode": 430104, "errmsg": "含有不合适的内容"}, (Verdict.REJECTED, None)),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, (Verdict.THROTTLED, 60)),
        ("feishu", {"StatusCode": 0, "StatusMessage": "success"}, (Verdict.DELIVERED, None)),
        ("feishu", {"StatusCode": 19024, "StatusMessage": "Key Words Not Found"}, (Verdict.REFUSED, None)),
    ],
)
async def test_a_200_with_an_error_is_no_success(
    name: str, body: dict[str, Any], expected: tuple[Verdict, float | None]
) -> None:
    with RobotServer(KINDS[name].judge) as server:
        server.faults.append(says(200, body))
        assert await verdict(KINDS[name].make(server.url)) == expected


@pytest.mark.parametrize(("name", "times"), [("wecom", 20), ("dingtalk", 20), ("feishu", 5)])
async def test_beyond_its_limit_the_other_side_throttles(name: str, times: int) -> None:
    with RobotServer(KINDS[name].judge) as server:
        channel = KINDS[name].make(server.url)
        found = [(await verdict(channel))[0] for _ in range(times + 1)]
    assert found == [*[Verdict.DELIVERED] * times, Verdict.THROTTLED]


@pytest.mark.parametrize(
    ("name", "stale"),
    [("dingtalk", timedelta(hours=2)), ("feishu", timedelta(hours=2)), ("webhook", timedelta(hours=1))],
)
async def test_a_clock_that_is_off_is_told_by_the_other_side(name: str, stale: timedelta) -> None:
    with RobotServer(KINDS[name].judge) as server:
        answer = await KINDS[name].make(server.url).send(message(), now() - stale)
    assert answer.verdict is Verdict.REFUSED


async def test_no_answer_shows_a_key(kind: Kind, server: RobotServer) -> None:
    secret = {"/cgi-bin/webhook/send": KEY, "/robot/send": TOKEN, "/hook": "t0ken"}
    await kind.make(server.url).send(message(), now())
    hidden = secret.get(server.requests[0].path, HOOK)
    server.faults.append(says(404, f"nothing at key={hidden}".encode()))
    answer = await kind.make(server.url).send(message(), now())
    assert hidden not in answer.text
    assert hidden not in repr(kind.make(server.url))
    assert "***" in answer.text


async def test_a_repeated_webhook_has_the_same_id_and_body_and_a_new_time() -> None:
    with RobotServer(robots.webhook) as server:
        channel = make_webhook(server.url)
        await channel.send(message(), now() - timedelta(seconds=60))
        await channel.send(message(), now())
    first, second = server.taken
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg-1"
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    told = first.json
    assert (told["type"], told["timestamp"]) == ("alerts.changed", "2026-03-02T01:00:00Z")
    assert told["data"]["items"][0]["kind"] == "window-unstaffed"


# Certificates


async def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path, kind: Kind) -> None:
    trusted, other = certificates.authority(tmp_path, "trusted"), certificates.authority(tmp_path, "other")
    with RobotServer(kind.judge, certificate=certificates.server(tmp_path, trusted)) as server:
        for name, expected in (("other", Verdict.FAILED), ("trusted", Verdict.DELIVERED)):
            authority = {"other": other, "trusted": trusted}[name]
            tls = ssl.create_default_context(cafile=str(authority.certificate))
            channel = kind.make(server.url)
            assert isinstance(channel, WeCom | DingTalk | Feishu | Webhook)
            trusting = replace(channel, poster=replace(channel.poster, tls=tls))
            answer = await trusting.send(message(), now())
            assert answer.verdict is expected, answer
    assert len(server.requests) == 1


# E-mail


def make_mail(office: Office, tls: ssl.SSLContext | None = None, **changes: Any) -> Mail:
    security = Security.NONE if tls is None else Security.STARTTLS
    username, password = (None, None) if tls is None else (USERNAME, PASSWORD)
    post = PostOffice("127.0.0.1", office.port, security, username, password, tls)
    to = ("duty@hall.example", "chief@hall.example")
    made = Mail(label(ChannelKind.EMAIL), post, "vigil <vigil@hall.example>", to, deadline_s=PATIENT_S)
    return replace(made, **changes)


def body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it speaks TLS from the first byte
@pytest.mark.parametrize("implicit", [False, True])
async def test_a_mail_is_taken_over_tls(tmp_path: Path, implicit: bool) -> None:
    authority = certificates.authority(tmp_path, "trusted")
    certificate = certificates.server(tmp_path, authority)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    with post_office(certificate, implicit_tls=implicit) as office:
        channel = make_mail(office, trusting)
        security = Security.TLS if implicit else Security.STARTTLS
        channel = replace(channel, office=replace(channel.office, security=security))
        answer = await channel.send(message(due(), due(name="<b>")), now())
        assert answer == Answer(Verdict.DELIVERED, "250 OK queued as 4XyZ")
        wrong = replace(channel, office=replace(channel.office, password="wrong"))
        refused = await wrong.send(message(), now())
        assert refused.verdict is Verdict.REFUSED
        assert refused.text.startswith("535")
        stranger = ssl.create_default_context()
        distrustful = replace(channel, office=replace(channel.office, tls=stranger))
        failed = await distrustful.send(message(), now())
        assert failed.verdict is Verdict.FAILED
    assert office.envelopes == [("vigil@hall.example", ["duty@hall.example", "chief@hall.example"])]
    (letter,) = office.mails
    assert letter["Subject"] == "【分厅告警】公安分厅：2 条"
    assert letter["Message-ID"] == "<msg-1@hall.example>"
    assert letter["To"] == "duty@hall.example, chief@hall.example"
    assert "窗口疑似离岗｜公安分厅 1号窗口" in body(letter, "plain")
    assert '<a href="https://vigil.example/alerts/&lt;b&gt;">' in body(letter, "html")


async def test_a_post_office_without_starttls_is_not_trusted_with_a_password(tmp_path: Path) -> None:
    with post_office() as office:
        answer = await make_mail(office, ssl.create_default_context()).send(message(), now())
    assert answer.verdict is Verdict.FAILED
    assert office.mails == []


async def test_recipients_who_are_refused() -> None:
    with post_office() as office:
        office.says_to = {"chief@hall.example": "550 no such user"}
        some = await make_mail(office).send(message(), now())
        office.says_to["duty@hall.example"] = "550 no such user"
        none = await make_mail(office).send(message(), now())
        office.says_to["duty@hall.example"] = "451 greylisted, come again"
        later = await make_mail(office).send(message(), now())
    assert some == Answer(Verdict.DELIVERED, "250 OK queued as 4XyZ; chief@hall.example 550 no such user")
    assert none.verdict is Verdict.REFUSED
    assert later.verdict is Verdict.FAILED
    assert len(office.mails) == 1


@pytest.mark.parametrize(
    ("says", "expected"),
    [("552 message too large", Verdict.REJECTED), ("451 try again later", Verdict.FAILED)],
)
async def test_a_mail_that_is_not_taken(says: str, expected: Verdict) -> None:
    with post_office() as office:
        office.says_to_data = says
        answer = await make_mail(office).send(message(), now())
    assert answer == Answer(expected, says)


async def test_a_mail_that_may_have_been_taken_is_uncertain() -> None:
    with post_office() as office:
        office.hangs_up_after_data = True
        assert (await make_mail(office).send(message(), now())).verdict is Verdict.UNCERTAIN
        office.hangs_up_after_data, office.hangs_after_data = False, True
        assert (await make_mail(office, deadline_s=HASTY_S).send(message(), now())).verdict is Verdict.UNCERTAIN
    assert len(office.mails) == 2


async def test_a_post_office_that_is_away_has_failed() -> None:
    with post_office() as office:
        pass
    assert (await make_mail(office).send(message(), now())).verdict is Verdict.FAILED


def test_a_mail_is_short_enough_whatever_it_tells() -> None:
    letter = mail.letter(many(300), "vigil@hall.example", ("duty@hall.example",), now())
    assert len(body(letter, "plain").encode()) <= mail.MOST_BYTES + 1
    assert "还有" in body(letter, "html")


def test_a_webhooks_secret_is_base64_behind_its_prefix() -> None:
    assert webhook.key_of("whsec_AAEC") == b"\x00\x01\x02"
    assert webhook.key_of("plain") == b"plain"
    with pytest.raises(ValueError, match=r"base64|padding|Only"):
        webhook.key_of("whsec_!")
