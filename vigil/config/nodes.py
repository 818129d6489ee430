"""Rules for the entries under `nodes:`."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from vigil.calendar import parse_hours
from vigil.config.document import Path
from vigil.config.faults import LOOPBACK, FaultSink, check_listen, check_secret, is_address
from vigil.config.schema import DetectorBackend, DetectorEntry, NodeSettings, ProxySettings, UploadSettings

_SLOWEST_MBIT_S: Final = 0.1


def check_node(node: NodeSettings, path: Path, fault: FaultSink) -> None:
    if "@" in node.center or not is_address(node.center, ("ws", "wss")):
        fault((*path, "center"), "this is not a centre's address", "For example wss://center.example")
    if node.key is not None:
        check_secret(node.key, (*path, "key"), fault)
    check_listen(node.listen, (*path, "listen"), fault)
    if node.listen.rpartition(":")[0] not in LOOPBACK:
        fault(
            (*path, "listen"), f"{node.listen!r} is not loopback, and there is no login", "For example 127.0.0.1:9480"
        )
    if not 2 <= node.segment_s <= 600:
        fault((*path, "segment_s"), f"{node.segment_s:g} s is no length for a segment", "From 2 to 600")
    if node.spool_gib <= 0:
        fault((*path, "spool_gib"), "the spool needs room", "At least a few hours of footage")
    if node.outbox_mib <= 0:
        fault((*path, "outbox_mib"), "the outbox needs room", "For example 256")
    _uploads(node.uploads, (*path, "uploads"), fault)
    if node.proxy is not None:
        _proxy(node.proxy, (*path, "proxy"), fault)
    _detector(node.detector, (*path, "detector"), fault)


def _detector(detector: DetectorEntry, path: Path, fault: FaultSink) -> None:
    if detector.threads is not None and detector.threads < 1:
        fault((*path, "threads"), "a detector needs a thread", "1 or more")
    if not 0 < detector.confidence < 1:
        fault((*path, "confidence"), "a score lies between 0 and 1", "For example 0.25")
    if not 0 < detector.doubt <= detector.confidence:
        fault((*path, "doubt"), "a doubt begins above 0 and ends at confidence", "For example 0.1")
    if detector.backend is DetectorBackend.OPENVINO and detector.device != "cpu":
        fault((*path, "device"), "OpenVINO looks on the CPU here", "For a GPU, backend: ultralytics")


def _uploads(uploads: UploadSettings, path: Path, fault: FaultSink) -> None:
    remedy = f"At least {_SLOWEST_MBIT_S:g}: slower, one segment takes longer than a line holds"
    if uploads.mbit_s is not None and uploads.mbit_s < _SLOWEST_MBIT_S:
        fault((*path, "mbit_s"), f"{uploads.mbit_s:g} Mbit/s is no line", remedy)
    for index, window in enumerate(uploads.windows):
        try:
            parse_hours((window.hours,))
        except ValueError as error:
            fault((*path, "windows", index, "hours"), str(error), "For example 08:30-18:00")
        if window.mbit_s != 0 and window.mbit_s < _SLOWEST_MBIT_S:
            fault(
                (*path, "windows", index, "mbit_s"), f"{window.mbit_s:g} Mbit/s is no line", f"{remedy}; or 0 for none"
            )


def _proxy(proxy: ProxySettings, path: Path, fault: FaultSink) -> None:
    if "@" in proxy.url:
        fault((*path, "url"), "the URL holds credentials", "Move them to username: and password:")
    elif not is_address(proxy.url, ("http",)) or urlsplit(proxy.url).path not in ("", "/"):
        fault((*path, "url"), "this is no HTTP proxy's address", "For example http://proxy.example:3128")
    if (proxy.username is None) != (proxy.password is None):
        fault(path, "a name and its password go together", "Give username: and password:")
    if proxy.password is not None:
        check_secret(proxy.password, (*path, "password"), fault)
