"""Ticket machines over HTTP, as they are found: right, wrong, slow, gone, and some that are something else by now."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.system import DemoSystem, wait_for
from vigil.clock import SystemClock
from vigil.ingest import bounded_get
from vigil.ingest.tickets import TicketMachine, TicketPoller
from vigil.model.ids import GroupId
from vigil.model.site import TicketFeed
from vigil.model.tickets import TicketCount

Answering = Callable[[BaseHTTPRequestHandler], None]
WITHIN_S = 10.0


class Machine:
    """A server on loopback that answers as `answer` does."""

    def __init__(self) -> None:
        self.answer: Answering = plain(b'{"waiting": 3}')
        self.asked: list[tuple[str, str | None]] = []
        machine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                machine.asked.append((self.path, self.headers.get("Authorization")))
                self.close_connection = True
                machine.answer(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/queues/1?lang=zh"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def plain(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Answering:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(body)

    return answer


def in_chunks(*parts: bytes) -> Answering:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        for part in (*parts, b""):
            to.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    return answer


def without_end(*, head: bool) -> Answering:
    """Sends a byte now and then, so that no single read ever waits for long."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-" if head else b"Content-Length: 60000\r\n\r\n"))
        pause = threading.Event()
        try:
            while True:
                to.wfile.write(b" ")
                to.wfile.flush()
                pause.wait(0.02)
        except OSError:
            return

    return answer


def cut_short(to: BaseHTTPRequestHandler) -> None:
    to.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"waiting": 1')


def hung_up(to: BaseHTTPRequestHandler) -> None:
    to.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def machine() -> Iterator[Machine]:
    one = Machine()
    yield one
    one.close()


def ask(url: str, bearer: str | None = None) -> tuple[list[TicketCount], str]:
    """What one question brings, and what is logged of it."""
    counts: list[TicketCount] = []
    feed = TicketMachine(GroupId("huji"), TicketFeed(url), bearer)
    with capture_logs() as logs:
        TicketPoller([feed], counts.append, SystemClock()).turn()
    return counts, "".join(str(line["error"]) for line in logs)


@pytest.mark.parametrize(
    "answer",
    [
        plain(b'{"waiting": 3}'),
        plain('{"窗口": "户籍", "waiting": 3}'.encode("gbk"), kind="application/json; charset=GBK"),
        plain(b'{"waiting": 3}', kind="text/html"),
        in_chunks(b'{"wai', b'ting": 3}'),
    ],
    ids=["plain", "gbk", "wrong type", "chunked"],
)
def test_a_right_answer_is_a_number(machine: Machine, answer: Answering) -> None:
    machine.answer = answer
    counts, told = ask(machine.url, "a secret")
    assert ([(count.waiting, count.longest_wait_s) for count in counts], told) == ([(3, None)], "")
    assert machine.asked == [("/api/queues/1?lang=zh", "Bearer a secret")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (plain(b'{"errcode": 40001, "errmsg": "system busy"}'), "'/waiting' is not in the answer"),
        (plain("<html>登录</html>".encode(), kind="text/html"), "is it a login page?"),
        (plain(b'{"waiting": "3"}'), "is a text"),
        (plain(b'{"waiting": -3}'), "no queue has"),
        (plain(b" " * 65_537), "more than 64 KiB"),
        (in_chunks(*[b" " * 1000] * 70), "more than 64 KiB"),
    ],
    ids=["error in 200", "login page", "text", "negative", "large", "large in chunks"],
)
def test_an_answer_that_makes_no_sense_is_unknown(machine: Machine, answer: Answering, words: str) -> None:
    machine.answer = answer
    counts, told = ask(machine.url)
    assert [count.waiting for count in counts] == [None]
    assert words in told


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (plain(b'{"waiting": 0}', status=500), "status 500"),
        (plain(b"", status=401), "Give bearer:"),
        (cut_short, "no answer (IncompleteRead)"),
        (hung_up, "no answer (RemoteDisconnected)"),
    ],
    ids=["500", "401", "cut short", "hung up"],
)
def test_a_machine_that_does_not_answer_says_nothing_of_its_queue(
    machine: Machine, answer: Answering, words: str
) -> None:
    machine.answer = answer
    counts, told = ask(machine.url)
    assert counts == []
    assert words in told


def test_a_machine_that_is_not_there_says_nothing_of_its_queue() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    counts, told = ask(f"http://127.0.0.1:{port}/")
    assert (counts, "ConnectionRefusedError" in told) == ([], True)


@pytest.mark.parametrize("head", [True, False], ids=["head", "body"])
def test_an_answer_without_end_is_left(machine: Machine, head: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_get, "ANSWER_S", 0.3)
    machine.answer = without_end(head=head)
    counts, told = ask(machine.url)
    assert (counts, "no answer (TimeoutError)" in told) == ([], True)


def test_a_redirect_is_not_followed_and_the_secret_goes_nowhere_else(machine: Machine) -> None:
    elsewhere = Machine()
    try:
        machine.answer = plain(b"", status=302, Location=elsewhere.url)
        counts, told = ask(machine.url, "a secret")
        assert (counts, elsewhere.asked) == ([], [])
        assert "Redirects are not followed" in told
    finally:
        elsewhere.close()


def test_a_proxy_of_the_environment_is_not_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert len(ask(machine.url)[0]) == 1


def test_the_screen_is_told_what_the_machine_says(machine: Machine, tmp_path: Path) -> None:
    machine.answer = plain(b'{"data": {"count": 23}}')

    def change(values: dict[str, Any]) -> None:
        group = values["site"]["halls"][0]["groups"][0]
        group["tickets"] = {"url": machine.url, "every_s": 2, "waiting": "/data/count"}

    with DemoSystem(tmp_path, change=change) as system:

        def queue_of(group: str) -> tuple[int | None, str] | None:
            found = [one for one in system.get("status")["queues"] if one["group"] == group]
            return (found[0]["waiting"], found[0]["source"]) if found else None

        wait_for(lambda: queue_of("gongan-huji") == (23, "tickets"), 60, "the machine's number")
        wait_for(lambda: (queue_of("renshe-shebao") or (None, ""))[1] == "lane", 60, "the other hall's queue")
        machine.answer = plain(b"<html>")
        wait_for(lambda: (queue_of("gongan-huji") or (None, ""))[1] == "lane", 60, "the lane again")
        assert system.log_of("node").count("ticket_feed_failed") == 1


def test_one_thread_asks_until_it_is_stopped(machine: Machine) -> None:
    heard: queue.SimpleQueue[TicketCount] = queue.SimpleQueue()
    machines = [TicketMachine(GroupId(name), TicketFeed(machine.url)) for name in ("huji", "chuzheng")]
    poller = TicketPoller(machines, heard.put, SystemClock())
    poller.start()
    assert {heard.get(timeout=WITHIN_S).group for _ in range(2)} == {"huji", "chuzheng"}
    (asking,) = (one for one in threading.enumerate() if one.name == "tickets")
    poller.stop()
    asking.join(WITHIN_S)
    assert not asking.is_alive()
