"""Names of things. An id is a lower-case slug, unique over the whole site, so that a record needs no path."""

from typing import NewType

HallId = NewType("HallId", str)
GroupId = NewType("GroupId", str)
WindowId = NewType("WindowId", str)
CameraId = NewType("CameraId", str)
NodeId = NewType("NodeId", str)
AlertId = NewType("AlertId", str)
SegmentId = NewType("SegmentId", str)
ClipId = NewType("ClipId", str)
SuspensionId = NewType("SuspensionId", str)
MuteId = NewType("MuteId", str)
LedgerId = NewType("LedgerId", str)
HoldId = NewType("HoldId", str)
ReportId = NewType("ReportId", str)
ChannelName = NewType("ChannelName", str)
MessageId = NewType("MessageId", str)
