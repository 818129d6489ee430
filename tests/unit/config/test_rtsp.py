"""`center.rtsp`: nobody reads what was not said, nothing crosses a network in the clear unasked."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, line_of, read

USER = "{name: platform, password: {env: P}, unit: 中心, reason: 接入, halls: [gongan]}"


def text(user: str = USER, more: str = "", center: str = "") -> str:
    section = f"{center}  rtsp:\n    users:\n      - {user}\n{more}"
    return GOOD.replace("nodes:", f"{section}nodes:")


def test_a_good_section() -> None:
    configuration = read(text())
    assert configuration.center is not None
    settings = configuration.center.rtsp
    assert settings is not None
    assert (settings.listen, settings.tls_listen, settings.clear_text) == ("127.0.0.1:8554", None, False)
    assert (settings.users[0].name, settings.users[0].halls, settings.users[0].cameras) == ("platform", ("gongan",), ())


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("name: platform", "name: 平台", "name", "cannot be a user's name"),
        ("name: platform", "name: 'a\"b'", "name", "cannot be a user's name"),
        ("{env: P}", "{}", "password", "a secret is kept in one place"),
        ("{env: P}", "hunter22hunter", "password", "a secret does not stand in this file"),
        ("unit: 中心, ", "", "unit", "the key 'unit' is missing"),
        ("reason: 接入, ", "", "reason", "the key 'reason' is missing"),
        ("reason: 接入", "reason: ' '", "reason", "the register needs a reason"),
        (", halls: [gongan]", "", "", "platform may read nothing"),
        ("[gongan]", "[elsewhere]", "halls[0]", "there is no hall 'elsewhere'"),
        ("halls: [gongan]", "cameras: [counter, lobby]", "cameras[1]", "there is no camera 'lobby'"),
        ("halls: [gongan]", "windows: [one]", "windows", "unknown key 'windows'"),
    ],
)
def test_a_user_that_is_wrong(old: str, new: str, where: str, what: str) -> None:
    given = text(USER.replace(old, new))
    (found,) = faults(given)
    assert found.where == f"center.rtsp.users[0]{'.' if where else ''}{where}"
    assert what in found.what
    assert found.line == line_of(given, "    users:") + 1
    assert "hunter22hunter" not in str(found)


@pytest.mark.parametrize(
    ("more", "where", "what"),
    [
        ("    listen: 0.0.0.0:8554\n", "listen", "in the clear"),
        ("    listen: 8554x\n", "listen", "is not host:port"),
        ("    tls_listen: 0.0.0.0:8322\n", "tls_listen", "TLS needs a certificate"),
        ("    tls_certificate: a.pem\n", "", "a certificate and its key go together"),
        (f"      - {USER}\n", "users[1].name", "a user 'platform' stands already above"),
    ],
)
def test_a_section_that_is_wrong(more: str, where: str, what: str) -> None:
    found = [one for one in faults(text(more=more)) if what in one.what]
    assert [one.where for one in found] == [f"center.rtsp{'.' if where else ''}{where}"]


def test_without_users_nobody_could_pull() -> None:
    given = GOOD.replace("nodes:", "  rtsp: {users: []}\nnodes:")
    assert [one.what for one in faults(given)] == ["without users nobody could pull"]


@pytest.mark.parametrize(
    ("more", "center"),
    [
        ("    listen: 0.0.0.0:8554\n    clear_text: true\n", ""),
        ("    listen: '[::1]:8554'\n", ""),
        ("    tls_listen: 0.0.0.0:8322\n", "  tls_certificate: a.pem\n  tls_key: a.key\n"),
        ("    tls_listen: 0.0.0.0:8322\n    tls_certificate: a.pem\n    tls_key: a.key\n", ""),
    ],
)
def test_what_was_asked_for_is_allowed(more: str, center: str) -> None:
    assert faults(text(more=more, center=center)) == []
