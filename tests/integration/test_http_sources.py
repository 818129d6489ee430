"""vigil's reader against HTTP servers: recordings, streams without an end, live playlists made by ffmpeg, and what goes wrong."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.integration.test_gst_rtsp import CAMERA, Index, Quick
from tests.integration.web_camera import PASSWORD, USER, WebCamera, live_playlist
from tests.media import RATE, footage, fragmented, pictures_of, play, slices, without_sound
from tests.sinks import KeptSink
from vigil.clock import SystemClock
from vigil.errors import SourceError
from vigil.ingest import opening
from vigil.ingest.connect import Connector
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.pace import Pace
from vigil.ingest.reader import Connect, Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import RawPacket, StreamAddress
from vigil.model.media import Codec, StreamKind

READ_S = 1.5
SLACK_S = 1.5
SECONDS = 8
AT_ONCE = Pace(sleep=lambda _: None)

connector = partial(Connector, open_timeout_s=5.0, read_timeout_s=READ_S)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """clip.mp4, .ts and .flv of both codecs, as h264.mp4 and so on."""
    folder = tmp_path_factory.mktemp("media")
    for codec in Codec:
        (folder / f"{codec}.mp4").write_bytes(fragmented(footage(codec, seconds=SECONDS)))
        for suffix in ("ts", "flv"):
            remux(folder / f"{codec}.mp4", folder / f"{codec}.{suffix}")
    return folder


def remux(path: Path, to: Path) -> None:
    with av.open(str(path)) as source, av.open(str(to), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                container.mux_one(packet)


@pytest.fixture
def web(media: Path) -> Iterator[WebCamera]:
    with served(media) as camera:
        yield camera


@contextmanager
def served(folder: Path) -> Iterator[WebCamera]:
    camera = WebCamera(folder)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()


def at(url: str, username: str | None = None, password: str | None = None) -> StreamAddress:
    return StreamAddress(CAMERA, url, username=username, password=password)


@contextmanager
def reading(address: StreamAddress, *sinks: PacketSink, connect: Connect | None = None) -> Iterator[Reader]:
    reader = Reader(address, StreamKind.MAIN, sinks, SystemClock(), connect=connect or connector(), backoff=Quick())
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()
        assert reader.join(5.0 + SLACK_S), "the reader hangs"


def whole(address: StreamAddress) -> tuple[list[RawPacket], str]:
    """All that comes, not in its own pace, and how it ended."""
    packets: list[RawPacket] = []
    with Connection(address, number=1, pace=AT_ONCE, open_timeout_s=5.0, read_timeout_s=READ_S) as connection:
        assert connection.parameters.parameter_sets
        try:
            packets.extend(without_sound(connection.packets()))
        except SourceError as error:
            return packets, error.reason
    raise AssertionError("the end of a stream is an error")


def came(codec: Codec, packets: list[RawPacket]) -> list[tuple[bytes, ...]]:
    return [slices(codec, packet.data) for packet in packets]


@pytest.mark.parametrize("live", [False, True], ids=["a recording", "without an end"])
@pytest.mark.parametrize("suffix", ["mp4", "ts", "flv"])
@pytest.mark.parametrize("codec", list(Codec))
def test_every_picture_comes(web: WebCamera, codec: Codec, suffix: str, live: bool) -> None:
    web.live_s = 0.3 if live else None
    packets: list[RawPacket] = []
    address = at(web.url(f"{codec}.{suffix}"))
    with Connection(address, number=1, pace=AT_ONCE, open_timeout_s=5.0, read_timeout_s=READ_S) as connection:
        line = footage(codec, seconds=SECONDS)
        assert connection.parameters.parameter_sets == line.parameters.parameter_sets
        with pytest.raises(SourceError, match="the stream ended" if not live else "the stream broke: Input/output"):
            for packet in without_sound(connection.packets()):
                packets.append(packet)  # noqa: PERF402, what came before the error counts
    assert came(codec, packets) == pictures_of(codec, line.packets)
    assert [packet.key for packet in packets] == [packet.key for packet in line.packets]
    first = packets[0].dts_90k or 0
    tolerance = 90 if suffix == "flv" else 1  # it counts milliseconds
    for packet, sent in zip(packets, line.packets, strict=True):
        assert (packet.dts_90k or 0) - first == pytest.approx(sent.dts_90k, abs=tolerance)


def test_a_recording_plays_in_its_own_pace(web: WebCamera) -> None:
    """It comes within milliseconds, and would stand in the archive again and again over the same minute."""
    kept = KeptSink()
    with reading(at(web.url("h264.mp4")), kept):
        assert kept.wait(lambda: len(kept.packets) >= RATE, 10)
        began = time.monotonic()
        count = len(kept.packets)
        assert kept.wait(lambda: len(kept.packets) >= count + RATE, 10)
        assert time.monotonic() - began > 0.7
    assert abs((kept.packets[-1].at - datetime.now(UTC)).total_seconds()) < 2


@pytest.mark.parametrize(("kind", "codec"), [("mpegts", Codec.H264), ("fmp4", Codec.H265)], ids=str)
def test_a_live_playlist_is_recorded(
    media: Path, tmp_path: Path, kind: str, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every picture once, in order; and again when the server has been away."""
    monkeypatch.setattr(opening, "HLS_SETTLE_S", 2.5)
    dies = kind == "mpegts"
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    index, kept = Index(), KeptSink()
    recorder = Recorder(tmp_path / "spool", index, segment_s=1.0, queue_bytes=2**26)
    sink = recorder.sink(CAMERA)
    recorder.start()
    with live_playlist(pieces, media / f"{codec}.mp4", kind), served(pieces) as web:
        web.asks_for_login = True
        address = at(web.url("live.m3u8"), USER, PASSWORD)
        with reading(address, kept, sink, connect=connector(hls_timeout_s=4.0)):
            assert kept.wait(lambda: len(kept.packets) >= 3 * RATE, 20)
            late_s = (datetime.now(UTC) - kept.packets[-1].at).total_seconds()
            if dies:
                web.stop()
                assert kept.wait(lambda: len(kept.losses) == 1, 4.0 + SLACK_S)
                time.sleep(2.0)  # or the piece that is read first is one that is there already
                web.start()
                assert kept.wait(lambda: len(kept.time_lines) == 2, 15)
    assert recorder.stop(5)
    first = [slices(codec, packet.data) for packet in kept.time_lines[0].packets]
    sent = pictures_of(codec, footage(codec, seconds=SECONDS).packets)
    begin = sent.index(first[0])
    assert first == [sent[(begin + number) % len(sent)] for number in range(len(first))]
    played = [one.slices for _, path in index.segments for one in play(path)]
    assert played[: len(first)] == first
    assert len(index.gaps) == int(dies)
    assert all(before.end_at <= after.start_at for (before, _), (after, _) in pairwise(index.segments))
    assert -0.2 < late_s < 2.5, "dated by when it came, never by what is yet to come"


def test_what_the_environment_says_of_proxies_is_not_asked(web: WebCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a playlist nor of its pieces."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{SECONDS}", f"#EXTINF:{SECONDS}.0,", "h264.ts", "#EXT-X-ENDLIST", ""]
    (web.folder / "one.m3u8").write_text("\n".join(lines))
    for name in ("h264.ts", "one.m3u8"):
        packets, _ = whole(at(web.url(name)))
        assert len(packets) == SECONDS * RATE


def test_a_break_in_a_playlist_is_a_new_time_line(media: Path, tmp_path: Path) -> None:
    name = "h264.ts"
    (tmp_path / name).write_bytes((media / name).read_bytes())
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{SECONDS}"]
    lines += [
        f"#EXTINF:{SECONDS}.0,",
        name,
        "#EXT-X-DISCONTINUITY",
        f"#EXTINF:{SECONDS}.0,",
        name,
        "#EXT-X-ENDLIST",
        "",
    ]
    (tmp_path / "breaks.m3u8").write_text("\n".join(lines))
    kept = KeptSink()
    with served(tmp_path) as web, reading(at(web.url("breaks.m3u8")), kept, connect=partial(Connection, pace=AT_ONCE)):
        assert kept.wait(lambda: len(kept.losses) >= 2, 10)
    sent = pictures_of(Codec.H264, footage(Codec.H264, seconds=SECONDS).packets)
    for line in kept.time_lines[:2]:
        assert [slices(Codec.H264, packet.data) for packet in line.packets] == sent


def test_of_several_sizes_one_is_loaded(media: Path, tmp_path: Path) -> None:
    """The others are only looked at, or they would take the line."""
    master = "#EXTM3U\n"
    for size, bandwidth in (("a", 2000), ("b", 1000)):
        pieces = [f"{size}{number}.ts" for number in range(4)]
        for piece in pieces:
            (tmp_path / piece).write_bytes((media / "h264.ts").read_bytes())
        listed = "#EXT-X-DISCONTINUITY\n".join(f"#EXTINF:{SECONDS}.0,\n{piece}\n" for piece in pieces)
        (tmp_path / f"{size}.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:{SECONDS}\n{listed}#EXT-X-ENDLIST\n")
        master += f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth}\n{size}.m3u8\n"
    (tmp_path / "all.m3u8").write_text(master)
    with served(tmp_path) as web:
        packets, _ = whole(at(web.url("all.m3u8")))
        asked = {path for path, _ in web.asked}
    assert len(packets) == 4 * SECONDS * RATE
    assert {"/a0.ts", "/a1.ts", "/a2.ts", "/a3.ts"} <= asked
    assert not {"/b2.ts", "/b3.ts"} & asked


class TestStalls:
    def test_in_the_middle_of_a_body(self, web: WebCamera, media: Path) -> None:
        web.live_s, web.stalls_after = 0.3, (media / "h264.ts").stat().st_size // 2
        began = time.monotonic()
        packets, reason = whole(at(web.url("h264.ts")))
        assert len(packets) > RATE
        assert reason == "the stream broke: nothing came within the time-out"
        assert time.monotonic() - began < 5.0 + READ_S + SLACK_S

    def test_before_the_first_picture(self, web: WebCamera) -> None:
        web.stalls_after = 100
        began = time.monotonic()
        with pytest.raises(SourceError, match="no connection: nothing came within the time-out"):
            Connector(open_timeout_s=1.0)(at(web.url("h264.ts")), number=1)
        assert time.monotonic() - began < 1.0 + SLACK_S

    def test_a_playlist_that_does_not_go_on(self, media: Path, tmp_path: Path) -> None:
        """Its server answers each question, and no new piece comes."""
        (tmp_path / "1.ts").write_bytes((media / "h264.ts").read_bytes())
        playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:{SECONDS}.0,\n1.ts\n"
        (tmp_path / "live.m3u8").write_text(playlist)
        kept = KeptSink()
        with served(tmp_path) as web:
            address = at(web.url("live.m3u8"))
            with reading(address, kept, connect=connector(hls_timeout_s=READ_S)):
                assert kept.wait(lambda: len(kept.losses) == 1, 2 * READ_S + SLACK_S)
        sent = pictures_of(Codec.H264, footage(Codec.H264, seconds=SECONDS).packets)
        # The last picture of a piece is known to be whole when the next piece begins.
        assert [slices(Codec.H264, packet.data) for packet in kept.time_lines[0].packets] == sent[:-1]


def test_a_server_that_dies_and_comes_back(web: WebCamera) -> None:
    web.live_s = SECONDS
    kept = KeptSink()
    with reading(at(web.url("h264.ts")), kept):
        assert kept.wait(lambda: len(kept.packets) >= RATE, 10)
        web.stop()
        assert kept.wait(lambda: len(kept.losses) == 1, READ_S + SLACK_S)
        web.start()
        assert kept.wait(lambda: len(kept.time_lines) == 2, 10)
    one, two = kept.time_lines
    assert two.packets[0].at > one.packets[-1].at


class TestCredentials:
    @pytest.mark.parametrize(("username", "password"), [(None, None), (USER, "wr0ng@word")])
    def test_a_refusal_is_told_without_them(self, web: WebCamera, username: str | None, password: str | None) -> None:
        web.asks_for_login = True
        with pytest.raises(SourceError, match="401 Unauthorized") as caught:
            connector()(at(web.url("h264.ts"), username, password), number=1)
        told = "".join(traceback.format_exception(caught.value))
        assert "wr0ng" not in told
        assert USER not in str(caught.value)

    def test_are_sent_where_they_are_asked_for(self, web: WebCamera) -> None:
        web.asks_for_login = True
        packets, _ = whole(at(web.url("h264.ts"), USER, PASSWORD))
        assert len(packets) == SECONDS * RATE
        assert web.asked[0][1] is None

    def test_and_to_nobody_else(self, web: WebCamera, media: Path) -> None:
        with served(media) as elsewhere:
            elsewhere.asks_for_login = True
            web.moved_to = elsewhere.url("h264.ts")
            with pytest.raises(SourceError, match="401"):
                connector()(at(web.url("h264.ts"), USER, PASSWORD), number=1)
            assert elsewhere.asked
            assert all(authorization is None for _, authorization in elsewhere.asked)


class TestWhatIsNotFollowed:
    """A playlist or a redirection must reach neither the node's files nor any other way into the machine."""

    @pytest.mark.parametrize(
        "piece",
        [
            "file://{0}",
            "{0}",
            "concat:{0}",
            "subfile,,start,0,end,0,,:{0}",
            "crypto:file://{0}",
            "crypto+file://{0}",
            "async:file://{0}",
            "cache:file://{0}",
            "pipe:0",
            "fd:0",
            "unix:{0}",
            "udp://127.0.0.1:{1}",
            "tcp://127.0.0.1:{1}",
            "rtmp://127.0.0.1:{1}/a",
            "data:video/mp2t;base64,R0A=",
        ],
    )
    def test_a_piece(self, media: Path, tmp_path: Path, piece: str) -> None:
        with served(tmp_path) as web, served(media) as other:
            forbidden = piece.format(media / "h264.ts", other.port)
            playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{forbidden}\n#EXT-X-ENDLIST\n"
            (tmp_path / "evil.m3u8").write_text(playlist)
            with pytest.raises(SourceError, match="no connection"):
                connector(hls_timeout_s=3.0)(at(web.url("evil.m3u8")), number=1)
            assert other.asked == []

    def test_etc_passwd(self, tmp_path: Path) -> None:
        with served(tmp_path) as web:
            for tag in (
                "#EXTINF:2,\nfile:///etc/passwd",
                '#EXT-X-MAP:URI="file:///etc/passwd"\n#EXTINF:2,\n1.mp4',
                '#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n#EXTINF:2,\n1.ts',
            ):
                (tmp_path / "evil.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{tag}\n#EXT-X-ENDLIST\n")
                with pytest.raises(SourceError, match="no connection"):
                    connector(hls_timeout_s=3.0)(at(web.url("evil.m3u8")), number=1)

    @pytest.mark.parametrize("to", ["file://{}", "concat:{}", "subfile,,start,0,end,0,,:{}"])
    def test_a_redirection(self, web: WebCamera, media: Path, to: str) -> None:
        web.moved_to = to.format(media / "h264.ts")
        with pytest.raises(SourceError, match="no connection"):
            connector()(at(web.url("h264.ts")), number=1)

    def test_a_circle_of_redirections_has_an_end(self, web: WebCamera) -> None:
        web.moved_to = web.url("h264.ts")
        with pytest.raises(SourceError, match="no connection"):
            connector()(at(web.url("h264.ts")), number=1)
        assert len(web.asked) < 20

    def test_a_list_under_another_name(self, web: WebCamera, media: Path, tmp_path: Path) -> None:
        for text in (
            f"#EXTM3U\n#EXTINF:2,\n{web.url('h264.ts')}\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile {web.url('h264.ts')}\n",
        ):
            (tmp_path / "live.ts").write_text(text)
            with served(tmp_path) as camera, pytest.raises(SourceError, match="no connection"):
                connector()(at(camera.url("live.ts")), number=1)
        assert web.asked == []


def test_a_recording_in_the_place_of_a_camera(media: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(fragmented(footage(Codec.H264, seconds=2)))
    kept = KeptSink()
    with reading(at(f"file:{clip}"), kept):
        assert kept.wait(lambda: len(kept.packets) >= 3 * RATE, 10)
        assert abs((kept.packets[-1].at - datetime.now(UTC)).total_seconds()) < 1
    sent = pictures_of(Codec.H264, footage(Codec.H264, seconds=2).packets)
    packets = kept.packets
    assert [slices(Codec.H264, one.data) for one in packets] == (sent * 4)[: len(packets)]
    assert len(kept.time_lines) == 1
    assert packets[-1].dts_90k - packets[0].dts_90k == (len(packets) - 1) * 3600
