"""A camera as a function: what is asked in which order, and what happens where it knows less than others."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.unit.discover.answers import LOGIN, envelope, fault, session
from vigil.clock import FakeClock
from vigil.discover import reader
from vigil.discover.camera import FoundCamera
from vigil.discover.place import Device
from vigil.discover.reader import read, read_all
from vigil.errors import DiscoveryError, LoginRefused

NAME = "onvif://www.onvif.org/name/Counter"
ANSWERS = {
    "GetSystemDateAndTime": (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour>"
        "<tt:Minute>0</tt:Minute><tt:Second>10</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>3</tt:Month>"
        "<tt:Day>2</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    ),
    "GetDeviceInformation": "<tds:GetDeviceInformationResponse><tds:Model>E</tds:Model></tds:GetDeviceInformationResponse>",
    "GetScopes": (
        f"<tds:GetScopesResponse><tds:Scopes><tt:ScopeItem>{NAME}</tt:ScopeItem></tds:Scopes></tds:GetScopesResponse>"
    ),
    "GetCapabilities": (
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://192.0.2.7/m</tt:XAddr></tt:Media>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    ),
    "GetServices": (
        "<tds:GetServicesResponse>"
        "<tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace>"
        "<tds:XAddr>http://192.0.2.7/m</tds:XAddr></tds:Service>"
        "<tds:Service><tds:Namespace>http://www.onvif.org/ver20/media/wsdl</tds:Namespace>"
        "<tds:XAddr>http://192.0.2.7/m2</tds:XAddr></tds:Service></tds:GetServicesResponse>"
    ),
    "GetProfiles": (
        '<trt:GetProfilesResponse><trt:Profiles token="p"><tt:VideoEncoderConfiguration><tt:Encoding>H264</tt:Encoding>'
        "</tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>"
    ),
    "GetStreamUri": (
        "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://192.0.2.7/a</tt:Uri></trt:MediaUri>"
        "</trt:GetStreamUriResponse>"
    ),
}


class Told:
    """Answers as told, and remembers path and request of each that it was asked."""

    def __init__(self, **other: str) -> None:
        self.answers = ANSWERS | other
        self.asked: list[tuple[str, str, bool]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        name = re.findall(r"<r:(\w+) ", body)[0]
        self.asked.append((request.url.path, name, "UsernameToken" in body))
        told = self.answers[name]
        if name == "GetProfiles" and request.url.path == "/m2":
            told = self.answers.get("GetProfiles2", fault("ActionNotSupported"))
        return httpx.Response(200 if "Fault" not in told else 400, text=told if "Envelope" in told else envelope(told))


async def reading(told: Told, name: str | None = None) -> FoundCamera:
    clock = FakeClock()  # 2026-03-02T01:00:00Z
    async with session(told, clock=clock) as opened:
        return await read(opened, name, clock)


async def test_the_clock_comes_first_and_without_a_login() -> None:
    told = Told()
    found = await reading(told)
    assert told.asked[:2] == [
        ("/onvif/device_service", "GetSystemDateAndTime", False),
        ("/onvif/device_service", "GetDeviceInformation", True),
    ]
    assert (found.offset_s, found.model, found.name) == (10.5, "E", "Counter")
    assert all(login for _, _, login in told.asked[1:])


async def test_a_camera_that_declines_to_tell_its_time() -> None:
    found = await reading(Told(GetSystemDateAndTime=fault("ActionNotSupported")))
    assert found.offset_s is None


async def test_a_camera_that_wants_a_login_for_its_time() -> None:
    told = Told(GetSystemDateAndTime=fault("NotAuthorized"))
    with pytest.raises(LoginRefused):
        await reading(told)
    assert [login for _, _, login in told.asked] == [False, True], "a third try might lock the account"


async def test_media2_is_asked_first_and_media_where_it_has_nothing() -> None:
    told = Told()
    found = await reading(told)
    assert [path for path, name, _ in told.asked if name == "GetProfiles"] == ["/m2", "/m"]
    assert found.profiles[0].stream is not None


async def test_an_older_camera_knows_capabilities() -> None:
    told = Told(GetServices=fault("ActionNotSupported"))
    found = await reading(told)
    assert [path for path, name, _ in told.asked if name == "GetProfiles"] == ["/m"]
    assert len(found.profiles) == 1


async def test_the_name_of_the_probe_is_kept() -> None:
    told = Told()
    assert (await reading(told, "Hall")).name == "Hall"
    assert "GetScopes" not in {name for _, name, _ in told.asked}


async def test_a_camera_without_a_name() -> None:
    assert (await reading(Told(GetScopes=fault("ActionNotSupported")))).name is None


async def test_a_profile_whose_stream_is_declined_stays_without() -> None:
    found = await reading(Told(GetStreamUri=fault("NoProfile")))
    assert [profile.stream for profile in found.profiles] == [None]


async def test_no_video_profile() -> None:
    empty = "<trt:GetProfilesResponse/>"
    with pytest.raises(DiscoveryError, match="Set up a video stream"):
        await reading(Told(GetProfiles=empty, GetProfiles2="<tr2:GetProfilesResponse/>"))


async def test_a_fault_of_ours_costs_one_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    async def trip(*_: object) -> FoundCamera:
        raise KeyError("x")

    monkeypatch.setattr(reader, "read", trip)
    found = [one async for one in read_all([Device("192.0.2.7"), Device("192.0.2.8")], LOGIN, FakeClock(), 1.0)]
    assert all(isinstance(one, DiscoveryError) and "by hand" in one.reason for one in found)
    assert len(found) == 2
