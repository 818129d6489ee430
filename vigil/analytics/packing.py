"""Rectangles of many pictures on few canvases, and the network's boxes back to the pictures they are of.

Rectangles stand on shelves, the tallest first (first fit, decreasing height: Coffman, Garey, Johnson and Tarjan, Performance
Bounds for Level-Oriented Two-Dimensional Packing Algorithms, SIAM J. Comput. 9, 1980), with grey between them, so that what is
seen in one does not depend much on its neighbours. Pure functions; pixels here are those of a canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, combinations_with_replacement
from typing import Final

import cv2
import numpy as np

from vigil.analytics.detector import Bgr, Region
from vigil.model.looks import Detection
from vigil.model.media import Plane, Planes

GUTTER: Final = 16
"""Grey pixels between two rectangles."""
_EDGE: Final = 2.0
"""A box that ends so close to its rectangle's edge is cut off by it."""
_EACH: Final = 7000
"""What a canvas costs beside its pixels, in pixels (docs/design/detector.md)."""
_GREY_Y: Final = 114
_GREY_UV: Final = 128

Size = tuple[int, int]
"""(height, width)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region lies on its canvas; all even. `index` is that of the region."""

    index: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A canvas of one of the sizes there are, and what lies on it."""

    size: Size
    places: tuple[Place, ...]


def pack(regions: Sequence[Region], sizes: Sequence[Size], most: Size | None = None) -> list[Sheet]:
    """Each region on the first sheet of the largest size that has room; the last sheet gives way to smaller ones that cover less.

    `sizes` rise in area. A region that is larger than `most` (None: the largest size) is scaled down to it. The same regions
    always lie in the same places.
    """
    scaled = [_scaled(region, most or sizes[-1]) for region in regions]
    boards: list[_Board] = []
    for index in sorted(range(len(regions)), key=lambda index: (-scaled[index][0], -scaled[index][1])):
        if not any(board.put(index, scaled[index]) for board in boards):
            boards.append(_Board(sizes[-1]))
            boards[-1].put(index, scaled[index])
    if boards:
        boards[-1:] = _smallest(boards[-1], tuple(sizes))
    return [board.sheet() for board in boards]


def canvas(size: Size) -> Planes:
    """An empty one, all grey, that may be painted on."""
    height, width = size
    half = (height // 2, width // 2)
    grey = 16 + round(_GREY_Y * 219 / 255)
    return Planes(np.full(size, grey, np.uint8), np.full(half, _GREY_UV, np.uint8), np.full(half, _GREY_UV, np.uint8))


def paint(regions: Sequence[Region], sheet: Sheet, on: Planes) -> None:
    """Every region of the sheet to its place; the rest of the canvas turns grey."""
    on.y[:] = 16 + round(_GREY_Y * 219 / 255)
    on.u[:] = on.v[:] = _GREY_UV
    for place in sheet.places:
        region = regions[place.index]
        picture = region.picture
        _copy(picture.y, region, place, on.y, 1)
        _copy(picture.u, region, place, on.u, 2)
        _copy(picture.v, region, place, on.v, 2)


def as_bgr(on: Planes) -> Bgr:
    """The picture for who wants it in colours: uint8 (height, width, 3), blue first. Sides are even."""
    height, width = on.size
    packed = np.concatenate([on.y.ravel(), on.u.ravel(), on.v.ravel()]).reshape(height * 3 // 2, width)
    return np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420), np.uint8)


def belonging(boxes: Sequence[Detection], sheet: Sheet, regions: Sequence[Region]) -> dict[int, tuple[Detection, ...]]:
    """By region, the people whose box's middle lies in its place.

    Boxes come in shares of the canvas, and go in shares of the region's picture.
    """
    height, width = sheet.size
    found: dict[int, list[Detection]] = {place.index: [] for place in sheet.places}
    for share in boxes:
        box = replace(share, x0=share.x0 * width, y0=share.y0 * height, x1=share.x1 * width, y1=share.y1 * height)
        x, y = box.centre
        for place in sheet.places:
            if place.left <= x < place.left + place.width and place.top <= y < place.top + place.height:
                found[place.index].append(_on_picture(box, place, regions[place.index]))
                break
    return {index: tuple(people) for index, people in found.items()}


def _on_picture(box: Detection, place: Place, region: Region) -> Detection:
    height, width = region.picture.size
    across, down = (region.right - region.left) / place.width, (region.bottom - region.top) / place.height
    x0, x1 = (min(max(x - place.left, 0.0), place.width) for x in (box.x0, box.x1))
    y0, y1 = (min(max(y - place.top, 0.0), place.height) for y in (box.y0, box.y1))
    cut = (
        (x0 < _EDGE and region.left > 0)
        or (y0 < _EDGE and region.top > 0)
        or (x1 > place.width - _EDGE and region.right < width)
        or (y1 > place.height - _EDGE and region.bottom < height)
    )
    return Detection(
        (region.left + x0 * across) / width,
        (region.top + y0 * down) / height,
        (region.left + x1 * across) / width,
        (region.top + y1 * down) / height,
        box.score,
        box.sure,
        cut,
    )


def _scaled(region: Region, most: Size) -> Size:
    height, width = region.bottom - region.top, region.right - region.left
    scale = min(region.scale, most[0] / height, most[1] / width)
    return min(most[0], _even(height * scale)), min(most[1], _even(width * scale))


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)


@dataclass(slots=True)
class _Shelf:
    """Rectangles side by side; `right` is where the next one may begin."""

    top: int
    height: int
    right: int = 0


@dataclass(slots=True)
class _Board:
    """A sheet that is being filled, from the top."""

    size: Size
    shelves: list[_Shelf] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def put(self, index: int, size: Size) -> bool:
        """Whether there was room for it."""
        height, width = size
        shelf = next((one for one in self.shelves if height <= one.height and one.right + width <= self.size[1]), None)
        if shelf is None:
            top = self.shelves[-1].top + self.shelves[-1].height + GUTTER if self.shelves else 0
            if top + height > self.size[0] or width > self.size[1]:
                return False
            shelf = _Shelf(top, height)
            self.shelves.append(shelf)
        self.places.append(Place(index, shelf.right, shelf.top, width, height))
        shelf.right += width + GUTTER
        return True

    def sheet(self) -> Sheet:
        """What lies on it is moved to the middle, as the network's pictures were in training."""
        right = max(place.left + place.width for place in self.places)
        bottom = max(place.top + place.height for place in self.places)
        across, down = (self.size[1] - right) // 4 * 2, (self.size[0] - bottom) // 4 * 2
        places = (replace(place, left=place.left + across, top=place.top + down) for place in self.places)
        return Sheet(self.size, tuple(places))


def _smallest(board: _Board, sizes: tuple[Size, ...]) -> list[_Board]:
    """The boards that cost least of those that hold what lies on this one, which is of the largest size."""
    covered = sum(place.width * place.height for place in board.places)
    for instead in _cheaper(sizes):
        boards = [_Board(size) for size in instead]
        if covered <= sum(height * width for height, width in instead) and all(
            any(one.put(place.index, (place.height, place.width)) for one in boards) for place in board.places
        ):
            return [one for one in boards if one.places]
    return [board]


@cache
def _cheaper(sizes: tuple[Size, ...]) -> tuple[tuple[Size, ...], ...]:
    """One or two of the smaller sizes that cost less than the largest one, the least first. To try more takes too long."""
    most = _cost(sizes[-1:])
    sets = chain.from_iterable(combinations_with_replacement(sizes[-2::-1], number) for number in (1, 2))
    return tuple(sorted((one for one in sets if _cost(one) < most), key=_cost))


def _cost(canvases: Sequence[Size]) -> int:
    return sum(height * width + _EACH for height, width in canvases)


def _copy(plane: Plane, region: Region, place: Place, on: Plane, by: int) -> None:
    """`by` is 2 for the planes of colour, which have half the pixels to each side."""
    source = plane[region.top // by : -(-region.bottom // by), region.left // by : -(-region.right // by)]
    target = on[place.top // by : (place.top + place.height) // by, place.left // by : (place.left + place.width) // by]
    if source.shape == target.shape:
        np.copyto(target, source)
        return
    shrinks = target.shape[1] < source.shape[1]
    resized = cv2.resize(source, target.shape[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    np.copyto(target, resized)
