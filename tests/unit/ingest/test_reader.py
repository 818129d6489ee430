from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from structlog.testing import capture_logs

from tests.media import AT, RATE, Footage, footage
from tests.sinks import KeptSink
from vigil import metrics
from vigil.clock import FakeClock
from vigil.errors import SourceError
from vigil.ingest.backoff import Backoff
from vigil.ingest.reader import Reader
from vigil.ingest.source import RawPacket, StreamAddress
from vigil.model.media import Codec, GapCause, Packet, StreamKind, StreamParameters

ADDRESS = StreamAddress("hall-counter", "rtsp://camera/ch1", username="admin", password="s3cret")
SOON_S = 10.0


class NoWait(Backoff):
    """Notes how long each connection was healthy, and does not wait."""

    def __init__(self) -> None:
        self.healthy_s: list[float] = []

    def failed(self, healthy_s: float) -> float:
        self.healthy_s.append(healthy_s)
        return 0.0


class CountingEvent(threading.Event):
    """Notes the rests that would have been taken, and takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.rests = self.cleared = 0

    def wait(self, timeout: float | None = None) -> bool:
        if timeout:
            self.rests += 1
        return self.is_set()

    def clear(self) -> None:
        self.cleared += 1
        super().clear()


class FakeStream:
    """A connection that gives its packets in real time by the clock, and then breaks with `ends`.

    It lets the reader rest behind each of them.
    """

    def __init__(
        self, parameters: StreamParameters, packets: Iterable[RawPacket], clock: FakeClock, ends: Exception
    ) -> None:
        self.parameters = parameters
        self.left_out = self.sound_lost = 0
        self.settle_s = 1.0
        self._packets = packets
        self._clock = clock
        self._ends = ends

    def packets(self, rest: Callable[[], None]) -> Iterator[RawPacket]:
        for packet in self._packets:
            self.left_out += packet.key
            yield packet
            rest()
            self._clock.advance(1 / RATE)
        raise self._ends


class Camera:
    """A reader whose connections come from a script: footage, or the error that a try to connect ends with.

    When the script is at its end the reader is stopped, as the node does it.
    """

    def __init__(self, *script: Footage | Exception, ends: Exception | None = None) -> None:
        self.clock = FakeClock(AT)
        self.backoff = NoWait()
        self.sink = KeptSink()
        self.called = CountingEvent()
        self.numbers: list[int] = []
        self.closed = 0
        self._script = list(script)
        self._ends = ends or failure("the stream ended")
        self.reader = self.reading(self.sink)

    def reading(self, *sinks: KeptSink, watched: bool = False, drifts: Callable[[float], None] | None = None) -> Reader:
        reader = Reader(
            ADDRESS,
            StreamKind.MAIN,
            sinks,
            self.clock,
            at_once=lambda: watched,
            drifts=drifts,
            connect=self._connect,
            backoff=self.backoff,
        )
        reader._called = self.called
        return reader

    def run(self) -> None:
        self.reader.start()
        assert self.reader.join(SOON_S)

    @contextmanager
    def _connect(self, address: StreamAddress, *, number: int) -> Iterator[FakeStream]:
        assert address is ADDRESS
        self.numbers.append(number)
        if not self._script:
            self.reader.stop()
            raise failure("the script is at its end")
        scene = self._script.pop(0)
        if isinstance(scene, Exception):
            raise scene
        try:
            yield FakeStream(scene.parameters, scene.raw, self.clock, self._ends)
        finally:
            self.closed += 1


def failure(reason: str) -> SourceError:
    return SourceError(ADDRESS.camera, ADDRESS.url, reason)


def test_reads_again_and_again(h264: Footage) -> None:
    camera = Camera(failure("no connection"), failure("no connection"), h264, h264)
    camera.run()
    assert camera.numbers == [1, 2, 3, 4, 5]
    assert [len(line.packets) for line in camera.sink.time_lines] == [200, 200]
    assert [cause for _, cause in camera.sink.losses] == [GapCause.CAMERA] * 2
    assert camera.closed == 2


@pytest.mark.lesson(3)
def test_the_first_failure_is_tried_again_too(h264: Footage) -> None:
    camera = Camera(failure("no connection"), h264)
    camera.run()
    assert len(camera.sink.packets) == 200


def test_how_long_it_was_healthy_decides_how_long_it_waits(h264: Footage) -> None:
    camera = Camera(failure("no connection"), h264)
    camera.run()
    never, eight_s, *_ = camera.backoff.healthy_s
    assert never == 0
    assert eight_s == pytest.approx(7, abs=0.1)  # from the second at which it was sure


def test_other_parameters_are_read_at_once(h264: Footage) -> None:
    larger = footage(Codec.H264, seconds=2, size=(320, 192)).later(8)
    changes = Footage(h264.parameters, h264.packets + larger.packets)
    camera = Camera(changes, larger)
    camera.run()
    assert camera.numbers == [1, 2, 3]
    assert [line.parameters.width for line in camera.sink.time_lines] == [160, 320]
    assert camera.sink.losses[0][1] is GapCause.DAMAGE
    assert len(camera.backoff.healthy_s) == 2, "it does not wait for that"


def test_stopping_ends_the_time_line_for_the_nodes_sake(h264: Footage) -> None:
    class StopsAfterAWhile(KeptSink):
        def packet(self, packet: Packet) -> None:
            super().packet(packet)
            if len(self.packets) == 100:
                camera.reader.stop()

    camera = Camera(h264)
    sink = StopsAfterAWhile()
    camera.reader = camera.reading(sink)
    camera.run()
    assert len(sink.packets) == 100
    assert sink.losses[0][1] is GapCause.NODE
    assert camera.closed == 1


def test_a_fault_of_a_sink_is_survived(h264: Footage) -> None:
    class Faulty(KeptSink):
        faults = 1

        def packet(self, packet: Packet) -> None:
            if len(self.packets) == 50 and self.faults:
                self.faults = 0
                raise RuntimeError("a fault of ours")
            super().packet(packet)

    camera = Camera(h264, h264)
    sink = Faulty()
    camera.reader = camera.reading(sink)
    with capture_logs() as logs:
        camera.run()
    assert [len(line.packets) for line in sink.time_lines] == [50, 200]
    assert "reader_failed" in [entry["event"] for entry in logs]


def test_the_same_failure_is_told_once_and_never_with_the_password(h264: Footage) -> None:
    refused = [failure("no connection: 401 Unauthorized")] * 5
    camera = Camera(*refused, h264, *refused)
    with capture_logs() as logs:
        camera.run()
    lost = [entry for entry in logs if entry["event"] == "camera_lost"]
    reasons = [entry["error"].rsplit(": ", 1)[-1] for entry in lost]
    assert reasons == ["401 Unauthorized", "the stream ended", "401 Unauthorized", "the script is at its end"]
    assert "s3cret" not in str(logs)


def test_the_metric_tells_whether_pictures_come(h264: Footage) -> None:
    up = metrics.stream_up.labels(ADDRESS.camera, "main")._value.get
    seen = []

    class Looks(KeptSink):
        def packet(self, packet: Packet) -> None:
            super().packet(packet)
            seen.append(up())

    camera = Camera(h264)
    camera.reader = camera.reading(Looks())
    camera.run()
    assert seen[-1] == 1
    assert up() == 0


class TestRest:
    """To wake up for each picture costs more than to read it."""

    def test_it_rests_when_nothing_is_there_to_read(self, h264: Footage) -> None:
        camera = Camera(h264)
        camera.run()
        exact = 2  # in 7 s, see Resting
        assert camera.called.rests == 200 - RATE - exact, "only the first second decides when the pictures were taken"

    def test_who_wants_each_picture_from_now_on_ends_a_rest(self, h264: Footage) -> None:
        """And the next one is taken again."""
        camera = Camera(h264)
        camera.reader = camera.reading(camera.sink)
        camera.reader.hurry()
        camera.run()
        assert camera.called.rests == 200 - RATE - 2
        assert camera.called.cleared == 1

    def test_not_while_somebody_watches(self, h264: Footage) -> None:
        camera = Camera(h264)
        camera.reader = camera.reading(camera.sink, watched=True)
        camera.run()
        assert camera.called.rests == 0
        assert len(camera.sink.packets) == 200

    def test_not_while_it_is_behind(self, h264: Footage) -> None:
        """A machine too busy to read as fast as pictures come must not fall further behind."""

        class Slow(KeptSink):
            def packet(self, packet: Packet) -> None:
                super().packet(packet)
                if len(self.packets) == 100:
                    camera.clock.advance(1.0)

        camera = Camera(h264)
        camera.reader = camera.reading(Slow())
        camera.run()
        assert camera.called.rests == 100 - RATE - 1


def test_a_time_break_is_counted(h264: Footage) -> None:
    breaks = metrics.time_breaks.labels(ADDRESS.camera, "main")._value.get
    before = breaks()
    camera = Camera(Footage(h264.parameters, h264.packets[:100] + h264.later(3600).packets))
    camera.run()
    assert breaks() - before == 1
    assert [len(line.packets) for line in camera.sink.time_lines] == [100, 200]


@pytest.mark.lesson(5)
def test_a_clock_that_ran_away_too_far_to_be_followed_is_told_where_it_breaks_the_time_line(h264: Footage) -> None:
    """No key picture could tell: each time line begins anew with nothing to be corrected."""

    class CameraTooSlow(KeptSink):
        def packet(self, packet: Packet) -> None:
            super().packet(packet)
            camera.clock.advance(1 / RATE)  # and as much again between two pictures

    told: list[float] = []
    minutes = tuple(packet for part in range(20) for packet in h264.later(8 * part).packets)
    camera = Camera(Footage(h264.parameters, minutes))
    camera.reader = camera.reading(CameraTooSlow(), drifts=told.append)
    camera.run()
    assert [round(drift_s) for drift_s in told if drift_s > 2] == [31, 31]


def test_pictures_that_did_not_come_whole_are_counted(h264: Footage) -> None:
    """Here one before each key picture, eight in all; those of the first second are counted with the second's."""
    count = metrics.pictures_left_out.labels(ADDRESS.camera, "main")._value.get
    before = count()
    Camera(h264).run()
    assert count() - before == 8


def test_joining_has_a_deadline(h264: Footage) -> None:
    hangs, hold = threading.Event(), threading.Event()

    class Hangs(KeptSink):
        def packet(self, packet: Packet) -> None:
            hangs.set()
            assert hold.wait(SOON_S)

    camera = Camera(h264)
    camera.reader = camera.reading(Hangs())
    camera.reader.start()
    assert hangs.wait(SOON_S)
    camera.reader.stop()
    assert not camera.reader.join(0.01)
    hold.set()
    assert camera.reader.join(SOON_S)
