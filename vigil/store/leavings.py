"""What is left behind by halls, windows and cameras that the site has no more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import func, or_, select

from vigil.model.ids import CameraId
from vigil.model.site_changes import Noun
from vigil.model.steps import UNDECIDED
from vigil.store.database import Database
from vigil.store.footage import SegmentState
from vigil.store.tables import AlertRow, SegmentRow

_COLUMNS: Final = {
    Noun.HALL: AlertRow.hall,
    Noun.GROUP: AlertRow.group,
    Noun.WINDOW: AlertRow.window,
    Noun.CAMERA: AlertRow.camera,
}


class Leavings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def alerts(self, noun: Noun, name: str) -> int:
        """How many alerts of it go on, or were decided by nobody. `noun`: a hall, group, window or camera."""
        still = or_(AlertRow.ended_at.is_(None), AlertRow.state.in_(UNDECIDED))
        query = select(func.count()).select_from(AlertRow).where(_COLUMNS[noun] == name, still)
        with self._database.read() as session:
            return session.scalar(query) or 0

    def footage_bytes(self, cameras: Collection[CameraId]) -> int:
        query = select(func.sum(SegmentRow.size)).where(
            SegmentRow.camera.in_(cameras), SegmentRow.state != SegmentState.PENDING
        )
        with self._database.read() as session:
            return int(session.scalar(query) or 0)
