"""The whole contract under generated requests, by everybody: nothing breaks, nothing is answered that the document does
not say, and nobody is given what his role, or his hall, does not.

Who may what is asked of the same table as in test_authorisation.py. Requests come from the document (schemathesis), some as
it wants them and some not; where they take an id, mostly one that there is. The seed is fixed. `VIGIL_API_EXAMPLES` sets how
many are sent to each call, `VIGIL_API_DATABASE=postgresql` on which database.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.unit.gateway.contents import PICTURE, Contents
from tests.unit.gateway.grounds import HOST, Grounds
from tests.unit.gateway.test_authorisation import FOR_A_HALL, MATRIX, OPEN
from tests.unit.gateway.world import FAR, HALL, PASSWORD, World
from vigil.gateway.auth import COOKIE
from vigil.model.ids import HallId
from vigil.model.people import Role

EXAMPLES: Final = int(os.environ.get("VIGIL_API_EXAMPLES", "5"))
DATABASE: Final = os.environ.get("VIGIL_API_DATABASE", "sqlite")
NOT_IN_THE_DOCUMENT: Final = {
    ("GET", "/api/v1/openapi.json"),
    ("HEAD", "/api/v1/clips/{clip_id}/video"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/{path:path}"),
    ("HEAD", "/{path:path}"),
}
CALLS: Final = sorted((MATRIX.keys() | OPEN) - NOT_IN_THE_DOCUMENT)

ENDING: Final = ("/api/v1/session", "/api/v1/accounts")
"""Below it sessions are ended."""

CONFORMS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True, slots=True)
class Somebody:
    """`role` is None for nobody; `hall` for who has the role in all."""

    username: str | None = None
    role: Role | None = None
    hall: HallId | None = None

    def __str__(self) -> str:
        return self.username or "nobody"

    def may(self, key: tuple[str, str]) -> bool:
        if key in OPEN:
            return True
        call = MATRIX[key]
        return self.role in call.allowed | call.in_part and not (call.together and self.hall is not None)


EVERYBODY: Final = [
    Somebody(),
    *(Somebody(str(role), role, HALL if role is Role.HALL else None) for role in Role),
    *(Somebody(f"{role}-of-{FAR}", role, FAR) for role in FOR_A_HALL),
]

NAMES: Final = {
    "window": "window_id",
    "camera": "camera_id",
    "alert": "alert_id",
    "clip": "clip_id",
    "user": "username",
}
"""Fields that take what path parameters of other names take."""
LOGIN: Final = {"username": "operator", "password": PASSWORD}
NEVER_SERVED: Final = {
    ("GET", "/api/v1/session/oidc"),
    ("GET", "/api/v1/session/oidc/callback"),
    ("POST", "/api/v1/session/second-factor/confirmation"),
    ("POST", "/api/v1/session/second-factor/removal"),
    ("POST", "/api/v1/site/versions"),
    ("POST", "/api/v1/rosters"),
}
"""Nobody guesses a code, the tag of a site's version, or a spreadsheet, and the site has no identity provider: test_own.py,
test_site_versions.py, test_rosters.py and tests/integration/test_oidc.py have them."""
OTHERS: Final = {
    ("POST", "/api/v1/alerts/{alert_id}/rectify"): {"alert_id": f"{HALL}-alert-2"},
    ("POST", "/api/v1/alerts/{alert_id}/reopen"): {"alert_id": f"{HALL}-alert-4"},
}
"""Where the first of what there is is not in the state that the step wants."""
BODIES: Final[dict[tuple[str, str], Any]] = {
    ("POST", "/api/v1/session"): LOGIN,
    ("POST", "/api/v1/session/tokens"): {"name": "wall", "permissions": ["read-alerts"], "days": 1},
    ("POST", "/api/v1/ledger/{entry_id}/files"): PICTURE,
}
"""That are taken where the body in the table of who may what is not."""
TIMES: Final = ("2026-03-01T23:00:00Z", "2026-03-02T00:30:00Z", "2026-03-02T01:30:00Z", "2026-03-05T01:00:00+08:00")
DAYS: Final = ("2026-02-01", "2026-03-01", "2026-03-02")


@pytest.fixture(scope="module")
def grounds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    server = request.getfixturevalue("postgres") if DATABASE == "postgresql" else None
    return Grounds.make(tmp_path_factory.mktemp("grounds"), server)


@pytest.fixture
def world(grounds: Grounds, tmp_path: Path) -> Iterator[World]:
    with grounds.fresh(tmp_path) as world:
        yield world


def test_every_call_of_the_document_is_tried(grounds: Grounds) -> None:
    operations = [one.ok() for one in grounds.schema.get_all_operations() if isinstance(one, Ok)]
    assert sorted((one.method.upper(), one.path) for one in operations) == CALLS


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_whatever_is_sent(grounds: Grounds, world: World, key: tuple[str, str]) -> None:
    """Each request by everybody in turn, those first who must not be let in. One that is sound goes before all."""
    operation = grounds.schema[key[1]][key[0]]
    cases = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    trial = Trial(key, grounds.contents, world)

    @settings(
        max_examples=EXAMPLES - 1,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # a world that has changed would answer a smaller example otherwise
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(cases), dice=st.randoms())
    def send(case: Case[Any], dice: random.Random) -> None:
        aim(case, MATRIX[key].body if key in MATRIX else LOGIN, grounds.contents, dice)
        trial.send(case)

    trial.send(sound(operation, key, grounds.contents))
    assert bool(trial.served) == (key not in NEVER_SERVED)
    send()


@dataclass
class Trial:
    """Of one call. Who was served at least once is in `served`."""

    key: tuple[str, str]
    contents: Contents
    world: World
    served: set[str] = field(default_factory=set)
    cookies: Cookies = field(init=False)

    def __post_init__(self) -> None:
        self.cookies = Cookies(self.world, self.key)

    def send(self, case: Case[Any]) -> None:
        for somebody in sorted(EVERYBODY, key=lambda one: one.may(self.key)):
            answer = case.call(app=self.world.app, headers={"Origin": HOST} | self.cookies.cookie(somebody))
            case.validate_response(answer, checks=CONFORMS)
            let_in = answer.status_code < 400
            assert somebody.may(self.key) or not let_in, f"{somebody} was let in: {case.as_curl_command()}"
            told = signs_of_elsewhere(self.contents, somebody, answer)
            assert told == [], f"{somebody} was told of it: {case.as_curl_command()}"
            if let_in:
                self.served.add(str(somebody))


@dataclass
class Cookies:
    """Of everybody's session, made anew where a call may have ended it."""

    world: World
    key: tuple[str, str]
    made: dict[str, str] = field(default_factory=dict)

    def cookie(self, somebody: Somebody) -> dict[str, str]:
        name = somebody.username
        if name is None:
            return {}
        if name not in self.made or (self.key[0] != "GET" and self.key[1].startswith(ENDING)):
            self.made[name] = self.world.log_in(name)
        return {"Cookie": f"{COOKIE}={self.made[name]}"}


def sound(operation: APIOperation[Any, Any, Any, Any], key: tuple[str, str], contents: Contents) -> Case[Any]:
    """What somebody is served at: the first of what there is, with query and body of the table of who may what."""
    call = MATRIX.get(key)
    path_parameters = {
        one.name: contents.pool[NAMES.get(one.name, one.name)][0] for one in operation.path_parameters
    } | OTHERS.get(key, {})
    for one in list(path_parameters.values()):
        path_parameters |= contents.owners.get(one, {})
    query = dict(parse_qsl(urlsplit(call.path).query)) if call else {}
    body: Any = BODIES.get(key, call.body if call else None)
    if body is None:
        return operation.Case(path_parameters=path_parameters, query=query)
    media_type = operation.get_request_payload_content_types()[0]
    return operation.Case(path_parameters=path_parameters, query=query, body=body, media_type=media_type)


def aim(case: Case[Any], body: Any, contents: Contents, dice: random.Random) -> None:
    """Puts ids that there are, and times of which there is something, where the request has others.

    `body`: one that will do. Of every other request it is the body, with one of its fields as it was made up, or none.
    """
    case.path_parameters = aimed(case.path_parameters, contents, dice)
    for one in list(case.path_parameters.values()):
        case.path_parameters |= contents.owners.get(one, {}) if "}/" in case.path else {}
    case.query = aimed(case.query, contents, dice)
    if dice.random() < 0.5:
        case.headers.pop("If-Match", None)
    made_up = case.body if isinstance(case.body, dict) else {}
    if isinstance(body, dict) and dice.random() < 0.5:
        spoilt = dice.sample(sorted(made_up), k=min(len(made_up), dice.randrange(2)))
        case.body = body | {name: made_up[name] for name in spoilt}
    elif made_up:
        case.body = aimed(made_up, contents, dice)


def aimed(values: Any, contents: Contents, dice: random.Random) -> dict[str, Any]:
    """Some are left as they were made up."""
    return {name: _aimed(name, value, contents, dice) for name, value in dict(values or {}).items()}


def _aimed(name: str, value: Any, contents: Contents, dice: random.Random) -> Any:
    pool: tuple[str, ...] = tuple(contents.pool.get(NAMES.get(name, name), ()))
    if name.endswith("_at") or name == "deadline":
        pool = TIMES
    elif name.endswith("day"):
        pool = DAYS
    return dice.choice(pool) if pool and dice.random() < 0.8 else value


def signs_of_elsewhere(contents: Contents, somebody: Somebody, answer: Response) -> list[str]:
    """Of what tells of the other hall, all that whoever is of one was told."""
    if somebody.hall is None:
        return []
    other = HALL if somebody.hall == FAR else FAR
    text = (answer.content or b"").decode("utf-8", "replace")
    return [sign for sign in contents.signs[other] if sign in text]
