"""Rules of `center.identity`: keys, who must have a second factor, and the identity provider."""

from __future__ import annotations

from urllib.parse import urlsplit

from vigil.config.document import Path
from vigil.config.faults import LOOPBACK, FaultSink, check_secret
from vigil.config.schema import IdentitySettings, OidcSettings
from vigil.model.people import Grant, require_sound
from vigil.model.site import Site

_CALLBACK = "/api/v1/session/oidc/callback"


def check_identity(settings: IdentitySettings, site: Site | None, fault: FaultSink) -> None:
    path: Path = ("center", "identity")
    for key, secret in (("key", settings.key), *((("old_keys", one)) for one in settings.old_keys)):
        if secret is not None:
            check_secret(secret, (*path, key), fault)
    if settings.key is None and settings.second_factor:
        fault(
            (*path, "second_factor"),
            "second factors are sealed with a key, and there is none",
            "Give key: {file: PATH}",
        )
    if settings.key is None and settings.old_keys:
        fault((*path, "old_keys"), "there is no key that follows them", "Give key: {file: PATH}")
    if settings.oidc is not None:
        _oidc(settings.oidc, site, (*path, "oidc"), fault)


def _oidc(settings: OidcSettings, site: Site | None, path: Path, fault: FaultSink) -> None:
    check_secret(settings.client_secret, (*path, "client_secret"), fault)
    for key in ("issuer", "redirect_uri"):
        if not _is_safe(getattr(settings, key)):
            fault(
                (*path, key), "not an https:// address", "For example https://id.example.cn; http:// on loopback alone"
            )
    if not settings.redirect_uri.endswith(_CALLBACK):
        fault((*path, "redirect_uri"), "not where the centre awaits browsers", f"https://HOST{_CALLBACK}")
    if "openid" not in settings.scopes:
        fault((*path, "scopes"), "without openid the provider says nothing of who it is", "Add openid")
    if not settings.roles:
        fault((*path, "roles"), "nobody could log in", "Say which values of the claim give which roles")
    for value, texts in settings.roles.items():
        try:
            grants = [Grant.parse(text) for text in texts]
            # A site that is in the centre's database is held against them there.
            halls = [hall.id for hall in site.halls] if site is not None else [one.hall for one in grants if one.hall]
            require_sound(grants, halls)
        except ValueError as error:
            fault((*path, "roles", value), str(error), "For example [operator], or [hall@ID]")


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    loopback = {one.strip("[]") for one in LOOPBACK}
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in loopback))
