"""YAML to plain values, with the line of every value. Duplicate keys are faults: YAML silently keeps the last."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import yaml

from vigil.errors import ConfigError, Fault

Path = tuple[str | int, ...]
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


_DEEPEST = 30
"""Levels; a real file has ten. An alias may stand within what it names, and that has no end."""


_MOST = 1_000_000
"""Values; two thousand cameras with their zones have a tenth. An alias of an alias doubles with each line."""


@dataclass(slots=True)
class Document:
    file: str
    value: Plain = None
    lines: dict[Path, int] = field(default_factory=dict)
    """Line of each key (for values in a mapping) or item, counted from 1."""
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the value, or of the nearest thing around it that is in the file."""
        while path not in self.lines:
            if not path:
                return 1
            path = path[:-1]
        return self.lines[path]

    def line_of(self, where: str) -> int:
        """Likewise, of a place as faults name it."""
        names = {path: dotted(path) for path in self.lines}
        around = (path for path, name in names.items() if where == name or where.startswith((f"{name}.", f"{name}[")))
        return self.line(max(around, key=len, default=()))

    def fault(self, path: Path, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, self.line(path), dotted(path), what, remedy))


def dotted(path: Path) -> str:
    """site.halls[0].cameras[1].url"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


def parse(text: str, file: str) -> Document:
    """Raises ConfigError where the text is not YAML at all."""
    document = Document(file)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or "not YAML"
        fault = Fault(file, line, "the file", what, "Mind the indentation and the space after each colon")
        raise ConfigError([fault]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"the character U+{int(error.character):04X} is not allowed"
        raise ConfigError([Fault(file, line, "the file", what, "Save the file as UTF-8 text")]) from error
    document.value = _plain(root, (), document) if root is not None else None
    if document.value is None:
        document.value = {}
    return document


def _plain(node: yaml.Node, path: Path, document: Document) -> Plain:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > _DEEPEST or len(document.lines) > _MOST:
        fault = Fault(
            document.file, document.line(path), dotted(path[:3]), "this is nested without end", "Remove the alias"
        )
        raise ConfigError([fault])
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
    return _scalar(node, path, document)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Plain]:
    values: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        inner = (*path, key)
        if key in values:
            first = document.lines[inner]
            document.lines[inner] = key_node.start_mark.line + 1
            document.fault(inner, f"this key stands already in line {first}", "Keep one of the two")
        document.lines[inner] = key_node.start_mark.line + 1
        values[key] = _plain(value_node, inner, document)
    return values


def _scalar(node: yaml.Node, path: Path, document: Document) -> Plain:
    tag = node.tag.rsplit(":", 1)[-1]
    try:
        match tag:
            case "null":
                return None
            case "bool":
                return bool(yaml.SafeLoader.bool_values[node.value.lower()])
            case "int":
                return int(node.value, 0)
            case "float":
                return _finite(node.value)
            case _:  # dates and times stay text: the schema says what a text means
                return str(node.value)
    except (ValueError, KeyError):
        document.fault(path, f"{node.value!r} cannot be read as a number", "Put it in quotes if it is text")
        return str(node.value)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
