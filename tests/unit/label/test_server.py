from __future__ import annotations

import socket
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from vigil.label.desk import Desk
from vigil.label.server import HOST, LARGEST_TABLE, Shown, address, create_app, listen
from vigil.model.ids import WindowId
from vigil.model.media import Codec
from vigil.model.site import Window
from vigil.truth import lines

TOKEN, PORT = "a-token-of-this-test", 8123
HEAD = "window,what,from,to\n"
STAFFED = HEAD + "one,staffed,00:00:00,00:00:05\n"


@pytest.fixture
def page(desk: Desk) -> TestClient:
    shown = Shown((Window(WindowId("one"), "1号窗口"), Window(WindowId("two"), "2号窗口")), Codec.H264)
    return TestClient(create_app(desk, shown, TOKEN, PORT), base_url=f"http://127.0.0.1:{PORT}/{TOKEN}/")


def put(page: TestClient, text: str, **headers: str) -> Response:
    revision = page.get("table").headers["ETag"]
    answer: Response = page.put("table", content=text.encode(), headers={"If-Match": revision} | headers)
    return answer


def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(page: TestClient) -> None:
    answer = page.get("")
    assert "vigil label" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert f'<script nonce="{nonce}">' in answer.text
    assert policy.startswith("default-src 'none'; ")
    assert page.get("").headers["Content-Security-Policy"] != policy, "each answer has a nonce of its own"


def test_no_address_and_no_picture_stays_behind(page: TestClient) -> None:
    headers = page.get("clip").headers
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_the_facts_name_windows_and_length(page: TestClient) -> None:
    facts = page.get("facts").json()
    assert (facts["clip"], facts["table"], facts["seconds"]) == ("morning.mp4", "morning.labels.csv", 10.0)
    assert [window["name"] for window in facts["windows"]] == ["1号窗口", "2号窗口"]


def test_a_part_of_the_clip_is_served_so_that_a_browser_can_seek(page: TestClient, clip: Path) -> None:
    answer = page.get("clip", headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206
    assert answer.content == clip.read_bytes()[100:200]
    assert answer.headers["Content-Range"] == "bytes 100-199/2048"
    assert page.get("clip", headers={"Range": "bytes=5000-"}).status_code == 416
    assert page.get("clip").content == clip.read_bytes()


def test_a_table_is_kept(page: TestClient, desk: Desk) -> None:
    answer = put(page, "window,what,from,to\none,staffed,0,5\n")
    assert (answer.status_code, answer.text) == (200, STAFFED)
    assert answer.headers["ETag"] == page.get("table").headers["ETag"]
    assert desk.table.read_text(encoding="utf-8") == STAFFED


def test_what_is_wrong_with_a_table_is_said(page: TestClient, desk: Desk) -> None:
    answer = put(page, HEAD + "three,staffed,0,5\n")
    assert answer.status_code == 422
    assert "there is no window 'three'" in answer.text
    assert not desk.table.exists()


def test_a_page_that_is_behind_is_told_so(page: TestClient) -> None:
    assert put(page, STAFFED).status_code == 200
    assert page.put("table", content=HEAD, headers={"If-Match": '"0123456789abcdef"'}).status_code == 412
    assert page.put("table", content=HEAD).status_code == 412


def test_a_table_has_a_bound(page: TestClient) -> None:
    assert put(page, "#" * (LARGEST_TABLE + 1)).status_code == 413
    revision = page.get("table").headers["ETag"]
    assert page.put("table", content=b"\xff", headers={"If-Match": revision}).status_code == 413


def test_the_truth_is_written_when_asked_for(page: TestClient, clip: Path) -> None:
    assert page.post("truth").status_code == 422
    put(page, STAFFED)
    assert page.post("truth").json() == {"seconds": 10}
    assert len(lines.read(lines.truth_path(clip)).seconds) == 10


def test_a_disk_that_is_full_is_said(page: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk, "keep", full)
    answer = put(page, STAFFED)
    assert (answer.status_code, "No space left" in answer.text) == (507, True)


@pytest.mark.parametrize("path", ["", "facts", "clip", "table"])
@pytest.mark.parametrize("token", ["", "another-token", TOKEN[:-1], f"{TOKEN}x", f"%2e/{TOKEN}", "锁"])
def test_without_the_token_there_is_nothing(page: TestClient, token: str, path: str) -> None:
    answer = page.get(f"http://127.0.0.1:{PORT}/{token}/{path}")
    assert answer.status_code == 404
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.test", f"evil.test:{PORT}", "127.0.0.1", "127.0.0.1:80", "", "0.0.0.0:8123"])
def test_another_name_for_this_address_is_refused(page: TestClient, host: str) -> None:
    assert page.get("table", headers={"Host": host}).status_code == 421


def test_localhost_is_this_address(page: TestClient) -> None:
    assert page.get("table", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.test", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:80", "null"])
def test_another_page_may_not_ask(page: TestClient, desk: Desk, origin: str) -> None:
    assert put(page, STAFFED, Origin=origin).status_code == 403
    assert page.get("clip", headers={"Origin": origin}).status_code == 403
    assert not desk.table.exists()


def test_our_own_page_may(page: TestClient) -> None:
    assert put(page, STAFFED, Origin=f"http://127.0.0.1:{PORT}").status_code == 200


@pytest.mark.parametrize("path", ["../morning.labels.csv", "clip/../../etc/passwd", "morning.mp4", "clip/", "docs"])
def test_only_the_one_clip_can_be_read(page: TestClient, path: str) -> None:
    assert page.get(path, follow_redirects=False).status_code in {307, 404}


def test_nothing_may_be_done_that_is_not_meant(page: TestClient) -> None:
    assert page.delete("table").status_code == 405
    assert page.put("clip", content=b"x").status_code == 405
    assert page.get("truth").status_code == 405


def test_it_listens_on_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    class Listener:
        def getsockname(self) -> tuple[str, int]:
            return HOST, 4711

    def bind(where: tuple[str, int]) -> Listener:
        asked.append(where)
        return Listener()

    monkeypatch.setattr(socket, "create_server", bind)
    assert address(listen(0), TOKEN) == f"http://127.0.0.1:4711/{TOKEN}/"
    assert asked == [("127.0.0.1", 0)]


def test_a_port_that_is_taken_is_an_error_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_: tuple[str, int]) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket, "create_server", taken)
    with pytest.raises(OSError, match=r"cannot listen on 127.0.0.1:80: Address already in use\. Try another --port"):
        listen(80)
