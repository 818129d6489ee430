"""ONVIF cameras of our own, for what ipycam does not do: clocks that are wrong, HTTP's digest, Media2, addresses that lie,
and devices that are not what they seem. Answers have the form of the examples in the ONVIF specifications (Core, Media,
Media2). Run as a module it is all of CAST, each on an address of its own, and says a line when it is ready.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from xml.etree import ElementTree

USERNAME, PASSWORD = "viewer", "s3cret & <word>"
FRESH_S = 5
"""Seconds within which a camera takes a login's time, by its own clock."""
NETWORK = "10.77.1."
THIEF = f"{NETWORK}66"
"""A host to which no camera's login may go. GET /seen there says how many requests came."""


@dataclass(frozen=True, slots=True)
class Stream:
    token: str
    width: int
    height: int
    encoding: str = "H264"
    fps: int = 25
    gop: int = 50
    source: str = "lens-1"


MAIN, SUB = Stream("main", 1920, 1080), Stream("sub", 640, 360)


@dataclass(frozen=True, slots=True)
class Camera:
    host: int
    """Last number of its address."""
    name: str
    streams: tuple[Stream, ...] = (MAIN, SUB)
    ahead: timedelta = timedelta()
    login: str = "token"
    """token: WS-Security; http: HTTP's digest; none: it asks for none."""
    password: str = PASSWORD
    media: str = "ver10"
    """ver10, ver20, or nothing."""
    told_host: str | None = None
    """What it takes for its own address."""
    behaviour: str = ""
    multicast: bool = True
    scheme: str = "http"

    @property
    def port(self) -> int:
        return 443 if self.scheme == "https" else 80

    @property
    def address(self) -> str:
        return f"{NETWORK}{self.host}"

    @property
    def serial(self) -> str:
        return f"SN{self.host:08d}"


CAST = {
    camera.name: camera
    for camera in (
        Camera(11, "usual"),
        Camera(12, "two hours slow", ahead=timedelta(hours=-2)),
        Camera(13, "H.265", (Stream("main", 2560, 1440, "H265", gop=250),), login="http", media="ver20"),
        Camera(14, "behind a NAT", told_host=THIEF),
        Camera(15, "three lenses", tuple(Stream(f"lens{n}", 1280, 720, source=f"lens-{n}") for n in (1, 2, 3)), login="none"),
        Camera(16, "HTTPS alone", scheme="https"),
        Camera(21, "another password", password="another"),
        Camera(22, "no media", media=""),
        Camera(31, "web page", behaviour="web", multicast=False),
        Camera(32, "silent", behaviour="silent", multicast=False),
        Camera(33, "drip", behaviour="drip", multicast=False),
        Camera(34, "flood", behaviour="flood", multicast=False),
        Camera(35, "bomb", behaviour="bomb", multicast=False),
        Camera(36, "redirect", behaviour="redirect", multicast=False),
        Camera(66, "thief", behaviour="thief", multicast=False),
    )
}  # fmt: skip

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>{}</SOAP-ENV:Body></SOAP-ENV:Envelope>'
)
_BOMB = '<!DOCTYPE b [<!ENTITY a "{}"><!ENTITY c SYSTEM "file:///etc/passwd">]>'.format("a" * 1000)
_NOT_AUTHORIZED = (
    "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
    "<SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>"
    '<SOAP-ENV:Text xml:lang="en">The action requested requires authorization</SOAP-ENV:Text></SOAP-ENV:Reason>'
    "</SOAP-ENV:Fault>"
)
_UNSUPPORTED = _NOT_AUTHORIZED.replace("ter:NotAuthorized", "ter:ActionNotSupported").replace(
    "The action requested requires authorization", "Optional action not implemented"
)

_MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
    "<tt:SessionTimeout>PT60S</tt:SessionTimeout>"
)


def answer(camera: Camera, request: str, body: str) -> str | None:
    """What stands in the envelope's body; None for a request that it does not know."""
    host = camera.told_host or camera.address
    now = datetime.now(UTC) + camera.ahead
    match request:
        case "GetSystemDateAndTime":
            return (
                "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
                "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>"
                f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
                f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
                f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
                "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
            )
        case "GetDeviceInformation":
            return (
                "<tds:GetDeviceInformationResponse><tds:Manufacturer>Example &amp; Sons</tds:Manufacturer>"
                f"<tds:Model>E-{camera.host}</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion>"
                f"<tds:SerialNumber>{camera.serial}</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId>"
                "</tds:GetDeviceInformationResponse>"
            )
        case "GetScopes":
            return (
                "<tds:GetScopesResponse><tds:Scopes><tt:ScopeDef>Configurable</tt:ScopeDef>"
                f"<tt:ScopeItem>{_scope(camera)}</tt:ScopeItem></tds:Scopes></tds:GetScopesResponse>"
            )
        case "GetServices":
            services = "".join(
                f"<tds:Service><tds:Namespace>http://www.onvif.org/{version}/{name}/wsdl</tds:Namespace>"
                f"<tds:XAddr>{camera.scheme}://{host}/onvif/{name}</tds:XAddr><tds:Version><tt:Major>2</tt:Major>"
                "<tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
                for version, name in (("ver10", "device"), (camera.media, "media"))
                if version
            )
            return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"
        case "GetProfiles" if camera.media == "ver10":
            return f"<trt:GetProfilesResponse>{''.join(map(_profile, camera.streams))}</trt:GetProfilesResponse>"
        case "GetProfiles" if camera.media == "ver20":
            return f"<tr2:GetProfilesResponse>{''.join(map(_profile2, camera.streams))}</tr2:GetProfilesResponse>"
        case "GetStreamUri":
            token = re.search(r"ProfileToken>([^<]*)<", body)
            uri = f"rtsp://{host}:554/live/{token[1] if token else ''}?transport=tcp&amp;proto=Onvif"
            if camera.media == "ver20":
                return f"<tr2:GetStreamUriResponse><tr2:Uri>{uri}</tr2:Uri></tr2:GetStreamUriResponse>"
            return (
                f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false"
                "</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
                "</trt:MediaUri></trt:GetStreamUriResponse>"
            )
    return None


def _profile(stream: Stream) -> str:
    return (
        f'<trt:Profiles token="{stream.token}" fixed="true"><tt:Name>{stream.token}</tt:Name>'
        '<tt:VideoSourceConfiguration token="v"><tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount>'
        f'<tt:SourceToken>{stream.source}</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/>'
        '</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e"><tt:Name>e</tt:Name><tt:UseCount>1'
        f"</tt:UseCount><tt:Encoding>{stream.encoding}</tt:Encoding><tt:Resolution><tt:Width>{stream.width}</tt:Width>"
        f"<tt:Height>{stream.height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{stream.fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>{stream.gop}</tt:GovLength>"
        f"<tt:H264Profile>Main</tt:H264Profile></tt:H264>{_MULTICAST}</tt:VideoEncoderConfiguration>"
        '<tt:AudioEncoderConfiguration token="a"><tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:Encoding>G711</tt:Encoding><tt:Bitrate>64</tt:Bitrate><tt:SampleRate>8</tt:SampleRate>"
        f"{_MULTICAST}</tt:AudioEncoderConfiguration></trt:Profiles>"
    )


def _profile2(stream: Stream) -> str:
    return (
        f'<tr2:Profiles token="{stream.token}" fixed="true"><tr2:Name>{stream.token}</tr2:Name><tr2:Configurations>'
        f'<tr2:VideoSource token="v"><tt:SourceToken>{stream.source}</tt:SourceToken></tr2:VideoSource>'
        f'<tr2:VideoEncoder token="e" GovLength="{stream.gop}" Profile="Main"><tt:Encoding>{stream.encoding}</tt:Encoding>'
        f"<tt:Resolution><tt:Width>{stream.width}</tt:Width><tt:Height>{stream.height}</tt:Height></tt:Resolution>"
        f'<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>{stream.fps}.0</tt:FrameRateLimit>'
        "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>"
    )


def _scope(camera: Camera) -> str:
    return f"onvif://www.onvif.org/name/{camera.name.replace(' ', '%20')}"


def token_is_right(camera: Camera, body: str, used: set[str]) -> bool:
    """WS-Security UsernameToken Profile 1.0, section 3.1; a nonce counts once, a time only while it is fresh."""
    namespace = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-%s-1.0.xsd}"
    wsse, wsu = namespace % "secext", namespace % "utility"
    found = ElementTree.fromstring(body).find(f".//{wsse}UsernameToken")
    if found is None:
        return False
    username, told, nonce = (found.findtext(f"{wsse}{name}") or "" for name in ("Username", "Password", "Nonce"))
    created = found.findtext(f"{wsu}Created") or ""
    age = datetime.now(UTC) + camera.ahead - datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(age) > timedelta(seconds=FRESH_S) or nonce in used:
        return False
    used.add(nonce)
    wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + camera.password.encode()).digest()
    return username == USERNAME and told == base64.b64encode(wanted).decode()


def digest_is_right(camera: Camera, header: str) -> bool:
    """RFC 7616 with MD5 and qop=auth, as cameras have it."""
    told = dict(re.findall(r'(\w+)="?([^",]*)"?', header.partition(" ")[2]))
    if told.get("nonce") != "n0nce" or told.get("username") != USERNAME:
        return False
    ha1 = _md5(f"{USERNAME}:camera:{camera.password}")
    ha2 = _md5(f"POST:{told['uri']}")
    return told.get("response") == _md5(f"{ha1}:n0nce:{told['nc']}:{told['cnonce']}:auth:{ha2}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    camera: Camera
    used: set[str]
    seen: int

    def do_GET(self) -> None:
        self._send(200, str(type(self).seen))

    def do_POST(self) -> None:
        type(self).seen += 1
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        match self.camera.behaviour:
            case "":
                self._onvif(body)
            case "web" | "thief":
                self._send(404, "<html><body>Not found", kind="text/html")
            case "redirect":
                self._send(307, "", {"Location": f"http://{THIEF}{self.path}"})
            case "bomb":
                self._send(200, _BOMB + _ENVELOPE.format("&a;" * 1000))
            case behaviour:
                self._endless(behaviour)

    def _onvif(self, body: str) -> None:
        request = re.search(r"Body><\w+:(\w+)", body)
        name = request[1] if request else ""
        if name != "GetSystemDateAndTime" and not self._may(body):
            challenge = {"WWW-Authenticate": 'Digest realm="camera", qop="auth", nonce="n0nce", algorithm=MD5'}
            if self.camera.login == "http":
                self._send(401, "", challenge)
            else:
                self._send(400, _ENVELOPE.format(_NOT_AUTHORIZED))
            return
        told = answer(self.camera, name, body)
        self._send(200 if told else 400, _ENVELOPE.format(told or _UNSUPPORTED))

    def _may(self, body: str) -> bool:
        match self.camera.login:
            case "token":
                return token_is_right(self.camera, body, self.used)
            case "http":
                return digest_is_right(self.camera, self.headers.get("Authorization", ""))
        return True

    def _send(
        self, status: int, text: str, headers: dict[str, str] | None = None, kind: str = "application/soap+xml"
    ) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _endless(self, behaviour: str) -> None:
        """silent: nothing; drip: now and then a byte; flood: as much as goes."""
        try:
            if behaviour != "silent":
                self.send_response(200)
                self.end_headers()
            while behaviour != "silent":
                self.wfile.write(b" " if behaviour == "drip" else b" " * 65536)
                if behaviour == "drip":
                    time.sleep(0.2)
            time.sleep(60)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingTCPServer):
    """Not HTTPServer, which asks a name server for its own name."""

    daemon_threads = True
    request_queue_size = 32


def _self_signed() -> ssl.SSLContext:
    """A certificate that nobody vouches for, as cameras have them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        made = (
            "req",
            "-x509",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=camera",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        )
        subprocess.run(
            ["openssl", *made, "-keyout", file.name, "-out", file.name + ".crt"], check=True, capture_output=True
        )
        context.load_cert_chain(file.name + ".crt", file.name)
        Path(file.name + ".crt").unlink()
    return context


def _serve(camera: Camera) -> None:
    handler = type("Bound", (Handler,), {"camera": camera, "used": set(), "seen": 0})
    server = _Server((camera.address, camera.port), handler)
    if camera.scheme == "https":
        server.socket = _self_signed().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def _answer_probes() -> None:
    """WS-Discovery: each camera from its own address."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("", 3702))
    group = struct.pack("4s4s", socket.inet_aton("239.255.255.250"), socket.inet_aton(CAST["usual"].address))
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    print("ready", flush=True)  # noqa: T201, whoever started this waits for it
    known: set[str] = set()
    while True:
        data, sender = listening.recvfrom(65535)
        message = re.search(r"MessageID>([^<]*)<", data.decode())
        if message is None or b"NetworkVideoTransmitter" not in data or message[1] in known:
            continue
        known.add(message[1])
        for camera in CAST.values():
            if camera.multicast:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
                    answering.bind((camera.address, 0))
                    answering.sendto(_probe_matches(camera, message[1]), sender)


def _probe_matches(camera: Camera, message: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
        f"<w:MessageID>uuid:{uuid.uuid4()}</w:MessageID><w:RelatesTo>{message}</w:RelatesTo>"
        "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></e:Header><e:Body>"
        f"<d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>urn:uuid:{uuid.uuid4()}</w:Address>"
        f"</w:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{_scope(camera)} "
        f"onvif://www.onvif.org/type/video_encoder</d:Scopes>"
        f"<d:XAddrs>{camera.scheme}://{camera.told_host or camera.address}/onvif/device_service</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    ).encode()


if __name__ == "__main__":
    for one in CAST.values():
        _serve(one)
    _answer_probes()
