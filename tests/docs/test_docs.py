"""The documents say what the code does: every command, key, metric, route, message and error is in them, and no other."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_type_hints

import click
import pytest
import yaml
from fastapi.routing import iter_route_contexts
from prometheus_client import Metric

from tests.tls import make_certificate
from tests.unit.gateway.world import make_world
from vigil import cli, errors, metrics
from vigil.center.machine import MachineMeasures
from vigil.center.measures import CenterMeasures
from vigil.center.notify.measures import NotifyMeasures
from vigil.center.notify.notifier import Figures
from vigil.center.rtsp.measures import RtspFigures, RtspMeasures
from vigil.config import channels, load, load_text, schema
from vigil.forward.rtsp import ServerStats
from vigil.gateway.app import API
from vigil.gateway.board import StatusBoard
from vigil.gateway.metrics import GatewayMetrics
from vigil.model import site
from vigil.model.escalation import Escalation
from vigil.model.ids import CameraId, NodeId
from vigil.model.ledger import LedgerRules
from vigil.model.retention import CameraPlan, Keep, RetentionPlan
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.tables import Base
from vigil.uplink import protocol

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_NOT_OURS = {"node_modules", "var", "dist", "build"}

Row = dict[str, str]


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def _sections(path: str) -> dict[str, str]:
    """Text below each heading, up to the next one of any level. Headings without backticks."""
    parts = re.split(r"^#{1,6} (.+)$", _without_code(_read(path)), flags=re.MULTILINE)
    return {heading.replace("`", "").strip(): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _without_code(text: str) -> str:
    """Code blocks hold lines that look like headings."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _rows(text: str) -> Iterator[list[str]]:
    """The cells of each table's rows, without head and rule."""
    for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        for line in table.splitlines()[2:]:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _documents() -> list[Path]:
    found = [
        path
        for path in ROOT.rglob("*.md")
        if not any(part in _NOT_OURS or part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]
    return sorted(found)


# Commands


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _commands(inner, f"{name} {inner.name}")


COMMANDS = dict(_commands(cli.main, "vigil"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    section = _sections("docs/reference/cli.md")[name]
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            for option in parameter.opts:
                assert f"`{option}" in section, f"{name}: {option}"
            if isinstance(parameter.type, click.Choice):
                assert all(f"`{choice}`" in section for choice in parameter.type.choices)
        else:
            assert parameter.human_readable_name in section


def test_no_other_command_is_documented() -> None:
    documented = {
        heading for heading in _sections("docs/reference/cli.md") if re.fullmatch(r"vigil( [a-z-]+)*", heading)
    }
    assert documented == set(COMMANDS)


# Configuration

PLACES: dict[type, str] = {
    schema._File: "The file",
    site.Site: "site",
    site.Calendar: "site.calendars.NAME",
    site.Thresholds: "site.thresholds",
    site.ClipRules: "site.clips",
    site.Retention: "site.retention",
    site.Hall: "site.halls[]",
    site.WindowGroup: "site.halls[].groups[]",
    site.TicketFeed: "site.halls[].groups[].tickets",
    site.Window: "site.halls[].groups[].windows[]",
    site.Camera: "site.halls[].cameras[]",
    site.Forward: "site.halls[].cameras[].forward[]",
    site.Recording: "site.halls[].cameras[].recording",
    site.Zone: "site.halls[].cameras[].zones[]",
    site.Rates: "site.halls[].cameras[].zones[].rates",
    site.Secret: "Secrets",
    schema.CenterSettings: "center",
    schema.DatabaseSettings: "center.database",
    schema.ObjectSettings: "center.objects",
    schema.S3Settings: "center.objects.s3",
    schema.IdentitySettings: "center.identity",
    schema.OidcSettings: "center.identity.oidc",
    Escalation: "center.escalation",
    Keep: "center.keep",
    LedgerRules: "center.ledger",
    schema.RtspSettings: "center.rtsp",
    schema.RtspUser: "center.rtsp.users[]",
    channels.NotifySettings: "center.notify",
    channels.NotifyRule: "center.notify.rules[]",
    channels.WeComChannel: "center.notify.wecom[]",
    channels.DingTalkChannel: "center.notify.dingtalk[]",
    channels.FeishuChannel: "center.notify.feishu[]",
    channels.EmailChannel: "center.notify.email[]",
    channels.WebhookChannel: "center.notify.webhook[]",
    schema.NodeSettings: "nodes[]",
    schema.UploadSettings: "nodes[].uploads",
    schema.UploadWindow: "nodes[].uploads.windows[]",
    schema.ProxySettings: "nodes[].proxy",
    schema.DetectorEntry: "nodes[].detector",
}


def _classes(shape: type, seen: set[type]) -> set[type]:
    """Every dataclass that a key of the file leads to."""
    seen.add(shape)
    for hint in get_type_hints(shape).values():
        for inner in _leaves(hint):
            if dataclasses.is_dataclass(inner) and isinstance(inner, type) and inner not in seen:
                _classes(inner, seen)
    return seen


def _leaves(hint: Any) -> Iterator[Any]:
    arguments = get_args(hint)
    if not arguments:
        yield hint
    for argument in arguments:
        yield from _leaves(argument)


def _shown(field: dataclasses.Field[Any]) -> str:
    """A field's default as the table has it."""
    if field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return "{}" if made == {} else "its defaults"
    value = field.default
    if value is dataclasses.MISSING:
        return "required"
    if value is None:
        return "none"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if dataclasses.is_dataclass(value):
        return "its defaults"
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def test_the_places_are_all_there_are() -> None:
    assert _classes(schema._File, set()) == set(PLACES)


@pytest.mark.parametrize("shape", PLACES, ids=PLACES.get)
def test_every_key_is_documented_with_its_default(shape: type) -> None:
    section = _sections("docs/reference/configuration.md")[PLACES[shape]]
    documented = {cells[0].strip("`"): cells[2].strip("`") for cells in _rows(section)}
    assert dataclasses.is_dataclass(shape)
    assert documented == {field.name: _shown(field) for field in dataclasses.fields(shape)}


@pytest.mark.parametrize("name", ["site.Workdays", "site.WindowKind", "site.ZoneKind", "site.Transport"])
def test_every_choice_is_documented(name: str) -> None:
    text = _read("docs/reference/configuration.md")
    choices: type[Enum] = getattr(site, name.partition(".")[2])
    assert all(f"`{choice.value}`" in text for choice in choices)


@pytest.mark.parametrize("name", ["example.yaml", "demo.yaml"])
def test_the_configurations_are_right(name: str) -> None:
    load(ROOT / "configs" / name)


def test_every_table_says_where_it_ends() -> None:
    rows = _rows(_sections("docs/design/database.md")["What grows, and where it ends"])
    named = [name for cells in rows for name in re.findall(r"`(\w+)`", cells[0])]
    assert sorted(named) == sorted(Base.metadata.tables)


def test_the_example_shows_every_key() -> None:
    text = _read("configs/example.yaml")
    missing = [
        f"{place}.{field.name}"
        for shape, place in PLACES.items()
        if dataclasses.is_dataclass(shape)
        for field in dataclasses.fields(shape)
        if not re.search(rf"\b{field.name}:", text)
    ]
    assert missing == []


def _examples() -> list[tuple[str, int, str]]:
    """(document, number, text) of each block of YAML that is a whole configuration."""
    found = []
    for path in _documents():
        blocks = re.findall(r"^```ya?ml\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks):
            value = yaml.safe_load(block)
            if isinstance(value, dict) and "nodes" in value:
                found.append((str(path.relative_to(ROOT)), number, block))
    return found


@pytest.mark.parametrize(("document", "number", "text"), _examples(), ids=lambda part: str(part)[:40])
def test_configurations_in_documents_are_right(document: str, number: int, text: str) -> None:
    load_text(text, Path(document))


def test_there_are_configurations_in_documents() -> None:
    documents = {document for document, _, _ in _examples()}
    assert {"README.md", "README.zh-CN.md", "docs/guide/first-camera.md"} <= documents


# Metrics, messages, routes, errors


@cache
def metric_families() -> list[Metric]:
    """All that nodes and centre can say."""
    rtsp = RtspMeasures(lambda: RtspFigures(ServerStats(0, 0, 0, 0, 0, 0, 0, 0), 0, 0))
    notify = NotifyMeasures(lambda: Figures({}, {}, datetime.now(UTC)))
    now = datetime(2026, 3, 2, tzinfo=UTC)
    plan = RetentionPlan(now, (CameraPlan(CameraId("c"), 30, 90, 2, 2, now),), 3)
    board = StatusBoard()
    board.update_node(NodeId("n"), connected=True, at=now)
    with TemporaryDirectory() as folder:
        database = Database.in_file(Path(folder) / "vigil.db")
        centre = CenterMeasures(board.view, lambda: plan, lambda: 1, Stores.over(database))
        machine = MachineMeasures(Path(folder), make_certificate(Path(folder))[0])
        found = [
            *metrics.REGISTRY.collect(),
            *GatewayMetrics.on().registry.collect(),
            *rtsp.collect(),
            *centre.collect(),
            *machine.collect(),
            *notify.collect(),
        ]
        database.close()
    return found


def _names() -> set[str]:
    return {family.name + ("_total" if family.type == "counter" else "") for family in metric_families()}


def test_metrics() -> None:
    documented = {cells[0].strip("`") for cells in _rows(_read("docs/reference/metrics.md"))}
    assert {name for name in documented if name.startswith("vigil_")} == _names()


def test_messages_of_the_uplink() -> None:
    types = {
        str(field.default)
        for message in (*get_args(protocol.Up), *get_args(protocol.Down))
        for field in dataclasses.fields(message)
        if field.name == "type"
    }
    sections = _sections("docs/design/uplink.md")
    documented = {cells[0].strip("`") for heading in ("Up", "Down") for cells in _rows(sections[heading])}
    assert documented == types


def test_api(tmp_path: Path) -> None:
    database = Database.in_file(tmp_path / "vigil.db")
    routes = list(iter_route_contexts(make_world(tmp_path, database).app.routes))
    database.close()
    served = {
        (method, _shape(str(route.path)))
        for route in routes
        for method in getattr(route, "methods", None) or ("WS",)
        if method != "HEAD" and not str(route.path).startswith("/{")
    }
    documented = set()
    for cells in _rows(_read("docs/reference/api.md")):
        call = re.match(r"`([A-Z]+) (/[^?` ]*)", cells[0])
        assert call is not None, cells
        base = "" if "no base path" in cells[0] else API
        documented.add((call[1], _shape(base + call[2])))
    assert documented == served


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_the_tree_of_errors_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        node = re.match(r"^((?:│   |    |├── |└── )*)([A-Z]\w+)(?:\s|$)", line)
        if node is None or line.startswith("All errors"):
            continue
        depth = len(node[1]) // 4
        above[depth:] = [node[2]]
        drawn[node[2]] = above[depth - 1] if depth else "Exception"
    classes = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, Exception)]
    assert drawn == {value.__name__: value.__bases__[0].__name__ for value in classes}


_EVENT = re.compile(r"(?:log\.(?:warning|error|exception)|_tell|Finding)\(\s*\"([a-z_]+)\"")


def test_every_warning_in_the_log_is_explained() -> None:
    sources = [path for path in (ROOT / "vigil").rglob("*.py") if path.stem != "simcam"]
    told = {event for path in sources for event in _EVENT.findall(path.read_text(encoding="utf-8"))}
    section = _sections("docs/guide/operations.md")["What the log says"]
    explained = {name for cells in _rows(section) for name in re.findall(r"`([a-z_]+)`", cells[0])}
    assert explained == told


# Documents among themselves


@pytest.mark.parametrize("path", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    text = _without_code(path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in _anchors(linked.read_text(encoding="utf-8")), f"{path.name}: {target}"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#{1,6} (.+)$", _without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _outline(path: str) -> list[str]:
    """Levels of headings, code blocks, pictures and tables, in order."""
    marks = re.findall(r"^(#{1,6}) |^(```\w+)$|^(!)\[|^(\|)[ -]", _read(path), re.MULTILINE)
    return ["".join(mark) for mark in marks]


def test_both_readmes_have_one_structure() -> None:
    assert _outline("README.md") == _outline("README.zh-CN.md")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_screen_names_the_two_commands(name: str) -> None:
    first = "\n".join(_read(name).splitlines()[:60])
    assert re.search(r"^make demo\b", first, re.MULTILINE)
    assert re.search(r"^make test\b", first, re.MULTILINE)


@pytest.mark.parametrize("path", sorted((DOCS / "design").glob("*.md")), ids=lambda path: path.stem)
def test_design_documents_say_their_status(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^Status: ", text, re.MULTILINE)
    headings = {heading.lower() for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert {"goals", "non-goals"} <= headings
    assert any(heading.startswith("alternatives") for heading in headings)
