"""kill -9 of the centre while people take steps: what was answered is in the database, and nothing is in it twice."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.system import DemoSystem
from tests.unit.store.samples import alert
from vigil.center.sections import database_file
from vigil.model.ids import AlertId
from vigil.model.steps import Step
from vigil.store.database import Database
from vigil.store.stores import Stores

pytestmark = pytest.mark.lesson(13)

ALERTS, WRITERS, ROUNDS, ANSWERED = 40, 6, 3, 60


class Writer:
    """Somebody who comments alert after alert; `answered` holds the notes for which the centre said that it was done."""

    def __init__(self, system: DemoSystem, number: int) -> None:
        self._address, self._number = system.address, number
        self._cookies = dict(system.api("operator").cookies)
        self.answered: list[tuple[str, str]] = []
        self.unanswered: tuple[str, str] | None = None
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        headers = {"Origin": self._address}
        with httpx.Client(base_url=f"{self._address}/api/v1/", cookies=self._cookies, headers=headers) as client:
            for turn in range(10_000):
                name, note = f"alert-{(self._number * 7 + turn) % ALERTS}", f"{self._number}-{turn}-{uuid4()}"
                try:
                    say(client, name, note)
                except httpx.TransportError:  # the centre is gone
                    self.unanswered = name, note
                    return
                self.answered.append((name, note))


def say(client: httpx.Client, name: str, note: str) -> None:
    """The note is the key, too: whoever had no answer sends it again."""
    client.post(f"alerts/{name}/comment", json={"note": note}, headers={"Idempotency-Key": note}).raise_for_status()


def enough(writers: list[Writer]) -> bool:
    return sum(len(writer.answered) for writer in writers) >= ANSWERED


def noted(system: DemoSystem) -> list[tuple[str, str]]:
    """Alert and note of every comment in the database; the centre escalates the alerts meanwhile."""
    database = Database.in_file(database_file(system.configuration))
    steps = Stores.over(database).alert_steps.log(0, limit=1_000_000)
    database.close()
    return [(step.alert, step.taken.note or "") for step in steps if step.taken.step is Step.COMMENT]


def test_nothing_that_was_answered_is_lost_to_a_kill(tmp_path: Path) -> None:
    with DemoSystem(tmp_path, whole=False) as system:
        database = Database.in_file(database_file(system.configuration))
        for number in range(ALERTS):
            Stores.over(database).alerts.upsert(alert(AlertId(f"alert-{number}")))
        database.close()
        said: list[tuple[str, str]] = []
        for _ in range(ROUNDS):
            writers = [Writer(system, number) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            system.wait_for(partial(enough, writers), 60, "steps")
            system.kill("center")
            for writer in writers:
                writer.join()
            said += [one for writer in writers for one in writer.answered]
            assert set(said) <= set(noted(system))
            system.start_center()
            for writer in writers:
                assert writer.unanswered is not None
                say(system.api("operator"), *writer.unanswered)
                said.append(writer.unanswered)
        assert sorted(noted(system)) == sorted(said)
