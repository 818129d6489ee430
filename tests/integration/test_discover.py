"""`vigil discover` over a network with multicast: ipycam, which is not ours, and cameras of our own for all that goes wrong."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest

from tests.integration import ipycam_camera
from tests.integration.hall_network import ROOT, HallNetwork
from tests.integration.onvif_camera import CAST, PASSWORD, THIEF, USERNAME
from vigil.clock import SystemClock
from vigil.config import load
from vigil.discover.choice import Choice
from vigil.discover.finding import Found, find
from vigil.discover.interfaces import interfaces
from vigil.discover.login import Login
from vigil.discover.place import Device, parse_host
from vigil.discover.soap import Session
from vigil.errors import DiscoveryError, LoginRefused

TIMEOUT_S = 1.5
IPYCAM = f"{ipycam_camera.HOST}:{ipycam_camera.PORT}"


@pytest.fixture(scope="module")
def hall() -> Iterator[HallNetwork]:
    with HallNetwork() as network:
        network.machine("cameras", 1, *(camera.host for camera in CAST.values()))
        network.machine("ipycam", 2, 2)
        network.machine("empty", 3, 2)
        network.start("cameras", "tests.integration.onvif_camera")
        network.start("ipycam", "tests.integration.ipycam_camera")
        yield network


@dataclass(frozen=True, slots=True)
class Run:
    found: Found
    said: list[str]

    def choice(self, name: str) -> Choice:
        return next(choice for choice in self.found.choices if choice.camera.address == address(name))

    def failure(self, name: str) -> DiscoveryError:
        return next(failure for failure in self.found.failures if failure.address == address(name))


@pytest.fixture(scope="module")
def run(hall: HallNetwork) -> Run:
    """Asked from both networks by multicast; those who do not answer to it were given."""
    given = [parse_host(camera.address) for camera in CAST.values() if not camera.multicast and camera.name != "thief"]
    ours = [IPv4Address("10.77.1.1"), IPv4Address("10.77.2.1")]
    said: list[str] = []
    return Run(asked(hall, ours, given, Login(USERNAME, PASSWORD), said), said)


def asked(hall: HallNetwork, ours: list[IPv4Address], given: list[Device], login: Login, said: list[str]) -> Found:
    return hall.on_node(lambda: asyncio.run(find(ours, given, login, SystemClock(), TIMEOUT_S, said.append)))


def address(name: str) -> str:
    return IPYCAM if name == "ipycam" else f"{CAST[name].address}:{CAST[name].port}"


def test_all_that_answer_are_read_and_every_other_is_named(run: Run) -> None:
    read = {choice.camera.address for choice in run.found.choices}
    assert read == {
        address(name)
        for name in ("usual", "two hours slow", "H.265", "behind a NAT", "three lenses", "HTTPS alone", "ipycam")
    }
    assert read | {failure.address for failure in run.found.failures} == {
        address(name) for name in (*CAST, "ipycam") if name != "thief"
    }
    assert len(run.said) == run.found.answered == len(CAST)


def test_ipycam(run: Run) -> None:
    choice = run.choice("ipycam")
    camera = choice.camera
    assert (camera.name, camera.manufacturer, camera.model) == (ipycam_camera.NAME, "PythonCam", "VirtualCam-1")
    assert camera.serial == "PY-000042"
    assert camera.offset_s == pytest.approx(0, abs=1)
    assert choice.sub is not None
    assert (choice.main.codec, choice.main.width, choice.main.height, choice.main.fps) == ("H264", 1920, 1080, 30)
    assert choice.main.stream is not None
    assert choice.main.stream.url == f"rtsp://{ipycam_camera.HOST}:8554/video_main"
    assert (choice.sub.width, choice.sub.height, choice.sub.bitrate_kbps) == (640, 360, 1000)
    assert choice.warnings == ()


def test_a_usual_camera(run: Run) -> None:
    choice = run.choice("usual")
    assert (choice.camera.name, choice.camera.serial, choice.camera.manufacturer) == (
        "usual",
        "SN00000011",
        "Example & Sons",
    )
    assert choice.main.keyframe_s == 2
    assert choice.main.audio == "G711"
    assert choice.sub is not None
    assert choice.sub.stream is not None
    assert choice.sub.stream.url == f"rtsp://{CAST['usual'].address}:554/live/sub?transport=tcp&proto=Onvif"
    assert choice.warnings == ()


def test_a_login_is_dated_by_the_cameras_clock(run: Run) -> None:
    choice = run.choice("two hours slow")
    assert choice.camera.offset_s == pytest.approx(-7200, abs=2)  # the camera tells whole seconds
    assert len(choice.warnings) == 1
    assert re.search("(1 h 59 min 5[89]|2 h 0 min [012]) s behind ours", choice.warnings[0])


def test_by_our_clock_that_camera_refuses_it(hall: HallNetwork) -> None:
    """Else the test above would say nothing."""

    async def ask() -> None:
        device = parse_host(CAST["two hours slow"].address)
        async with Session(device, Login(USERNAME, PASSWORD), SystemClock(), TIMEOUT_S) as session:
            await session.call(session.device, "GetDeviceInformation")

    with pytest.raises(LoginRefused, match="user name and password"):
        hall.on_node(lambda: asyncio.run(ask()))


def test_h265_by_media2_with_a_login_of_http(run: Run) -> None:
    choice = run.choice("H.265")
    assert (choice.main.codec, choice.main.width, choice.main.keyframe_s) == ("H265", 2560, 10)
    assert choice.sub is None
    assert [warning.partition(";")[0] for warning in choice.warnings] == [
        "the main stream has a key frame each 10 s",
        "no substream of 352x288 or more",
    ]


def test_a_camera_that_tells_another_host_is_asked_where_it_was_reached(run: Run) -> None:
    choice = run.choice("behind a NAT")
    assert choice.main.stream is not None
    assert choice.main.stream.url.startswith(f"rtsp://{CAST['behind a NAT'].address}:554/")
    assert any(THIEF in warning for warning in choice.warnings)


def test_each_lens_is_a_camera(run: Run) -> None:
    of_it = [choice for choice in run.found.choices if choice.camera.address == address("three lenses")]
    assert [choice.channel for choice in of_it] == [1, 2, 3]


def test_a_camera_with_a_certificate_of_its_own(run: Run) -> None:
    choice = run.choice("HTTPS alone")
    assert choice.main.stream is not None
    assert choice.main.stream.url.startswith(f"rtsp://{CAST['HTTPS alone'].address}:554/")


def test_no_login_goes_to_another_host(run: Run, hall: HallNetwork) -> None:
    """To which a redirection, an answer to the probe, a service and a stream's address pointed."""
    seen = hall.on_node(lambda: httpx.get(f"http://{THIEF}/seen", trust_env=False).text)
    assert seen == "0"


@pytest.mark.parametrize(
    ("name", "what", "remedy"),
    [
        ("another password", "refuses the login of 'viewer'", "Check user name and password"),
        ("no media", "has no media service", "leave it out"),
        ("web page", "does not speak ONVIF", "Is it a camera"),
        ("silent", f"no whole answer within {TIMEOUT_S:g} s", "Is it on"),
        ("drip", f"no whole answer within {TIMEOUT_S:g} s", "Is it on"),
        ("flood", "more than 1024 KiB", "Is it a camera"),
        ("bomb", "document type", "Is it a camera"),
        ("redirect", "redirection (status 307), which is not followed", "--host"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(run: Run, name: str, what: str, remedy: str) -> None:
    message = str(run.failure(name))
    assert message.startswith(f"{address(name)}: ")
    assert what in message
    assert remedy in message
    assert PASSWORD not in message


def test_a_wrong_password(hall: HallNetwork) -> None:
    given = [parse_host(IPYCAM), parse_host(CAST["usual"].address), parse_host(CAST["H.265"].address)]
    found = asked(hall, [], given, Login(USERNAME, "wrong"), [])
    assert found.choices == ()
    assert {type(failure) for failure in found.failures} == {LoginRefused}
    assert len(found.failures) == 3


def test_nobody_is_there(hall: HallNetwork) -> None:
    given = [parse_host("10.77.1.11:81"), parse_host("10.77.3.99")]
    found = asked(hall, [], given, Login(USERNAME, PASSWORD), [])
    assert all("Is it on" in failure.reason for failure in found.failures)
    assert len(found.failures) == 2


def test_the_interfaces_of_this_machine(hall: HallNetwork) -> None:
    found = hall.on_node(interfaces)
    assert {(one.name, str(one.address)) for one in found if one.is_private} == {
        (f"node{number}", f"10.77.{number}.1") for number in (1, 2, 3)
    }
    assert [str(one.address) for one in found if not one.is_private] == ["127.0.0.1"]


def vigil(hall: HallNetwork, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = hall.command("node", "-m", "vigil", "discover", *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


SITE = """\
site:
  name: 市政务服务中心
  calendars: {usual: {}}
  halls:
    - id: gongan
      name: 公安分厅
      department: 市公安局
      calendar: usual
      groups: [{id: huji, name: 户籍, windows: [{id: window-1, name: 1号窗口}]}]
"""
NODE = "nodes: [{id: node-1, center: 'ws://127.0.0.1:8480', key: {file: node.key}, data: data}]\n"


def test_the_command_writes_what_vigil_reads(hall: HallNetwork, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "cameras").write_text(f"{PASSWORD}\n", encoding="utf-8")
    output = tmp_path / "found.yaml"
    done = vigil(
        hall,
        *("--interface", "node1", "--address", "10.77.2.1", "--timeout", str(TIMEOUT_S)),
        *("--username", USERNAME, "--password-file", str(tmp_path / "secrets" / "cameras"), "--output", str(output)),
    )
    assert done.returncode == 0, done.stderr
    assert "9 camera(s)" in done.stderr
    text = output.read_text(encoding="utf-8")
    assert PASSWORD not in text + done.stderr + done.stdout
    assert f"# NOT READ: {address('another password')}: it refuses" in text

    file = tmp_path / "site.yaml"
    file.write_text(SITE + "".join(f"      {line}\n" for line in text.splitlines()) + NODE, encoding="utf-8")
    site = load(file).site
    assert site is not None
    cameras = {str(camera.id): camera for camera in site.halls[0].cameras}
    assert "usual-00000011" in cameras
    camera = cameras["window-3-ipycam-py000042"]
    assert (camera.name, camera.username) == (ipycam_camera.NAME, USERNAME)
    assert camera.password is not None
    assert camera.password.file == "secrets/cameras"
    assert camera.substream == f"rtsp://{ipycam_camera.HOST}:8554/video_sub"


def test_the_command_that_finds_nothing_says_what_to_try(hall: HallNetwork) -> None:
    done = vigil(hall, "--interface", "node3", "--timeout", "0.5")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "multicast" in done.stderr
    assert "--host" in done.stderr
