"""The detector as the worker uses it: opened when it is first needed, opened anew after a failure, on a thread of its own.

So pictures are decoded while others are looked at. Where time does not pass by itself, in evaluation, all happens in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final

import structlog

from vigil import metrics
from vigil.analytics.detector import Detector, Region
from vigil.analytics.eye import timed
from vigil.clock import Clock
from vigil.errors import DetectorError
from vigil.model.looks import Detection

Found = list[tuple[Detection, ...]]
"""The people in each region."""

_REOPEN_S: Final = 5.0

log = structlog.get_logger()


class InTurn(Executor):
    """Does what it is given at once, on the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001, handed to whoever asks for the result, as every executor does
            future.set_exception(error)
        return future


class Looker:
    def __init__(self, open_detector: Callable[[], Detector], clock: Clock, *, overlap: bool) -> None:
        self._open_detector = open_detector
        self._clock = clock
        self._executor: Executor = ThreadPoolExecutor(1, "detector") if overlap else InTurn()
        self._detector: Detector | None = None
        self._retry_mono = 0.0

    def look(self, regions: Sequence[Region]) -> Future[Found | None]:
        """The people in each region, or None when the detector fails; it is opened anew after some seconds."""
        return self._executor.submit(self._look, regions)

    def close(self) -> None:
        """Waits for what has begun. Raises what closing the detector raises."""
        self._executor.submit(self._close).result()
        self._executor.shutdown()

    def _look(self, regions: Sequence[Region]) -> Found | None:
        if not regions:
            return []
        try:
            if self._detector is None:
                if self._clock.mono() < self._retry_mono:
                    return None
                self._detector = self._open_detector()
            with timed("detect"):
                return self._detector.look(regions)
        except DetectorError as error:
            metrics.detector_failures.inc()
            log.error("detector_failed", error=str(error))
            self._close()
            self._retry_mono = self._clock.mono() + _REOPEN_S
            return None

    def _close(self) -> None:
        detector, self._detector = self._detector, None
        if detector is not None:
            detector.close()
