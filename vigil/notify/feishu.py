"""A Feishu (飞书) group robot; Lark's is the same at another host."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from vigil.model.limits import Limit
from vigil.model.notices import Answer
from vigil.notify.channel import Label
from vigil.notify.message import Message
from vigil.notify.post import Poster
from vigil.notify.robots import Codes
from vigil.notify.text import json_size, text_of

BASE_URL: Final = "https://open.feishu.cn"
PATH: Final = "/open-apis/bot/v2/hook/"
LIMITS: Final = (Limit(100, 60), Limit(5, 1))
MOST_BYTES: Final = 18_000
"""Of the text within the JSON: the body has 20 KB, and its signature and names take some."""

_CODES: Final = Codes(
    code=("code", "StatusCode"),  # StatusCode: what robots answered at first, and some deployments do
    text=("msg", "StatusMessage"),
    refused=frozenset({19001, 19007, 19021, 19022, 19024}),  # hook, switched off, signature, address, keyword
    rejected=frozenset({19002}),  # its shape
    throttled={11232: 60.0},
)


@dataclass(frozen=True, slots=True)
class Feishu:
    """The address itself ends with the hook's token. Without `secret` nothing is signed."""

    label: Label
    poster: Poster
    secret: str | None = field(repr=False)

    async def send(self, message: Message, at: datetime) -> Answer:
        body: dict[str, Any] = {
            "msg_type": "text",
            "content": {"text": text_of(message, MOST_BYTES, json_size)},
        }
        if self.secret is not None:
            seconds = str(int(at.timestamp()))
            body |= {"timestamp": seconds, "sign": sign(self.secret, seconds)}
        reply = await self.poster.post(json.dumps(body, ensure_ascii=False).encode(), {})
        return reply if isinstance(reply, Answer) else _CODES.judge(reply, self.poster)


def sign(secret: str, seconds: str) -> str:
    """The secret is within the key, and nothing is what is signed: so Feishu has it."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
