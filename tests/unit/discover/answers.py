"""Pieces of SOAP for tests, and a session whose camera is a function."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from vigil.clock import FakeClock
from vigil.discover import document
from vigil.discover.document import Element
from vigil.discover.login import Login
from vigil.discover.place import Device
from vigil.discover.soap import Session

DEVICE = Device("192.0.2.7")
LOGIN = Login("viewer", "s3cret")
NAMES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"'
)

Handler = Callable[[httpx.Request], httpx.Response]


def envelope(body: str) -> str:
    return f"<s:Envelope {NAMES}><s:Body>{body}</s:Body></s:Envelope>"


def element(xml: str) -> Element:
    """What stands in a body."""
    body = document.parse(envelope(xml).encode()).first("Body")
    assert body is not None
    return body.children[0]


def fault(code: str, reason: str = "because") -> str:
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>"
        f"<s:Reason><s:Text>{reason}</s:Text></s:Reason></s:Fault>"
    )


def session(
    handler: Handler, login: Login | None = LOGIN, clock: FakeClock | None = None, device: Device = DEVICE
) -> Session:
    def streamed(request: httpx.Request) -> httpx.Response:
        made = handler(request)
        return httpx.Response(made.status_code, headers=made.headers, stream=httpx.ByteStream(made.content))

    return Session(device, login, clock or FakeClock(), 1.0, httpx.MockTransport(streamed))
