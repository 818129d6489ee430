"""`center.identity`: no second factor without a key, and nobody comes in by a provider unasked."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, read

OIDC = (
    "{issuer: https://id.test, client_id: vigil, client_secret: {env: S}, "
    "redirect_uri: https://vigil.test/api/v1/session/oidc/callback, roles: {guards: [operator, hall@gongan]}}"
)
RIGHT = OIDC.replace("operator, ", "")


def text(section: str) -> str:
    return GOOD.replace("nodes:", f"  identity: {section}\nnodes:")


def test_without_a_section_there_is_nothing() -> None:
    settings = read(GOOD).center
    assert settings is not None
    assert (settings.identity.key, settings.identity.second_factor, settings.identity.oidc) == (None, (), None)


def test_a_good_section() -> None:
    section = f"{{key: {{env: K}}, old_keys: [{{file: old}}], second_factor: [admin, auditor], oidc: {RIGHT}}}"
    center = read(text(section)).center
    assert center is not None
    assert center.identity.second_factor == ("admin", "auditor")
    assert center.identity.oidc is not None
    assert center.identity.oidc.roles == {"guards": ("hall@gongan",)}


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("{second_factor: [admin]}", "sealed with a key, and there is none"),
        ("{old_keys: [{env: K}]}", "no key that follows"),
        ("{key: hunter2hunter2}", "a secret does not stand in this file"),
        ("{key: {env: K}, second_factor: [king]}", "king"),
        (f"{{oidc: {OIDC}}}", "no other role"),
        ("{{oidc: {}}}".format(RIGHT.replace("hall@gongan", "hall@nowhere")), "no hall 'nowhere'"),
        ("{{oidc: {}}}".format(RIGHT.replace("https://id.test", "http://id.test")), "not an https:// address"),
        ("{{oidc: {}}}".format(RIGHT.replace("/oidc/callback", "/elsewhere")), "not where the centre awaits"),
        ("{{oidc: {}}}".format(RIGHT.replace("{guards: [hall@gongan]}", "{}")), "nobody could log in"),
        ("{{oidc: {}}}".format(RIGHT.replace("client_id", "scopes: [profile], client_id")), "without openid"),
    ],
)
def test_what_is_wrong_is_said(section: str, what: str) -> None:
    assert any(what in str(fault) for fault in faults(text(section)))
