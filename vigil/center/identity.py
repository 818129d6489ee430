"""What the configuration says of identity, as the gateway needs it: the key for secrets, and the identity provider."""

from __future__ import annotations

import structlog

from vigil.clock import Clock
from vigil.config import Configuration, IdentitySettings, read_secret
from vigil.errors import SealError
from vigil.gateway.oidc import OidcClient, Terms
from vigil.model.people import Grant
from vigil.sealing import Seal
from vigil.store.stores import Stores

log = structlog.get_logger()


def seal_of(settings: IdentitySettings, configuration: Configuration, stores: Stores) -> Seal | None:
    """Seals all that is there with the key in force, so that older keys can go after one start.

    Raises SealError where secrets are in the database and no key opens them: then people could not log in, and would be
    told so one by one.
    """
    if settings.key is None:
        if stores.second_factors.all():
            raise SealError("people have second factors, and there is no key to open them. Give center.identity.key")
        return None
    older = [read_secret(secret, configuration.folder) for secret in settings.old_keys]
    seal = Seal(read_secret(settings.key, configuration.folder), older)
    count = stores.second_factors.seal_anew(seal.seal_again)
    if count and older:
        log.info("secrets_sealed_anew", count=count)
    return seal


def oidc_of(settings: IdentitySettings, configuration: Configuration, clock: Clock) -> OidcClient | None:
    """Asks the provider nothing yet. Raises SecretError."""
    oidc = settings.oidc
    if oidc is None:
        return None
    terms = Terms(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=read_secret(oidc.client_secret, configuration.folder),
        redirect_uri=oidc.redirect_uri,
        name=oidc.name,
        scopes=oidc.scopes,
        claim=oidc.claim,
        roles={value: frozenset(Grant.parse(text) for text in texts) for value, texts in oidc.roles.items()},
        username_claim=oidc.username_claim,
        name_claim=oidc.name_claim,
        unit_claim=oidc.unit_claim,
    )
    return OidcClient(terms, clock)
