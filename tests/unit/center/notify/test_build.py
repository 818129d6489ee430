from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.files import GOOD
from tests.unit.notify.samples import alert, at
from vigil.center.notify.build import build_channels, build_rules
from vigil.config import Configuration, NotifySettings, load_text
from vigil.errors import ConfigError, SecretError
from vigil.model.alerts import AlertKind
from vigil.model.ids import HallId
from vigil.notify.dingtalk import DingTalk
from vigil.notify.feishu import Feishu
from vigil.notify.mail import Mail, Security
from vigil.notify.webhook import Webhook
from vigil.notify.wecom import WeCom

NOTIFY = """\
  notify:
    wecom: [{name: a, key: {file: secret}}]
    dingtalk: [{name: b, access_token: {file: secret}, secret: {file: secret}, base_url: "https://ding.example/gate/"}]
    feishu: [{name: c, hook: {file: secret}}]
    email: [{name: d, host: smtp.example, sender: v@x.example, to: [y@x.example], security: tls, port: 465}]
    webhook: [{name: e, url: "https://receiver.example/hook?token=t0ken", secret: {file: secret}}]
    rules:
      - {channels: [a], kinds: [camera-fault], halls: [gongan], stages: [raised], quiet: "22:00-07:30"}
"""


def read(folder: Path, text: str = NOTIFY) -> tuple[NotifySettings, Configuration]:
    configuration = load_text(GOOD.replace("nodes:", f"{text}nodes:"), folder / "vigil.yaml")
    assert configuration.center is not None
    assert configuration.center.notify is not None
    return configuration.center.notify, configuration


def test_each_channel_is_where_its_maker_has_it_or_where_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("S3CRET/x\n")
    wecom, dingtalk, feishu, mail, webhook = build_channels(*read(tmp_path))
    assert isinstance(wecom, WeCom)
    assert isinstance(dingtalk, DingTalk)
    assert isinstance(feishu, Feishu)
    assert isinstance(mail, Mail)
    assert isinstance(webhook, Webhook)
    assert wecom.poster.url == "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    assert dingtalk.poster.url == "https://ding.example/gate/robot/send"
    assert feishu.poster.url == "https://open.feishu.cn/open-apis/bot/v2/hook/S3CRET%2Fx"
    assert (mail.office.host, mail.office.port, mail.office.security) == ("smtp.example", 465, Security.TLS)
    assert mail.office.tls is not None
    assert [one.label.where for one in (wecom, dingtalk, feishu, mail, webhook)] == [
        "qyapi.weixin.qq.com",
        "ding.example",
        "open.feishu.cn",
        "smtp.example",
        "receiver.example",
    ]
    assert webhook.poster.hidden == ("t0ken",)
    shown = repr((wecom, dingtalk, feishu, mail, webhook))
    assert "S3CRET" not in shown
    assert "t0ken" not in shown


def test_a_rule_is_as_it_was_written(tmp_path: Path) -> None:
    settings, configuration = read(tmp_path)
    assert configuration.site is not None
    rules = build_rules(settings, configuration.site)
    fault = alert(kind=AlertKind.CAMERA_FAULT, hall=HallId("gongan"))
    assert [(one.channel, one.stage, one.due_at) for one in rules.wanted(fault, at(0))] == [("a", "raised", at(10))]
    (night,) = rules.wanted(fault, at(14 * 3600))  # 23:00 in Shanghai
    assert night.due_at == at(22.5 * 3600)
    assert rules.wanted(alert(), at(0)) == ()


def test_what_cannot_be_read_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="secret"):
        build_channels(*read(tmp_path))
    (tmp_path / "secret").write_text("whsec_no base64!")
    with pytest.raises(ConfigError, match="the secret of e is no base64 behind whsec_"):
        build_channels(*read(tmp_path))
    (tmp_path / "secret").write_text("good")
    text = NOTIFY.replace("key: {file: secret}", "key: {file: secret}, tls_ca: none.pem")
    with pytest.raises(ConfigError, match=r"the authority .*none\.pem cannot be read"):
        build_channels(*read(tmp_path, text))
