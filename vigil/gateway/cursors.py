"""Cursors as a caller sees them: opaque text, good for the call that gave it out."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from fastapi import HTTPException

from vigil.model.ids import AlertId
from vigil.store.alerts import Cursor


def to_text(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(f"{cursor.raised_at.isoformat()}|{cursor.id}".encode()).decode()


def from_text(text: str) -> Cursor:
    """Raises a 422 when it is none of ours."""
    try:
        at, _, alert = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        raised_at = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as error:
        raise HTTPException(422, "cursor: not one that a page gave out.") from error
    if raised_at.tzinfo is None:
        raise HTTPException(422, "cursor: not one that a page gave out.")
    return Cursor(raised_at, AlertId(alert))
