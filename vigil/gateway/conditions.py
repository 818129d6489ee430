"""What a caller ties a step to: the version that was seen (`If-Match`), and the step's own name (`Idempotency-Key`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, HTTPException

_VERSION: Final = re.compile(r'"(\d{1,9})"')


@dataclass(frozen=True, slots=True)
class Condition:
    """None: whatever the version is; no name."""

    seen: int | None
    key: str | None


def etag(version: int) -> str:
    return f'"{version}"'


def _condition(
    if_match: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Condition:
    if if_match is None or if_match == "*":
        return Condition(None, idempotency_key)
    version = _VERSION.fullmatch(if_match)
    if version is None:
        raise HTTPException(422, "If-Match: not an ETag that was answered with this.")
    return Condition(int(version[1]), idempotency_key)


OnCondition = Annotated[Condition, Depends(_condition)]
