"""The first sheet of a workbook (XLSX, ECMA-376) as text: shared and inline strings, numbers, dates as they are shown.

Read from the archive's parts, bounded in bytes; a document type ends the reading. Formulas have the value that was last computed.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NoReturn, TypeVar
from xml.parsers import expat

MOST_PART_BYTES: Final = 8 * 1024 * 1024
"""Of one part, unpacked: two thousand rows come to 1 MiB."""
MOST_COLUMNS: Final = 64

_DAYS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Built-in formats of dates and times, the Chinese ones included."""
_CLOCKS: Final = frozenset({*range(18, 23), *range(32, 36), *range(45, 48), 55, 56})
"""Those of them that show a time of day."""
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})\d*")


class NotAWorkbook(Exception):
    """Damaged, too large, or something else."""


def read(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row that has some. Raises NotAWorkbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _walked(_part(archive, "xl/workbook.xml"), _Book())
            links = _walked(_part(archive, "xl/_rels/workbook.xml.rels"), _Links())
            target = posixpath.normpath(posixpath.join("/xl", links.targets[book.first])).lstrip("/")
            known = set(archive.namelist())
            strings, styles = _Strings(), _Styles()
            if "xl/sharedStrings.xml" in known:
                _walked(_part(archive, "xl/sharedStrings.xml"), strings)
            if "xl/styles.xml" in known:
                _walked(_part(archive, "xl/styles.xml"), styles)
            return iter(_walked(_part(archive, target), _Sheet(strings.found, styles, book.epoch)).rows)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, LookupError, ValueError, OSError, RuntimeError) as error:
        raise NotAWorkbook(type(error).__name__) from error  # RuntimeError: encrypted


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        data = part.read(MOST_PART_BYTES + 1)
    if len(data) > MOST_PART_BYTES:
        raise NotAWorkbook(f"{name} is too large")
    return data


class _Walk:
    """Gets each element when it begins, and when it ends with the text since the last one began. Names without namespace."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def begin(self, name: str, given: dict[str, str]) -> None:
        pass

    def end(self, name: str, text: str) -> None:
        pass

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._pieces.clear()
        self.begin(_plain(name), {_plain(key): value for key, value in attributes.items()})

    def stop(self, name: str) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        self.end(_plain(name), text)

    def characters(self, text: str) -> None:
        self._pieces.append(text)


def _plain(name: str) -> str:
    return name.rpartition(" ")[2]


W = TypeVar("W", bound=_Walk)


def _walked(data: bytes, walk: W) -> W:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.stop
    parser.CharacterDataHandler = walk.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(data, True)
    return walk


def _refuse_doctype(*_: object) -> NoReturn:
    raise NotAWorkbook("a document type")


class _Book(_Walk):
    """`first`: the relation of the first sheet. `epoch`: the day 0."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ""
        self.epoch = datetime(1899, 12, 30)

    def begin(self, name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            self.first = self.first or given["id"]
        elif name == "workbookPr" and given.get("date1904") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)


class _Links(_Walk):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def begin(self, name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[given["Id"]] = given["Target"]


class _Strings(_Walk):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._runs: list[str] = []
        self._spoken = False

    def begin(self, name: str, given: dict[str, str]) -> None:  # noqa: ARG002
        if name == "rPh":  # how it is read aloud
            self._spoken = True

    def end(self, name: str, text: str) -> None:
        if name == "t" and not self._spoken:
            self._runs.append(text)
        elif name == "rPh":
            self._spoken = False
        elif name == "si":
            self.found.append("".join(self._runs))
            self._runs.clear()


class _Styles(_Walk):
    """`forms`: of each style the id of its format."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[int] = []
        self._own: dict[int, str] = {}
        self._in_cells = False

    def begin(self, name: str, given: dict[str, str]) -> None:
        if name == "numFmt":
            self._own[int(given["numFmtId"])] = _LITERAL.sub("", given["formatCode"]).lower()
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self.forms.append(int(given.get("numFmtId", "0")))

    def end(self, name: str, text: str) -> None:  # noqa: ARG002
        if name == "cellXfs":
            self._in_cells = False

    def shows(self, style: int) -> tuple[bool, bool]:
        """Whether it is a date or time, and whether it shows a time of day."""
        form = self.forms[style] if style < len(self.forms) else 0
        own = self._own.get(form)
        if own is None:
            return form in _DAYS, form in _CLOCKS
        return any(sign in own for sign in "ymdhs"), any(sign in own for sign in "hs")


class _Sheet(_Walk):
    def __init__(self, strings: list[str], styles: _Styles, epoch: datetime) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self._strings, self._styles, self._epoch = strings, styles, epoch
        self._number = 0
        self._cells: dict[int, str] = {}
        self._column, self._kind, self._style = -1, "n", 0
        self._runs: list[str] = []

    def begin(self, name: str, given: dict[str, str]) -> None:
        if name == "row":
            self._number = int(given.get("r", self._number + 1))
            self._column = -1
            self._cells.clear()
        elif name == "c":
            self._column = _column(given["r"]) if "r" in given else self._column + 1
            self._kind, self._style = given.get("t", "n"), int(given.get("s", "0"))
            self._runs.clear()

    def end(self, name: str, text: str) -> None:
        if name in ("v", "t"):
            self._runs.append(text)
        elif name == "c" and self._runs and self._column < MOST_COLUMNS:
            self._cells[self._column] = self._said("".join(self._runs))
        elif name == "row" and any(cell.strip() for cell in self._cells.values()):
            width = max(self._cells) + 1
            self.rows.append((self._number, [self._cells.get(column, "") for column in range(width)]))

    def _said(self, text: str) -> str:
        if self._kind == "s":
            return self._strings[int(text)]
        dated, timed = self._styles.shows(self._style)
        if self._kind != "n" or not dated:
            return text.removesuffix(".0") if self._kind == "n" else text
        seconds = round(float(text) * 86_400)
        at = self._epoch + timedelta(seconds=seconds)
        return f"{at:%Y-%m-%d %H:%M:%S}" if timed or seconds % 86_400 else f"{at:%Y-%m-%d}"


def _column(reference: str) -> int:
    """A1 → 0, AB7 → 27."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
