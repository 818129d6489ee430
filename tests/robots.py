"""The other side of each channel, on the loopback: robots that judge a request as their makers' do, and a webhook's receiver.

Each answers 200 to nearly everything and says in the body what it thinks, as the real ones do. A test may put faults before it:
`server.faults.append(hang)`; each is used for one request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

KEY: Final = "693axxx6-7a0c-4bc4-97a0-0ec2ffa5aaaa"
TOKEN: Final = "b5a1c0ffee"
SECRET: Final = "SEC0123456789abcdef"
HOOK: Final = "9d1f2c3b-hook"
WEBHOOK_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Fault = Callable[["_Handler"], None]
Judge = Callable[[Request, list[Request]], tuple[int, dict[str, Any]]]
"""The request and those that were taken before it; status and body."""


@dataclass
class RobotServer:
    """`requests` is all that came, `taken` what was accepted."""

    judge: Judge
    certificate: Path | None = None
    clock: Callable[[], float] = time.time
    requests: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set: what hangs ends."""

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.robot = self
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def decide(self, request: Request) -> tuple[int, dict[str, Any]]:
        status, body = self.judge(request, self.taken)
        if status < 300 and all(body.get(key, 0) == 0 for key in ("errcode", "code", "StatusCode")):
            self.taken.append(request)
        return status, body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    robot: RobotServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {key.lower(): value for key, value in self.headers.items()}
        robot = self.server.robot
        self.request_read = Request(parts.path, query, headers, body, robot.clock())
        robot.requests.append(self.request_read)
        if robot.faults:
            robot.faults.pop(0)(self)
        else:
            self.answer(*robot.decide(self.request_read))

    def answer(self, status: int, body: Any, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


# Faults


def says(status: int, body: Any, **headers: str) -> Fault:
    """Answers this, whatever came."""
    return lambda handler: handler.answer(status, body, **headers)


def hang(handler: _Handler) -> None:
    """Takes the message, and never answers."""
    robot = handler.server.robot
    robot.decide(handler.request_read)
    robot.released.wait(30)


def half(handler: _Handler) -> None:
    """Takes the message, and the line breaks in the middle of the answer."""
    handler.server.robot.decide(handler.request_read)
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"errcode":0,')
    handler.wfile.flush()
    handler.close_connection = True


def drip(handler: _Handler) -> None:
    """A header now and then, without end."""
    robot = handler.server.robot
    robot.decide(handler.request_read)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not robot.released.wait(0.05):
        handler.wfile.write(b"X-More: 1\r\n")
        handler.wfile.flush()


def flood(handler: _Handler) -> None:
    """More than anybody wants to read."""
    handler.answer(200, b"x" * 4_000_000)


# Judges


def _too_many(taken: list[Request], now: float, times: int, seconds: float) -> bool:
    return sum(now - seconds < request.at for request in taken) >= times


def wecom(request: Request, taken: list[Request]) -> tuple[int, dict[str, Any]]:
    hint = "hint: [1755605200056773468916791], from ip: 192.0.2.1"
    if request.path != "/cgi-bin/webhook/send" or request.query != {"key": KEY}:
        return 200, {"errcode": 93000, "errmsg": f"invalid webhook url, {hint}"}
    body = request.json
    if body["msgtype"] != "text" or not body["text"]["content"]:
        return 200, {"errcode": 40008, "errmsg": f"invalid message type, {hint}"}
    if len(body["text"]["content"].encode()) > 2048:
        return 200, {"errcode": 45002, "errmsg": f"content size out of limit, {hint}"}
    if _too_many(taken, request.at, 20, 60):
        return 200, {"errcode": 45009, "errmsg": f"api freq out of limit, {hint}"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def dingtalk(request: Request, taken: list[Request]) -> tuple[int, dict[str, Any]]:
    if request.path != "/robot/send" or request.query.get("access_token") != TOKEN:
        return 200, {"errcode": 300005, "errmsg": "token is not exist"}
    stamp = request.query.get("timestamp", "")
    told = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    if request.query.get("sign") != base64.b64encode(told).decode():
        return 200, {"errcode": 310000, "errmsg": "description:机器人发送签名不匹配;solution:请确认签名"}
    if abs(int(stamp) / 1000 - request.at) > 3600:
        return 200, {"errcode": 310000, "errmsg": "description:机器人发送签名过期"}
    if _too_many(taken, request.at, 20, 60):
        return 200, {"errcode": 410100, "errmsg": "发送速度太快而限流"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def feishu(request: Request, taken: list[Request]) -> tuple[int, dict[str, Any]]:
    if request.path != f"/open-apis/bot/v2/hook/{HOOK}":
        return 400, {"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"}
    body = request.json
    if body.get("msg_type") != "text" or len(request.body) > 20 * 1024:
        return 400, {"code": 19002, "data": {}, "msg": "params error, msg_type need"}
    told = hmac.new(f"{body.get('timestamp')}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()
    if body.get("sign") != base64.b64encode(told).decode() or abs(int(body["timestamp"]) - request.at) > 3600:
        msg = "sign match fail or timestamp is not within one hour from current time"
        return 200, {"code": 19021, "data": {}, "msg": msg}
    if _too_many(taken, request.at, 5, 1) or _too_many(taken, request.at, 100, 60):
        return 200, {
            "code": 11232,
            "data": {},
            "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]",
        }
    return 200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def webhook(request: Request, taken: list[Request]) -> tuple[int, dict[str, Any]]:
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    name, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    signed = b".".join((name.encode(), stamp.encode(), request.body))
    told = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    versions = request.headers["webhook-signature"].split(" ")
    if not any(hmac.compare_digest(f"v1,{told}", version) for version in versions):
        return 401, {"error": "wrong signature"}
    if abs(int(stamp) - request.at) > 300:
        return 401, {"error": "too old"}
    return 204, {}
