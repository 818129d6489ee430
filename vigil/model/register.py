"""An entry of the access register (decree 799, article 16): who watched, played, exported and pulled what, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.model.ids import CameraId


class Action(StrEnum):
    WATCH = "watch"  # a live picture
    PLAY = "play"  # a clip, or a stretch of the archive
    EXPORT = "export"  # a clip, or entries of this register, downloaded
    PULL = "pull"  # footage fetched from the archive into a clip
    HOLD = "hold"  # footage is to stay beyond its time
    RELEASE = "release"  # and no longer
    DELETE = "delete"  # footage, a clip or figures whose time was over
    ACCOUNT = "account"  # who may what was changed
    SITE = "site"  # halls, windows, cameras or their rules were changed
    BACKUP = "backup"  # clips, pictures and files went along with a backup of the database
    RESTORE = "restore"  # the database was taken from a backup
    END = "end"  # of a live picture or a stretch of the archive that another platform read


@dataclass(frozen=True, slots=True)
class Entry:
    """Name and unit are kept as they were at that time. `number` is 1 and rises by 1, `sha256` is its link of the chain."""

    number: int
    at: datetime
    username: str
    name: str
    unit: str
    action: Action
    subject: str
    reason: str | None
    camera: CameraId | None
    sha256: str = ""
