"""Which ticket machines a pipeline asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, GROUP, NODE, SITE, hall
from vigil.analytics.analyst import Memory
from vigil.clock import FakeClock
from vigil.ingest.tickets import TicketMachine
from vigil.model.site import Secret, Site, TicketFeed
from vigil.node import pipeline as pipeline_module
from vigil.node.pipeline import Pipeline, Surroundings
from vigil.testing import FakeDetector


def with_tickets(bearer: Secret | None) -> Site:
    mine = hall("a", NODE)
    group = replace(mine.groups[0], tickets=TicketFeed("http://192.0.2.9/", bearer=bearer))
    return replace(SITE, halls=(replace(mine, groups=(group,)),))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TicketMachine]:
    machines: list[TicketMachine] = []

    class FakePoller:
        def __init__(self, given: Any, *_: Any) -> None:
            machines.extend(given)

    monkeypatch.setattr(pipeline_module, "TicketPoller", FakePoller)
    return machines


class Nothing:
    def last(self, _: Any) -> None:
        return None


def make(site: Site, folder: Path) -> None:
    unused: Any = None
    around = Surroundings(
        folder=folder,
        spool=folder / "spool",
        index=Nothing(),  # type: ignore[arg-type]  # only its newest segment is asked for
        segment_s=30,
        open_detector=FakeDetector,
        detector="fake",
        reports=unused,
        emit_live=unused,
        clock=FakeClock(),
    )
    Pipeline(site, (CAMERA,), Memory(), around)


def test_asks_the_machines_of_its_queues_with_their_secrets(asked: list[TicketMachine], tmp_path: Path) -> None:
    (tmp_path / "tickets.key").write_text("the secret\n")
    site = with_tickets(Secret(file="tickets.key"))
    make(site, tmp_path)
    (machine,) = asked
    assert (machine.group, machine.bearer, machine.feed) == (GROUP, "the secret", site.halls[0].groups[0].tickets)


def test_a_machine_whose_secret_is_missing_is_told_and_not_asked(asked: list[TicketMachine], tmp_path: Path) -> None:
    with capture_logs() as logs:
        make(with_tickets(Secret(file="none")), tmp_path)
    assert asked == []
    assert [(line["event"], line["group"]) for line in logs] == [("ticket_secret_missing", GROUP)]
