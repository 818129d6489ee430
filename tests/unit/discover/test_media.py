from __future__ import annotations

import httpx
import pytest

from tests.unit.discover.answers import Handler, element, envelope, session
from vigil.discover.camera import Profile, StreamAddress
from vigil.discover.media import profiles, reached, stream_address
from vigil.discover.reader import camera_time
from vigil.discover.soap import MEDIA, MEDIA2, Service
from vigil.errors import DiscoveryError

OLDER, NEWER = Service(MEDIA, "http://192.0.2.7/media"), Service(MEDIA2, "http://192.0.2.7/media2")

ENCODER = (
    '<tt:VideoEncoderConfiguration token="e"><tt:Encoding>{}</tt:Encoding><tt:Resolution><tt:Width>704</tt:Width>'
    "<tt:Height>576</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
    "<tt:EncodingInterval>2</tt:EncodingInterval><tt:BitrateLimit>512</tt:BitrateLimit></tt:RateControl>{}"
    "</tt:VideoEncoderConfiguration>"
)
H264 = ENCODER.format("H264", "<tt:H264><tt:GovLength>50</tt:GovLength></tt:H264>")


def answering(body: str) -> Handler:
    return lambda _: httpx.Response(200, text=envelope(body))


async def of(body: str, service: Service = OLDER) -> tuple[Profile, ...]:
    space = "tr2" if service is NEWER else "trt"
    async with session(answering(f"<{space}:GetProfilesResponse>{body}</{space}:GetProfilesResponse>")) as opened:
        return await profiles(opened, service)


async def test_a_profile_whose_pictures_are_left_out_by_an_interval() -> None:
    (found,) = await of(f'<trt:Profiles token="p"><tt:Name>Sub\n1</tt:Name>{H264}</trt:Profiles>')
    assert found == Profile("p", "Sub 1", "", "H264", 704, 576, 12.5, 512, 50)
    assert found.keyframe_s == 4


async def test_mpeg4_keeps_its_gop_elsewhere() -> None:
    encoder = ENCODER.format("MPEG4", "<tt:MPEG4><tt:GovLength>30</tt:GovLength></tt:MPEG4>")
    (found,) = await of(f'<trt:Profiles token="p">{encoder}</trt:Profiles>')
    assert (found.codec, found.gop, found.name) == ("MPEG4", 30, "unnamed")


async def test_profiles_without_a_picture_or_a_token_are_left_out() -> None:
    assert await of(f'<trt:Profiles token="p"/><trt:Profiles>{H264}</trt:Profiles>') == ()


async def test_numbers_that_make_no_sense_are_not_told() -> None:
    odd = H264.replace("704", "-1").replace("576", "1e999").replace(">25<", ">nan<").replace(">50<", ">0<")
    (found,) = await of(f'<trt:Profiles token="p">{odd}</trt:Profiles>')
    assert (found.width, found.height, found.fps, found.gop, found.pixels) == (None, None, None, None, 0)


async def test_media2() -> None:
    (found,) = await of(
        '<tr2:Profiles token="p"><tr2:Name>Main</tr2:Name><tr2:Configurations><tr2:VideoSource>'
        "<tt:SourceToken>s</tt:SourceToken></tr2:VideoSource><tr2:AudioEncoder><tt:Encoding>MP4A-LATM</tt:Encoding>"
        '</tr2:AudioEncoder><tr2:VideoEncoder GovLength="100"><tt:Encoding>H265</tt:Encoding><tt:Resolution>'
        "<tt:Width>3840</tt:Width><tt:Height>2160</tt:Height></tt:Resolution><tt:RateControl>"
        "<tt:FrameRateLimit>20.0</tt:FrameRateLimit><tt:BitrateLimit>8192</tt:BitrateLimit></tt:RateControl>"
        "</tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>",
        NEWER,
    )
    assert found == Profile("p", "Main", "s", "H265", 3840, 2160, 20, 8192, 100, "MP4A-LATM")


@pytest.mark.parametrize("service", [OLDER, NEWER])
async def test_a_stream_is_asked_for_over_tcp_and_by_an_escaped_token(service: Service) -> None:
    asked: list[str] = []
    uri = "rtsp://192.0.2.7/a?b=1&amp;c=2"
    body = (
        f"<tr2:GetStreamUriResponse><tr2:Uri>{uri}</tr2:Uri></tr2:GetStreamUriResponse>"
        if service is NEWER
        else f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
    )

    def camera(request: httpx.Request) -> httpx.Response:
        asked.append(request.content.decode())
        return httpx.Response(200, text=envelope(body))

    async with session(camera) as opened:
        found = await stream_address(opened, service, Profile("a<&b", "x", ""))
    assert found == StreamAddress("rtsp://192.0.2.7/a?b=1&c=2")
    assert ":Protocol>RTSP</" in asked[0]
    assert "<r:ProfileToken>a&lt;&amp;b</r:ProfileToken>" in asked[0]


async def test_a_stream_without_an_address() -> None:
    body = "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri/></trt:MediaUri></trt:GetStreamUriResponse>"
    async with session(answering(body)) as opened:
        with pytest.raises(DiscoveryError, match="profile Sub: it tells no RTSP address"):
            await stream_address(opened, OLDER, Profile("p", "Sub", ""))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("rtsp://192.0.2.7:554/a?channel=1&subtype=0", StreamAddress("rtsp://192.0.2.7:554/a?channel=1&subtype=0")),
        ("rtsp://198.51.100.9/a", StreamAddress("rtsp://192.0.2.7/a", told_host="198.51.100.9")),
        ("rtsp://viewer:s3cret@192.0.2.7/a", StreamAddress("rtsp://192.0.2.7/a", held_login=True)),
        ("rtsp://192.0.2.7/a?user=x&password=y&c=1", StreamAddress("rtsp://192.0.2.7/a?c=1", held_login=True)),
        ("rtsp://192.0.2.7/a?c=1&pwd=y", StreamAddress("rtsp://192.0.2.7/a?c=1", held_login=True)),
        (
            "rtsp://192.0.2.7/user=x_password=y_channel=1.sdp",
            StreamAddress("rtsp://192.0.2.7/channel=1.sdp", held_login=True),
        ),
        ("rtsps://192.0.2.7:322/a", StreamAddress("rtsps://192.0.2.7:322/a")),
        ("rtsp://v:p/w@192.0.2.7/a", None),
        ("http://192.0.2.7/a", None),
        ("rtsp:///a", None),
        ("rtsp://192.0.2.7/a\n  - id: x", None),
        ("rtsp://192.0.2.7:x/a", None),
        ("", None),
    ],
)
def test_addresses_of_streams(told: str, found: StreamAddress | None) -> None:
    assert reached(told, "192.0.2.7") == found


def time(hour: str = "1", second: str = "3", month: str = "3", year: str = "2026", kind: str = "UTCDateTime") -> str:
    return (
        f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:{kind}><tt:Time><tt:Hour>{hour}</tt:Hour>"
        f"<tt:Minute>2</tt:Minute><tt:Second>{second}</tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year>"
        f"<tt:Month>{month}</tt:Month><tt:Day>2</tt:Day></tt:Date></tt:{kind}></tds:SystemDateAndTime>"
        "</tds:GetSystemDateAndTimeResponse>"
    )


@pytest.mark.parametrize(
    ("xml", "told"),
    [
        (time(), "2026-03-02T01:02:03+00:00"),
        (time(hour="24", second="60"), "2026-03-03T00:03:00+00:00"),
        (time(year="1970"), "1970-03-02T01:02:03+00:00"),
        (time(year="9999"), None),
        (time(year="1"), None),
        (time(month="13"), None),
        (time(hour="x"), None),
        (time(hour="9" * 20), None),
        (time(kind="LocalDateTime"), None),
    ],
)
def test_times(xml: str, told: str | None) -> None:
    found = camera_time(element(xml))
    assert (found.isoformat() if found else None) == told
