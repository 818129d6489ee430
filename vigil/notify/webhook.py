"""A webhook of somebody else's program, signed as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com).

`webhook-id` stays the same when a message is repeated, so a receiver that remembers ids takes nothing twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from vigil.model.limits import Limit
from vigil.model.notices import Answer, Verdict
from vigil.notify.channel import Label
from vigil.notify.message import Message, to_plain
from vigil.notify.post import Poster, Reply

LIMITS: Final = (Limit(60, 60),)
"""Ours: a receiver that cannot take one a second says so with 429."""
_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    label: Label
    poster: Poster
    key: bytes = field(repr=False)

    async def send(self, message: Message, at: datetime) -> Answer:
        body = json.dumps(payload(message), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        seconds = str(int(at.timestamp()))
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{sign(self.key, message.id, seconds, body)}",
        }
        reply = await self.poster.post(body, headers)
        return reply if isinstance(reply, Answer) else self._judge(reply)

    def _judge(self, reply: Reply) -> Answer:
        if 200 <= reply.status < 300:
            return Answer(Verdict.DELIVERED, f"HTTP {reply.status}")
        return self.poster.of_status(reply)


def payload(message: Message) -> dict[str, Any]:
    """Standard Webhooks' type, timestamp and data."""
    plain = to_plain(message)
    data = {key: plain[key] for key in ("title", "items", "more", "link", "language")}
    kind = "test" if message.test else "alerts.changed"
    return {"type": kind, "timestamp": f"{message.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "data": data}


def key_of(secret: str) -> bytes:
    """The bytes behind `whsec_…`; any other text is taken as it is. Raises ValueError for base64 that is none."""
    if secret.startswith(_PREFIX):
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    return secret.encode()


def sign(key: bytes, name: str, seconds: str, body: bytes) -> str:
    told = hmac.new(key, b".".join((name.encode(), seconds.encode(), body)), hashlib.sha256)
    return base64.b64encode(told.digest()).decode()
