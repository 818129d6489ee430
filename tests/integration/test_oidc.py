"""Logging in by an identity provider that is really there, as a browser does it; and what a false one or a forged answer gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, KEY, Provider, provider, sign
from tests.unit.gateway.world import ORIGIN, PASSWORD, World, make_world, populate
from vigil.clock import FakeClock
from vigil.gateway.oidc import MOST_PENDING, PENDING_S, OidcClient, Terms
from vigil.gateway.oidc_login import COOKIE
from vigil.model.ids import HallId
from vigil.model.people import Grant, Role
from vigil.store.database import Database

API = "/api/v1"
CALLBACK = f"{ORIGIN}{API}/session/oidc/callback"
LI = {"sub": "s-1", "preferred_username": "li", "name": "李明", "department": "人社局", "groups": ["guards", "others"]}
ROLES = {"guards": frozenset({Grant(Role.OPERATOR)}), "ga": frozenset({Grant(Role.HALL, HallId("ga"))})}


@dataclass
class Scene:
    world: World
    provider: Provider
    oidc: OidcClient
    clock: FakeClock

    def browser(self) -> TestClient:
        return TestClient(self.world.app, base_url=ORIGIN, headers={"Origin": ORIGIN}, follow_redirects=False)

    def answer_of(self, browser: TestClient) -> str:
        """Goes to the provider, and comes back with the address that the provider sends the browser to."""
        begun = browser.get(f"{API}/session/oidc")
        assert begun.status_code == 303
        sent = httpx.get(begun.headers["location"], follow_redirects=False)
        assert sent.status_code == 302, self.provider.refused
        return sent.headers["location"].removeprefix(ORIGIN)

    def log_in(self, browser: TestClient) -> str:
        """Where the browser ends."""
        return str(browser.get(self.answer_of(browser)).headers["location"])


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider(CALLBACK) as one:
        yield one


@pytest.fixture
def scene(running: Provider, tmp_path: Path) -> Iterator[Scene]:
    running.claims, running.forge = dict(LI), sign
    running.refused.clear()
    database = Database.in_file(tmp_path / "vigil.db")
    populate(database)
    clock = FakeClock()
    running.at = lambda: clock.now().timestamp()
    terms = Terms(
        issuer=running.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uri=CALLBACK,
        name="统一身份认证",
        scopes=("openid", "profile"),
        claim="groups",
        roles=ROLES,
        username_claim="preferred_username",
        name_claim="name",
        unit_claim="department",
    )
    oidc = OidcClient(terms, clock)
    yield Scene(make_world(tmp_path, database, oidc=oidc, clock=clock), running, oidc, clock)
    database.close()


def test_somebody_logs_in_with_the_roles_of_the_claim(scene: Scene) -> None:
    browser = scene.browser()
    assert scene.log_in(browser) == "/"
    me = browser.get(f"{API}/session").json()
    assert (me["username"], me["name"], me["unit"], me["roles"]) == ("li", "李明", "人社局", ["operator"])
    assert me["duties"] == []
    assert browser.get(f"{API}/status").status_code == 200
    (entry,) = scene.world.register()
    assert entry == ("li", "account", f"account li: added by {scene.provider.issuer}, roles operator")
    assert scene.browser().get(f"{API}/session/ways").json() == {"oidc": "统一身份认证"}


def test_the_login_is_bound_to_its_browser_by_a_cookie(scene: Scene) -> None:
    browser = scene.browser()
    cookie = browser.get(f"{API}/session/oidc").headers["set-cookie"].lower()
    assert all(
        part in cookie for part in (COOKIE.lower(), "httponly", "samesite=lax", "secure", "path=/", "max-age=600")
    )
    address = scene.answer_of(browser)
    assert scene.browser().get(address).headers["location"] == "/login?oidc=failed"  # another browser: login CSRF
    assert browser.get(address).headers["location"] == "/"


def test_an_answer_is_good_once(scene: Scene) -> None:
    browser = scene.browser()
    address = scene.answer_of(browser)
    kept = browser.cookies[COOKIE]
    assert browser.get(address).headers["location"] == "/"
    browser.cookies[COOKIE] = kept
    assert browser.get(address).headers["location"] == "/login?oidc=failed"


def test_an_answer_with_another_state_is_none(scene: Scene) -> None:
    browser = scene.browser()
    address = urlsplit(scene.answer_of(browser))
    values = {key: value[0] for key, value in parse_qs(address.query).items()} | {"state": "x" * 43}
    assert browser.get(f"{address.path}?{urlencode(values)}").headers["location"] == "/login?oidc=failed"
    assert browser.get(f"{API}/session").status_code == 401


def test_who_takes_too_long_begins_again(scene: Scene) -> None:
    browser = scene.browser()
    address = scene.answer_of(browser)
    scene.clock.advance(PENDING_S + 1)
    assert browser.get(address).headers["location"] == "/login?oidc=failed"


def _signed_by_another(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


def _with_our_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET), algorithms=["HS256"])


def _with_the_public_key(claims: dict[str, Any]) -> str:
    """The old trick: the provider's public key, taken as the secret of an HMAC."""
    public = OctKey.import_key(KEY.as_pem(private=False).replace(b"PUBLIC KEY", b"NO KEY"))
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, public, algorithms=["HS256"])


def _unsigned(claims: dict[str, Any]) -> str:
    _, body, _ = sign(claims).split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def _changed(claims: dict[str, Any]) -> str:
    head, _, signature = sign(claims).split(".")
    return f"{head}.{sign(claims | {'sub': 'somebody-else'}).split('.')[1]}.{signature}"


FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "another key": _signed_by_another,
    "our secret": _with_our_secret,
    "the public key": _with_the_public_key,
    "no signature": _unsigned,
    "a changed body": _changed,
    "another nonce": lambda claims: sign(claims | {"nonce": "x" * 43}),
    "no nonce": lambda claims: sign({key: value for key, value in claims.items() if key != "nonce"}),
    "another issuer": lambda claims: sign(claims | {"iss": "https://evil.test"}),
    "another audience": lambda claims: sign(claims | {"aud": "other"}),
    "made for another": lambda claims: sign(claims | {"aud": [CLIENT_ID, "other"], "azp": "other"}),
    "expired": lambda claims: sign(claims | {"exp": claims["iat"] - 61}),
    "of the future": lambda claims: sign(claims | {"iat": claims["iat"] + 3600}),
    "no subject": lambda claims: sign({key: value for key, value in claims.items() if key != "sub"}),
    "no token": lambda claims: "",
    "nonsense": lambda claims: "a.b.c",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_token_that_does_not_hold_opens_nothing(scene: Scene, forge: Callable[[dict[str, Any]], str]) -> None:
    scene.provider.forge = forge
    browser = scene.browser()
    assert scene.log_in(browser) == "/login?oidc=failed"
    assert browser.get(f"{API}/session").status_code == 401
    assert scene.world.stores.users.find("li") is None


@pytest.mark.parametrize(
    "change",
    [
        {"groups": ["others"]},
        {"groups": []},
        {"groups": None},
        {"groups": {"guards": True}},
        {"groups": ["guards", "ga"]},  # a hall's own people hold no other role
        {"department": ""},
        {"name": "x" * 101},
        {"preferred_username": "a/b"},
        {"preferred_username": ""},
    ],
)
def test_who_is_nobody_here_gets_nothing(scene: Scene, change: dict[str, Any]) -> None:
    scene.provider.claims = LI | change
    browser = scene.browser()
    assert scene.log_in(browser) == "/login?oidc=refused"
    assert browser.get(f"{API}/session").status_code == 401
    assert scene.world.stores.users.find("li") is None
    assert scene.world.register() == []


def test_a_local_account_is_never_taken_over(scene: Scene) -> None:
    scene.provider.claims = LI | {"preferred_username": "admin"}
    assert scene.log_in(scene.browser()) == "/login?oidc=refused"
    known = scene.world.stores.users.find("admin")
    assert known is not None
    assert known.user.roles == {Role.ADMIN}


def test_roles_come_anew_with_each_login_and_follow_the_person_not_the_name(scene: Scene) -> None:
    scene.log_in(scene.browser())
    scene.provider.claims = LI | {"preferred_username": "li-ming", "groups": "ga"}
    browser = scene.browser()
    scene.log_in(browser)
    me = browser.get(f"{API}/session").json()
    assert (me["username"], me["roles"], me["halls"]) == ("li", ["hall"], ["ga"])
    assert scene.world.register()[-1][2] == f"account li: roles operator → hall@ga, by {scene.provider.issuer}"
    scene.provider.claims = LI | {"groups": []}
    assert scene.log_in(scene.browser()) == "/login?oidc=refused"


def test_who_was_disabled_here_stays_out(scene: Scene) -> None:
    scene.log_in(scene.browser())
    scene.world.stores.users.set_disabled("li", True)
    assert scene.log_in(scene.browser()) == "/login?oidc=refused"


def test_there_is_no_password_to_be_guessed(scene: Scene) -> None:
    scene.log_in(scene.browser())
    for password in ("!", "nobody's password", PASSWORD):
        answer = scene.browser().post(f"{API}/session", json={"username": "li", "password": password})
        assert answer.status_code == 401
    reset = scene.world.client("admin").post(f"{API}/accounts/li/password")
    assert reset.status_code == 409
    assert scene.world.client("admin").patch(f"{API}/accounts/li", json={"roles": ["admin"]}).status_code == 409


def test_a_provider_that_is_away_or_another_says_so_and_lets_nobody_in(scene: Scene) -> None:
    issuer = scene.provider.issuer
    scene.provider.issuer = "https://evil.test"  # in its configuration, not where it is
    try:
        assert scene.browser().get(f"{API}/session/oidc").headers["location"] == "/login?oidc=failed"
    finally:
        scene.provider.issuer = issuer
    assert scene.log_in(scene.browser()) == "/"


async def test_logins_that_nobody_ends_are_bounded(scene: Scene) -> None:
    for _ in range(MOST_PENDING + 10):
        await scene.oidc.begin()
    assert len(scene.oidc._begun) == MOST_PENDING
