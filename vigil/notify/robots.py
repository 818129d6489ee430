"""What the group robots have in common: they answer 200 whatever happened, and the body says what did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vigil.model.notices import Answer, Verdict
from vigil.notify.post import Poster, Reply


@dataclass(frozen=True, slots=True)
class Codes:
    """How a robot says it: the keys of its code, the first that is there, and of its text; and what codes mean.

    A code that stands nowhere is FAILED: it is tried again for a day, and its text is shown meanwhile.
    """

    code: tuple[str, ...]
    text: tuple[str, ...]
    refused: frozenset[int]
    rejected: frozenset[int]
    throttled: Mapping[int, float]
    """Code: how long the robot then takes nothing, in seconds."""

    def judge(self, reply: Reply, poster: Poster) -> Answer:
        plain = reply.plain() or {}
        code = next((plain[key] for key in self.code if key in plain), None)
        if isinstance(code, int) and not isinstance(code, bool):
            said = next((str(plain[key]) for key in self.text if key in plain), "")
            return self._judge_code(code, poster.shown(f"{code} {said}"), reply)
        if reply.status != 200:
            return poster.of_status(reply)
        # A portal or a proxy answered in the robot's place, or the robot's answer was cut.
        said = reply.body.decode(errors="replace")
        return Answer(Verdict.UNCERTAIN, poster.shown(f"not the robot's answer: {said}"))

    def _judge_code(self, code: int, text: str, reply: Reply) -> Answer:
        if code == 0 and reply.status == 200:
            return Answer(Verdict.DELIVERED, text)
        if code in self.throttled or reply.status == 429:
            return Answer(Verdict.THROTTLED, text, reply.retry_after_s or self.throttled.get(code))
        if code in self.refused:
            return Answer(Verdict.REFUSED, text)
        return Answer(Verdict.REJECTED if code in self.rejected else Verdict.FAILED, text)
