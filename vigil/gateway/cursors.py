"""Cursors as a caller sees them: opaque text, good for the call that gave it out."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from fastapi import HTTPException

from vigil.gateway.times import of_our_years


def to_text(at: datetime, name: str) -> str:
    """Time and id of the last thing on a page."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{name}".encode()).decode()


def from_text(text: str) -> tuple[datetime, str]:
    """Raises a 422 when it is none of ours."""
    try:
        time, _, name = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        at = of_our_years(datetime.fromisoformat(time))
    except (ValueError, binascii.Error) as error:
        raise HTTPException(422, "cursor: not one that a page gave out.") from error
    if at.tzinfo is None:
        raise HTTPException(422, "cursor: not one that a page gave out.")
    return at, name
