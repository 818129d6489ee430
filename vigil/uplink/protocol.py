"""Version 1 of what node and centre say to each other (docs/design/uplink.md).

Text frames are JSON, one message each, told apart by `type`. Binary frames are live fragments behind a header of 4 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import Field, TypeAdapter, ValidationError

from vigil.errors import UplinkError
from vigil.model.ids import CameraId, NodeId, SegmentId
from vigil.model.looks import CameraStatus, QueueStatus, WindowStatus
from vigil.model.media import Fragment, Segment, StreamKind
from vigil.model.site import Site
from vigil.model.suspensions import Suspension

VERSION: Final = 1
PATH: Final = "/uplink/v1"
ENROL: Final = "/uplink/v1/enrol"
OBJECTS: Final = "/uplink/v1/objects/"
"""Below it lie the one-time addresses for segments where the centre keeps them in a folder."""

MAX_TEXT_BYTES: Final = 8 * 1024 * 1024
"""Of a message in either direction, encoded. A record that is larger stays at the node."""
MAX_FRAGMENT_BYTES: Final = 32 * 1024 * 1024
"""Of a live frame with its header. A node sends no larger one; a centre hangs up on it."""
NODE_HEADER: Final = "X-Vigil-Node"

CAN_SUSPEND: Final = "suspensions"
CAN_COUNT_CREDIT: Final = "credit"
CAN_TELL_TIME: Final = "time"
CAN_RESUME: Final = "resume"
CAPABILITIES: Final = (CAN_SUSPEND, CAN_COUNT_CREDIT, CAN_TELL_TIME, CAN_RESUME)
"""What this node knows of the protocol beyond its first form. A centre says nothing that a node has not named."""

RecordKind = Literal["alert", "observation", "gap", "minutes"]
RECORD_KINDS: Final[tuple[str, ...]] = get_args(RecordKind)
_FIRST_KINDS: Final = ("alert", "observation", "gap")
"""Those of a centre that does not say which it takes. It would end the link over any other."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The node's first message. `revision` is that of the site it runs, '' when it has none.

    `can` are its capabilities; a node from before there were any names none.
    """

    node: NodeId
    version: str
    protocol: int
    revision: str
    sent_at: datetime
    can: tuple[str, ...] = ()
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Record:
    """Something that must not be lost. `seq` rises at the node; `id` is the same however often it is sent."""

    seq: int
    id: str
    kind: RecordKind
    made_at: datetime
    body: dict[str, Any]
    backfilled: bool = False
    type: Literal["record"] = "record"


@dataclass(frozen=True, slots=True)
class Report:
    """What the node believes now. Only the newest counts; nothing is lost when one is."""

    windows: tuple[WindowStatus, ...] = ()
    queues: tuple[QueueStatus, ...] = ()
    cameras: tuple[CameraStatus, ...] = ()
    type: Literal["report"] = "report"


@dataclass(frozen=True, slots=True)
class Offer:
    """A closed segment that the centre may not have."""

    segment: Segment
    backfilled: bool = False
    type: Literal["offer"] = "offer"


@dataclass(frozen=True, slots=True)
class Uploaded:
    segment: SegmentId
    type: Literal["uploaded"] = "uploaded"


@dataclass(frozen=True, slots=True)
class LiveStarted:
    """Precedes the first fragment of a channel, and each initialisation segment."""

    channel: int
    camera: CameraId
    stream: StreamKind
    mime: str
    width: int
    height: int
    type: Literal["live-started"] = "live-started"


@dataclass(frozen=True, slots=True)
class TheTime:
    """The node's clock, in answer to WhatTime, whose `asked_at` comes back with it."""

    asked_at: datetime
    now: datetime
    type: Literal["the-time"] = "the-time"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The centre's first message: the part of the site that this node runs."""

    site: Site
    cameras: tuple[CameraId, ...]
    revision: str
    now: datetime
    takes: tuple[str, ...] = _FIRST_KINDS
    """The kinds of records that the centre knows; others wait at the node until it knows them, too."""
    version: int = 0
    """Of the whole site; 0 of a centre that does not say. It rises also where this node's part stays as it was."""
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Suspensions:
    """All that run or will run at the windows of this node's halls, in place of those told before. Needs `CAN_SUSPEND`."""

    suspensions: tuple[Suspension, ...]
    type: Literal["suspensions"] = "suspensions"


@dataclass(frozen=True, slots=True)
class Ack:
    """The record is in the centre's database."""

    seq: int
    type: Literal["ack"] = "ack"


@dataclass(frozen=True, slots=True)
class Declined:
    """The record makes no sense to the centre, or is not this node's to send, and never will be taken: set it aside."""

    seq: int
    reason: str
    type: Literal["declined"] = "declined"


@dataclass(frozen=True, slots=True)
class Put:
    """Where the segment goes: a URL, or a path at the centre itself.

    `from_byte`: what lies before it is there already. Above 0 it needs `CAN_RESUME`, and the PUT a Content-Range.
    """

    segment: SegmentId
    url: str
    from_byte: int = 0
    type: Literal["put"] = "put"


@dataclass(frozen=True, slots=True)
class Stored:
    """The object is at the centre and its hash is right; the spool may let go."""

    segment: SegmentId
    type: Literal["stored"] = "stored"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The segment is not this node's, or its object is not there or altered: bring the others first, then offer it again."""

    segment: SegmentId
    reason: str
    type: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class Watch:
    channel: int
    camera: CameraId
    stream: StreamKind
    type: Literal["watch"] = "watch"


@dataclass(frozen=True, slots=True)
class Unwatch:
    channel: int
    type: Literal["unwatch"] = "unwatch"


@dataclass(frozen=True, slots=True)
class Credit:
    """So many more bytes of fragments may be sent on the channel. Needs `CAN_COUNT_CREDIT`.

    Until the first one a node sends as it likes. What goes beyond the credit by less than one fragment is owed.
    """

    channel: int
    size: int
    type: Literal["credit"] = "credit"


@dataclass(frozen=True, slots=True)
class WhatTime:
    """Asks for the node's clock. Needs `CAN_TELL_TIME`."""

    asked_at: datetime
    type: Literal["what-time"] = "what-time"


Up = Hello | Record | Report | Offer | Uploaded | LiveStarted | TheTime
Down = Welcome | Suspensions | Ack | Declined | Put | Stored | Rejected | Watch | Unwatch | Credit | WhatTime

M = TypeVar("M")

_UP: TypeAdapter[Up] = TypeAdapter(Annotated[Up, Field(discriminator="type")])
_DOWN: TypeAdapter[Down] = TypeAdapter(Annotated[Down, Field(discriminator="type")])


def encode_up(message: Up) -> str:
    return _UP.dump_json(message).decode()


def encode_down(message: Down) -> str:
    return _DOWN.dump_json(message).decode()


def decode_up(text: str | bytes) -> Up:
    """Raises UplinkError."""
    return _decode(_UP, text)


def decode_down(text: str | bytes) -> Down:
    """Raises UplinkError."""
    return _decode(_DOWN, text)


def _decode(adapter: TypeAdapter[M], text: str | bytes) -> M:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UplinkError(f"a message that this version does not know: {first['msg']} at {first['loc']}") from error


_HEADER: Final = struct.Struct(">BBH")  # version, flags, channel
_KEY, _INIT = 1, 2


@dataclass(frozen=True, slots=True)
class ChannelFragment:
    channel: int
    fragment: Fragment = field(repr=False)


def encode_fragment(channel: int, fragment: Fragment) -> bytes:
    flags = (_KEY if fragment.key else 0) | (_INIT if fragment.init else 0)
    return _HEADER.pack(VERSION, flags, channel) + fragment.data


def decode_fragment(data: bytes) -> ChannelFragment:
    """Raises UplinkError."""
    if len(data) <= _HEADER.size:
        raise UplinkError(f"a live frame of {len(data)} bytes, shorter than its header")
    version, flags, channel = _HEADER.unpack_from(data)
    if version != VERSION:
        raise UplinkError(f"a live frame of version {version}, not {VERSION}")
    return ChannelFragment(channel, Fragment(data[_HEADER.size :], bool(flags & _KEY), bool(flags & _INIT)))
