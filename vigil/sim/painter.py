"""People painted into a camera's plate, far ones first, and what of them can be seen: the exact truth of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vigil.model.truth import Box
from vigil.sim.assets import Picture, Wardrobe
from vigil.sim.figures import Figure
from vigil.sim.patches import Body, Mask, Painted, Stance, paint, stance_of
from vigil.sim.view import Region, View
from vigil.sim.world import Place

_BEFORE_M: Final = 0.2
"""Who is not nearer to the camera by this much stands beside, not before."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A figure as this camera sees it. Boxes are shares of the picture; `visible_box` is None where nothing is seen of it."""

    figure: Figure
    box: Box
    visible_box: Box | None
    visibility: float
    """Share of the whole silhouette, that outside of the picture included."""
    foot_inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """What is no person and stands in the way."""

    place: Place
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    distance_m: float
    figure: Figure | None
    painted: Painted


class Painter:
    """Of one camera. Keeps the patches of the last picture: people who stand still cost little. Not thread-safe."""

    def __init__(self, view: View, wardrobe: Wardrobe) -> None:
        self.view = view
        self._wardrobe = wardrobe
        self._kept: dict[Stance, Painted] = {}

    def paint(self, figures: Sequence[Figure], things: Sequence[Thing] = ()) -> Picture:
        """A new picture. Raises ScenarioError for a figure whose look is not there."""
        picture = self.view.plate.copy()
        layers = self._layers(figures, things)
        for layer in layers:
            if layer.painted.shadow is not None:
                layer.painted.shadow.lay(picture)
        for layer in layers:
            if layer.painted.body is not None:
                layer.painted.body.patch.lay(picture)
        return picture

    def sights(self, figures: Sequence[Figure], things: Sequence[Thing] = ()) -> list[Sight]:
        """Everybody of whom a pixel lies within the picture, hidden or not, in the order of `figures`."""
        layers = self._layers(figures, things)
        front = np.zeros(self.view.plate.shape[:2], np.int16)
        for number, layer in enumerate(layers, start=1):
            if layer.painted.body is not None:
                body = layer.painted.body
                front[body.patch.region.slices][body.seen] = number
        found = {
            id(layer.figure): self._sight(layer.figure, layer.painted.body, front, number)
            for number, layer in enumerate(layers, start=1)
            if layer.figure is not None and layer.painted.body is not None and layer.painted.body.silhouette.any()
        }
        return [found[id(figure)] for figure in figures if id(figure) in found]

    def hidden_share(self, body: Body, place: Place, figures: Sequence[Figure], things: Sequence[Thing]) -> float:
        """How much of what this camera could see of a body at `place` is hidden by whom and what stands before it, 0..1."""
        region = body.patch.region
        height, width = region.shape
        hidden: Mask = np.zeros((height, width), np.bool_)
        nearer_than_m = self.view.distance_m(place) - _BEFORE_M
        for layer in self._layers(figures, things):
            front = layer.painted.body
            shared = front.patch.region.overlap(region) if front is not None else None
            if front is not None and shared is not None and layer.distance_m < nearer_than_m:
                hidden[shared.seen_from(region).slices] |= front.seen[shared.seen_from(front.patch.region).slices]
        seen = int(np.count_nonzero(body.seen))
        return int(np.count_nonzero(hidden & body.seen)) / seen if seen else 1.0

    def _layers(self, figures: Sequence[Figure], things: Sequence[Thing]) -> list[_Layer]:
        """Farthest first."""
        kept: dict[Stance, Painted] = {}
        layers = []
        for figure in figures:
            stance = stance_of(figure, self.view, self._wardrobe)
            kept[stance] = self._kept.get(stance) or kept.get(stance) or paint(stance, self.view)
            layers.append(_Layer(self.view.distance_m(figure.place), figure, kept[stance]))
        layers += [_Layer(self.view.distance_m(thing.place), None, Painted(thing.body, None)) for thing in things]
        self._kept = kept
        return sorted(layers, key=lambda layer: -layer.distance_m)

    def _sight(self, figure: Figure, body: Body, front: npt.NDArray[np.int16], number: int) -> Sight:
        region = body.patch.region
        seen: Mask = front[region.slices] == number
        box = self._share(body.silhouette, region)
        assert box is not None  # noqa: S101, silhouettes without a pixel were left out
        visibility = round(int(np.count_nonzero(seen)) / max(body.area, 1), 3)
        return Sight(figure, box, self._share(seen, region), visibility, self.view.holds(figure.place))

    def _share(self, mask: Mask, region: Region) -> Box | None:
        """The box around the mask's pixels."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return None
        width, height = self.view.size
        return (
            round((region.x0 + int(columns[0])) / width, 4),
            round((region.y0 + int(rows[0])) / height, 4),
            round((region.x0 + int(columns[-1]) + 1) / width, 4),
            round((region.y0 + int(rows[-1]) + 1) / height, 4),
        )
