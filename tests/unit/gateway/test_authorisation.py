"""Who may call what, and of which hall: role × route × hall.

A route that this table does not know fails the test: decide first, then add it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.unit.gateway.world import CAMERA, FAR, HALL, PASSWORD, PASSWORD_HASH, SOCKETS, TWO_HALLS, World
from vigil.model.ids import CameraId, HallId
from vigil.model.people import PERMISSIONS, Grant, Role, everywhere
from vigil.store.users import User

EVERYONE = frozenset(Role)
READERS = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.INVESTIGATOR, Role.HALL})
WATCHERS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
PAUSERS = WATCHERS | {Role.HALL}
DECIDERS = frozenset({Role.SUPERVISOR})
EXPORTERS = frozenset({Role.SUPERVISOR, Role.INVESTIGATOR})
INVESTIGATORS = frozenset({Role.INVESTIGATOR})
HOLDERS = frozenset({Role.INVESTIGATOR, Role.SUPERVISOR})
ADMINS = frozenset({Role.ADMIN})
REPORTERS = frozenset({Role.SUPERVISOR, Role.ADMIN})
REGISTRARS = frozenset({Role.ADMIN, Role.AUDITOR})

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """`path` fills the route's pattern in; `ok` is what those who may are answered."""

    allowed: frozenset[Role]
    path: str
    ok: int = 200
    body: Any = None
    far: int | None = None
    """What those are answered who may in another hall only: 404 for a thing; a list is there, without it. None: as `ok`."""
    readers: frozenset[Role] = frozenset()
    """Who may read the thing where it is, and is told that it is not there where it is another hall's."""
    in_part: frozenset[Role] = frozenset()
    """Who may with some such things, as inspectors with findings; test_ledger.py says with which."""
    together: bool = False
    """It is of all halls together, and for those alone who may in all."""


NOBODYS = "0123456789abcdef"
ACCOUNT = {"username": "li", "name": "李明", "unit": "人社局", "roles": ["hall@ga"]}
SPAN = {"from_at": "2026-03-02T00:00:00Z", "to_at": "2026-03-02T00:10:00Z"}
EMPTY_SITE = {"document": "site: {name: 梅州市政务服务中心}"}
PAUSE = {"window": "ga-w-1", "kind": "paused", "to_at": "2026-03-02T02:00:00Z", "note": "设备维修"}
COMPLAINT = {
    "kind": "complaint",
    "title": "群众反映窗口无人",
    "hall": "ga",
    "unit": "公安局",
    "deadline": "2026-03-09T01:00:00Z",
}
MUTE = {"window": "ga-w-1", "kind": "window-unstaffed", "to_at": "2026-03-02T02:00:00Z", "reason": "窗口搬迁"}
MATRIX: dict[tuple[str, str], Call] = {
    ("GET", f"{API}/session"): Call(EVERYONE, "/session"),
    ("DELETE", f"{API}/session"): Call(EVERYONE, "/session", 204),
    ("POST", f"{API}/session/password"): Call(
        EVERYONE, "/session/password", body={"present": PASSWORD, "password": "another horse entirely"}
    ),
    ("POST", f"{API}/session/purpose"): Call(EVERYONE, "/session/purpose", body={"text": "投诉核查"}),
    ("DELETE", f"{API}/session/purpose"): Call(EVERYONE, "/session/purpose"),
    ("GET", f"{API}/session/second-factor"): Call(EVERYONE, "/session/second-factor"),
    ("POST", f"{API}/session/second-factor"): Call(EVERYONE, "/session/second-factor", 201, {"password": PASSWORD}),
    ("POST", f"{API}/session/second-factor/confirmation"): Call(
        EVERYONE, "/session/second-factor/confirmation", 409, {"code": "000000"}
    ),
    ("POST", f"{API}/session/second-factor/removal"): Call(
        EVERYONE, "/session/second-factor/removal", 409, {"code": "000000"}
    ),
    ("GET", f"{API}/session/sessions"): Call(EVERYONE, "/session/sessions"),
    ("DELETE", f"{API}/session/sessions/{{session_id}}"): Call(EVERYONE, f"/session/sessions/{NOBODYS}", 404),
    ("GET", f"{API}/session/tokens"): Call(EVERYONE, "/session/tokens"),
    ("POST", f"{API}/session/tokens"): Call(
        EVERYONE, "/session/tokens", 422, {"name": "x", "permissions": ["manage-accounts"], "days": 1}
    ),
    ("DELETE", f"{API}/session/tokens/{{token_id}}"): Call(EVERYONE, "/session/tokens/none", 404),
    ("GET", f"{API}/accounts"): Call(REGISTRARS, "/accounts"),
    ("POST", f"{API}/accounts"): Call(ADMINS, "/accounts", 201, ACCOUNT),
    ("PATCH", f"{API}/accounts/{{username}}"): Call(ADMINS, "/accounts/operator", body={"disabled": True}),
    ("POST", f"{API}/accounts/{{username}}/password"): Call(ADMINS, "/accounts/operator/password"),
    ("DELETE", f"{API}/accounts/{{username}}/second-factor"): Call(ADMINS, "/accounts/operator/second-factor", 404),
    ("GET", f"{API}/accounts/{{username}}/sessions"): Call(REGISTRARS, "/accounts/operator/sessions"),
    ("DELETE", f"{API}/accounts/{{username}}/sessions/{{session_id}}"): Call(
        ADMINS, f"/accounts/operator/sessions/{NOBODYS}", 404
    ),
    ("DELETE", f"{API}/accounts/{{username}}/tokens"): Call(ADMINS, "/accounts/operator/tokens", 204),
    ("GET", f"{API}/site"): Call(EVERYONE, "/site"),
    ("GET", f"{API}/site/document"): Call(ADMINS, "/site/document", together=True),
    ("GET", f"{API}/site/versions"): Call(ADMINS, "/site/versions", together=True),
    ("GET", f"{API}/site/diff"): Call(ADMINS, "/site/diff?after=1", 404, together=True),
    ("POST", f"{API}/site/drafts"): Call(ADMINS, "/site/drafts", body=EMPTY_SITE, together=True),
    ("POST", f"{API}/site/proposals"): Call(ADMINS, "/site/proposals", body=EMPTY_SITE, together=True),
    ("POST", f"{API}/site/versions"): Call(ADMINS, "/site/versions", 428, EMPTY_SITE | {"why": "搬迁"}, together=True),
    ("GET", f"{API}/openapi.json"): Call(EVERYONE, "/openapi.json"),
    ("GET", f"{API}/status"): Call(READERS, "/status"),
    ("GET", f"{API}/events"): Call(READERS, "/events"),
    ("GET", f"{API}/alerts"): Call(READERS, "/alerts"),
    ("GET", f"{API}/alerts/{{alert_id}}"): Call(READERS, "/alerts/alert-1", far=404),
    ("GET", f"{API}/alerts/{{alert_id}}/snapshot"): Call(READERS, "/alerts/alert-1/snapshot", 404),
    ("GET", f"{API}/alerts/{{alert_id}}/trace"): Call(READERS, "/alerts/alert-1/trace", far=404),
    ("POST", f"{API}/alerts/{{alert_id}}/acknowledge"): Call(WATCHERS, "/alerts/alert-1/acknowledge", far=404),
    ("POST", f"{API}/alerts/{{alert_id}}/confirm"): Call(DECIDERS, "/alerts/alert-1/confirm", body={}, far=404),
    ("POST", f"{API}/alerts/{{alert_id}}/dismiss"): Call(
        DECIDERS, "/alerts/alert-1/dismiss", body={"reason": "other", "note": "x"}, far=404
    ),
    ("POST", f"{API}/alerts/{{alert_id}}/rectify"): Call(
        DECIDERS, "/alerts/alert-1/rectify", 409, {"note": "x"}, far=404
    ),
    ("POST", f"{API}/alerts/{{alert_id}}/reopen"): Call(
        DECIDERS, "/alerts/alert-1/reopen", 409, {"note": "x"}, far=404
    ),
    ("POST", f"{API}/alerts/{{alert_id}}/comment"): Call(
        WATCHERS, "/alerts/alert-1/comment", body={"note": "x"}, far=404
    ),
    ("POST", f"{API}/alerts/{{alert_id}}/assign"): Call(
        WATCHERS, "/alerts/alert-1/assign", body={"user": "operator"}, far=404
    ),
    ("GET", f"{API}/alerts/{{alert_id}}/related"): Call(READERS, "/alerts/alert-1/related", far=404),
    ("GET", f"{API}/mutes"): Call(READERS, "/mutes"),
    ("POST", f"{API}/mutes"): Call(DECIDERS, "/mutes", 201, MUTE, far=404),
    ("POST", f"{API}/mutes/{{mute_id}}/end"): Call(DECIDERS, "/mutes/none/end", 404),
    ("GET", f"{API}/ledger"): Call(READERS, "/ledger"),
    ("POST", f"{API}/ledger"): Call(
        DECIDERS, "/ledger", 201, COMPLAINT, far=404, readers=READERS, in_part=INVESTIGATORS
    ),
    ("GET", f"{API}/ledger/candidates"): Call(DECIDERS, "/ledger/candidates"),
    ("GET", f"{API}/ledger.csv"): Call(DECIDERS, "/ledger.csv"),
    ("GET", f"{API}/ledger.xlsx"): Call(DECIDERS, "/ledger.xlsx"),
    ("GET", f"{API}/ledger/{{entry_id}}"): Call(READERS, "/ledger/e-1", far=404),
    ("POST", f"{API}/ledger/{{entry_id}}/{{step}}"): Call(
        DECIDERS, "/ledger/e-1/remark", body={"note": "x"}, far=404, readers=READERS, in_part=INVESTIGATORS
    ),
    ("POST", f"{API}/ledger/{{entry_id}}/files"): Call(
        DECIDERS, "/ledger/e-1/files?name=a", 415, far=404, readers=READERS, in_part=INVESTIGATORS
    ),
    ("GET", f"{API}/ledger/{{entry_id}}/files/{{evidence_id}}"): Call(READERS, "/ledger/e-1/files/none", 404),
    ("GET", f"{API}/people"): Call(WATCHERS, "/people"),
    ("GET", f"{API}/suspensions"): Call(READERS, "/suspensions"),
    ("POST", f"{API}/suspensions"): Call(PAUSERS, "/suspensions", 201, PAUSE, far=404),
    ("POST", f"{API}/suspensions/{{suspension_id}}/end"): Call(PAUSERS, "/suspensions/pause-1/end", far=404),
    ("POST", f"{API}/rosters"): Call(DECIDERS, "/rosters", 422),
    ("GET", f"{API}/rosters/template.csv"): Call(DECIDERS, "/rosters/template.csv"),
    ("GET", f"{API}/rosters/template.xlsx"): Call(DECIDERS, "/rosters/template.xlsx"),
    ("GET", f"{API}/clips"): Call(READERS, "/clips"),
    ("POST", f"{API}/clips"): Call(INVESTIGATORS, "/clips", 201, {"camera": CAMERA, "reason": "x", **SPAN}, far=404),
    ("GET", f"{API}/clips/{{clip_id}}"): Call(READERS, "/clips/clip-1", far=404),
    ("GET", f"{API}/clips/{{clip_id}}/video"): Call(READERS, "/clips/clip-1/video", far=404),
    ("HEAD", f"{API}/clips/{{clip_id}}/video"): Call(READERS, "/clips/clip-1/video", far=404),
    ("GET", f"{API}/cameras/{{camera_id}}/timeline"): Call(
        INVESTIGATORS, f"/cameras/{CAMERA}/timeline?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}", far=404
    ),
    ("GET", f"{API}/cameras/{{camera_id}}/still"): Call(ADMINS, f"/cameras/{CAMERA}/still", 404, together=True),
    ("GET", f"{API}/completeness"): Call(READERS, "/completeness?day=2026-03-02"),
    ("GET", f"{API}/windows/{{window_id}}/minutes"): Call(
        EXPORTERS, f"/windows/ga-w-1/minutes?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}", far=404
    ),
    ("GET", f"{API}/groups/{{group_id}}/minutes"): Call(
        EXPORTERS, f"/groups/ga-1/minutes?from_at={SPAN['from_at']}&to_at={SPAN['to_at']}", far=404
    ),
    ("GET", f"{API}/windows/{{window_id}}/hours"): Call(EXPORTERS, "/windows/ga-w-1/hours?day=2026-03-02", far=404),
    ("GET", f"{API}/reports/figures"): Call(
        REPORTERS, "/reports/figures?kind=month&first_day=2026-03-01", together=True
    ),
    ("GET", f"{API}/reports/filing"): Call(REPORTERS, "/reports/filing", together=True),
    ("GET", f"{API}/reports"): Call(REPORTERS, "/reports", together=True),
    ("POST", f"{API}/reports"): Call(
        REPORTERS, "/reports", 202, {"kind": "month", "first_day": "2026-02-01"}, together=True
    ),
    ("GET", f"{API}/reports/{{report_id}}"): Call(REPORTERS, "/reports/none", 404, together=True),
    ("GET", f"{API}/reports/{{report_id}}/{{ending}}"): Call(REPORTERS, "/reports/none/pdf", 404, together=True),
    ("GET", f"{API}/notifications/channels"): Call(ADMINS, "/notifications/channels"),
    ("GET", f"{API}/notifications/log"): Call(ADMINS, "/notifications/log"),
    ("POST", f"{API}/notifications/channels/{{channel}}/test"): Call(ADMINS, "/notifications/channels/none/test", 404),
    ("POST", f"{API}/notifications/channels/{{channel}}/send-again"): Call(
        ADMINS, "/notifications/channels/none/send-again", 404
    ),
    ("GET", f"{API}/register"): Call(REGISTRARS, "/register"),
    ("GET", f"{API}/register/head"): Call(REGISTRARS, "/register/head"),
    ("GET", f"{API}/register/export"): Call(REGISTRARS, "/register/export"),
    ("GET", f"{API}/retention"): Call(ADMINS, "/retention", 503),
    ("GET", f"{API}/holds"): Call(HOLDERS, "/holds"),
    ("POST", f"{API}/holds"): Call(HOLDERS, "/holds", 201, {"camera": CAMERA, "case": "x", **SPAN}, far=404),
    ("POST", f"{API}/holds/{{hold_id}}/release"): Call(HOLDERS, "/holds/none/release", 404, {"reason": "x"}),
    ("GET", "/metrics"): Call(ADMINS, "/metrics"),
    ("GET", "/readyz"): Call(ADMINS, "/readyz"),
}
OPEN = {
    ("POST", f"{API}/session"),
    ("GET", f"{API}/session/ways"),
    ("GET", f"{API}/session/oidc"),
    ("GET", f"{API}/session/oidc/callback"),
    ("GET", "/healthz"),
    ("GET", "/{path:path}"),
    ("HEAD", "/{path:path}"),
}
LIVE = {f"{API}/cameras/{{camera_id}}/live"}  # their table is in test_live.py


def url(route: str, call: Call) -> str:
    return f"{API}{call.path}" if route.startswith(API) else call.path


def changes(key: tuple[str, str]) -> bool:
    """What is only read, or refused, leaves the world as it was for the next call."""
    return key[0] not in {"GET", "HEAD"}


MAY_CHANGE = [(key, role) for key, call in MATRIX.items() if changes(key) for role in Role if role in call.allowed]
"""Each in a world of its own."""

OF_HALL = ("ga-", '"ga"', "公安", "alert-1", "clip-1", "pause-1", "pull-1")
"""What would tell of the hall."""


@pytest.fixture
def world(make: Any) -> World:
    world: World = make(site=TWO_HALLS)
    world.raise_alert()
    world.make_clip()
    world.pause("pause-1")
    world.enter("e-1")
    world.deps.events.close()  # so that an event stream ends
    return world


def test_every_route_is_in_the_table(world: World) -> None:
    routes = list(iter_route_contexts(world.app.routes))
    calls = {(method, str(route.path)) for route in routes for method in getattr(route, "methods", None) or ()}
    sockets = {route.path for route in routes if not getattr(route, "methods", None)}
    assert calls == set(MATRIX) | OPEN
    assert sockets == LIVE


def test_nobody_without_a_session(world: World) -> None:
    client = world.client()
    answers = {key: client.request(key[0], url(key[1], call), json=call.body) for key, call in MATRIX.items()}
    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(MATRIX, 401)


@pytest.mark.parametrize("role", Role)
def test_each_role_to_what_it_may(world: World, role: Role) -> None:
    client = world.client(role)
    keys = [key for key in MATRIX if (key, role) not in MAY_CHANGE]
    answers = {key: client.request(key[0], url(key[1], MATRIX[key]), json=MATRIX[key].body) for key in keys}
    expected = {key: MATRIX[key].ok if role in MATRIX[key].allowed else 403 for key in keys}
    assert {key: answer.status_code for key, answer in answers.items()} == expected


@pytest.mark.parametrize(
    ("key", "role"),
    [pytest.param(key, role, id=f"{' '.join(key)} {role}") for key, role in MAY_CHANGE],
)
def test_each_role_to_what_it_may_change(world: World, key: tuple[str, str], role: Role) -> None:
    call = MATRIX[key]
    assert world.client(role).request(key[0], url(key[1], call), json=call.body).status_code == call.ok


FOR_A_HALL = [role for role in Role if role not in REGISTRARS]


@pytest.mark.parametrize("role", FOR_A_HALL)
@pytest.mark.parametrize("hall", [HALL, FAR])
def test_each_role_in_its_hall_alone(world: World, hall: HallId, role: Role) -> None:
    world.make_pull()
    enter(world, Grant(role, hall))
    client = world.client("somebody")
    keys = [key for key in MATRIX if (key, role) not in MAY_CHANGE]
    answers = {key: client.request(key[0], url(key[1], MATRIX[key]), json=MATRIX[key].body) for key in keys}
    expected = {key: in_a_hall(MATRIX[key], role, hall) for key in keys}
    assert {key: answer.status_code for key, answer in answers.items()} == expected
    if hall == FAR:
        assert {key: signs for key, answer in answers.items() if (signs := signs_of_the_hall(key, answer.text))} == {}


@pytest.mark.parametrize("hall", [HALL, FAR])
@pytest.mark.parametrize(
    ("key", "role"),
    [pytest.param(key, role, id=f"{' '.join(key)} {role}") for key, role in MAY_CHANGE if role in FOR_A_HALL],
)
def test_each_role_changes_its_hall_alone(world: World, hall: HallId, key: tuple[str, str], role: Role) -> None:
    world.make_pull()
    enter(world, Grant(role, hall))
    call = MATRIX[key]
    answer = world.client("somebody").request(key[0], url(key[1], call), json=call.body)
    assert answer.status_code == in_a_hall(call, role, hall)
    assert hall == HALL or signs_of_the_hall(key, answer.text) == []


def in_a_hall(call: Call, role: Role, hall: HallId) -> int:
    """What is answered who has the role in that hall alone."""
    if role not in call.allowed or call.together:
        return 404 if hall == FAR and role in call.readers else 403
    return call.ok if hall == HALL or call.far is None else call.far


def signs_of_the_hall(key: tuple[str, str], text: str) -> list[str]:
    return [sign for sign in OF_HALL if sign in text and not key[1].endswith("/openapi.json")]


@pytest.mark.parametrize(("hall", "code"), [(HALL, None), (FAR, 4404)])
@pytest.mark.parametrize("role", [role for role in FOR_A_HALL if "watch-live" in PERMISSIONS[role]])
def test_live_pictures_of_its_hall_alone(world: World, hall: HallId, role: Role, code: int | None) -> None:
    enter(world, Grant(role, hall))
    with world.client("somebody").websocket_connect(f"{SOCKETS}{API}/cameras/{CAMERA}/live") as socket:
        if code is not None:
            assert socket.receive()["code"] == code
    assert bool(world.live.asked) == (code is None)
    assert bool(world.register()) == (code is None)


@pytest.mark.parametrize("role", [role for role in FOR_A_HALL if role is not Role.INVESTIGATOR])
def test_an_inspection_is_seen_by_nobody_of_the_hall(world: World, role: Role) -> None:
    """Article 8(6): neither the pull nor that somebody looked at it."""
    pull = world.make_pull()
    assert world.client("investigator").get(f"{API}/clips/{pull}/video").status_code == 200
    enter(world, Grant(role, HALL))
    client = world.client("somebody")
    assert [clip["id"] for clip in client.get(f"{API}/clips").json()["items"]] == ["clip-1"]
    answers = [client.get(f"{API}/clips/{pull}{part}") for part in ("", "/video", "/video?download=1")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert client.get(f"{API}/register").status_code == 403


def test_an_investigator_of_a_hall_sees_its_pulls_alone(world: World) -> None:
    """And plays what another role of his lets him play elsewhere, without the pulls there."""
    world.make_pull()
    enter(world, Grant(Role.INVESTIGATOR, FAR), Grant(Role.OPERATOR))
    client = world.client("somebody")
    assert [clip["id"] for clip in client.get(f"{API}/clips").json()["items"]] == ["clip-1"]
    assert client.get(f"{API}/clips/pull-1").status_code == 404
    enter(world, Grant(Role.INVESTIGATOR, HALL))
    assert {clip["id"] for clip in world.client("somebody").get(f"{API}/clips").json()["items"]} == {"clip-1", "pull-1"}


def test_a_hold_is_released_in_its_hall_alone(world: World) -> None:
    body = {"camera": CAMERA, "case": "投诉 12", **SPAN}
    held = world.client("supervisor").post(f"{API}/holds", json=body).json()["id"]
    enter(world, Grant(Role.SUPERVISOR, FAR))
    client = world.client("somebody")
    assert client.get(f"{API}/holds").json()["items"] == []
    assert client.post(f"{API}/holds/{held}/release", json={"reason": "办结"}).status_code == 404
    (still,) = world.client("supervisor").get(f"{API}/holds").json()["items"]
    assert still["released_at"] is None


def test_who_may_read_there_is_told_that_he_may_not_decide_there(world: World) -> None:
    enter(world, Grant(Role.OPERATOR), Grant(Role.SUPERVISOR, FAR))
    client = world.client("somebody")
    assert client.post(f"{API}/alerts/alert-1/confirm").status_code == 403
    assert client.get(f"{API}/clips/clip-1/video?download=1").status_code == 403
    assert client.get(f"{API}/alerts/alert-1").json()["state"] == "open"


def test_what_is_of_no_hall_any_more_is_for_those_of_all_halls(world: World) -> None:
    """A camera that left the configuration: its footage stays."""
    world.make_clip("clip-2", "alert-2", CameraId("gone-cam"))
    enter(world, Grant(Role.OPERATOR, HALL))
    assert world.client("somebody").get(f"{API}/clips/clip-2").status_code == 404
    assert world.client("operator").get(f"{API}/clips/clip-2").status_code == 200


def enter(world: World, *grants: Grant) -> None:
    if world.stores.users.find("somebody") is None:
        world.stores.users.add(User("somebody", "某人", "某单位", frozenset()), PASSWORD_HASH)
    world.stores.users.set_grants("somebody", grants)


@pytest.mark.parametrize("role", Role)
def test_a_download_needs_more_than_playing(world: World, role: Role) -> None:
    answer = world.client(role).get(f"{API}/clips/clip-1/video?download=1")
    assert answer.status_code == (200 if role in EXPORTERS else 403)


def test_what_is_refused_changes_nothing(world: World) -> None:
    client = world.client("operator")
    client.post(f"{API}/alerts/alert-1/dismiss", json={"reason": "false-detection"})
    client.post(f"{API}/clips", json={"camera": CAMERA, "reason": "x", **SPAN})
    assert client.get(f"{API}/alerts/alert-1").json()["state"] == "open"
    assert world.register() == []
    assert world.clips_asked == []


def test_the_metrics_token_opens_the_metrics_only(make: Any) -> None:
    world: World = make(metrics_token="scraper")
    client = world.client()
    client.headers["Authorization"] = "Bearer scraper"
    assert "vigil_requests_total" in client.get("/metrics").text
    assert client.get(f"{API}/status").status_code == 401
    client.headers["Authorization"] = "Bearer other"
    assert client.get("/metrics").status_code == 401


def test_a_disabled_user_is_out_at_once(world: World) -> None:
    client = world.client("operator")
    assert client.get(f"{API}/status").status_code == 200
    world.stores.users.set_disabled("operator", True)
    assert client.get(f"{API}/status").status_code == 401


def test_a_role_that_is_taken_away_is_gone_at_once(world: World) -> None:
    client = world.client("operator")
    world.stores.users.set_grants("operator", everywhere(Role.ADMIN))
    world.clock.advance(timedelta(minutes=1).total_seconds())
    assert client.get(f"{API}/status").status_code == 403
