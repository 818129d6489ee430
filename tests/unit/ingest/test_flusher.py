from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vigil.ingest import flusher
from vigil.ingest.flusher import Flusher


class Disk:
    """Stands in for syncfs: counts the calls, and fails those it is told to."""

    def __init__(self, failures: list[OSError]) -> None:
        self._failures = failures
        self._asked = threading.Semaphore(0)

    def __call__(self, folder: Path) -> None:
        self._asked.release()
        if self._failures:
            raise self._failures.pop(0)

    def wait(self) -> bool:
        return self._asked.acquire(timeout=10)


def running(monkeypatch: pytest.MonkeyPatch, folder: Path, *failures: OSError) -> tuple[Flusher, Disk]:
    disk = Disk(list(failures))
    monkeypatch.setattr(flusher, "sync_file_system", disk)
    made = Flusher(folder, every_s=0.01)
    made.start()
    return made, disk


def test_what_was_written_is_flushed_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, disk = running(monkeypatch, tmp_path)
    for _ in range(3):
        made.wrote()
        assert disk.wait()
    assert not disk._asked.acquire(timeout=0.1)
    assert made.stop(10)


def test_a_disk_that_fails_is_told_once_and_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failures = [OSError(errno.EIO, "Input/output error") for _ in range(2)]
    with capture_logs() as logs:
        made, disk = running(monkeypatch, tmp_path, *failures)
        for _ in range(3):
            made.wrote()
            assert disk.wait()
        assert made.stop(10)
    assert [entry["event"] for entry in logs] == ["flush_failed"]


def test_it_stops_at_once_also_when_nothing_was_ever_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, _ = running(monkeypatch, tmp_path)
    assert made.stop(10)
