"""Which objects the database names and the archive has not, and which footage the archive has beyond the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vigil.archive.objects import ObjectStore
from vigil.center.reindex import PREFIX
from vigil.store.named_objects import NamedObject


@dataclass(frozen=True, slots=True)
class Missing:
    """`gone` and `other_size` are keys; `unknown` counts segments that `vigil reindex` would enter."""

    named: int
    gone: tuple[str, ...]
    other_size: tuple[str, ...]
    unknown: int


def compare(named: Iterable[NamedObject], objects: ObjectStore, brought: Mapping[str, int]) -> Missing:
    """By keys and sizes; bytes are not read. What is `brought` counts as there. Raises ArchiveError."""
    found = {stat.key: stat.size for stat in objects.list()} | dict(brought)
    unknown = {key for key in found if key.startswith(PREFIX)}
    gone, other_size, count = [], [], 0
    for one in named:
        count += 1
        unknown.discard(one.key)
        size = found.get(one.key)
        if size is None:
            gone.append(one.key)
        elif one.size is not None and one.size != size:
            other_size.append(one.key)
    return Missing(count, tuple(gone), tuple(other_size), len(unknown))
