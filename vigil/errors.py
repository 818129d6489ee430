"""All errors that vigil raises on purpose.

VigilError
├── ConfigError          a configuration file is wrong: file, line, remedy
├── SecretError          a secret's file or variable is missing or empty
├── SealError            a secret at rest cannot be opened: which key is missing, or whose was altered
├── IdentityError        an identity provider does not answer, or says what does not hold: what is wrong
├── CalendarError        a year whose workdays are not known
├── SourceError          a camera or file cannot be read: camera, redacted URL, reason
├── ForwardError         a stream cannot be pushed to a media server: camera, redacted URL, reason
├── TicketError          a ticket machine does not answer: what would be right
│   └── TicketAnswerError  it answers what makes no sense
├── DetectorError        a model cannot be opened, or a look failed
├── ArchiveError         the object store fails, refuses, or was given other bytes than announced
│   ├── ObjectMissing    a key holds nothing
│   └── ObjectDiffers    bytes are not those that were announced: too few, too many, or of another hash
├── FragmentError        fragmented MP4 that is cut short, or not as we write it
├── StoreError           the database refuses, does not answer, or its schema is not ours
├── BackupError          a backup that is not whole, or a place for it that is not empty: what is wrong
├── UnstorableError      a value that the database cannot hold, whenever it is tried again
├── ReportError          a pack that cannot be made: what is missing, and what would be right
│   ├── ReportsBusy      as many reports are waiting to be made as may
│   └── ReportsDied      the process that makes reports died, or cannot be started: another time it may be made
├── RosterError          a file that cannot be read as a roster: what is wrong, what is missing or the bound
├── ScenarioError        the simulator's halls, people or a scenario file are missing or wrong
├── CalibrationError     footage that says nothing of how the detector errs: what it would take
├── DiscoveryError       a device of which ONVIF says nothing of use: its address, what is wrong, what would be right
│   ├── LoginRefused     it does not accept the user name, the password, or their time
│   └── RequestDeclined  it answered a request with a fault: which one
├── TruthError           labels that cannot be read, or do not belong to the clip: file, line, what is wrong
├── CallError            a program's call to the centre came to nothing: which, and why
│   ├── CallRefused      it was answered with a problem: status, what is wrong, what is the case instead
│   └── BytesDiffer      what was downloaded is not what the centre announced
└── UplinkError          the other side broke the protocol, or refused us
    └── Refused          the centre does not accept this node's key
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit


class VigilError(Exception):
    """Base of them all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a configuration file. `line` counts from 1."""

    file: str
    line: int
    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.where}: {self.what}. {self.remedy}"


class ConfigError(VigilError):
    """Every fault found, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class SecretError(VigilError):
    pass


class SealError(VigilError):
    pass


class IdentityError(VigilError):
    pass


class CalendarError(VigilError):
    pass


class SourceError(VigilError):
    def __init__(self, camera: str, url: str, reason: str) -> None:
        super().__init__(f"camera {camera}: {redact_url(url)}: {reason}")
        self.camera, self.url, self.reason = camera, redact_url(url), reason


class ForwardError(VigilError):
    def __init__(self, camera: str, url: str, reason: str) -> None:
        super().__init__(f"camera {camera}: {redact_url(url)}: {reason}")
        self.camera, self.url, self.reason = camera, redact_url(url), reason


class TicketError(VigilError):
    pass


class TicketAnswerError(TicketError):
    pass


class DetectorError(VigilError):
    pass


class ArchiveError(VigilError):
    pass


class ObjectMissing(ArchiveError):
    pass


class ObjectDiffers(ArchiveError):
    pass


class FragmentError(VigilError):
    pass


class StoreError(VigilError):
    pass


class BackupError(VigilError):
    pass


class UnstorableError(VigilError):
    pass


class ReportError(VigilError):
    pass


class ReportsBusy(ReportError):
    pass


class ReportsDied(ReportError):
    pass


class RosterError(VigilError):
    """`fault` is one of vigil.roster.faults.FileFault; `right`: what was missing, or the bound."""

    def __init__(self, fault: str, *right: str) -> None:
        super().__init__(f"{fault}{': ' if right else ''}{', '.join(right)}")
        self.fault, self.right = fault, right


class ScenarioError(VigilError):
    pass


class CalibrationError(VigilError):
    pass


class DiscoveryError(VigilError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address, self.reason = address, reason


class LoginRefused(DiscoveryError):
    pass


class RequestDeclined(DiscoveryError):
    pass


class TruthError(VigilError):
    pass


class UplinkError(VigilError):
    pass


class Refused(UplinkError):
    pass


def redact_url(url: str) -> str:
    """The URL without user, password and query, for logs and errors. This is the one place that redacts.

    A password with / # or ? in it would end the host too early, so all up to the last @ goes. Some cameras take the
    password within the path, as `password=`.
    """
    before, separator, after = url.rpartition("://")
    scheme = f"{before}{separator}"
    try:
        parts = urlsplit(f"{scheme}{after.rpartition('@')[2]}")
        host, port = parts.hostname or "", parts.port
    except ValueError:  # half an IPv6 address, or a port that is no number
        return "(not a URL)"
    if ":" in host:
        host = f"[{host}]"
    if port is not None:
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme, host, _PASSWORD_IN_PATH.sub(r"\1***", parts.path), "", ""))


_PASSWORD_IN_PATH = re.compile(r"(?i)((?:password|passwd|pwd)=)[^&/_]+")


class CallError(VigilError):
    pass


class CallRefused(CallError):
    """`faults`: where and what, of a malformed call. `told`: what stands beside the detail, as the alert as it is now."""

    def __init__(
        self,
        call: str,
        status: int,
        detail: str,
        faults: tuple[tuple[str, str], ...] = (),
        told: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{call}: {status}: {detail}")
        self.status = status
        self.detail = detail
        self.faults = faults
        self.told = dict(told or {})
        self.retry_after_s = retry_after_s


class BytesDiffer(CallError):
    pass
