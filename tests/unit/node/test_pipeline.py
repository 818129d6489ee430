"""Which ticket machines a pipeline asks, and to which media servers it pushes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, GROUP, NODE, SITE, hall
from vigil.analytics.analyst import Memory
from vigil.clock import FakeClock
from vigil.forward.push import Target
from vigil.ingest.tickets import TicketMachine
from vigil.model.media import StreamKind
from vigil.model.site import Forward, Secret, Site, TicketFeed, Transport
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


class FakePusher:
    made: ClassVar[list[FakePusher]] = []

    def __init__(self, target: Target, *_: Any, **__: Any) -> None:
        self.target = target
        FakePusher.made.append(self)

    def begin(self, *_: Any) -> None:
        pass

    packet = lost = begin


@pytest.fixture
def pushers(monkeypatch: pytest.MonkeyPatch) -> list[FakePusher]:
    FakePusher.made = []
    monkeypatch.setattr(pipeline_module, "Pusher", FakePusher)
    return FakePusher.made


def with_forwards(*forwards: Forward) -> Site:
    mine = hall("a", NODE)
    cameras = tuple(replace(camera, substream="rtsp://192.0.2.7/2", forward=forwards) for camera in mine.cameras)
    return replace(SITE, halls=(replace(mine, cameras=cameras),))


def test_pushes_each_stream_to_its_servers_with_secrets_of_the_node(
    pushers: list[FakePusher], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "push.key").write_text("a password\n")
    monkeypatch.setenv("LIVE_KEY", "a key")
    site = with_forwards(
        Forward("rtsp://192.0.2.9/a", StreamKind.SUB, Transport.UDP, "me", Secret(file="push.key")),
        Forward("rtmp://192.0.2.9/live", stream_key=Secret(env="LIVE_KEY")),
    )
    fed: dict[StreamKind, list[object]] = {}

    def reader(_: object, stream: StreamKind, sinks: list[object], *__: object, **___: object) -> object:
        fed[stream] = sinks
        return object()

    monkeypatch.setattr(pipeline_module, "Reader", reader)
    make(site, tmp_path)
    by_stream = {pusher.target.stream: pusher for pusher in pushers}
    assert by_stream[StreamKind.SUB].target == Target(
        CAMERA, StreamKind.SUB, "rtsp://192.0.2.9/a", Transport.UDP, "me", "a password"
    )
    assert by_stream[StreamKind.MAIN].target == Target(
        CAMERA, StreamKind.MAIN, "rtmp://192.0.2.9/live", stream_key="a key"
    )
    for stream, pusher in by_stream.items():
        assert [sink for sink in fed[stream] if isinstance(sink, FakePusher)] == [pusher]


def test_a_server_whose_secret_is_missing_is_told_and_the_others_go_on(
    pushers: list[FakePusher], tmp_path: Path
) -> None:
    lost = Forward("rtsp://192.0.2.9/a", username="me", password=Secret(file="none"))
    with capture_logs() as logs:
        make(with_forwards(lost, Forward("rtsp://192.0.2.10/a")), tmp_path)
    assert [(line["event"], line["camera"]) for line in logs] == [("forward_secret_missing", CAMERA)]
    assert [pusher.target.host for pusher in pushers] == ["192.0.2.10"]
