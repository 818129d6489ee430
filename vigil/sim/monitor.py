"""A monitor that somebody put before a clerk, so that this camera sees only part of the clerk, or nothing."""

from __future__ import annotations

import math

import cv2
import numpy as np

from vigil.model.truth import PersonRole
from vigil.sim.assets import Picture, Wardrobe
from vigil.sim.figures import Figure, Pose
from vigil.sim.patches import Body, Mask, Patch, paint, stance_of
from vigil.sim.view import Region, View
from vigil.sim.world import Place, WindowPlan

_IN_FRONT_M = 0.3
_WIDER = 0.12
"""By this share of the clerk's width on each side: the clerk moves a little."""
_CASE = (44, 40, 38)
_BEZEL = (92, 88, 84)


def monitor_place(window: WindowPlan, view: View) -> Place:
    """Between the clerk and the camera: nearer than the clerk, farther than a visitor at the counter."""
    return view.nearer(window.seat, _IN_FRONT_M)


def seated_clerk(window: WindowPlan, lift: float, view: View, wardrobe: Wardrobe, look: str) -> Body | None:
    """What this camera sees of a clerk with this look who sits at the window; None where it sees nothing."""
    clerk = Figure(0, look, PersonRole.CLERK, Pose.CLERK_TYPE, 0, window.seat, -math.pi / 2, lift)
    body = paint(stance_of(clerk, view, wardrobe), view).body
    return body if body is not None and body.seen.any() else None


def place_monitor(
    window: WindowPlan, lift: float, share: float, view: View, wardrobe: Wardrobe, look: str
) -> Body | None:
    """The monitor that hides `share` (0..1) of what this camera sees of a clerk with this look who sits at the window.

    It stands on the desk and rises from the clerk's lowest visible row. None where the camera does not see the clerk.
    """
    body = seated_clerk(window, lift, view, wardrobe, look)
    if body is None or share <= 0:
        return None
    region = _panel(body, share).within(*view.size)
    if region is None:
        return None
    hidden = view.hidden(window.seat, region)
    return _painted(region, hidden, view.tint)


def _panel(clerk: Body, share: float) -> Region:
    rows = clerk.seen.sum(axis=1)
    from_below = np.cumsum(rows[::-1])
    count = int(np.searchsorted(from_below, share * from_below[-1])) + 1
    columns = np.flatnonzero(clerk.seen.any(axis=0))
    lowest = int(np.flatnonzero(rows)[-1]) + 1
    wider = max(1, round(_WIDER * (columns[-1] - columns[0])))
    x, y = clerk.patch.region.x0, clerk.patch.region.y0
    top = min(len(rows) - count, lowest - 1)
    return Region(x + int(columns[0]) - wider, y + top, x + int(columns[-1]) + 1 + wider, y + lowest)


def _painted(region: Region, hidden: Picture | None, tint: tuple[float, float, float]) -> Body:
    height, width = region.shape
    alpha = np.full((height, width), 255, np.uint8) if hidden is None else 255 - hidden
    bgr = np.empty((height, width, 3), np.uint8)
    bgr[:] = _CASE
    bgr[:: max(2, height // 6)] = [channel - 6 for channel in _CASE]  # slots of the case's back
    cv2.rectangle(bgr, (0, 0), (width - 1, height - 1), _BEZEL, max(1, width // 40))
    cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    add: Picture = cv2.multiply(cv2.multiply(bgr, (*tint, 0.0)), cover, scale=1 / 255)
    seen: Mask = alpha > 127
    shape: Mask = np.ones((height, width), np.bool_)
    return Body(Patch(region, 255 - cover, add), shape, seen, height * width)
