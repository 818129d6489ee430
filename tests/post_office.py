"""An SMTP server on the loopback that asks for TLS and a login, and refuses as post offices do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USERNAME: Final = "vigil@hall.example"
PASSWORD: Final = "smtp password"


@dataclass
class Office:
    """`mails` is what was taken. A test may set what is said instead of an answer."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    says_to: dict[str, str] = field(default_factory=dict)
    """Recipient: what RCPT is answered."""
    says_to_data: str | None = None
    hangs_up_after_data: bool = False
    hangs_after_data: bool = False

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.says_to:
            return self.says_to[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.says_to_data is not None:
            return self.says_to_data
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        if self.hangs_after_data:
            await asyncio.sleep(30)
        if self.hangs_up_after_data:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK queued as 4XyZ"


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """At the port that was free."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def post_office(certificate: Path | None = None, *, implicit_tls: bool = False) -> Iterator[Office]:
    """With a certificate it takes nothing before STARTTLS, or speaks TLS from the first byte; then it asks for a login."""
    office = Office()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    options: dict[str, Any] = {}
    if context is not None:
        options = {"authenticator": _authenticate, "auth_required": True}
        options |= {"auth_require_tls": False} if implicit_tls else {"tls_context": context, "require_starttls": True}
    controller = _Controller(
        office, hostname="127.0.0.1", port=0, ssl_context=context if implicit_tls else None, **options
    )
    controller.start()
    try:
        office.port = controller.port
        yield office
    finally:
        controller.stop()
