"""The public of the hall: everybody who comes for a window, from the door to the exit, and the order in which they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count

from vigil.model.truth import PersonRole, VisitTruth
from vigil.sim.chance import Chance, Concern
from vigil.sim.desk import Desk
from vigil.sim.door import Door
from vigil.sim.events import Event, Rush
from vigil.sim.figures import Figure
from vigil.sim.lane import Lane
from vigil.sim.looks import LookBag
from vigil.sim.scenario import Scenario
from vigil.sim.visitor import Companion, Floor, Stage, Temper, Visitor
from vigil.sim.world import HallPlan


class Public:
    """`held`: nobody is called. `ended` collects the visits that are over, for whoever takes them."""

    def __init__(
        self,
        plan: HallPlan,
        scenario: Scenario,
        desks: Mapping[int, Desk],
        looks: Sequence[str],
        chance: Chance,
        new_id: Callable[[], int],
    ) -> None:
        self.lane = Lane(plan.queue)
        self.door = Door(chance.of(Concern.ARRIVALS))
        self.held = False
        self.ended: list[VisitTruth] = []
        self._floor = Floor(scenario.hall, plan, self.lane)
        self._scenario, self._chance, self._new_id = scenario, chance, new_id
        self._desks = tuple(desks.values())
        self._visitors: dict[int, Visitor] = {}
        self._companions: list[Companion] = []
        self._natural, self._rushed = count(), count()
        self._rush: Rush | None = None
        self._bags = {
            concern: LookBag(PersonRole.VISITOR, looks, chance.of(concern))
            for concern in (Concern.VISITOR_LOOKS, Concern.SCRIPTED_LOOKS, Concern.COMPANION_LOOKS)
        }

    def rush(self, event: Rush) -> None:
        """From now on people come in until the queue is as long as the event says."""
        self._rush, self._rushed = event, count(1)

    def close(self, t: float) -> None:
        self.door.close()
        self._rush = None
        for visitor in self._visitors.values():
            visitor.go_home(t)

    def at_desk(self, desk: Desk) -> Visitor | None:
        """Who has the window, be it still on the way."""
        on = (Stage.TO_WINDOW, Stage.SERVICE)
        return next((one for one in self._visitors.values() if one.desk is desk and one.stage in on), None)

    def come_to(self, desk: Desk, event: Event, t: float, until_s: float) -> Visitor:
        """Somebody comes in and goes to the window, past the queue."""
        visitor = self._enter(Concern.SCRIPTED, key_of(event), t)
        visitor.come(desk, until_s)
        return visitor

    def temper_of(self, event: Event) -> Temper:
        """What kind of visitor `come_to` will send."""
        return Temper.draw(self._chance.of(Concern.SCRIPTED, *key_of(event)))

    def step(self, t: float) -> None:
        self.door.step()
        self._let_in(t)
        self._call(t)
        for visitor in self._visitors.values():
            visitor.step(t)
        for companion in self._companions:
            companion.step(t)
        self._see_off()

    def remember(self) -> None:
        """Where everybody is before the next step."""
        for visitor in self._visitors.values():
            visitor.prev = visitor.place
        for companion in self._companions:
            companion.prev = companion.place

    def served_at(self, desk: Desk) -> bool:
        """Whether a visitor stands at the window, served or not."""
        visitor = self.at_desk(desk)
        return visitor is not None and visitor.stage is Stage.SERVICE

    def figures(self, share: float) -> Iterator[Figure]:
        yield from (visitor.figure(share) for visitor in self._visitors.values())
        yield from (companion.figure(share) for companion in self._companions)

    def unfinished(self) -> tuple[VisitTruth, ...]:
        return tuple(visitor.visit() for visitor in self._visitors.values())

    def _let_in(self, t: float) -> None:
        entering = sum(visitor.stage is Stage.ENTERING for visitor in self._visitors.values())
        coming = entering + len(self.lane)
        if self._rush is not None and len(self.lane) >= self._rush.size:
            self._rush = None
        if coming >= self.lane.places:
            return
        if self._rush is not None and coming < self._rush.size and self.door.is_clear(t):
            self.door.passed(t)
            self._enter(Concern.SCRIPTED, (*key_of(self._rush), next(self._rushed)), t)
        elif self.door.admits(t):
            self._enter(Concern.VISITORS, (next(self._natural),), t)

    def _enter(self, concern: Concern, key: tuple[int, ...], t: float) -> Visitor:
        rng = self._chance.of(concern, *key)
        temper = Temper.draw(rng)
        bag = Concern.SCRIPTED_LOOKS if concern is Concern.SCRIPTED else Concern.VISITOR_LOOKS
        visitor = Visitor(self._new_id(), self._bags[bag].pick(), self._floor, temper, t, rng)
        visitor.grow_tired(self._scenario.patience_s, self._scenario.alone_s)
        self._visitors[visitor.id] = visitor
        if concern is Concern.VISITORS and temper.company < self._scenario.pairs_share:
            self._bring_along(visitor, key)
        return visitor

    def _bring_along(self, leader: Visitor, key: tuple[int, ...]) -> None:
        rng, way_out = self._chance.of(Concern.COMPANIONS, *key), self._floor.plan.doors.exit
        look = self._bags[Concern.COMPANION_LOOKS].pick()
        self._companions.append(Companion(self._new_id(), look, leader, way_out, rng))

    def _call(self, t: float) -> None:
        """The head of the queue goes to the window that has been free for longest."""
        if self.held or not self.lane.waiting:
            return
        head = self._visitors[self.lane.waiting[0]]
        free = [desk for desk in self._desks if desk.calls(t)]
        if head.settled and free:
            del self.lane.waiting[0]
            head.call(min(free, key=lambda desk: desk.free_since_s), t)

    def _see_off(self) -> None:
        gone = [visitor for visitor in self._visitors.values() if visitor.stage is Stage.GONE]
        for visitor in gone:
            del self._visitors[visitor.id]
            self.ended.append(visitor.visit())
        if any(companion.gone for companion in self._companions):
            self._companions = [companion for companion in self._companions if not companion.gone]


def key_of(event: Event) -> tuple[int, ...]:
    """What tells the people of one event from those of another, wherever it stands in the file. All 0 or more."""
    window = getattr(event, "window", None) or 0
    kind = sum(map(ord, event.do))
    return (kind, window, round(event.at_s * 10) + 10_000_000)
