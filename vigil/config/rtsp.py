"""Rules of `center.rtsp`: who may pull what, and where it may be listened to."""

from __future__ import annotations

import re

from vigil.config.document import Path
from vigil.config.faults import LOOPBACK, FaultSink, check_listen, check_secret
from vigil.config.schema import Configuration, RtspSettings, RtspUser
from vigil.model.site import Site

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_EXAMPLE = "127.0.0.1:8554"


def check_rtsp(settings: RtspSettings, configuration: Configuration, fault: FaultSink) -> None:
    path: Path = ("center", "rtsp")
    check_listen(settings.listen, (*path, "listen"), fault, _EXAMPLE)
    if settings.listen.rpartition(":")[0] not in LOOPBACK and not settings.clear_text:
        what = f"on {settings.listen!r} pictures and names would cross the network in the clear"
        fault((*path, "listen"), what, "Keep it on loopback and add tls_listen:, or say clear_text: true")
    if settings.tls_listen is not None:
        check_listen(settings.tls_listen, (*path, "tls_listen"), fault, "0.0.0.0:8322")
        centers = configuration.center is not None and configuration.center.tls_certificate is not None
        if not centers and settings.tls_certificate is None:
            remedy = "Give tls_certificate: and tls_key: here, or those of the centre"
            fault((*path, "tls_listen"), "TLS needs a certificate", remedy)
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        fault(path, "a certificate and its key go together", "Give tls_certificate: and tls_key:")
    if not settings.users:
        fault((*path, "users"), "without users nobody could pull", "List them, or remove rtsp:")
    seen: set[str] = set()
    for index, user in enumerate(settings.users):
        at = (*path, "users", index)
        if user.name in seen:
            fault((*at, "name"), f"a user {user.name!r} stands already above", "Give each its own name")
        seen.add(user.name)
        _user(user, configuration.site, at, fault)


def _user(user: RtspUser, site: Site | None, path: Path, fault: FaultSink) -> None:
    if not _NAME.fullmatch(user.name):
        remedy = "Letters, digits, dots, hyphens and underscores, at most 63"
        fault((*path, "name"), f"{user.name!r} cannot be a user's name", remedy)
    check_secret(user.password, (*path, "password"), fault)
    for key, text in (("unit", user.unit), ("reason", user.reason)):
        if not text.strip():
            fault((*path, key), f"the register needs a {key}", "Say it as the register is to show it")
    if not user.halls and not user.cameras:
        fault(path, f"{user.name} may read nothing", "Name halls: or cameras:; nothing is meant by leaving them out")
    if site is None:  # it is in the centre's database, and what is named here is held against it there
        return
    halls = list(site.halls)
    known: dict[str, set[str]] = {
        "halls": {str(hall.id) for hall in halls},
        "cameras": {str(camera.id) for hall in halls for camera in hall.cameras},
    }
    for key, ids in known.items():
        for index, named in enumerate(getattr(user, key)):
            if named not in ids:
                remedy = f"One of {', '.join(sorted(ids)) or '(none yet)'}"
                fault((*path, key, index), f"there is no {key[:-1]} {named!r}", remedy)
