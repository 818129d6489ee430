from __future__ import annotations

import threading

from structlog.testing import capture_logs

from vigil.center.rounds import Rounds
from vigil.errors import StoreError


def test_a_task_that_fails_stops_no_other_and_is_tried_again() -> None:
    calls: list[str] = []
    enough = threading.Event()

    def away() -> None:
        calls.append("away")
        raise StoreError("locked")

    def broken() -> None:
        calls.append("broken")
        raise ValueError("a defect")

    def works() -> None:
        calls.append("works")
        if calls.count("works") == 2:
            enough.set()

    rounds = Rounds({"away": away, "broken": broken, "works": works}, every_s=0)
    with capture_logs() as logs:
        rounds.start()
        assert enough.wait(10)
        rounds.stop(10)
    assert calls[:6] == ["away", "broken", "works"] * 2
    assert {(entry["event"], entry["task"]) for entry in logs} == {
        ("round_waiting", "away"),
        ("round_failed", "broken"),
    }
