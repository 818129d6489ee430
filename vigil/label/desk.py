"""Where labels are kept while somebody works: NAME.labels.csv beside the clip, and NAME.truth.jsonl when it is told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vigil.errors import TruthError
from vigil.model.truth import Truth, TruthHeader, TruthSource
from vigil.truth import intervals, lines

SUFFIX: Final = ".labels.csv"


class Changed(TruthError):
    """The table on disk is not the one that was changed."""


class Desk:
    """One clip and what was said of it so far. What was kept is on the disk when the call returns."""

    def __init__(self, clip: Path, header: TruthHeader) -> None:
        """Raises TruthError when there is a table already and it cannot be read, or a truth that no person wrote."""
        self.clip = clip
        self.header = header
        self.table = clip.with_name(clip.stem + SUFFIX)
        self.truth = lines.truth_path(clip)
        require_replaceable(self.truth, TruthSource.LABEL)
        found = intervals.read(self.table, header) if self.table.exists() else ()
        self.text = intervals.text_of(found)

    @property
    def revision(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def keep(self, text: str, revision: str) -> None:
        """A new table in place of that of `revision`. Raises TruthError, Changed, OSError; the old one stays then."""
        if revision != self.revision:
            raise Changed(f"{self.table}: it was changed meanwhile, by another page; load this one again")
        text = intervals.text_of(intervals.parse(text, self.header, self.table.name))
        _replace(self.table, lambda path: path.write_text(text, encoding="utf-8"))
        self.text = text

    def tell(self) -> Truth:
        """Writes the truth of what is kept. Raises TruthError when that is nothing, and OSError."""
        found = intervals.parse(self.text, self.header, self.table.name)
        if not found:
            raise TruthError(f"{self.table}: nothing is labelled yet")
        truth = intervals.to_truth(found, self.header)
        write_truth(self.truth, truth)
        return truth


def write_truth(path: Path, truth: Truth) -> None:
    """Raises TruthError when a truth of another kind lies there, and OSError."""
    require_replaceable(path, truth.header.source)
    _replace(path, lambda to: lines.write(to, [truth.header, *truth.seconds, *truth.visits]))


def require_replaceable(path: Path, source: TruthSource) -> None:
    """What a simulator knows exactly is not overwritten by what somebody saw. Raises TruthError."""
    if not path.exists():
        return
    header = next(lines.read_lines(path), None)
    if not isinstance(header, TruthHeader) or header.source is not source:
        whose = header.source if isinstance(header, TruthHeader) else "something else"
        raise TruthError(f"{path}: it exists, and comes from: {whose}. Move it away first")


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """The old file or the new one, and never a half, whatever happens."""
    scratch = path.with_name(f".{path.name}.part")
    write(scratch)
    with scratch.open("rb") as stream:
        os.fsync(stream.fileno())
    scratch.replace(path)
