"""What one camera is meant to see, learned from its own good pictures. A view that moved fits its zones no longer.

People come and go, and walls do not: over a number of looks the edges of people average out. Light does not matter, for
only the direction of edges counts (vigil/analytics/edges.py). How the colours lean is learned beside them
(vigil/analytics/colour.py). The figures behind the limits are in docs/design/quality.md.
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

from vigil.analytics import colour
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
    shaken,
)
from vigil.analytics.sight import Sight
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
_CLEARLY_SHARP_ALONE: Final = 2.4
"""Halfway from there to a sharp picture: where there is nothing to compare with, such a one is not measured again for a while."""
MOVED_AFTER: Final = timedelta(seconds=5)
"""Who walks past the lens hides the view for less."""
COMPARED_FOR: Final = timedelta(seconds=3.5)
"""A comparison that was clearly good holds for so long while the picture as a whole stays as it is: with a look each second, or
each two, the next comes after four. A comparison costs ten times what all other rules do."""

MEASURED_FOR: Final = timedelta(seconds=30)
"""For so long sharpness that was clearly good is not measured again while the detail is there: it costs as much as the rest of a
comparison."""

_SAME_BLOCK: Final = 0.6
_BEST_SHARE: Final = 2 / 3
"""A crowd may hide two thirds of the view."""
_SURE: Final = 0.8
"""From here on nobody asks whether the camera trembles."""
_CLEARLY_SAME: Final = 0.7
_CLEARLY_SHARP: Final = 0.66
"""From both on a comparison is clearly good; half of the lamps off and a full hall leave 0.70 and 0.76."""
_LIGHT_STEP: Final = 8.0
"""Grey levels by which half of the blocks have changed when the picture has, as a whole."""
_DETAIL_STEP: Final = 0.2
"""Share by which the detail has then changed."""
_DETAIL_LOST: Final = 0.1
"""Share of the detail with which the focus may have gone: what the detector suffers from takes a third and more."""
_TEXTURED: Final = 0.01
"""Energy of the edges of a block that can be told from noise; blocks of the simulated halls have 0.07 to 0.2."""
_BLOCKS_NEEDED: Final = 8
_BLANK: Final = 0.03
"""Energy of the edges of a picture that shows nothing but a strong noise. A hall in a seventh of its light has 0.06."""
_STEP: Final = 0.23
_MOST_STEPS: Final = 3
_RENEW_EVERY: Final = timedelta(minutes=1)
_RENEW_LOOKS: Final = 60
_TINT_STEP: Final = 0.005

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class SceneSignature:
    """A learned view as it is kept over a restart, about 7 kB.

    `drawn` tells the zones for which it was learned. `edges` is an edge map in steps from -3 to 3 as int8, deflated, in
    base64. Bit n of `renewed` is set when block n was learned anew since. `tint` is that of vigil/analytics/colour.py in
    steps of 0.005 as int8, in base64; empty where it is not learned yet.
    """

    drawn: str
    sharpness: float
    edges: str
    renewed: int = 0
    tint: str = ""

    @classmethod
    def of(cls, drawn: str, view: View) -> SceneSignature:
        steps = np.rint(view.edges / _STEP).astype(np.int8)
        edges = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
        renewed = sum(1 << int(block) for block in np.flatnonzero(view.renewed))
        tint = b"" if view.tint is None else np.rint(view.tint / _TINT_STEP).astype(np.int8).tobytes()
        return cls(drawn, view.sharpness, edges, renewed, base64.b64encode(tint).decode())

    def view(self) -> View:
        """Raises ValueError when it is damaged."""
        try:
            steps = np.frombuffer(zlib.decompress(base64.b64decode(self.edges, validate=True)), np.int8)
        except zlib.error as error:
            raise ValueError(f"a scene that cannot be inflated: {error}") from error
        edges = steps.reshape(2, *SIZE[::-1]).astype(np.float32) * np.float32(_STEP)
        renewed = np.array([self.renewed >> block & 1 for block in range(GRID[0] * GRID[1])], np.bool_)
        tint = np.frombuffer(base64.b64decode(self.tint, validate=True), np.int8).astype(np.float32) * _TINT_STEP
        return View(edges, self.sharpness, renewed.reshape(GRID), tint.reshape(2, *GRID) if self.tint else None)


class View:
    """The edges of a hall without its people, how sharp they were, and how the colours lean. It never changes.

    `edges` is (2, 90, 160); `renewed` (5, 8) are the blocks that were learned later than the others. `tint` is (2, 5, 8),
    or None where it is not learned yet.
    """

    def __init__(self, edges: Floats, sharpness: float, renewed: Bools, tint: Floats | None = None) -> None:
        # In the steps in which it is kept, so that a restart changes no answer.
        steps = np.clip(np.rint(edges / _STEP), -_MOST_STEPS, _MOST_STEPS)
        self.edges: Floats = (steps * _STEP).astype(np.float32)
        self.tint = None if tint is None else _stepped(tint)
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

    def sharpness_of(self, fine: Gray, blocks: Floats) -> float:
        """How sharp the edges that are there still are, as a share of what they were. Where people stand before them they do
        not count; NaN where none is left.
        """
        return self._points.sharpness(fine, self.textured & (blocks >= _SAME_BLOCK)) / self.sharpness

    def with_blocks(self, blocks: Bools, edges: Floats) -> View | None:
        """With some blocks learned anew, or None when fewer than half would be as they were first.

        The others are what a camera that creeps out of place is found by.
        """
        renewed = self.renewed | blocks
        if 2 * int(renewed.sum()) > int((self.textured | renewed).sum()):
            return None
        return View(np.where(_pixels(blocks), edges, self.edges), self.sharpness, renewed, self.tint)

    def with_tint(self, tint: Floats) -> View:
        return View(self.edges, self.sharpness, self.renewed, tint)

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
        self._colours = _Colours()
        self._changes = _Changes()
        self._same: _Same | None = None
        self._focused: _Focused | None = None
        self._other_from_at: datetime | None = None

    @property
    def signature(self) -> SceneSignature | None:
        """None until it is learned."""
        return self._signature

    def judge(self, sight: Sight, at: datetime, *, learn: bool) -> Unknown | None:
        """Why this is not the view that the zones were drawn for, or None when it is, as far as is known.

        Something can be seen in `sight`; with `learn` it is one in service hours.
        """
        cast = colour.is_cast(sight.tint, self._view.tint if self._view else None)
        if not cast and self._same is not None and self._same.holds(sight, at):
            return None
        return self._compare(sight, at, learn=learn and not cast) or (Unknown.CAST if cast else None)

    def _compare(self, sight: Sight, at: datetime, *, learn: bool) -> Unknown | None:
        """All but the colours."""
        self._same = None
        if self._view is None:
            return self._first_looks(sight, at, learn=learn)
        edges = edge_map(sight.small)
        level, blocks = self._view.compare(edges)
        if level < ELSEWHERE_BELOW:
            self._focused = None
            return self._elsewhere(sight.fine, edges, at)
        self._other_from_at = None
        if self._focused is None or not self._focused.holds(sight, at):
            sharpness = self._view.sharpness_of(sight.fine, blocks)
            self._focused = _Focused(at, sight.detail) if sharpness >= _CLEARLY_SHARP else None
            if sharpness < BLURRED_BELOW:
                return Unknown.DEFOCUSED
        if level >= _CLEARLY_SAME and self._focused is not None:
            self._same = _Same(at, sight.light, sight.detail)
        if learn:
            self._follow(self._view, sight, edges, blocks, at)
        return None

    def _first_looks(self, sight: Sight, at: datetime, *, learn: bool) -> Unknown | None:
        """A camera whose zones were just drawn is taken to be right, unless hardly anything can be made out."""
        if not learn and self._focused is not None and self._focused.holds(sight, at):
            return None
        edges = edge_map(sight.small)
        sharpness = _own_sharpness(sight.fine, edges)
        self._focused = _Focused(at, sight.detail) if sharpness >= _CLEARLY_SHARP_ALONE else None
        if sharpness < BLURRED_OUTRIGHT:
            return Unknown.DEFOCUSED
        if learn:
            self._take(self._lesson.add(edges, sharpness, sight.tint))
        return None

    def _follow(self, view: View, sight: Sight, edges: Floats, blocks: Floats, at: datetime) -> None:
        if view.tint is None and (tint := self._colours.add(sight.tint)) is not None:
            self._take(view.with_tint(tint))
        elif (ready := self._changes.add(edges, blocks >= _SAME_BLOCK, at)).any():
            self._take(view.with_blocks(ready, self._changes.mean))

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


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A picture that was compared and is clearly of the view. What is as it is needs no comparison for a while."""

    at: datetime
    light: Floats
    detail: float

    def holds(self, sight: Sight, at: datetime) -> bool:
        if not timedelta(0) <= at - self.at < COMPARED_FOR:
            return False
        changed = int(np.count_nonzero(np.abs(sight.light - self.light) >= _LIGHT_STEP))
        return 2 * changed < sight.light.size and abs(sight.detail - self.detail) < _DETAIL_STEP * self.detail


@dataclass(frozen=True, slots=True)
class _Focused:
    """A picture that was measured and is clearly sharp. A lens does not lose its focus while the detail stays."""

    at: datetime
    detail: float

    def holds(self, sight: Sight, at: datetime) -> bool:
        return timedelta(0) <= at - self.at < MEASURED_FOR and sight.detail >= (1 - _DETAIL_LOST) * self.detail


class _Lesson:
    """The mean of the first looks. All begins anew when the last of them does not show what they show together."""

    def __init__(self) -> None:
        self._sum: Floats = np.zeros((2, *SIZE[::-1]), np.float32)
        self._sharpness: list[float] = []
        self._colours = _Colours()

    def add(self, edges: Floats, sharpness: float, tint: Floats) -> View | None:
        self._sum = self._sum + edges
        self._sharpness.append(sharpness)
        colours = self._colours.add(tint)
        if colours is None:
            return None
        none = np.zeros(GRID, np.bool_)
        view = View(self._sum / np.float32(LEARN_LOOKS), float(np.median(self._sharpness)), none, colours)
        self._sum, self._sharpness = np.zeros_like(self._sum), []
        return view if view.tells and view.compare(edges)[0] >= ELSEWHERE_BELOW else None


class _Colours:
    """The mean tint of LEARN_LOOKS looks; all begins anew after them."""

    def __init__(self) -> None:
        self._tints: list[Floats] = []

    def add(self, tint: Floats) -> Floats | None:
        self._tints.append(tint)
        if len(self._tints) < LEARN_LOOKS:
            return None
        mean, self._tints = np.mean(self._tints, axis=0, dtype=np.float32), []
        return np.asarray(mean, np.float32)


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


def _stepped(tint: Floats) -> Floats:
    """In the steps in which it is kept."""
    steps = np.clip(np.rint(tint / _TINT_STEP), -127, 127)
    return np.asarray(steps * _TINT_STEP, np.float32)


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
