"""A YAML file as plain values, with the line of each, and the faults found in it. Keys that stand twice are faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from vigil.errors import Fault, ScenarioError

Key = tuple[str | int, ...]
"""The way to a value: ("events", 3, "at_s")."""


@dataclass(slots=True)
class Form:
    file: str
    value: dict[str, Any]
    lines: dict[Key, int]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, key: Key, what: str, remedy: str) -> None:
        """`key` may name what is not in the file: the line is then of what stands around it."""
        near = key
        while near and near not in self.lines:
            near = near[:-1]
        self.faults.append(Fault(self.file, self.lines.get(near, 1), dotted(key), what, remedy))

    def raise_faults(self) -> None:
        """Raises ScenarioError with all faults, in the order of the file, if there are any."""
        if self.faults:
            in_order = sorted(self.faults, key=lambda fault: fault.line)
            raise ScenarioError("\n".join(str(fault) for fault in in_order))


def dotted(key: Key) -> str:
    """events[3].at_s"""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


class _Loader(yaml.SafeLoader):
    """Leaves times as they are written: the scenario says what a text means."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_form(path: Path) -> Form:
    """Raises ScenarioError where the file cannot be read, or is not YAML with a mapping at its top."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: the scenario cannot be read: {error}") from error
    except yaml.YAMLError as error:
        _refuse(path, error)
    try:
        node = loader.get_single_node()
        form = Form(str(path), {}, {})
        _note_lines(node, (), form)
        value = loader.construct_document(node) if node is not None else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        _refuse(path, error)
    finally:
        loader.dispose()
    if not isinstance(value, dict):
        form.fault((), "a mapping is expected here", "Begin with name: and hall:")
        form.raise_faults()
    form.value = value
    return form


def _refuse(path: Path, error: Exception) -> NoReturn:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    what = getattr(error, "problem", None) or str(error) or "nested without end"
    remedy = "Mind the indentation and the space after each colon"
    raise ScenarioError(str(Fault(str(path), line, "the file", f"this is not YAML: {what}", remedy))) from error


def _note_lines(node: yaml.Node | None, key: Key, form: Form) -> None:
    if node is None:
        return
    form.lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*key, index), form)
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            first = form.lines.get(inner)
            form.lines[inner] = name.start_mark.line + 1
            if first is not None:
                form.fault(inner, f"this key stands already in line {first}", "Keep one of the two")
            _note_lines(value, inner, form)
