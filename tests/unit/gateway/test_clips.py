from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.gateway.world import BARE_CAMERA, CAMERA, PURPOSE, VIDEO, VIDEO_SHA256, World, problem
from vigil.errors import StoreError
from vigil.gateway.events import ClipChanged
from vigil.gateway.times import rfc3339
from vigil.model.ids import ClipId
from vigil.model.people import Role
from vigil.store.footage import Span

CLIPS = "/api/v1/clips"
VIDEO_URL = f"{CLIPS}/clip-1/video"
SUBJECT = "clip clip-1: camera ga-cam-1, 2026-03-02T00:55:00.000Z/2026-03-02T01:00:00.000Z"


@pytest.fixture
def world(world: World) -> World:
    world.make_clip()
    return world


def pull(world: World, **changes: Any) -> dict[str, Any]:
    now = world.clock.now()
    times = {"from_at": rfc3339(now - timedelta(minutes=10)), "to_at": rfc3339(now)}
    return {"camera": CAMERA, "reason": "投诉 2026-17"} | times | changes


class TestBytes:
    def test_the_whole(self, world: World) -> None:
        answer = world.client("operator").get(VIDEO_URL)
        assert (answer.status_code, answer.content) == (200, VIDEO)
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["content-length"] == str(len(VIDEO))
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"] == f'"{VIDEO_SHA256}"'
        assert "content-disposition" not in answer.headers

    @pytest.mark.parametrize(
        ("range_", "start", "end"),
        [
            ("bytes=0-", 0, len(VIDEO)),
            ("bytes=0-0", 0, 1),
            ("bytes=300000-400000", 300_000, 400_001),
            (f"bytes={len(VIDEO) - 1}-", len(VIDEO) - 1, len(VIDEO)),
            ("bytes=5-99999999", 5, len(VIDEO)),
            ("bytes=-10", len(VIDEO) - 10, len(VIDEO)),
            ("bytes=-99999999", 0, len(VIDEO)),
            ("Bytes=7-9", 7, 10),
        ],
    )
    def test_a_range(self, world: World, range_: str, start: int, end: int) -> None:
        answer = world.client("operator").get(VIDEO_URL, headers={"Range": range_})
        assert (answer.status_code, answer.content) == (206, VIDEO[start:end])
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(VIDEO)}"
        assert answer.headers["content-length"] == str(end - start)

    @pytest.mark.parametrize("range_", [f"bytes={len(VIDEO)}-", "bytes=-0", "bytes=" + "9" * 30 + "-"])
    def test_a_range_outside(self, world: World, range_: str) -> None:
        answer = world.client("operator").get(VIDEO_URL, headers={"Range": range_})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(VIDEO)}"
        assert world.register() == []

    @pytest.mark.parametrize("range_", ["bytes=0-1,5-6", "bytes=-", "bytes=5-2", "items=0-1", "bytes=a-b", ""])
    def test_a_range_that_means_nothing_is_the_whole(self, world: World, range_: str) -> None:
        assert world.client("operator").get(VIDEO_URL, headers={"Range": range_}).status_code == 200

    def test_a_part_of_another_clip_is_not_completed(self, world: World) -> None:
        client = world.client("operator")
        same = {"Range": "bytes=10-19", "If-Range": f'"{VIDEO_SHA256}"'}
        assert client.get(VIDEO_URL, headers=same).status_code == 206
        other = {"Range": "bytes=10-19", "If-Range": '"other"'}
        assert client.get(VIDEO_URL, headers=other).content == VIDEO

    def test_what_the_caller_has_is_not_sent_again(self, world: World) -> None:
        answer = world.client("operator").get(VIDEO_URL, headers={"If-None-Match": f'"{VIDEO_SHA256}"'})
        assert (answer.status_code, answer.content) == (304, b"")

    def test_the_head_alone(self, world: World) -> None:
        client = world.client("operator")
        answer = client.head(VIDEO_URL)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(VIDEO))
        part = client.head(VIDEO_URL, headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.headers["content-length"]) == (206, "10")
        assert world.register() == []

    def test_a_clip_that_is_not_made_yet(self, world: World) -> None:
        now = world.clock.now()
        span = Span(now - timedelta(minutes=1), now)
        world.stores.clips.request(ClipId("new"), CAMERA, span, by="investigator", reason="x", at=now)
        client = world.client("investigator")
        assert client.get(f"{CLIPS}/new/video").status_code == 409
        world.stores.clips.mark_failed(ClipId("new"))
        assert client.get(f"{CLIPS}/new/video").status_code == 409
        assert client.get(f"{CLIPS}/new").json()["state"] == "failed"

    def test_an_object_that_is_lost(self, world: World) -> None:
        world.deps.objects.delete("clips/clip-1.mp4")
        assert world.client("operator").get(VIDEO_URL).status_code == 404
        assert world.register() == []

    def test_what_is_not_there(self, world: World) -> None:
        client = world.client("operator")
        assert client.get(f"{CLIPS}/none").status_code == 404
        assert client.get(f"{CLIPS}/none/video").status_code == 404


class TestDownload:
    def test_is_named_by_hall_camera_and_local_time(self, world: World) -> None:
        answer = world.client("supervisor").get(f"{VIDEO_URL}?download=1")
        name = quote("公安分厅_1号摄像机_20260302T085500+0800.mp4", safe="")
        assert answer.headers["content-disposition"] == (
            f"attachment; filename=\"ga-cam-1_20260302T085500+0800.mp4\"; filename*=UTF-8''{name}"
        )
        assert answer.content == VIDEO
        assert world.register() == [("supervisor", "export", SUBJECT)]

    def test_a_name_is_no_path(self, world: World) -> None:
        world.make_clip("clip-2", "alert-2", BARE_CAMERA)
        answer = world.client("supervisor").get(f"{CLIPS}/clip-2/video?download=true")
        assert quote("公安分厅_2号_摄像机_", safe="") in answer.headers["content-disposition"]

    def test_is_refused_before_anything_is_entered(self, world: World) -> None:
        assert world.client("operator").get(f"{VIDEO_URL}?download=1").status_code == 403
        assert world.register() == []


class TestRegister:
    def test_one_entry_a_playback(self, world: World) -> None:
        client = world.client("operator")
        for range_ in ("bytes=0-", "bytes=300000-", "bytes=100-200"):
            assert client.get(VIDEO_URL, headers={"Range": range_}).status_code == 206
        assert world.register() == [("operator", "play", SUBJECT)]
        client.get(VIDEO_URL)
        assert len(world.register()) == 2

    def test_nobody_plays_unseen_by_leaving_out_the_first_byte(self, world: World) -> None:
        client = world.client("operator")
        for _ in range(3):
            client.get(VIDEO_URL, headers={"Range": "bytes=1-"})
        assert world.register() == [("operator", "play", SUBJECT)]

    def test_playing_does_not_cover_a_download_nor_another_person(self, world: World) -> None:
        supervisor, investigator = world.client("supervisor"), world.client("investigator")
        supervisor.get(VIDEO_URL)
        supervisor.get(f"{VIDEO_URL}?download=1", headers={"Range": "bytes=5-"})
        investigator.get(VIDEO_URL, headers={"Range": "bytes=5-"})
        assert [(user, action) for user, action, _ in world.register()] == [
            ("supervisor", "play"),
            ("supervisor", "export"),
            ("investigator", "play"),
        ]

    def test_no_byte_without_an_entry(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object, **values: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(type(world.stores.register), "append", refuse)
        client = world.client("operator")
        for _ in range(2):
            answer = client.get(VIDEO_URL)
            assert answer.status_code == 503
            assert VIDEO[:100] not in answer.content


class TestPull:
    def test_is_entered_and_handed_on(self, world: World) -> None:
        answer = world.client("investigator").post(CLIPS, json=pull(world))
        clip = answer.json()
        assert answer.status_code == 201
        assert clip["state"] == "waiting"
        assert (clip["by"], clip["reason"], clip["alert"]) == ("investigator", "投诉 2026-17", None)
        assert world.clips_asked == [clip["id"]]
        assert [waiting.id for waiting in world.stores.clips.pending()] == [clip["id"]]
        entry = world.stores.register.page().items[0]
        assert (entry.username, entry.unit, entry.action) == ("investigator", "政务服务中心", "pull")
        assert entry.reason == f"{PURPOSE}; 投诉 2026-17"
        assert entry.subject == (
            f"clip {clip['id']}: camera ga-cam-1, 2026-03-02T00:50:00.000Z/2026-03-02T01:00:00.000Z"
        )

    def test_takes_times_of_any_zone(self, world: World) -> None:
        local = {"from_at": "2026-03-02T08:30:00+08:00", "to_at": "2026-03-02T08:40:00+08:00"}
        clip = world.client("investigator").post(CLIPS, json=pull(world, **local)).json()
        assert (clip["from_at"], clip["to_at"]) == ("2026-03-02T00:30:00.000Z", "2026-03-02T00:40:00.000Z")

    @pytest.mark.parametrize(
        "changes",
        [
            {"reason": ""},
            {"reason": " \n"},
            {"from_at": "2026-03-02T00:00:00"},  # no zone
            {"from_at": "2026-03-01T23:59:59Z"},  # more than an hour
            {"from_at": "2026-03-02T01:00:00Z"},  # nothing
            {"from_at": "2026-03-02T01:00:10Z"},  # backwards
            {"to_at": "2026-03-02T01:05:00Z"},  # the future
            {"surprise": 1},
        ],
    )
    def test_a_malformed_one_leaves_no_trace(self, world: World, changes: dict[str, Any]) -> None:
        answer = world.client("investigator").post(CLIPS, json=pull(world, **changes))
        assert answer.status_code == 422
        assert (world.register(), world.clips_asked) == ([], [])

    def test_an_hour_is_allowed(self, world: World) -> None:
        changes = {"from_at": "2026-03-02T00:00:00Z", "to_at": "2026-03-02T01:00:00Z"}
        assert world.client("investigator").post(CLIPS, json=pull(world, **changes)).status_code == 201

    def test_of_a_camera_that_is_not_there(self, world: World) -> None:
        assert world.client("investigator").post(CLIPS, json=pull(world, camera="none")).status_code == 404

    def test_without_its_entry_there_is_no_pull(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object, **values: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(type(world.stores.register), "append", refuse)
        assert world.client("investigator").post(CLIPS, json=pull(world)).status_code == 503
        assert world.stores.clips.pending() == []
        assert world.clips_asked == []


class TestInspectionsAreInvisible:
    """Art. 8(6): whoever could not make a pull learns nothing of one."""

    @pytest.fixture
    def world(self, world: World) -> World:
        world.make_pull()
        return world

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
    def test_to_the_inspected(self, world: World, role: Role) -> None:
        client = world.client(role)
        assert [clip["id"] for clip in client.get(CLIPS).json()["items"]] == ["clip-1"]
        hidden, missing = client.get(f"{CLIPS}/pull-1"), client.get(f"{CLIPS}/none")
        assert (hidden.status_code, problem(hidden)) == (404, problem(missing))
        for call in ("video", "video?download=1"):
            if role is Role.SUPERVISOR or call == "video":
                assert client.get(f"{CLIPS}/pull-1/{call}").status_code == 404
        assert client.get("/api/v1/register").status_code == 403
        assert "pull-1" not in client.get("/api/v1/alerts").text

    def test_not_to_another_investigator(self, world: World) -> None:
        world.make_pull("pull-2", by="somebody-else")
        client = world.client("investigator")
        found = {clip["id"] for clip in client.get(CLIPS).json()["items"]}
        assert found == {"clip-1", "pull-1", "pull-2"}
        assert client.get(f"{CLIPS}/pull-2/video").content == VIDEO

    def test_their_entries_are_read_by_those_who_answer_for_the_register(self, world: World) -> None:
        world.client("investigator").get(f"{CLIPS}/pull-1/video")
        entry = world.client("admin").get("/api/v1/register").json()["items"][0]
        assert (entry["username"], entry["action"], entry["reason"]) == ("investigator", "play", f"{PURPOSE}; 暗访")
        assert world.client("admin").get(f"{CLIPS}/pull-1").status_code == 403


def test_a_list_by_camera(world: World) -> None:
    world.make_clip("clip-2", "alert-2", BARE_CAMERA)
    client = world.client("operator")
    found = client.get(CLIPS, params={"camera": BARE_CAMERA}).json()["items"]
    assert [clip["id"] for clip in found] == ["clip-2"]
    assert len(client.get(CLIPS, params={"limit": 1}).json()["items"]) == 1


async def test_a_pull_is_told(world: World) -> None:
    subscriber = world.deps.events.subscribe()
    client = world.client("investigator")
    clip = (await asyncio.to_thread(client.post, CLIPS, json=pull(world))).json()
    assert await subscriber.take(5) == [ClipChanged(clip["id"])]
