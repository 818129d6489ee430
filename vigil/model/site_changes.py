"""What differs between two sites, by the things that people name: calendars, halls, window groups, windows, cameras.

A thing is known by its id, wherever it stands: a window that goes to another group has changed, and is the same window. What is
told of a thing is its keys as the file has them; of a thing that is new, those that are not the default.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vigil.model.ids import HallId
from vigil.model.site import Site, Zone


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Noun(StrEnum):
    SITE = "site"
    CALENDAR = "calendar"
    HALL = "hall"
    GROUP = "group"
    WINDOW = "window"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key of a thing with its values, as JSON; None: it has none."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """`hall` is where the thing is, of a thing that was removed where it was. Of a removed thing no keys are told."""

    kind: ChangeKind
    noun: Noun
    id: str
    name: str
    hall: HallId | None
    keys: tuple[KeyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class _Thing:
    noun: Noun
    id: str
    name: str
    hall: HallId | None
    keys: dict[str, str]
    usual: frozenset[tuple[str, str]]
    """Of the keys those that need not be told of a new thing."""


def changes(before: Site | None, after: Site) -> tuple[Change, ...]:
    """In the order of the sites: what is new or changed as it stands in `after`, then what is gone as it stood."""
    old = {} if before is None else {(thing.noun, thing.id): thing for thing in _things(before)}
    new = {(thing.noun, thing.id): thing for thing in _things(after)}
    found = [_change(old.get(key), thing) for key, thing in new.items()]
    gone = (
        Change(ChangeKind.REMOVED, thing.noun, thing.id, thing.name, thing.hall)
        for key, thing in old.items()
        if key not in new
    )
    return (*(change for change in found if change is not None), *gone)


def _change(old: _Thing | None, new: _Thing) -> Change | None:
    if old is None:
        told = tuple(KeyChange(key, None, value) for key, value in new.keys.items() if (key, value) not in new.usual)
        return Change(ChangeKind.ADDED, new.noun, new.id, new.name, new.hall, told)
    keys = [*new.keys, *(key for key in old.keys if key not in new.keys)]
    told = tuple(
        KeyChange(key, old.keys.get(key), new.keys.get(key)) for key in keys if old.keys.get(key) != new.keys.get(key)
    )
    return Change(ChangeKind.CHANGED, new.noun, new.id, new.name, new.hall, told) if told else None


def _things(site: Site) -> Iterator[_Thing]:
    yield _thing(Noun.SITE, "", site, None, {}, without=("calendars", "halls"))
    for name, calendar in site.calendars.items():
        yield _thing(Noun.CALENDAR, name, calendar, None, {})
    for hall in site.halls:
        yield _thing(Noun.HALL, hall.id, hall, hall.id, {}, without=("groups", "cameras"))
        for group in hall.groups:
            yield _thing(Noun.GROUP, group.id, group, hall.id, {"hall": hall.id}, without=("windows",))
            for window in group.windows:
                yield _thing(Noun.WINDOW, window.id, window, hall.id, {"hall": hall.id, "group": group.id})
        for camera in hall.cameras:
            place = {"hall": hall.id, **dict(_zones(camera.zones))}
            yield _thing(Noun.CAMERA, camera.id, camera, hall.id, place, without=("zones",))


def _thing(
    noun: Noun, name: str, value: Any, hall: HallId | None, place: dict[str, str], without: tuple[str, ...] = ()
) -> _Thing:
    own = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    keys = dict(_flat("", {key: one for key, one in own.items() if key not in ("id", *without)}))
    usual = frozenset(
        pair
        for field in dataclasses.fields(value)
        if field.default is not dataclasses.MISSING
        for pair in _flat(field.name, field.default)
    )
    keys |= {
        key: json.dumps(text, ensure_ascii=False) if key in {"hall", "group"} else text for key, text in place.items()
    }
    return _Thing(noun, name, getattr(value, "name", name), hall, keys, usual)


def _zones(zones: tuple[Zone, ...]) -> Iterator[tuple[str, str]]:
    """By what each is the zone of: one that is drawn anew is the same zone."""
    seen: Counter[str] = Counter()
    for zone in zones:
        name = f"{zone.kind}.{zone.window or zone.group}"
        seen[name] += 1
        number = f"#{seen[name]}" if seen[name] > 1 else ""
        yield from _flat(f"zones.{name}{number}", {"polygon": zone.polygon, "rates": zone.rates})


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each single value with its dotted key. What is None, as most keys are, is left out."""
    inner = f"{key}." if key else ""
    if value is None:
        return
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _flat(inner + field.name, getattr(value, field.name))
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(inner + str(name), one)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for index, one in enumerate(value):
            yield from _flat(f"{key}[{index}]", one)
    elif value != ():
        yield key, json.dumps(_whole(value), ensure_ascii=False)


def _whole(value: Any) -> Any:
    """30 and 30.0 are one value."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_whole(one) for one in value] if isinstance(value, tuple) else value
