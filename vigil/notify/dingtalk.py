"""A DingTalk (钉钉) group robot."""

from __future__ import annotations

import base64
import hashlib
import hmac
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
from vigil.notify.text import json_size, text_of

BASE_URL: Final = "https://oapi.dingtalk.com"
PATH: Final = "/robot/send"
LIMITS: Final = (Limit(20, 60),)
MOST_BYTES: Final = 18_000
"""Of the text within the JSON, of which the robot takes 20,000."""

_THROTTLE_S: Final = 600.0
_CODES: Final = Codes(
    code=("errcode",),
    text=("errmsg",),
    # 310000: signature, keyword or address. The others: no such token, group or robot, or it was switched off.
    refused=frozenset({310000, 300001, 300005, 400013, 400101, 400102, 400106}),
    throttled={130101: _THROTTLE_S, 410100: _THROTTLE_S, 90018: _THROTTLE_S, 90030: 3600.0},  # 90030: the month's quota
    rejected=frozenset({40035, 43004, 400105, 430101, 430102, 430103, 430104}),  # its shape, or what it says
)


@dataclass(frozen=True, slots=True)
class DingTalk:
    """Without `secret` nothing is signed: the robot is then held by a keyword or by addresses."""

    label: Label
    poster: Poster
    access_token: str = field(repr=False)
    secret: str | None = field(repr=False)

    async def send(self, message: Message, at: datetime) -> Answer:
        query = {"access_token": self.access_token}
        if self.secret is not None:
            milliseconds = str(round(at.timestamp() * 1000))
            query |= {"timestamp": milliseconds, "sign": sign(self.secret, milliseconds)}
        body = {"msgtype": "text", "text": {"content": text_of(message, MOST_BYTES, json_size)}}
        reply = await self.poster.post(json.dumps(body, ensure_ascii=False).encode(), {}, query)
        return reply if isinstance(reply, Answer) else _CODES.judge(reply, self.poster)


def sign(secret: str, milliseconds: str) -> str:
    """Base64, to be percent-encoded into the query."""
    told = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(told.digest()).decode()
