"""The register's hash chain: each entry's SHA-256 is over the one before and itself.

An entry that was changed, removed or put in between breaks it from there on. Who can write to the database can make a whole new
chain; so the head, a number and a hash, is to be kept elsewhere, and a chain that does not pass through a head that was kept is
another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Final

from vigil.model.register import Entry

HEAD: Final = 1
"""The head's one row."""
FIRST: Final = ""
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and hash; 0 and '' of an empty register."""

    number: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"

    @classmethod
    def of(cls, text: str) -> Head:
        """The inverse of str. Raises ValueError."""
        number, _, sha256 = text.partition(":")
        if not number.isdecimal() or len(sha256) != len(hashlib.sha256().hexdigest()):
            raise ValueError(f"{text!r} is no head: NUMBER:SHA256")
        return cls(int(number), sha256.lower())


@dataclass(frozen=True, slots=True)
class Verdict:
    """`fault` says where and how the chain is broken; None: it is whole. `entries` are those up to there."""

    entries: int
    fault: str | None


def link(previous_sha256: str, entry: Entry) -> str:
    """SHA-256 over the hash before, a line feed, and the entry without its own hash.

    It goes in as JSON in UTF-8, with its keys sorted and without blanks, its time in UTC to the microsecond.
    """
    values = asdict(entry) | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}
    del values["sha256"]
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous_sha256}\n{text}".encode()).hexdigest()


def verify(entries: Iterable[Entry], head: Head, *, kept: Iterable[Head] = ()) -> Verdict:
    """Follows the chain from the first entry to the head and through those that were kept elsewhere."""
    expected = {one.number: one.sha256 for one in kept}
    number, sha256 = 0, FIRST
    for entry in entries:
        if entry.number != number + 1:
            return Verdict(number, f"entry {number + 1} is missing")
        if link(sha256, entry) != entry.sha256:
            return Verdict(number, f"entry {entry.number} is not what was entered")
        number, sha256 = entry.number, entry.sha256
        if expected.pop(number, sha256) != sha256:
            return Verdict(number, f"entry {number} is not the one whose hash was kept")
    if (number, sha256) != (head.number, head.sha256):
        return Verdict(number, f"the register ends at entry {number} and not at {head.number}")
    if expected:
        return Verdict(number, f"entry {min(expected)}, whose hash was kept, is missing")
    return Verdict(number, None)
