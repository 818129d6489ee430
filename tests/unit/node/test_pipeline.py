"""What a pipeline is made of, and what of it stays when the site changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, GROUP, NODE, OTHER_CAMERA, SITE, T0, hall
from vigil.analytics.analyst import Memory
from vigil.clock import FakeClock
from vigil.forward.push import Target
from vigil.ingest.recorder import RecorderSink
from vigil.ingest.recording_gate import RecordingGate
from vigil.ingest.resting import LONG_REST_S, REST_S
from vigil.ingest.source import StreamAddress
from vigil.ingest.tickets import TicketMachine
from vigil.model.ids import CameraId
from vigil.model.media import Codec, StreamKind, StreamParameters
from vigil.model.site import Calendar, Camera, Forward, Recording, RecordingMode, Secret, Site, TicketFeed, Transport
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

        def start(self) -> None: ...
        def stop(self) -> None: ...

    monkeypatch.setattr(pipeline_module, "TicketPoller", FakePoller)
    return machines


class Nothing:
    def last(self, _: Any) -> None:
        return None


def make(site: Site, folder: Path) -> Pipeline:
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
    return Pipeline(site, (CAMERA, OTHER_CAMERA), Memory(), around)


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


# Another site


class FakeReader:
    """Writes what happens to readers into `life`, which all of a test share."""

    life: list[str]
    ends = True

    def __init__(
        self, address: StreamAddress, stream: StreamKind, sinks: Any, *_: Any, hears: Any = None, **others: Any
    ) -> None:
        self.name = f"{address.url}"
        self.address = address
        self.sinks = sinks
        self.hears = hears
        self.others = others

    def start(self) -> None:
        FakeReader.life.append(f"start {self.name}")

    def stop(self) -> None:
        FakeReader.life.append(f"stop {self.name}")

    def join(self, timeout_s: float) -> bool:
        return FakeReader.ends

    def hurry(self) -> None:
        FakeReader.life.append(f"hurry {self.name}")

    def let_go(self) -> None:
        FakeReader.life.append(f"let go of {self.name}")


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    FakeReader.life, FakeReader.ends = [], True
    monkeypatch.setattr(pipeline_module, "Reader", FakeReader)
    return FakeReader.life


ONE, TWO = (camera for _, camera in SITE.cameras())


def with_cameras(*cameras: Camera) -> Site:
    """The site with these in place of those of the same ids; what is not among them is gone."""
    known = {camera.id: camera for camera in cameras}
    halls = (
        replace(hall, cameras=tuple(known[camera.id] for camera in hall.cameras if camera.id in known))
        for hall in SITE.halls
    )
    return replace(SITE, halls=tuple(halls))


@pytest.fixture
def running(life: list[str], tmp_path: Path) -> Iterator[Pipeline]:
    pipeline = make(with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.2/main")), tmp_path)
    pipeline.start()
    life.clear()
    yield pipeline
    pipeline.stop()


BOTH = (CAMERA, OTHER_CAMERA)


def test_a_camera_that_moved_is_read_anew_and_no_other(running: Pipeline, life: list[str]) -> None:
    running.change(with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.3/main")), BOTH)
    assert life == ["stop rtsp://192.0.2.2/main", "start rtsp://192.0.2.3/main"]


@pytest.mark.parametrize(
    "site",
    [
        replace(with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.2/main")), notice="another"),
        with_cameras(replace(ONE, zones=ONE.zones[:1], name="another"), replace(TWO, url="rtsp://192.0.2.2/main")),
    ],
)
def test_a_zone_a_name_or_a_schedule_disturbs_no_reader(running: Pipeline, life: list[str], site: Site) -> None:
    running.change(site, BOTH)
    assert life == []


def test_a_camera_that_is_gone_is_stopped_and_one_that_comes_is_started(running: Pipeline, life: list[str]) -> None:
    running.change(with_cameras(ONE), (CAMERA,))
    assert life == ["stop rtsp://192.0.2.2/main"]
    running.change(with_cameras(ONE, TWO), BOTH)
    assert life[1:] == [f"start {TWO.url}"]


def test_a_substream_that_is_added_leaves_the_recorded_stream_alone_but_for_who_looks(
    running: Pipeline, life: list[str]
) -> None:
    """Its pictures are looked at no more, and so its reader is another one."""
    running.change(
        with_cameras(replace(ONE, substream="rtsp://192.0.2.1/sub"), replace(TWO, url="rtsp://192.0.2.2/main")), BOTH
    )
    assert life == [f"stop {ONE.url}", f"start {ONE.url}", "start rtsp://192.0.2.1/sub"]


def test_a_reader_that_does_not_end_hands_over_nothing_more(running: Pipeline, life: list[str]) -> None:
    FakeReader.ends = False
    running.change(with_cameras(ONE), (CAMERA,))
    FakeReader.ends = True
    assert life == ["stop rtsp://192.0.2.2/main", "let go of rtsp://192.0.2.2/main"]


def test_who_watches_a_stream_goes_on_watching(running: Pipeline) -> None:
    running.watch(OTHER_CAMERA, StreamKind.MAIN)
    tap = running._taps[OTHER_CAMERA, StreamKind.MAIN]
    running.change(with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.3/main")), BOTH)
    assert running._taps[OTHER_CAMERA, StreamKind.MAIN] is tap
    assert tap.watched
    running.change(with_cameras(ONE), (CAMERA,))
    assert not tap.watched
    running.change(with_cameras(ONE, TWO), BOTH)
    assert running._taps[OTHER_CAMERA, StreamKind.MAIN].watched


def test_who_begins_to_watch_ends_the_readers_rest(running: Pipeline, life: list[str]) -> None:
    running.watch(OTHER_CAMERA, StreamKind.MAIN)
    assert life == ["hurry rtsp://192.0.2.2/main"]


def test_a_reader_rests_for_as_long_as_nobody_loses_by_it(running: Pipeline) -> None:
    """What is recorded or pushed must not gather for long, and where people are looked for key pictures are wanted at once."""
    substream = "rtsp://192.0.2.2/sub"
    running.change(with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.2/main", substream=substream)), BOTH)
    main, sub = (running._readers[OTHER_CAMERA, kind].others for kind in (StreamKind.MAIN, StreamKind.SUB))  # type: ignore[attr-defined]
    assert (main["longest_rest_s"](), main["for_keys"]) == (REST_S, False)
    assert (sub["longest_rest_s"](), sub["for_keys"]) == (LONG_REST_S, True)
    target = Forward("rtsp://192.0.2.9/live", stream=StreamKind.SUB)
    running.change(
        with_cameras(ONE, replace(TWO, url="rtsp://192.0.2.2/main", substream=substream, forward=(target,))), BOTH
    )
    assert sub["longest_rest_s"]() == REST_S


def test_a_site_that_cannot_be_changes_nothing(
    running: Pipeline, life: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(camera: CameraId) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(running._recorder, "sink", fail)
    with pytest.raises(OSError, match="no space"):
        running.change(with_cameras(ONE), (CAMERA,))
    assert life == []


# What is recorded


def recorded(pipeline: Pipeline, camera: CameraId) -> Any:
    """The sink through which the camera's main stream is recorded."""
    reader: Any = pipeline._readers[camera, StreamKind.MAIN]
    return reader.sinks[0]


def test_all_is_recorded_where_nothing_else_is_said(running: Pipeline) -> None:
    assert isinstance(recorded(running, CAMERA), RecorderSink)


def test_by_the_clock_where_the_camera_says_so(running: Pipeline) -> None:
    hours = replace(ONE, recording=Recording(RecordingMode.HOURS))
    running.change(with_cameras(hours), (CAMERA,))
    gate = recorded(running, CAMERA)
    assert isinstance(gate, RecordingGate)
    assert gate._wanted(T0)  # Monday, nine in Shanghai
    assert not gate._wanted(T0 - timedelta(hours=3))


def test_around_events_where_the_camera_says_so(life: list[str], tmp_path: Path) -> None:
    pipeline = make(with_cameras(replace(ONE, recording=Recording(RecordingMode.EVENTS, post_roll_s=30))), tmp_path)
    gate, now = recorded(pipeline, CAMERA), pipeline._around.clock.now()
    assert not gate._wanted(now)
    pipeline._note_eventful(frozenset({CAMERA}))
    assert gate._wanted(now + timedelta(seconds=30))
    assert not gate._wanted(now + timedelta(seconds=31))


def test_a_calendar_that_changes_is_another_reader_and_no_other_cameras(running: Pipeline, life: list[str]) -> None:
    hours = replace(ONE, recording=Recording(RecordingMode.HOURS))
    site = with_cameras(hours, replace(TWO, url="rtsp://192.0.2.2/main"))
    running.change(site, BOTH)
    life.clear()
    running.change(replace(site, calendars={"usual": Calendar(hours=("00:00-24:00",))}), BOTH)
    assert life == [f"stop {ONE.url}", f"start {ONE.url}"]


# Where it is pushed to


class FakePusher:
    """Writes what happens to pushers into `life`, too."""

    made: ClassVar[list[FakePusher]] = []

    def __init__(self, target: Target, *_: Any, **__: Any) -> None:
        self.target = target
        self.begun: list[StreamParameters] = []
        FakePusher.made.append(self)

    def start(self) -> None:
        FakeReader.life.append(f"push to {self.target.host}")

    def stop(self) -> None:
        FakeReader.life.append(f"no more to {self.target.host}")

    def join(self, timeout_s: float) -> bool:
        return True

    def begin(self, parameters: StreamParameters) -> None:
        self.begun.append(parameters)


@pytest.fixture
def pushers(monkeypatch: pytest.MonkeyPatch, life: list[str]) -> list[FakePusher]:
    FakePusher.made = []
    monkeypatch.setattr(pipeline_module, "Pusher", FakePusher)
    return FakePusher.made


def with_forwards(*forwards: Forward) -> Site:
    return with_cameras(replace(ONE, substream="rtsp://192.0.2.7/sub", forward=forwards))


def test_each_stream_is_pushed_to_its_servers_with_secrets_of_the_node(
    pushers: list[FakePusher], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "push.key").write_text("a password\n")
    monkeypatch.setenv("LIVE_KEY", "a key")
    pipeline = make(
        with_forwards(
            Forward("rtsp://192.0.2.9/a", StreamKind.SUB, Transport.UDP, "me", Secret(file="push.key")),
            Forward("rtmp://192.0.2.9/live", stream_key=Secret(env="LIVE_KEY")),
        ),
        tmp_path,
    )
    pipeline.start()
    assert {pusher.target.stream: pusher.target for pusher in pushers} == {
        StreamKind.SUB: Target(CAMERA, StreamKind.SUB, "rtsp://192.0.2.9/a", Transport.UDP, "me", "a password"),
        StreamKind.MAIN: Target(CAMERA, StreamKind.MAIN, "rtmp://192.0.2.9/live", stream_key="a key"),
    }
    parameters = StreamParameters(Codec.H264, 160, 96, ())
    reader: Any = pipeline._readers[CAMERA, StreamKind.SUB]
    reader.sinks[-1].begin(parameters)
    assert {pusher.target.stream: pusher.begun for pusher in pushers} == {
        StreamKind.SUB: [parameters],
        StreamKind.MAIN: [],
    }
    pipeline.stop()


def test_a_server_whose_secret_is_missing_is_told_and_the_others_go_on(
    pushers: list[FakePusher], tmp_path: Path
) -> None:
    lost = Forward("rtsp://192.0.2.9/a", username="me", password=Secret(file="none"))
    with capture_logs() as logs:
        pipeline = make(with_forwards(lost, Forward("rtsp://192.0.2.10/a")), tmp_path)
        pipeline.start()
    assert [line["camera"] for line in logs if line["event"] == "forward_secret_missing"] == [CAMERA]
    assert [pusher.target.host for pusher in pushers] == ["192.0.2.10"]
    pipeline.stop()


def test_another_server_disturbs_no_reader_and_no_other_server(
    pushers: list[FakePusher], life: list[str], tmp_path: Path
) -> None:
    stays, goes = Forward("rtsp://192.0.2.9/a"), Forward("rtsp://192.0.2.10/a")
    pipeline = make(with_forwards(stays, goes), tmp_path)
    pipeline.start()
    parameters = StreamParameters(Codec.H264, 160, 96, ())
    reader: Any = pipeline._readers[CAMERA, StreamKind.MAIN]
    reader.sinks[-1].begin(parameters)
    life.clear()
    pipeline.change(with_forwards(stays, Forward("rtsp://192.0.2.11/a")), (CAMERA,))
    assert life == ["no more to 192.0.2.10", "push to 192.0.2.11"]
    assert pushers[-1].begun == [parameters], "it comes into the middle of a time line"
    life.clear()
    pipeline.change(with_cameras(), ())
    assert sorted(life)[:2] == ["no more to 192.0.2.11", "no more to 192.0.2.9"]
    pipeline.stop()


# Where pictures come from


def test_paths_of_cameras_begin_at_the_nodes_folder(life: list[str], tmp_path: Path) -> None:
    one = replace(ONE, url="file:clips/counter.mp4", substream="rtsps://192.0.2.1/2", tls_ca="tls/cameras.pem")
    two = replace(TWO, url="https://192.0.2.2/live.ts", substream=None, tls_verify=False)
    pipeline = make(with_cameras(one, two), tmp_path)
    readers = cast("dict[tuple[str, StreamKind], FakeReader]", pipeline._readers)
    main, sub = readers[ONE.id, StreamKind.MAIN].address, readers[ONE.id, StreamKind.SUB].address
    other = readers[TWO.id, StreamKind.MAIN].address
    assert main.url == f"file:{tmp_path.resolve()}/clips/counter.mp4"
    assert (sub.url, sub.tls_ca, sub.tls_verify) == ("rtsps://192.0.2.1/2", tmp_path / "tls/cameras.pem", True)
    assert (other.tls_ca, other.tls_verify) == (None, False)


def test_sound_is_asked_for_where_the_entry_says_so_and_given_to_the_recorder_alone(
    running: Pipeline, life: list[str]
) -> None:
    """A change of it is another reader of that stream, and of no other."""
    two = replace(TWO, url="rtsp://192.0.2.2/main")
    sounding = replace(ONE, sound=True, substream="rtsp://192.0.2.1/sub")
    running.change(with_cameras(replace(sounding, sound=False), two), BOTH)
    life.clear()
    running.change(with_cameras(sounding, two), BOTH)
    assert life == [f"stop {ONE.url}", f"start {ONE.url}"]
    readers = cast("dict[tuple[str, StreamKind], FakeReader]", running._readers)
    main, sub = readers[ONE.id, StreamKind.MAIN], readers[ONE.id, StreamKind.SUB]
    assert main.address.sound
    assert isinstance(main.hears, RecorderSink)
    assert main.hears is main.sinks[0]
    assert not sub.address.sound
    assert sub.hears is None
    assert not readers[TWO.id, StreamKind.MAIN].address.sound
