"""A detector that remembers what it saw, on disk: an interrupted run goes on where it stopped.

What is remembered is known by the regions and their pictures' bytes, the detector's name, which holds the hash of its weights,
and its settings.
So a run with a warm memory says exactly what a run without one would say, and rules can be looked at again in minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vigil.analytics.detector import Detector, DetectorSettings, Region
from vigil.model.looks import Detection

_FIELDS: Final = 8
"""Numbers of a region and a Detection in it, each kept as a double: what comes back is what was given, to the last bit."""


class RememberingDetector:
    """Asks `detector` only for pictures that are not in the file. Of one thread; several processes may share the file."""

    def __init__(self, detector: Detector, settings: DetectorSettings, file: Path) -> None:
        self.name = detector.name
        self._settings = settings
        self._detector = detector
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, timeout=60, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("CREATE TABLE IF NOT EXISTS looks (picture BLOB PRIMARY KEY, people BLOB) WITHOUT ROWID")

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        """Regions that are looked at together are remembered together: they share a canvas."""
        key = self._key(regions)
        row = self._database.execute("SELECT people FROM looks WHERE picture = ?", (key,)).fetchone()
        if row is None:
            found = self._detector.look(regions)
            self._database.execute("INSERT OR REPLACE INTO looks VALUES (?, ?)", (key, _numbers(found).tobytes()))
            return found
        kept = np.frombuffer(row[0]).reshape(-1, _FIELDS).tolist()
        people: list[list[Detection]] = [[] for _ in regions]
        for index, x0, y0, x1, y1, score, sure, cut in kept:
            people[int(index)].append(Detection(x0, y0, x1, y1, score, bool(sure), bool(cut)))
        return [tuple(some) for some in people]

    def close(self) -> None:
        self._detector.close()
        self._database.close()

    def _key(self, regions: Sequence[Region]) -> bytes:
        digest = blake2b(f"{self.name} {self._settings}".encode(), digest_size=16)
        for one in regions:
            digest.update(f"{one.left} {one.top} {one.right} {one.bottom} {one.scale} {one.picture.size}".encode())
        for picture in dict.fromkeys(one.picture for one in regions):
            for plane in (picture.y, picture.u, picture.v):
                digest.update(np.ascontiguousarray(plane).data)
        return digest.digest()


def _numbers(found: Sequence[Sequence[Detection]]) -> npt.NDArray[np.float64]:
    rows = [
        (index, one.x0, one.y0, one.x1, one.y1, one.score, one.sure, one.cut)
        for index, people in enumerate(found)
        for one in people
    ]
    return np.array(rows, np.float64)
