"""The smallest figures, each of one thing on one day, as the store adds them up; and adding them to anything larger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

from vigil.model.alerts import AlertKind
from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.report.figures import Figures, Footage, Handling, Judged, Queueing, Staffing

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Place(NamedTuple):
    """What a figure is of, and where that belongs. A tuple, for a month of a city has fifty thousand of them."""

    day: date
    hall: HallId
    department: str
    window: WindowId | None = None
    group: GroupId | None = None
    camera: CameraId | None = None


@dataclass(frozen=True, slots=True)
class AlertAtom:
    kind: AlertKind
    judged: Judged
    handling: Handling


@dataclass(frozen=True, slots=True)
class Atoms:
    staffing: list[tuple[Place, Staffing]] = field(default_factory=list)
    queueing: list[tuple[Place, Queueing]] = field(default_factory=list)
    alerts: list[tuple[Place, AlertAtom]] = field(default_factory=list)
    footage: list[tuple[Place, Footage]] = field(default_factory=list)

    def by(self, key: Callable[[Place], K | None]) -> dict[K, Figures]:
        """The figures of each key; an atom whose key is None is of none of them."""
        staffing, queueing = _sorted(self.staffing, key), _sorted(self.queueing, key)
        alerts, footage = _sorted(self.alerts, key), _sorted(self.footage, key)
        return {
            one: Figures(
                Staffing.total(staffing.get(one, ())),
                Queueing.total(queueing.get(one, ())),
                dict(_judged(alerts.get(one, ()))),
                Handling.total(atom.handling for atom in alerts.get(one, ())),
                Footage.total(footage.get(one, ())),
            )
            for one in {**staffing, **queueing, **alerts, **footage}
        }


def _sorted(atoms: Iterable[tuple[Place, T]], key: Callable[[Place], K | None]) -> dict[K, list[T]]:
    found: defaultdict[K, list[T]] = defaultdict(list)
    for place, atom in atoms:
        one = key(place)
        if one is not None:
            found[one].append(atom)
    return found


def _judged(atoms: Iterable[AlertAtom]) -> Iterator[tuple[AlertKind, Judged]]:
    kinds: defaultdict[AlertKind, list[Judged]] = defaultdict(list)
    for atom in atoms:
        kinds[atom.kind].append(atom.judged)
    for kind, parts in kinds.items():
        yield kind, Judged.total(parts)
