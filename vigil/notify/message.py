"""A message: what a channel is told at one time, before it takes the shape of a text, a mail or JSON.

It is drawn once, kept in the database, and every attempt sends the same. It names places and figures, never a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from vigil.model.alerts import Alert, AlertKind, AlertState, EndReason
from vigil.model.ids import AlertId, MessageId
from vigil.model.notices import Due, Language, Stage
from vigil.model.people import Role
from vigil.model.site import Site
from vigil.notify.words import WORDS, Words

MOST_ITEMS: Final = 200
"""Alerts that a message holds; of the others it says how many they are."""


@dataclass(frozen=True, slots=True)
class Item:
    """One alert. `stage` is the last that it has reached, and it is told once however many stages are new. `facts` are the
    alert's own (vigil/model/alerts.py). `passed_to` is set where it is overdue.
    """

    alert: AlertId
    revision: int
    kind: AlertKind
    stage: Stage
    state: AlertState
    hall: str
    hall_name: str
    place: str | None
    place_name: str
    began_at: datetime
    raised_at: datetime
    escalated_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    backfilled: bool
    facts: dict[str, Any]
    text: str
    link: str | None
    passed_to: Role | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`more`: alerts of which there is no item. `link` leads to the list of alerts."""

    id: MessageId
    at: datetime
    language: Language
    test: bool
    title: str
    items: tuple[Item, ...] = ()
    more: int = 0
    link: str | None = None


_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def to_plain(message: Message) -> dict[str, Any]:
    """For the database."""
    plain: dict[str, Any] = _MESSAGE.dump_python(message, mode="json")
    return plain


def from_plain(plain: dict[str, Any]) -> Message:
    return _MESSAGE.validate_python(plain)


class Draughtsman:
    """Draws messages about one site. `public_url` is where people reach the screen; without it there are no links."""

    def __init__(self, site: Site, public_url: str | None) -> None:
        self._site = site
        self._zone = site.time_zone
        self._base = None if public_url is None else public_url.rstrip("/")

    def test(self, message: MessageId, at: datetime, language: Language) -> Message:
        words = WORDS[language]
        return Message(message, at, language, test=True, title=words.test(self._site.name), link=self._base)

    def about(self, message: MessageId, dues: Sequence[Due], at: datetime, language: Language) -> Message:
        """What goes on stands before what has ended, the more urgent and then the newer first: a cut loses the least."""
        words = WORDS[language]
        ordered = sorted(dues, key=_urgency)
        items = tuple(self._item(due, words) for due in ordered[:MOST_ITEMS])
        title = items[0].hall_name if len({item.hall for item in items}) == 1 else self._site.name
        return Message(
            message,
            at,
            language,
            test=False,
            title=words.title(title, len(dues)),
            items=items,
            more=len(ordered) - len(items),
            link=None if self._base is None else f"{self._base}/alerts",
        )

    def _item(self, due: Due, words: Words) -> Item:
        alert = due.alert
        hall_name = next((hall.name for hall in self._site.halls if hall.id == alert.hall), str(alert.hall))
        place, place_name = self._place(alert)
        stage = _last_stage(due)
        return Item(
            alert=alert.id,
            revision=alert.revision,
            kind=alert.kind,
            stage=stage,
            state=due.state,
            hall=alert.hall,
            hall_name=_one_line(hall_name),
            place=place,
            place_name=_one_line(place_name),
            began_at=alert.began_at,
            raised_at=alert.raised_at,
            escalated_at=alert.escalated_at,
            ended_at=alert.ended_at,
            end_reason=alert.end_reason,
            backfilled=due.backfilled,
            facts=dict(alert.facts),
            text=words.item(due, stage, f"{_one_line(hall_name)} {_one_line(place_name)}".strip(), self._zone),
            link=None if self._base is None else f"{self._base}/alerts/{alert.id}",
            passed_to=due.passed_to,
        )

    def _place(self, alert: Alert) -> tuple[str | None, str]:
        """Id and name of the window, the group of windows or the camera. What has left the configuration keeps its id."""
        names: dict[str | None, str] = {}
        for hall in self._site.halls:
            names |= {group.id: group.name for group in hall.groups}
            names |= {window.id: window.name for _, window in hall.windows()}
            names |= {camera.id: camera.name for camera in hall.cameras}
        place = alert.window or alert.group or alert.camera
        return place, names.get(place, place or "")


_URGENCY: Final = (
    AlertKind.UNSERVED_VISITOR,
    AlertKind.WINDOW_UNSTAFFED,
    AlertKind.QUEUE_BUILDUP,
    AlertKind.CAMERA_FAULT,
)


def _urgency(due: Due) -> tuple[bool, bool, int, float]:
    alert = due.alert
    newest = -alert.raised_at.timestamp()
    calm = alert.escalated_at is None and due.passed_to is None
    return alert.ended_at is not None, calm, _URGENCY.index(alert.kind), newest


def _last_stage(due: Due) -> Stage:
    if due.passed_to is not None:
        return Stage.OVERDUE
    if due.alert.ended_at is not None:
        return Stage.ENDED
    return Stage.RAISED if due.alert.escalated_at is None else Stage.ESCALATED


def _one_line(text: str) -> str:
    return " ".join(text.split())
