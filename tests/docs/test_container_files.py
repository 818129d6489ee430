"""configs/container: files that are there, versions that agree, no rights that are not needed. Nothing is built here."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from vigil import __version__
from vigil.config import load

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "configs" / "container"
OURS = ("center", "node")


def instructions() -> list[tuple[str, str]]:
    """Keyword and the rest, continued lines joined."""
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def copied() -> list[str]:
    """Sources within the repository."""
    return [
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignore = (FOLDER / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = [line[1:] for line in ignore if line.startswith("!")]
    assert len(copied()) > 5
    for source in copied():
        path = ROOT / source
        assert path.exists(), source
        assert any(fnmatch(one, f"{source.rstrip('/')}*") for one in let_through), source


def test_packages_are_held_to_their_hashes() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)


def test_versions_agree() -> None:
    assert ("ARG", f"VERSION={__version__}") in instructions()
    assert {compose()["services"][name]["image"] for name in OURS} == {f"vigil:{__version__}"}


def test_the_image_is_nobodys_with_rights() -> None:
    words = [word for word, _ in instructions()]
    assert ("USER", "10001:10001") in instructions()
    assert "RUN" not in words[words.index("USER") :], "what is made as this user would be his to change"


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_has_no_right_that_it_does_not_need(name: str) -> None:
    service = compose()["services"][name]
    assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "10001:10001")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_its_configuration_is_right_and_its_secrets_are_given_to_it(name: str) -> None:
    """A camera's password is found by the node, wherever its site is written."""
    file, services = FOLDER / f"{name}.yaml", compose()["services"]
    load(file)
    named = set(re.findall(r"/run/secrets/([\w.-]+)", file.read_text(encoding="utf-8")))
    assert named - {"camera.password"} <= set(services[name]["secrets"])
    assert "camera.password" in services["node"]["secrets"]
    assert f"./{name}.yaml:/etc/vigil/{name}.yaml:ro" in services[name]["volumes"]
    assert services[name]["command"][-1] == f"/etc/vigil/{name}.yaml"


def test_every_secret_is_one_that_the_guide_makes() -> None:
    guide = (ROOT / "docs" / "guide" / "containers.md").read_text(encoding="utf-8")
    defined = set(compose()["secrets"])
    assert {one for service in compose()["services"].values() for one in service.get("secrets", [])} == defined
    assert all(one in guide for one in defined)
