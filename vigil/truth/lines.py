"""Our form of truth: NAME.truth.jsonl beside NAME.mp4. A header, then a line a second, then a line a visit.

The fields are those of vigil/model/truth.py; a field that has its default value is left out. A day is read and
written line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from vigil.errors import TruthError
from vigil.model.truth import SecondTruth, Truth, TruthHeader, VisitTruth

SUFFIX: Final = ".truth.jsonl"
VERSION: Final = 1

Line = TruthHeader | SecondTruth | VisitTruth

_KINDS: Final[dict[str, TypeAdapter[Any]]] = {
    "header": TypeAdapter(TruthHeader),
    "second": TypeAdapter(SecondTruth),
    "visit": TypeAdapter(VisitTruth),
}
_NAMES: Final = {TruthHeader: "header", SecondTruth: "second", VisitTruth: "visit"}


def truth_path(clip: Path) -> Path:
    """Where the truth of a clip lies: beside it."""
    return clip.with_name(clip.stem + SUFFIX)


def encode(line: Line) -> str:
    """One line, without its end."""
    name = _NAMES[type(line)]
    fields = _KINDS[name].dump_python(line, mode="json", exclude_defaults=True)
    return json.dumps({"type": name, **fields}, ensure_ascii=False, separators=(",", ":"))


def write(path: Path, lines: Iterable[Line]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(encode(line) + "\n")


def read_lines(path: Path) -> Iterator[Line]:
    """Raises TruthError with file and line for what cannot be understood."""
    return (line for _, line in _numbered(path))


def read(path: Path) -> Truth:
    """The whole truth of a clip. Raises TruthError."""
    lines = _numbered(path)
    _, header = next(lines, (0, None))
    if not isinstance(header, TruthHeader):
        raise TruthError(f"{path}:1: a truth file begins with a line of type header")
    if header.version != VERSION:
        raise TruthError(f"{path}:1: this is version {header.version} of the form, and vigil reads version {VERSION}")
    if header.start_at.tzinfo is None:
        raise TruthError(f"{path}:1: start_at has no time zone; write it as 2026-03-02T09:00:00+08:00")
    seconds: list[SecondTruth] = []
    visits: list[VisitTruth] = []
    for number, line in lines:
        match line:
            case SecondTruth():
                if seconds and line.t_s != seconds[-1].t_s + 1:
                    raise TruthError(f"{path}:{number}: second {line.t_s} comes after second {seconds[-1].t_s}")
                seconds.append(line)
            case VisitTruth():
                visits.append(line)
            case TruthHeader():
                raise TruthError(f"{path}:{number}: there is a second header")
    return Truth(header, tuple(seconds), tuple(visits))


def _numbered(path: Path) -> Iterator[tuple[int, Line]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for number, text in enumerate(stream, start=1):
                if text.strip():
                    yield number, _decode(text, path, number)
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f"{path}: cannot be read: {error}") from error


def _decode(text: str, path: Path, number: int) -> Line:
    try:
        fields = json.loads(text, parse_constant=_refuse)
        adapter = _KINDS[fields.pop("type")]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        known = ", ".join(_KINDS)
        raise TruthError(f"{path}:{number}: a JSON object with a type of {known} is expected here") from error
    try:
        line: Line = adapter.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TruthError(f"{path}:{number}: {where}: {first['msg']}") from error
    return line


def _refuse(constant: str) -> float:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(constant)
