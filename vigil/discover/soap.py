"""One camera's SOAP 1.2 over HTTP: a request out, an answer or a DiscoveryError back.

Every request goes to the host that the camera was reached by, whatever addresses it tells: logins are sent along. Redirects
are not followed, proxies not asked, answers bounded in time and bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import urlsplit

import httpx

from vigil.clock import Clock
from vigil.discover import document
from vigil.discover.document import Element, NotXml, plain
from vigil.discover.login import Login, token
from vigil.discover.place import Device, bracketed
from vigil.errors import DiscoveryError, LoginRefused, RequestDeclined

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"

_REFUSALS: Final = {
    "NotAuthorized",
    "SenderNotAuthorized",
    "OperationProhibited",
    "FailedAuthentication",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "MessageExpired",
}
"""Subcodes of faults, by ONVIF and by WS-Security."""


@dataclass(frozen=True, slots=True)
class Service:
    """An address at the camera, and the namespace that its requests are in."""

    namespace: str
    url: str


class Session:
    """Talks with one camera, one request at a time. `offset` is its clock minus ours; set it before requests with a login."""

    def __init__(
        self,
        device: Device,
        login: Login | None,
        clock: Clock,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address = device.address
        self.device = Service(DEVICE, f"{device.scheme}://{device.address}{device.path}")
        self.offset = timedelta()
        self.host, self._scheme = device.host, device.scheme
        self._login, self._clock, self._timeout_s = login, clock, timeout_s
        self._http = httpx.AsyncClient(
            # Cameras sign their certificates themselves. What is sent is a digest, and nothing secret comes back.
            verify=False,  # noqa: S501
            trust_env=False,  # no proxy and no .netrc: what is meant for a camera goes to it alone
            follow_redirects=False,
            timeout=timeout_s,
            headers={"Accept-Encoding": "identity", "User-Agent": "vigil"},
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    def service(self, namespace: str, told: str) -> Service:
        """A service by the address that the camera told. Of one with another host only the path is taken: that is a
        camera behind an address translation, or one that wants our login sent elsewhere."""
        try:
            parts = urlsplit(told)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (ValueError, KeyError):
            raise DiscoveryError(
                self.address, f"the address of its service {namespace} is not an HTTP address. Is its firmware current?"
            ) from None
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        if parts.hostname != self.host:
            return Service(namespace, f"{self._scheme}://{self.address}{path}")
        return Service(namespace, f"{parts.scheme}://{bracketed(self.host)}:{port}{path}")

    async def call(self, service: Service, request: str, inner: str = "", *, authless: bool = False) -> Element:
        """The answer's element. `inner` stands within the request, where `r` is the service's namespace and `t` the schema's.

        Raises LoginRefused, RequestDeclined, DiscoveryError.
        """
        login = None if authless else self._login
        status, body = await self._answer(self._request(service, request, inner, login), login)
        if status == HTTPStatus.UNAUTHORIZED:
            raise self._refused()
        try:
            root = document.parse(body)
        except NotXml as error:
            raise self._not_onvif(f"{error}, status {status}") from error
        fault = root.first("Body", "Fault")
        if fault is not None and _is_refusal(fault):
            raise self._refused()
        if fault is not None:
            raise RequestDeclined(self.address, f"it declines {request} ({_reason(fault)}). Is its firmware current?")
        answer = root.first("Body", f"{request}Response")
        if answer is None:
            raise self._not_onvif(f"no {request}Response in it, status {status}")
        return answer

    def _request(self, service: Service, request: str, inner: str, login: Login | None) -> httpx.Request:
        header = token(login, self._clock.now() + self.offset) if login else ""
        message = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"<s:Header>{header}</s:Header><s:Body>"
            f'<r:{request} xmlns:r="{service.namespace}" xmlns:t="http://www.onvif.org/ver10/schema">{inner}</r:{request}>'
            "</s:Body></s:Envelope>"
        )
        content_type = f'application/soap+xml; charset=utf-8; action="{service.namespace}/{request}"'
        try:
            return self._http.build_request(
                "POST", service.url, content=message.encode(), headers={"Content-Type": content_type}
            )
        except (httpx.InvalidURL, UnicodeError):
            raise DiscoveryError(
                self.address, "the address that it tells of a service is no address. Is its firmware current?"
            ) from None

    async def _answer(self, request: httpx.Request, login: Login | None) -> tuple[int, bytes]:
        """Status and body. Raises DiscoveryError where there is none."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(request, login)
        except (TimeoutError, httpx.TimeoutException) as error:
            what = f"no whole answer within {self._timeout_s:g} s. Is it on, and in this network? A slow one needs --timeout"
            raise DiscoveryError(self.address, what) from error
        except httpx.ConnectError as error:
            raise DiscoveryError(
                self.address, "nothing answers here. Is it on, is this its address, and is the port that of ONVIF?"
            ) from error
        except httpx.HTTPError as error:
            raise self._not_onvif(f"{type(error).__name__} while it answered") from error

    async def _exchange(self, request: httpx.Request, login: Login | None) -> tuple[int, bytes]:
        """Some newer cameras want HTTP's own digest and pass over the token: that is answered once, when asked for."""
        flow = httpx.DigestAuth(login.username, login.password).sync_auth_flow(request) if login else iter((request,))
        sent = next(flow)
        while True:
            answer = await self._http.send(sent, stream=True)
            try:
                if answer.is_redirect:
                    raise DiscoveryError(
                        self.address,
                        f"it answers with a redirection (status {answer.status_code}), which is not followed: the login "
                        "would go along. Give the camera's own address and port with --host",
                    )
                if answer.status_code != HTTPStatus.UNAUTHORIZED:
                    return answer.status_code, await self._bounded(answer)
                again = _challenged(flow, answer)
                if again is None:
                    return answer.status_code, b""
                sent = again
            finally:
                await answer.aclose()

    async def _bounded(self, answer: httpx.Response) -> bytes:
        """Never decompressed: a small answer could become a large one."""
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > document.MOST_BYTES:
                raise self._not_onvif(f"more than {document.MOST_BYTES // 1024} KiB")
        return bytes(body)

    def _refused(self) -> LoginRefused:
        if self._login is None:
            return LoginRefused(self.address, "it wants a login. Give --username and --password-file")
        return LoginRefused(
            self.address,
            f"it refuses the login of {self._login.username!r}. Check user name and password, and in the camera's own menu "
            "that ONVIF is on and that this account may use it: many cameras keep accounts for ONVIF apart",
        )

    def _not_onvif(self, what: str) -> DiscoveryError:
        return DiscoveryError(
            self.address,
            f"what answers here does not speak ONVIF ({what}). Is it a camera, is ONVIF switched on in its menu, and is "
            "the port that of ONVIF?",
        )


def _challenged(flow: Iterator[httpx.Request], answer: httpx.Response) -> httpx.Request | None:
    """The request once more, with what HTTP's digest asks for; None where it was not asked for, or was refused."""
    if not isinstance(flow, Generator):
        return None
    try:
        return cast("httpx.Request", flow.send(answer))
    except (
        StopIteration,
        LookupError,
        ValueError,
        NotImplementedError,
    ):  # all but the first: no digest that httpx knows
        return None


def _is_refusal(fault: Element) -> bool:
    codes = {value.text.rpartition(":")[2] for value in fault.every("Value")}
    codes |= {value.text.rpartition(":")[2] for value in fault.every("faultcode")}
    return bool(codes & _REFUSALS) or "not authorized" in _reason(fault).lower()


def _reason(fault: Element) -> str:
    told = fault.value("Reason", "Text") or fault.value("faultstring")
    codes = [value.text.rpartition(":")[2] for value in fault.every("Value")]
    return plain(told or ", ".join(codes)) or "without a reason"
