"""Who may import whom, and who may catch everything: the rules of docs/design/architecture.md, held by a walk over the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "vigil").rglob("*.py"))
    if "ui" not in path.relative_to(ROOT).parts
}

BASE = {"model", "errors", "clock", "calendar", "metrics", "queues", "login", "throttle", "sealing"}
"""The vocabulary and what stands beside it."""
CONFIG = "config"
"""Read by the composition roots alone: everybody else is given values and protocols."""
PARTS = {"ingest", "analytics", "archive", "store", "uplink", "forward", "notify", "client", "roster", "sim", "truth"}
REPORT = "report"
REPORT_MAY = {"store"}
"""Figures are made of what the store adds up; who asks for a report, and where it is kept, is known elsewhere."""
GATEWAY_MAY = {"store", "archive", "uplink", "forward", "report", "roster"}
ROOTS = {
    "node",
    "center",
    "outlets",
    "eval",
    "label",
    "calibrate",
    "discover",
    "cli",
    "roster_command",
    "command_line",
    "demo",
    "simcam",
    "simulator",
    "supervisor",
    "process",
    "__main__",
}
"""Where parts are put together."""
TESTING = "testing"

LIBRARIES = {
    "av": ("vigil.ingest",),
    "aiortc": ("vigil.ingest.whip",),
    "minio": ("vigil.archive",),
    "aiosmtplib": ("vigil.notify",),
    "sqlalchemy": ("vigil.store",),
    "alembic": ("vigil.store",),
    "psycopg": ("vigil.store",),
    "fastapi": ("vigil.gateway", "vigil.center"),
    "chinese_calendar": ("vigil.calendar",),
    "ultralytics": ("vigil.analytics",),
    "torch": ("vigil.analytics",),
    "openvino": ("vigil.analytics.telemetry",),
    "xml": ("vigil.discover", "vigil.roster.xlsx"),
    "xlsxwriter": ("vigil.report",),
    "typst": ("vigil.report",),
    "cryptography": ("vigil.sealing", "vigil.center.machine"),
    "authlib": ("vigil.gateway.oidc",),
    "joserfc": ("vigil.gateway.oidc",),
}
"""Library: the only modules, with what is beneath them, that import it."""

CATCH_ALL = {
    "vigil.analytics.looker submit": "an executor: what was raised goes to whoever asks for the result",
    "vigil.analytics.worker _supervised": "the analytics thread: one failure costs one look or one step",
    "vigil.ingest.reader _run": "a camera's reader: whatever broke, it reads again",
    "vigil.forward.push.pusher _run": "a target's thread: whatever broke, it begins anew",
    "vigil.center.forwards run": "a stream's feed: whatever broke, it asks for the stream anew",
    "vigil.ingest.tickets _run": "the tickets' thread: whatever broke, it asks again",
    "vigil.ingest.recorder _supervised": "the writers: one camera's failure is a gap of that camera alone",
    "vigil.ingest.closing work": "a camera's line: a file that we fail on is left for the next start, and those behind it go on",
    "vigil.ingest.ffmpeg __init__": "closes a half-open connection, and raises again",
    "vigil.uplink.local write": "rolls the transaction back, and raises again",
    "vigil.uplink.client run": "the link: whatever broke, recording goes on and it connects again",
    "vigil.uplink.hub _record": "a record that we fail on is declined, and those behind it go on",
    "vigil.uplink.hub _about": "a segment that we fail on is declined, and the link goes on",
    "vigil.discover.reader one": "a camera whose answers we fail on is one that was not read, and the others are",
    "vigil.center.notify.notifier _serve": "a channel's task: whatever broke, it sends the next",
    "vigil.center.retention _run": "the thread that removes what is over",
    "vigil.center.reports _run": "the thread that makes packs of figures",
    "vigil.center.reports _try": "a pack that cannot be made fails, and the others are made",
    "vigil.center.report_desk _serve": "an executor: what was raised goes to whoever asks for the result",
    "vigil.center.report_worker answer": "what fails is the answer to who ordered it, and the next is made",
    "vigil.center.sums _loop": "the thread that adds up days that are over",
    "vigil.center.clips _run": "the thread that makes clips",
    "vigil.center.rounds _supervised": "the thread of the rounds: one task that fails stops no other",
    "vigil.center.clips _try": "a clip that cannot be made fails, and the others are made",
}
"""Module and function: why it may catch everything."""


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """Full names of all that the module imports, within functions too, but not for type checkers alone."""
    return frozenset(_imports(tree(module)))


def _imports(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for other in child.orelse:
                    yield from _imports(other)
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(source), level=0, names=names):
                # "from vigil import metrics" names a module, "from vigil.clock import Clock" does not
                submodules = (f"{source}.{alias.name}" for alias in names)
                yield from (name if name in MODULES else source for name in submodules)
            case ast.ImportFrom():
                yield "a relative import"
            case _:
                yield from _imports(child)


def part(module: str) -> str:
    """vigil.ingest.reader → ingest; vigil itself → ''."""
    return [*module.split("."), ""][1]


def ours(module: str) -> set[str]:
    """The parts of vigil that a module imports, its own left out."""
    return {part(name) for name in imports(module) if name.split(".")[0] == "vigil"} - {part(module), ""}


def of(*parts: str) -> list[str]:
    return [module for module in MODULES if part(module) in parts]


def beneath(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def test_the_walk_sees_the_code() -> None:
    assert "vigil.analytics.analyst" in MODULES
    assert "vigil.model.site" in imports("vigil.analytics.analyst")
    assert ours("vigil.node.node") >= {"analytics", "uplink", "config"}


def test_every_module_has_its_place() -> None:
    placed = BASE | PARTS | ROOTS | {CONFIG, REPORT, TESTING, "gateway", ""}
    assert [module for module in MODULES if part(module) not in placed] == []


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_absolute(module: str) -> None:
    assert "a relative import" not in imports(module)


@pytest.mark.parametrize("module", of(*BASE))
def test_the_base_imports_nothing_above_it(module: str) -> None:
    assert ours(module) <= BASE


@pytest.mark.parametrize("module", of("model"))
def test_the_model_knows_nobody(module: str) -> None:
    assert ours(module) == set()


@pytest.mark.parametrize("module", of(CONFIG))
def test_the_configuration_knows_the_base_alone(module: str) -> None:
    assert ours(module) <= BASE


@pytest.mark.parametrize("module", of(*PARTS))
def test_parts_know_the_base_and_never_each_other(module: str) -> None:
    assert ours(module) <= BASE


@pytest.mark.parametrize("module", of("client"))
def test_a_program_that_speaks_with_the_centre_carries_nothing_of_it(module: str) -> None:
    assert ours(module) <= {"errors"}


@pytest.mark.parametrize("module", of(REPORT))
def test_reports_import_the_store_alone(module: str) -> None:
    assert ours(module) <= BASE | REPORT_MAY


@pytest.mark.parametrize("module", of("gateway"))
def test_the_gateway_imports_what_it_shows(module: str) -> None:
    assert ours(module) <= BASE | GATEWAY_MAY


@pytest.mark.parametrize("module", MODULES)
def test_nothing_but_tests_imports_the_fakes(module: str) -> None:
    assert TESTING not in ours(module)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_in_one_place(library: str) -> None:
    users = [module for module in MODULES if any(name.split(".")[0] == library for name in imports(module))]
    assert [module for module in users if not beneath(module, LIBRARIES[library])] == []


def catch_alls(node: ast.AST, function: str = "") -> Iterator[str]:
    """Functions with `except:`, `except Exception` or `except BaseException`. A group's is taken apart, not caught."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler) and _is_broad(child.type):
            yield function
        name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from catch_alls(child, name)


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    return bool({node.id for node in ast.walk(caught) if isinstance(node, ast.Name)} & {"Exception", "BaseException"})


def test_only_supervisors_catch_everything() -> None:
    found = {f"{module} {function}" for module in MODULES for function in catch_alls(tree(module))}
    assert found - CATCH_ALL.keys() == set()
    assert CATCH_ALL.keys() - found == set(), "a permission that outlived its use"


@pytest.mark.lesson(8)
def test_no_frame_crosses_processes() -> None:
    """Packets and frames never leave a node, so that no shared memory can be too small for them."""
    shared = {"multiprocessing", "multiprocessing.shared_memory", "mmap", "posix_ipc"}
    importers = {module for module in MODULES if imports(module) & shared}
    assert importers <= {"vigil.eval.command"}  # evaluates clips side by side, each process for itself
