"""E-mail, by the post office of the configuration: over TLS, verified, with one Message-ID however often it is sent."""

from __future__ import annotations

import asyncio
import html
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from vigil.model.limits import Limit
from vigil.model.notices import Answer, Verdict
from vigil.notify.channel import Label
from vigil.notify.message import Message
from vigil.notify.post import shown
from vigil.notify.text import text_of
from vigil.notify.words import WORDS

LIMITS: Final = (Limit(30, 60),)
"""Ours: post offices differ, and a flood of mails is no help."""
MOST_BYTES: Final = 64 * 1024
DEADLINE_S: Final = 40.0
_STEP_S: Final = 15.0


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PostOffice:
    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class _Progress:
    """How far a conversation came. Up to `sending` nothing can have been taken."""

    sending: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    label: Label
    office: PostOffice
    sender: str
    to: tuple[str, ...]
    deadline_s: float = DEADLINE_S

    async def send(self, message: Message, at: datetime) -> Answer:
        progress = _Progress()
        try:
            async with asyncio.timeout(self.deadline_s):
                return await self._converse(letter(message, self.sender, self.to, at), progress)
        except SMTPAuthenticationError as error:
            return Answer(Verdict.REFUSED if error.code >= 500 else Verdict.FAILED, _said(error.code, error.message))
        except SMTPRecipientsRefused as error:
            said = "; ".join(f"{one.recipient} {_said(one.code, one.message)}" for one in error.recipients)
            for_good = all(one.code >= 500 for one in error.recipients)
            return Answer(Verdict.REFUSED if for_good else Verdict.FAILED, shown(said))
        except SMTPResponseException as error:
            return Answer(_verdict(error, progress), _said(error.code, error.message))
        except TimeoutError:
            return _lost(progress, f"no answer within {self.deadline_s:g} s")
        except (SMTPException, OSError) as error:
            return _lost(progress, f"{type(error).__name__}: {error}")

    async def _converse(self, mail: EmailMessage, progress: _Progress) -> Answer:
        office = self.office
        client = SMTP(
            hostname=office.host,
            port=office.port,
            use_tls=office.security is Security.TLS,
            start_tls=office.security is Security.STARTTLS,
            tls_context=office.tls,
            timeout=_STEP_S,
        )
        try:
            await client.connect()
            if office.username is not None and office.password is not None:
                await client.login(office.username, office.password)
            refused, said = await self._hand_over(client, mail, progress)
        finally:
            client.close()
        others = "".join(f"; {address} {_said(code, text)}" for address, (code, text) in refused.items())
        return Answer(Verdict.DELIVERED, shown(said + others))

    async def _hand_over(
        self, client: SMTP, mail: EmailMessage, progress: _Progress
    ) -> tuple[dict[str, tuple[int, str]], str]:
        """Who was refused, and what the office said. Raises SMTPRecipientsRefused when everybody was."""
        await client.mail(self.sender)
        refused: list[SMTPRecipientRefused] = []
        for address in self.to:
            try:
                await client.rcpt(address)
            except SMTPRecipientRefused as error:
                refused.append(error)
        if len(refused) == len(self.to):
            raise SMTPRecipientsRefused(refused)
        progress.sending = True
        response = await client.data(mail.as_bytes(policy=SMTP_POLICY))
        return {
            error.recipient: (error.code, error.message) for error in refused
        }, f"{response.code} {response.message}"


def letter(message: Message, sender: str, to: tuple[str, ...], at: datetime) -> EmailMessage:
    """Text, and the same as simple HTML."""
    mail = EmailMessage()
    mail["Subject"] = message.title
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note comes back
    text = text_of(message, MOST_BYTES)
    mail.set_content(text + "\n", cte="base64")
    mail.add_alternative(_html(message), subtype="html", cte="base64")
    return mail


def _html(message: Message) -> str:
    def told(text: str, link: str | None) -> str:
        words = html.escape(text)
        return words if link is None else f'<a href="{html.escape(link)}">{words}</a>'

    items = "".join(f"<li>{told(item.text, item.link)}</li>" for item in message.items)
    more = WORDS[message.language].more(message.more) if message.more else ""
    end = f"<p>{told(more or message.link or '', message.link)}</p>" if more or message.test else ""
    lang = "zh-CN" if message.language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
        f"<p>{html.escape(message.title)}</p><ul>{items}</ul>{end}</html>"
    )


def _verdict(error: SMTPResponseException, progress: _Progress) -> Verdict:
    if error.code < 500:
        return Verdict.FAILED  # 4xx: try again later
    return Verdict.REJECTED if progress.sending else Verdict.REFUSED


def _lost(progress: _Progress, text: str) -> Answer:
    return Answer(Verdict.UNCERTAIN if progress.sending else Verdict.FAILED, shown(text))


def _said(code: int, text: str) -> str:
    return shown(f"{code} {text}")
