"""RTSP out of a real centre with a real node, read by other people's programs: FFmpeg and GStreamer, over TCP, UDP and TLS."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from tests.media import slices
from tests.rtsp_player import Player
from tests.system import DemoSystem, free_ports
from tests.tls import make_certificate
from vigil.ingest.segment_reader import SegmentReader
from vigil.model import nal
from vigil.model.ids import CameraId
from vigil.model.media import CLOCK_RATE, Codec
from vigil.model.register import Action
from vigil.store.database import Database
from vigil.store.footage import Footage, SegmentRecord, SegmentState
from vigil.store.stores import Stores

CAMERA, FOREIGN = "gongan-counter", "renshe-counter"
PASSWORD = "platform-password"
SECONDS = 4


@dataclass(frozen=True, slots=True)
class Site:
    system: DemoSystem
    port: int
    tls_port: int
    certificate: Path

    def url(self, path: str, credentials: str = f"platform:{PASSWORD}@", *, tls: bool = False) -> str:
        scheme, port = ("rtsps", self.tls_port) if tls else ("rtsp", self.port)
        return f"{scheme}://{credentials}127.0.0.1:{port}{path}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("rtsp-out")
    port, tls_port = free_ports(2)
    certificate, key = make_certificate(folder)
    (folder / "platform.password").write_text(PASSWORD)

    def change(values: dict[str, Any]) -> None:
        user = {
            "name": "platform",
            "password": {"file": "platform.password"},
            "unit": "市大数据中心",
            "reason": "综合平台接入",
            "halls": ["gongan"],
        }
        values["center"]["rtsp"] = {
            "listen": f"127.0.0.1:{port}",
            "tls_listen": f"127.0.0.1:{tls_port}",
            "tls_certificate": str(certificate),
            "tls_key": str(key),
            "users": [user],
        }
        values["nodes"][0]["segment_s"] = 2

    with DemoSystem(folder, change=change) as system:
        system.wait_for(lambda: [node["connected"] for node in system.get("status")["nodes"]] == [True], 30, "the node")
        yield Site(system, port, tls_port, certificate)


@contextmanager
def footage(site: Site) -> Iterator[tuple[Footage, list[SegmentRecord]]]:
    """The centre's index, and the camera's stored segments by their start."""
    database = Database.in_file(site.system.folder / "center" / "vigil.db")
    try:
        index, now = Stores.over(database).footage, datetime.now(UTC)
        found = index.segments_overlapping(CameraId(CAMERA), now - timedelta(hours=1), now)
        yield index, [record for record in found if record.state is SegmentState.STORED]
    finally:
        database.close()


@pytest.fixture(scope="module")
def span(site: Site) -> tuple[datetime, datetime]:
    """Some seconds that are stored without a hole, beginning and ending within segments."""

    def enough() -> tuple[datetime, datetime] | None:
        with footage(site) as (index, segments):
            if not segments:
                return None
            from_at = segments[0].segment.start_at + timedelta(seconds=0.55)
            to_at = from_at + timedelta(seconds=SECONDS)
            return (
                None if index.uncovered(CameraId(CAMERA), from_at, to_at + timedelta(seconds=0.5)) else (from_at, to_at)
            )

    return site.system.wait_for(enough, 40, "stored segments")


def archive_path(span: tuple[datetime, datetime]) -> str:
    return f"/archive/{CAMERA}?from={span[0].isoformat()}&to={span[1].isoformat()}"


def recorded(site: Site, span: tuple[datetime, datetime]) -> list[tuple[bytes, ...]]:
    """The pictures of the span from the objects themselves, from the key picture before it on."""
    pictures: list[tuple[bytes, ...]] = []
    with footage(site) as (_, segments):
        records = segments
    for record in records:
        start_at = record.segment.start_at
        with (site.system.folder / "objects" / record.object_key).open("rb") as file:
            every = [picture for part in SegmentReader(file.read).fragments() for picture in part]
        for picture in every:
            at = start_at + timedelta(seconds=(picture.dts_90k - every[0].dts_90k) / CLOCK_RATE)
            if at > span[1]:
                return pictures
            if picture.key and at <= span[0]:
                pictures = []
            pictures.append(slices(Codec.H264, picture.data))
    return pictures


def read(url: str, transport: str, packets: int | None = None) -> list[tuple[bytes, ...]]:
    """Pictures as PyAV gets them, to the end or so many."""
    units: list[bytes] = []
    with av.open(url, options={"rtsp_transport": transport}, timeout=(15, 15)) as container:
        for count, packet in enumerate(container.demux(video=0), start=1):
            units += nal.split(bytes(packet))
            if count == packets:
                break
    pictures: list[tuple[bytes, ...]] = []
    for unit in (unit for unit in units if nal.is_slice(Codec.H264, unit)):
        if nal.begins_picture(Codec.H264, unit):
            pictures.append(())
        pictures[-1] += (unit,)
    return pictures


def ffprobe(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_name,width,height"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=30, check=False)


def gstreamer(url: str, protocols: str, *properties: str, pictures: int | None = None) -> int:
    """How many access units GStreamer got: so many, or to the end of the stream."""
    end = [] if pictures is None else [f"num-buffers={pictures}"]
    command = [
        *("gst-launch-1.0", "-v", "rtspsrc", f"location={url}", f"protocols={protocols}", "latency=0"),
        *("user-id=platform", f"user-pw={PASSWORD}", *properties, "!", "rtph264depay", "!"),
        *("video/x-h264,stream-format=avc,alignment=au", "!", "identity", "silent=false", "!", "fakesink", *end),
    ]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    # Not its status: on its way out it sometimes fails to send PAUSE, after it had everything.
    assert b"Got EOS from element" in done.stdout, done.stderr[-2000:]
    return len(re.findall(rb"last-message = chain ", done.stdout))


def gstreamer_that_verifies(url: str, *certificate: Path) -> int:
    script = str(Path(__file__).with_name("gst_reader.py"))
    command = ["/usr/bin/python3", script, url, "platform", PASSWORD, *map(str, certificate)]
    return int(subprocess.run(command, capture_output=True, timeout=30, check=True).stdout)


def together(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor() as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def entries(site: Site) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = site.system.get("register", "admin", limit="500")["items"]
    return [item for item in items if item["username"] == "rtsp:platform"]


def test_a_camera_live_over_tcp_udp_and_tls(site: Site) -> None:
    main, sub, secure = site.url(f"/live/{CAMERA}"), site.url(f"/live/{CAMERA}/sub"), site.url("", tls=True)
    ca = ("-tls_verify", "1", "-ca_file", str(site.certificate))
    plain = site.url(f"/live/{CAMERA}", "")
    over_tls = site.url(f"/live/{CAMERA}", "", tls=True)
    probes = together(
        lambda: ffprobe("-rtsp_transport", "tcp", main),
        lambda: ffprobe("-rtsp_transport", "udp", main),
        lambda: ffprobe("-rtsp_transport", "tcp", sub),
        lambda: ffprobe("-rtsp_transport", "tcp", *ca, f"{secure}/live/{CAMERA}"),
        lambda: gstreamer(plain, "tcp", pictures=15),
        lambda: gstreamer(plain, "udp", pictures=15),
        lambda: gstreamer_that_verifies(over_tls, site.certificate),
        lambda: gstreamer_that_verifies(over_tls),
    )
    assert [probe.stdout.strip() for probe in probes[:4]] == [
        "h264,1280,720",
        "h264,1280,720",
        "h264,640,360",
        "h264,1280,720",
    ], [probe.stderr for probe in probes[:4]]
    assert [count >= 15 for count in probes[4:7]] == [True, True, True]
    assert probes[7] == 0, "whom nobody has told to trust this certificate does not"
    log = site.system.log_of("center")
    assert log.count("rtsp_live_ended") == 0, "one channel for all, and it lingers"


def test_a_recorded_range_is_the_archive_picture_by_picture(site: Site, span: tuple[datetime, datetime]) -> None:
    url, plain = site.url(archive_path(span)), site.url(archive_path(span), "")
    over_tls = site.url(archive_path(span), "", tls=True)
    over_tcp, over_udp, gst_tcp, gst_udp, gst_tls = together(
        lambda: read(url, "tcp"),
        lambda: read(url, "udp"),
        lambda: gstreamer(plain, "tcp"),
        lambda: gstreamer(plain, "udp"),
        lambda: gstreamer(over_tls, "tcp", "tls-validation-flags=0"),
    )
    expected = recorded(site, span)
    assert len(expected) >= SECONDS * 10
    counts = {"tcp": len(over_tcp), "udp": len(over_udp), "gst tcp": gst_tcp, "gst udp": gst_udp, "gst tls": gst_tls}
    assert counts == dict.fromkeys(counts, len(expected))
    assert over_tcp == expected
    assert over_udp == expected


def test_who_may_not_gets_nothing(site: Site) -> None:
    wrong, foreign, nothing, secret = together(
        lambda: ffprobe(site.url(f"/live/{CAMERA}", "platform:a-wrong-password@")),
        lambda: ffprobe(site.url(f"/live/{FOREIGN}")),
        lambda: ffprobe(site.url(f"/archive/{CAMERA}?from=2020-01-01T00:00:00Z&to=2020-01-01T00:00:10Z")),
        lambda: ffprobe(site.url("/live/../center/vigil.db")),
    )
    assert "401 Unauthorized" in wrong.stderr
    for refused in (foreign, nothing, secret):
        assert "404 Not Found" in refused.stderr
    assert not [entry for entry in entries(site) if FOREIGN in entry["subject"]]


def test_the_register_has_it(site: Site, span: tuple[datetime, datetime]) -> None:
    read(site.url(f"/live/{CAMERA}"), "tcp", packets=2)
    content = f"camera {CAMERA}, main, by RTSP from 127.0.0.1"

    def ended() -> list[dict[str, Any]] | None:
        found = entries(site)
        begun = [entry for entry in found if entry["action"] in ("watch", "play")]
        return found if len(found) == 2 * len(begun) else None

    newest, *others = site.system.wait_for(ended, 10, "all readers to have gone")
    assert newest["action"] == "end"
    assert newest["subject"].startswith(f"{content}, begun ")
    begun = others[0]
    assert (begun["action"], begun["subject"]) == ("watch", content)
    assert (begun["name"], begun["unit"], begun["reason"]) == ("platform", "市大数据中心", "综合平台接入")
    metrics = site.system.api("admin").get(f"{site.system.address}/metrics").text
    assert re.search(r"^vigil_rtsp_failed_logins_total [01]\.0$", metrics, re.MULTILINE)
    assert re.search(r"^vigil_rtsp_readers 0\.0$", metrics, re.MULTILINE)
    played = [entry["subject"] for entry in others if entry["action"] == "play"]
    assert all(span[0].isoformat() in subject for subject in played)
    assert "Traceback" not in site.system.log_of("center")


async def _read_as_live555(site: Site, path: str) -> tuple[list[int], list[str]]:
    """What a centre answers to its requests, one by one as they were recorded, and the Range of its PLAY."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    player = Player(f"rtsp://127.0.0.1:{site.port}", path, reader, writer)
    login = "platform", PASSWORD
    head, mark, query = path.partition("?")
    options = await player.request("OPTIONS")
    challenge = await player.request("DESCRIBE", Accept="application/sdp")
    described = await player.ask("DESCRIBE", *login, Accept="application/sdp")
    transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
    setup = await player.ask_as_live555("SETUP", *login, f"{head}/trackID=0{mark}{query}", Transport=transport)
    player.session = setup.headers.get("session", "").partition(";")[0]
    played = await player.ask_as_live555("PLAY", *login, Range="npt=0.000-")
    pictures = await player.read_pictures(5)
    alive = [await player.ask_as_live555("GET_PARAMETER", *login) for _ in range(2)]
    gone = await player.ask_as_live555("TEARDOWN", *login)
    writer.close()
    assert len({picture.timestamp for picture in pictures}) == 5
    replies = [options, challenge, described, setup, played, *alive, gone]
    return [reply.status for reply in replies], [played.headers.get("range", "")]


async def test_live555_reads_it_and_so_vlc(site: Site, span: tuple[datetime, datetime]) -> None:
    """Its requests were recorded of its version 2024.06.26 (docs/design/rtsp-out.md)."""
    right = [200, 401, 200, 200, 200, 200, 200, 200]
    assert await _read_as_live555(site, f"/live/{CAMERA}") == (right, ["npt=now-"])
    statuses, (played,) = await _read_as_live555(site, archive_path(span))
    assert statuses == right
    assert played.startswith("npt=0.000-")


def test_a_centre_that_stops_enters_the_ends(site: Site) -> None:
    """The last test: afterwards there is no centre."""
    with av.open(site.url(f"/live/{CAMERA}"), options={"rtsp_transport": "tcp"}, timeout=(15, 15)) as container:
        next(container.demux(video=0))
        assert site.system.stop("center") == 0
    database = Database.in_file(site.system.folder / "center" / "vigil.db")
    newest, *_ = Stores.over(database).register.page().items
    database.close()
    assert newest.action == Action.END
    assert newest.subject.startswith(f"camera {CAMERA}, main, by RTSP")
