"""A WeCom (企业微信) group robot."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vigil.model.limits import Limit
from vigil.model.notices import Answer
from vigil.notify.channel import Label
from vigil.notify.message import Message
from vigil.notify.post import Poster
from vigil.notify.robots import Codes
from vigil.notify.text import text_of

BASE_URL: Final = "https://qyapi.weixin.qq.com"
PATH: Final = "/cgi-bin/webhook/send"
LIMITS: Final = (Limit(20, 60),)
MOST_BYTES: Final = 2048
"""Of the text, in UTF-8."""

_CODES: Final = Codes(
    code=("errcode",),
    text=("errmsg",),
    refused=frozenset(
        {93000, 93004, 93008, 40001, 40013, 40014}
    ),  # the key, or a robot that was taken out of its group
    throttled={45009: 60.0, 45033: 60.0},
    rejected=frozenset({40008, 40058, 44004, 45002}),  # its type, its parameters, empty, too long
)


@dataclass(frozen=True, slots=True)
class WeCom:
    label: Label
    poster: Poster
    key: str = field(repr=False)

    async def send(self, message: Message, at: datetime) -> Answer:  # noqa: ARG002 (it signs nothing)
        body = {"msgtype": "text", "text": {"content": text_of(message, MOST_BYTES)}}
        reply = await self.poster.post(json.dumps(body, ensure_ascii=False).encode(), {}, {"key": self.key})
        return reply if isinstance(reply, Answer) else _CODES.judge(reply, self.poster)
