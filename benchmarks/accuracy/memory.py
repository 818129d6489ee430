"""A detector that remembers what it saw, on disk: an interrupted run goes on where it stopped.

What is remembered is known by the picture's bytes, the detector's name, which holds the hash of its weights, and its settings.
So a run with a warm memory says exactly what a run without one would say, and rules can be looked at again in minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np

from vigil.analytics.detector import Bgr, Detector, DetectorSettings
from vigil.model.looks import Detection

_FIELDS: Final = 6
"""Numbers of a Detection, each kept as a double: what comes back is what was given, to the last bit."""


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

    def detect(self, frames: Sequence[Bgr]) -> list[tuple[Detection, ...]]:
        return [self._remembered(frame) for frame in frames]

    def close(self) -> None:
        self._detector.close()
        self._database.close()

    def _remembered(self, frame: Bgr) -> tuple[Detection, ...]:
        key = self._key(frame)
        row = self._database.execute("SELECT people FROM looks WHERE picture = ?", (key,)).fetchone()
        if row is not None:
            kept = np.frombuffer(row[0]).reshape(-1, _FIELDS).tolist()
            return tuple(Detection(x0, y0, x1, y1, score, bool(sure)) for x0, y0, x1, y1, score, sure in kept)
        (people,) = self._detector.detect([frame])
        numbers = np.array([(one.x0, one.y0, one.x1, one.y1, one.score, one.sure) for one in people], np.float64)
        self._database.execute("INSERT OR REPLACE INTO looks VALUES (?, ?)", (key, numbers.tobytes()))
        return people

    def _key(self, frame: Bgr) -> bytes:
        digest = blake2b(f"{self.name} {self._settings} {frame.shape}".encode(), digest_size=16)
        digest.update(np.ascontiguousarray(frame).data)
        return digest.digest()
