"""XML and names from strangers: a small tree, bounded in bytes, depth and elements. A document type ends the reading.

SOAP has no document types, so entities, their bombs and files that they would fetch are refused with them. Names are
without namespace and prefix, because cameras mix up both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

MOST_BYTES: Final = 1024 * 1024
"""A recorder with 64 channels describes its profiles in about 400 KiB."""
_DEEPEST: Final = 40
"""Real answers have twelve levels."""
_MOST_ELEMENTS: Final = 50_000
_LONGEST_NAME: Final = 80


class NotXml(Exception):
    """What is wrong with it. Nothing of the text is repeated."""


@dataclass(slots=True)
class Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip()

    def first(self, *path: str) -> Element | None:
        """The first child of that name, its first child of the next name, and so on."""
        found = self
        for name in path:
            child = next((child for child in found.children if child.name == name), None)
            if child is None:
                return None
            found = child
        return found

    def value(self, *path: str) -> str | None:
        """Text of what `first` finds; None where it is missing or empty."""
        found = self.first(*path)
        return (found.text or None) if found is not None else None

    def every(self, name: str) -> Iterator[Element]:
        """All below of that name, in order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.every(name)


def parse(data: bytes) -> Element:
    """The root. Raises NotXml."""
    if len(data) > MOST_BYTES:
        raise NotXml(f"more than {MOST_BYTES // 1024} KiB")
    tree = _Tree()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: an encoding that nobody knows
        raise NotXml("this is not XML") from error
    if tree.root is None:
        raise NotXml("this is not XML")
    return tree.root


class _Tree:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST_ELEMENTS:
            raise NotXml("this is nested or long without end")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, name: str) -> None:  # noqa: ARG002, expat passes it
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].pieces.append(text)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_doctype(*_: object) -> NoReturn:
    raise NotXml("this has a document type, which ONVIF knows none of")


def plain(text: str | None) -> str | None:
    """A name as it may be shown and written: on one line, printable, short. None where nothing is left."""
    if text is None:
        return None
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(seen.split())[:_LONGEST_NAME].strip() or None
