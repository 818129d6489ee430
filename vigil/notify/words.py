"""What is said of an alert in one line, in Chinese and English.

Fair to people: what nobody has confirmed is worded as a possibility, what could not be seen is called unknown and never an
absence, and windows of which nothing is known are named beside the empty ones, not among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Final
from zoneinfo import ZoneInfo

from vigil.model.alerts import Alert, AlertKind, AlertState, Fact
from vigil.model.notices import Due, Language, Stage
from vigil.notify import dictionary
from vigil.notify.dictionary import Dictionary


def _number(facts: Mapping[str, Fact], name: str) -> float | None:
    value = facts.get(name)
    return value if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Words:
    words: Dictionary

    def title(self, where: str, alerts: int) -> str:
        return self.words.title.format(where=" ".join(where.split()), alerts=alerts)

    def test(self, site: str) -> str:
        return self.words.test.format(site=" ".join(site.split()))

    def more(self, alerts: int) -> str:
        return self.words.more.format(alerts=alerts)

    def item(self, due: Due, stage: Stage, where: str, zone: str) -> str:
        """One line: what, where, how much, since when, how it stands."""
        alert = due.alert
        parts = [f"{self._stage(due, stage)}{self._kind(alert, due.state)}", where, *self._course(alert, zone)]
        if alert.kind is not AlertKind.CAMERA_FAULT:  # nobody need confirm that there was no picture
            parts.append(self.words.state[due.state])
        if due.backfilled:
            parts.append(self.words.backfilled)
        return self.words.between.join(part for part in parts if part)

    def _stage(self, due: Due, stage: Stage) -> str:
        role = "" if due.passed_to is None else self.words.role[due.passed_to]
        return self.words.stage[stage].format(role=role)

    def _kind(self, alert: Alert, state: AlertState) -> str:
        confirmed = state.is_confirmed
        if alert.kind is AlertKind.WINDOW_UNSTAFFED and alert.facts.get("required"):
            return self.words.short_confirmed if confirmed else self.words.short
        return (self.words.kind_confirmed if confirmed else self.words.kind)[alert.kind]

    def _course(self, alert: Alert, zone: str) -> tuple[str, ...]:
        began = _clock(alert.began_at, zone)
        if alert.ended_at is None:
            return self._facts(alert), self.words.since.format(at=began)
        reason = "" if alert.end_reason is None else self.words.end_reason[alert.end_reason]
        return self.words.span.format(begin=began, end=_clock(alert.ended_at, zone)), reason

    def _facts(self, alert: Alert) -> str:
        match alert.kind:
            case AlertKind.UNSERVED_VISITOR:
                parts = [
                    self._lasting(self.words.waited, alert, "waited_s"),
                    self._lasting(self.words.nobody_for, alert, "absent_s"),
                ]
            case AlertKind.WINDOW_UNSTAFFED:
                parts = [self._present(alert)]
            case AlertKind.QUEUE_BUILDUP:
                parts = self._queue(alert)
            case AlertKind.CAMERA_FAULT:
                why = self.words.why.get(str(alert.facts.get("why")), "")
                parts = [why, self.words.unknown_meanwhile]
        return self.words.comma.join(part for part in parts if part)

    def _present(self, alert: Alert) -> str:
        present, required = _number(alert.facts, "present"), _number(alert.facts, "required")
        if present is None or required is None:
            return self._lasting(self.words.nobody_for, alert, "absent_s")
        return self.words.present.format(present=round(present), required=round(required))

    def _queue(self, alert: Alert) -> list[str]:
        facts, parts = alert.facts, list[str]()
        waiting, in_service = _number(facts, "waiting"), _number(facts, "in_service")
        empty = facts.get("empty_windows")
        if waiting is not None:
            parts.append(self.words.waiting.format(people=round(waiting)))
        if in_service is not None and isinstance(empty, list) and empty:
            parts.append(self.words.empty.format(empty=len(empty), in_service=round(in_service)))
        if unknown := _number(facts, "unknown"):
            parts.append(self.words.unknown.format(windows=round(unknown)))
        low, high = _number(facts, "wait_low_s"), _number(facts, "wait_high_s")
        if low is not None and high is not None:
            parts.append(self.words.wait.format(low=floor(low / 60), high=ceil(high / 60)))
        return parts

    def _lasting(self, words: str, alert: Alert, fact: str) -> str:
        seconds = _number(alert.facts, fact)
        return "" if seconds is None else words.format(span=self._span(seconds))

    def _span(self, seconds: float) -> str:
        """In whole minutes from a minute on: a message is read later than it was written."""
        minutes = round(seconds / 60)
        return self.words.minutes.format(n=minutes) if minutes else self.words.seconds.format(n=round(seconds))


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


WORDS: Final = {Language.ZH: Words(dictionary.ZH), Language.EN: Words(dictionary.EN)}
