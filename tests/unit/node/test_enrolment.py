"""A node's side of being enrolled; the whole of it stands in tests/integration/test_enrolment.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from vigil.config import NodeSettings
from vigil.errors import Refused, SecretError, UplinkError, VigilError
from vigil.model.ids import NodeId
from vigil.model.site import Secret
from vigil.node.enrolment import enrol

SETTINGS = NodeSettings(NodeId("node-a"), "wss://centre.test", "data", key=Secret(file="node.key"))


def answering(status: int, asked: list[httpx.Request]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status)

    return httpx.MockTransport(answer)


def test_the_key_that_is_told_is_the_one_on_the_disk(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []
    made = enrol(SETTINGS, tmp_path, "the token", answering(204, asked))
    assert made == tmp_path / "node.key"
    assert made.stat().st_mode & 0o777 == 0o600
    assert str(asked[0].url) == "https://centre.test/uplink/v1/enrol"
    assert json.loads(asked[0].content) == {"node": "node-a", "token": "the token", "key": made.read_text().strip()}


def test_a_second_try_tells_the_same_key(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(UplinkError, match="answered 500"):
        enrol(SETTINGS, tmp_path, "the token", answering(500, asked))
    enrol(SETTINGS, tmp_path, "the token", answering(204, asked))
    assert asked[0].content == asked[1].content


@pytest.mark.parametrize(("status", "words"), [(403, "Make another at the centre"), (429, "too many tries")])
def test_a_refusal_says_what_to_do(tmp_path: Path, status: int, words: str) -> None:
    with pytest.raises(Refused, match=words):
        enrol(SETTINGS, tmp_path, "the token", answering(status, []))


def gone(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("it asked")


@pytest.mark.parametrize(
    ("settings", "answer", "error", "words"),
    [
        (SETTINGS, gone, UplinkError, "Is the centre running"),
        (replace(SETTINGS, center="ws://centre.test"), never, UplinkError, "in the clear"),
        (replace(SETTINGS, key=None), never, SecretError, "key: {file: PATH}"),
        (replace(SETTINGS, key=Secret(env="KEY")), never, SecretError, "key: {file: PATH}"),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path,
    settings: NodeSettings,
    answer: Callable[[httpx.Request], httpx.Response],
    error: type[VigilError],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        enrol(settings, tmp_path, "the token", httpx.MockTransport(answer))
