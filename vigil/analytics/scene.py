"""What one camera is meant to see, learned from its own good pictures. A view that moved fits its zones no longer.

People come and go, and walls do not: over a number of looks the edges of people average out. Light does not matter, for
only the direction of edges counts (vigil/analytics/edges.py). The figures behind the limits are in docs/design/quality.md.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from vigil.analytics.edges import (
    GRID,
    SIZE,
    Bools,
    EdgePoints,
    Floats,
    Gray,
    agreement,
    edge_map,
    energy,
    halved,
    shaken,
)
from vigil.model.looks import Unknown
from vigil.model.site import Zone

LEARN_LOOKS: Final = 20
ELSEWHERE_BELOW: Final = 0.62
"""Agreement that the best third of the blocks reaches. The right view has 0.80 and more, and 0.70 where it was learned by
day and half the lamps are off; one turned by 5 % of the width has at most 0.52, one rolled by 5 degrees 0.62."""
BLURRED_BELOW: Final = 0.56
"""Sharpness against the one learned. Light, noise, compression and dusk leave 0.76 and more; a lens out of focus by so much
that the detector misses one person in six has at most 0.54."""
BLURRED_OUTRIGHT: Final = 1.6
"""Sharpness with which nothing is learned. Sharp pictures have 3 to 5; here the detector misses a third of the people."""
MOVED_AFTER: Final = timedelta(seconds=5)
"""Who walks past the lens hides the view for less."""

_SAME_BLOCK: Final = 0.6
_BEST_SHARE: Final = 2 / 3
"""A crowd may hide two thirds of the view."""
_SURE: Final = 0.8
"""From here on nobody asks whether the camera trembles."""
_TEXTURED: Final = 0.01
"""Energy of the edges of a block that can be told from noise; blocks of the simulated halls have 0.07 to 0.2."""
_BLOCKS_NEEDED: Final = 8
_BLANK: Final = 0.03
"""Energy of the edges of a picture that shows nothing but a strong noise. A hall in a seventh of its light has 0.06."""
_STEP: Final = 0.23
_MOST_STEPS: Final = 3
_RENEW_EVERY: Final = timedelta(minutes=1)
_RENEW_LOOKS: Final = 60

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class SceneSignature:
    """A learned view as it is kept over a restart, about 7 kB.

    `drawn` tells the zones for which it was learned. `edges` is an edge map in steps from -3 to 3 as int8, deflated, in
    base64. Bit n of `renewed` is set when block n was learned anew since.
    """

    drawn: str
    sharpness: float
    edges: str
    renewed: int = 0

    @classmethod
    def of(cls, drawn: str, view: View) -> SceneSignature:
        steps = np.rint(view.edges / _STEP).astype(np.int8)
        edges = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
        renewed = sum(1 << int(block) for block in np.flatnonzero(view.renewed))
        return cls(drawn, view.sharpness, edges, renewed)

    def view(self) -> View:
        """Raises ValueError when it is damaged."""
        try:
            steps = np.frombuffer(zlib.decompress(base64.b64decode(self.edges, validate=True)), np.int8)
        except zlib.error as error:
            raise ValueError(f"a scene that cannot be inflated: {error}") from error
        edges = steps.reshape(2, *SIZE[::-1]).astype(np.float32) * np.float32(_STEP)
        renewed = np.array([self.renewed >> block & 1 for block in range(GRID[0] * GRID[1])], np.bool_)
        return View(edges, self.sharpness, renewed.reshape(GRID))


class View:
    """The edges of a hall without its people, and how sharp they were. It never changes.

    `edges` is (2, 90, 160); `renewed` (5, 8) are the blocks that were learned later than the others.
    """

    def __init__(self, edges: Floats, sharpness: float, renewed: Bools) -> None:
        # In the steps in which it is kept, so that a restart changes no answer.
        steps = np.clip(np.rint(edges / _STEP), -_MOST_STEPS, _MOST_STEPS)
        self.edges: Floats = (steps * _STEP).astype(np.float32)
        self.sharpness = sharpness
        self.renewed = renewed
        self.textured: Bools = energy(self.edges) >= _TEXTURED
        self._points = EdgePoints.of(self.edges)

    @property
    def tells(self) -> bool:
        """Whether there is enough in it to know it again: a blank wall looks the same everywhere."""
        return int(self.textured.sum()) >= _BLOCKS_NEEDED

    def compare(self, edges: Floats) -> tuple[float, Floats]:
        """(how well the best third of the view agrees, how well each block does), the camera's trembling allowed for."""
        blocks = agreement(edges, self.edges)
        best = self._level(blocks)
        if best < _SURE:
            for other in shaken(edges)[1:]:
                others = agreement(other, self.edges)
                if (level := self._level(others)) > best:
                    best, blocks = level, others
        return best, blocks

    def is_blurred(self, fine: Gray, blocks: Floats) -> bool:
        """Whether the edges are there and wider than they were. Where people stand before them they do not count."""
        sharpness = self._points.sharpness(fine, self.textured & (blocks >= _SAME_BLOCK))
        return sharpness < BLURRED_BELOW * self.sharpness

    def with_blocks(self, blocks: Bools, edges: Floats) -> View | None:
        """With some blocks learned anew, or None when fewer than half would be as they were first.

        The others are what a camera that creeps out of place is found by.
        """
        renewed = self.renewed | blocks
        if 2 * int(renewed.sum()) > int((self.textured | renewed).sum()):
            return None
        return View(np.where(_pixels(blocks), edges, self.edges), self.sharpness, renewed)

    def _level(self, blocks: Floats) -> float:
        first = blocks[self.textured & ~self.renewed]
        return min(_upper(blocks[self.textured]), _upper(first))


class Scene:
    """Judges the pictures of one camera by what it has learned. Not thread-safe.

    `drawn` tells for which zones (see `drawn_as`); a signature of other zones, or a damaged one, is not taken.
    """

    def __init__(self, drawn: str, known: SceneSignature | None = None) -> None:
        self._drawn = drawn
        self._view = _taken(drawn, known)
        self._signature = known if self._view else None
        self._lesson = _Lesson()
        self._changes = _Changes()
        self._other_from_at: datetime | None = None

    @property
    def signature(self) -> SceneSignature | None:
        """None until it is learned."""
        return self._signature

    def judge(self, fine: Gray, at: datetime, *, learn: bool) -> Unknown | None:
        """Why this is not the view that the zones were drawn for, or None when it is, as far as is known.

        `fine` is luma (180, 320) in which something can be seen; with `learn` it is one in service hours.
        """
        edges = edge_map(halved(fine))
        if self._view is None:
            return self._first_looks(fine, edges, learn=learn)
        level, blocks = self._view.compare(edges)
        if level < ELSEWHERE_BELOW:
            return self._elsewhere(fine, edges, at)
        self._other_from_at = None
        if self._view.is_blurred(fine, blocks):
            return Unknown.DEFOCUSED
        if learn and (ready := self._changes.add(edges, blocks >= _SAME_BLOCK, at)).any():
            self._take(self._view.with_blocks(ready, self._changes.mean))
        return None

    def _first_looks(self, fine: Gray, edges: Floats, *, learn: bool) -> Unknown | None:
        """A camera whose zones were just drawn is taken to be right, unless hardly anything can be made out."""
        sharpness = _own_sharpness(fine, edges)
        if sharpness < BLURRED_OUTRIGHT:
            return Unknown.DEFOCUSED
        if learn:
            self._take(self._lesson.add(edges, sharpness))
        return None

    def _elsewhere(self, fine: Gray, edges: Floats, at: datetime) -> Unknown:
        if self._other_from_at is None or at < self._other_from_at:
            self._other_from_at = at
        if at - self._other_from_at < MOVED_AFTER or float(energy(edges).mean()) < _BLANK:
            return Unknown.OCCLUDED
        # So far out of focus that the edges have run together: then it has none that are sharp either.
        return Unknown.DEFOCUSED if _own_sharpness(fine, edges) < BLURRED_OUTRIGHT else Unknown.MOVED

    def _take(self, view: View | None) -> None:
        if view is not None:
            self._view, self._signature = view, SceneSignature.of(self._drawn, view)


class _Lesson:
    """The mean of the first looks. All begins anew when the last of them does not show what they show together."""

    def __init__(self) -> None:
        self._sum: Floats = np.zeros((2, *SIZE[::-1]), np.float32)
        self._sharpness: list[float] = []

    def add(self, edges: Floats, sharpness: float) -> View | None:
        self._sum = self._sum + edges
        self._sharpness.append(sharpness)
        if len(self._sharpness) < LEARN_LOOKS:
            return None
        view = View(self._sum / np.float32(LEARN_LOOKS), float(np.median(self._sharpness)), np.zeros(GRID, np.bool_))
        self._sum, self._sharpness = np.zeros_like(self._sum), []
        return view if view.tells and view.compare(edges)[0] >= ELSEWHERE_BELOW else None


class _Changes:
    """Blocks that disagree for an hour of service while the view agrees: furniture was moved, a poster hung up.

    One look a minute. A block that agrees once is as it was, and one that agrees always is never touched: so the view
    cannot creep.
    """

    def __init__(self) -> None:
        self._next_at: datetime | None = None
        self._sums: Floats = np.zeros((2, *SIZE[::-1]), np.float32)
        self._counts = np.zeros(GRID, np.int64)

    @property
    def mean(self) -> Floats:
        return np.asarray(self._sums / np.maximum(_pixels(self._counts), 1), np.float32)

    def add(self, edges: Floats, same: Bools, at: datetime) -> Bools:
        """The blocks (5, 8) that are to be learned anew, as their `mean` is."""
        if self._next_at is not None and timedelta(0) <= self._next_at - at <= _RENEW_EVERY:
            return np.zeros(GRID, np.bool_)
        self._next_at = at + _RENEW_EVERY
        begun = self._counts < _RENEW_LOOKS
        self._sums = np.where(_pixels(same | ~begun), 0, self._sums + edges)
        self._counts = np.where(same | ~begun, 0, self._counts + 1)
        return np.asarray(self._counts >= _RENEW_LOOKS, np.bool_)


def drawn_as(zones: Sequence[Zone]) -> str:
    """A short text that changes when a camera's zones do."""
    text = ";".join(f"{zone.kind.value} {zone.window} {zone.group} {zone.polygon}" for zone in zones)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _taken(drawn: str, known: SceneSignature | None) -> View | None:
    if known is None or known.drawn != drawn:
        return None
    try:
        return known.view()
    except ValueError:
        return None


def _own_sharpness(fine: Gray, edges: Floats) -> float:
    """Without a view: at the edges that the picture has itself."""
    return EdgePoints.of(edges).sharpness(fine, np.ones(GRID, np.bool_))


def _upper(levels: Floats) -> float:
    """What the best third reaches."""
    return float(np.sort(levels)[int(levels.size * _BEST_SHARE)]) if levels.size else 0.0


def _pixels(blocks: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """A value for each block (5, 8) as one for each pixel of an edge map (90, 160)."""
    width, height = SIZE
    return blocks.repeat(height // GRID[0], 0).repeat(width // GRID[1], 1)
