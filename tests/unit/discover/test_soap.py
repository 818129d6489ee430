from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.unit.discover.answers import DEVICE, LOGIN, Handler, envelope, fault, session
from vigil.clock import FakeClock
from vigil.discover import document
from vigil.discover.document import MOST_BYTES
from vigil.discover.place import Device
from vigil.discover.soap import MEDIA
from vigil.errors import DiscoveryError, LoginRefused, RequestDeclined

RIGHT = envelope("<tds:GetScopesResponse><tt:x>1</tt:x></tds:GetScopesResponse>")


async def ask(handler: Handler, **keywords: object) -> str | None:
    async with session(handler, **keywords) as opened:  # type: ignore[arg-type]
        return (await opened.call(opened.device, "GetScopes")).value("x")


async def test_an_answer() -> None:
    asked: list[httpx.Request] = []

    def camera(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text=RIGHT)

    assert await ask(camera) == "1"
    assert str(asked[0].url) == "http://192.0.2.7/onvif/device_service"
    assert asked[0].headers["Content-Type"].endswith('action="http://www.onvif.org/ver10/device/wsdl/GetScopes"')
    assert "Authorization" not in asked[0].headers


async def test_the_login_has_the_cameras_time() -> None:
    created: list[str | None] = []

    def camera(request: httpx.Request) -> httpx.Response:
        header = document.parse(request.content).first("Header")
        assert header is not None
        created.append(header.value("Security", "UsernameToken", "Created"))
        return httpx.Response(200, text=RIGHT)

    async with session(camera, clock=FakeClock()) as opened:  # 2026-03-02T01:00:00Z
        opened.offset = timedelta(hours=-2)
        await opened.call(opened.device, "GetScopes")
        await opened.call(opened.device, "GetScopes", authless=True)
    assert created == ["2026-03-01T23:00:00Z", None]


async def test_the_digest_of_http_is_answered_once() -> None:
    asked: list[str | None] = []

    def camera(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Authorization"))
        return httpx.Response(401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="n", qop="auth"'})

    with pytest.raises(LoginRefused):
        await ask(camera)
    assert asked[0] is None
    assert (asked[1] or "").startswith('Digest username="viewer"')
    assert len(asked) == 2, "a second try would lock the account"


@pytest.mark.parametrize(
    "challenge",
    ['Basic realm="x"', "Digest", "Digest x, y", 'Digest realm="x", nonce="n", algorithm=MD6', 'Digest nonce="n', ""],
)
async def test_no_other_login_is_given(challenge: str) -> None:
    """Basic would send the password itself."""
    asked: list[httpx.Request] = []

    def camera(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, headers={"WWW-Authenticate": challenge})

    with pytest.raises(DiscoveryError):
        await ask(camera)
    assert len(asked) == 1


@pytest.mark.parametrize("code", ["NotAuthorized", "FailedAuthentication", "InvalidSecurityToken"])
async def test_faults_that_mean_the_login(code: str) -> None:
    with pytest.raises(LoginRefused, match="viewer"):
        await ask(lambda _: httpx.Response(400, text=fault(code)))
    with pytest.raises(LoginRefused, match="--username"):
        await ask(lambda _: httpx.Response(400, text=fault(code)), login=None)


async def test_a_fault_is_told() -> None:
    with pytest.raises(RequestDeclined, match=r"192\.0\.2\.7:80: it declines GetScopes \(not here\)"):
        await ask(lambda _: httpx.Response(500, text=fault("ActionNotSupported", "not\nhere")))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    asked: list[httpx.URL] = []

    def camera(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(status, headers={"Location": "http://192.0.2.66/onvif/device_service"})

    with pytest.raises(DiscoveryError, match="redirection"):
        await ask(camera)
    assert [url.host for url in asked] == ["192.0.2.7"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html></html>"),
        httpx.Response(404, text="not here"),
        httpx.Response(200, text=envelope("<tds:OtherResponse/>")),
        httpx.Response(200, content=b" " * (MOST_BYTES + 1)),
        httpx.Response(200, text=f"<!DOCTYPE x>{RIGHT}"),
        httpx.Response(204),
    ],
)
async def test_what_is_not_onvif(response: httpx.Response) -> None:
    with pytest.raises(DiscoveryError, match="does not speak ONVIF"):
        await ask(lambda _: response)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (httpx.ConnectError("x"), "nothing answers here"),
        (httpx.ReadTimeout("x"), "no whole answer within 1 s"),
        (httpx.RemoteProtocolError("x"), "does not speak ONVIF"),
    ],
)
async def test_what_does_not_answer(error: httpx.HTTPError, what: str) -> None:
    def camera(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(DiscoveryError, match=what) as caught:
        await ask(camera)
    assert LOGIN.password not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("http://192.0.2.7/onvif/media", "http://192.0.2.7:80/onvif/media"),
        ("http://192.0.2.7:8080/onvif/media?x=1", "http://192.0.2.7:8080/onvif/media?x=1"),
        ("https://192.0.2.7/onvif/media", "https://192.0.2.7:443/onvif/media"),
        ("http://192.0.2.66:8080/onvif/media", "http://192.0.2.7:88/onvif/media"),
        ("http://192.0.2.7@192.0.2.66/media", "http://192.0.2.7:88/media"),
        ("http://192.0.2.66", "http://192.0.2.7:88/"),
    ],
)
async def test_services_are_at_the_host_that_was_reached(told: str, url: str) -> None:
    async with session(lambda _: httpx.Response(200), device=Device("192.0.2.7", 88)) as opened:
        assert opened.service(MEDIA, told).url == url


@pytest.mark.parametrize("told", ["", "/onvif/media", "ftp://192.0.2.7/x", "http://192.0.2.7:x/", "http://[half"])
async def test_a_service_without_an_address(told: str) -> None:
    async with session(lambda _: httpx.Response(200)) as opened:
        with pytest.raises(DiscoveryError, match="not an HTTP address"):
            opened.service(MEDIA, told)


def test_the_device_of_these_tests() -> None:
    assert DEVICE.address == "192.0.2.7:80"
