from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.gateway.world import World


@pytest.fixture
def world(make: Any, tmp_path: Path) -> World:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>screen</title>")
    (static / "favicon.svg").write_text("<svg/>")
    (static / "assets" / "index-1a2b3c.js").write_text("let x")
    (tmp_path / "outside.txt").write_text("secret")
    (static / "link.txt").symlink_to(tmp_path / "outside.txt")
    world: World = make(static=static)
    return world


@pytest.mark.parametrize("path", ["/", "/alerts", "/wall/ga", "/index.html", "/apis"])
def test_the_screen_knows_its_own_addresses(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert (answer.status_code, answer.text) == (200, "<title>screen</title>")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_what_has_a_hash_in_its_name_is_kept_for_ever(world: World) -> None:
    answer = world.client().get("/assets/index-1a2b3c.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["content-type"]
    assert world.client().get("/favicon.svg").headers["cache-control"] == "no-cache"


def test_what_an_older_page_asks_for_is_not_found(world: World) -> None:
    assert world.client().get("/assets/index-old.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/..%2Foutside.txt", "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt", "/link.txt", "/a%00b"]
)
def test_nothing_outside_is_served(world: World, path: str) -> None:
    assert "secret" not in world.client().get(path).text


@pytest.mark.parametrize("path", ["/api", "/api/v1/none", "/api/v2/status", "/uplink", "/uplink/x"])
def test_the_api_has_no_pages(world: World, path: str) -> None:
    answer = world.client("admin").get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("static", [None, Path("none")])
def test_a_screen_that_is_not_built_says_how(make: Any, static: Path | None) -> None:
    world: World = make(static=static)
    answer = world.client().get("/")
    assert answer.status_code == 503
    assert "scripts/build_screen.py" in answer.text


def test_the_site_says_nothing_of_how_cameras_are_reached(world: World) -> None:
    answer = world.client("operator").get("/api/v1/site")
    assert answer.status_code == 200
    assert not any(word in answer.text for word in ("rtsp", "192.0.2", "viewer", "CAMERA_PASSWORD"))


def test_health(world: World) -> None:
    assert world.client().get("/healthz").json() == {"status": "ok"}
