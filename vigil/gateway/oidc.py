"""A client of an identity provider (OpenID Connect, code flow with PKCE), and what is believed of what it says.

Nothing here knows accounts: an `Identity` says who somebody is and what the provider's claim gives him. The provider's words
are held to its own signature, and to the very login that was begun here, by a browser that brings its secret back.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from vigil.clock import Clock
from vigil.errors import IdentityError
from vigil.model.people import Grant

PENDING_S: Final = 600.0
"""How long a person may take at the provider."""
MOST_PENDING: Final = 1000
_TIMEOUT_S: Final = 10.0
_LEEWAY_S: Final = 60
_KEEP_S: Final = 3600.0
_DISCOVERY: Final = "/.well-known/openid-configuration"
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those with a key that the provider alone has: with HS256 whoever knows our secret could sign."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the provider is reached, and what its claims mean here."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    name: str
    scopes: tuple[str, ...]
    claim: str
    roles: Mapping[str, frozenset[Grant]]
    username_claim: str
    name_claim: str
    unit_claim: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is by issuer and subject; the rest may change."""

    issuer: str
    subject: str
    username: str
    name: str
    unit: str
    grants: frozenset[Grant]


@dataclass(frozen=True, slots=True)
class _Begun:
    state: str
    nonce: str
    verifier: str
    at_mono: float


class OidcClient:
    """Safe from several threads and tasks. Every method that asks the provider raises IdentityError."""

    def __init__(self, terms: Terms, clock: Clock) -> None:
        self.terms = terms
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: OrderedDict[str, _Begun] = OrderedDict()
        self._metadata: tuple[float, dict[str, Any]] | None = None

    async def begin(self) -> tuple[str, str]:
        """Where to send the browser, and the secret that it must bring back with the answer."""
        endpoint = (await self._discover())["authorization_endpoint"]
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = _Begun(state, nonce, verifier, self._clock.mono())
        address = prepare_grant_uri(
            endpoint,
            self.terms.client_id,
            "code",
            redirect_uri=self.terms.redirect_uri,
            scope=" ".join(self.terms.scopes),
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._begun[_hash(secret)] = begun
            if len(self._begun) > MOST_PENDING:
                self._begun.popitem(last=False)
        return str(address), secret

    async def finish(self, secret: str, state: str, code: str) -> Identity:
        """Good once. Raises IdentityError for what was not begun here by this browser, or does not hold."""
        with self._lock:
            begun = self._begun.pop(_hash(secret), None)
        if begun is None or self._clock.mono() - begun.at_mono > PENDING_S:
            raise IdentityError("no login was begun by this browser within ten minutes")
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise IdentityError("the answer belongs to another login")
        return self._identity(await self._claims(code, begun))

    async def _claims(self, code: str, begun: _Begun) -> dict[str, Any]:
        metadata = await self._discover()
        try:
            async with self._session(metadata) as session:
                token = await session.fetch_token(
                    metadata["token_endpoint"],
                    code=code,
                    code_verifier=begun.verifier,
                    grant_type="authorization_code",
                )
            keys = KeySet.import_key_set(await _get(metadata["jwks_uri"]))
            claims = dict(jwt.decode(str(token["id_token"]), keys, algorithms=list(_ALGORITHMS)).claims)
            self._rules(begun.nonce).validate(claims)
        except (AuthlibBaseError, httpx.HTTPError, JoseError, KeyError, ValueError, TypeError) as error:
            raise IdentityError(f"{self.terms.issuer}: {type(error).__name__}: {_short(error)}") from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self.terms.client_id:
            raise IdentityError(f"{self.terms.issuer}: the token was made for another client")
        return claims

    def _rules(self, nonce: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.terms.issuer},
            aud={"essential": True, "value": self.terms.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        terms = self.terms
        said = claims.get(terms.claim)
        values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        grants = [terms.roles[value] for value in values if isinstance(value, str) and value in terms.roles]
        return Identity(
            issuer=terms.issuer,
            subject=str(claims["sub"]),
            username=str(claims.get(terms.username_claim) or ""),
            name=str(claims.get(terms.name_claim) or ""),
            unit=str(claims.get(terms.unit_claim) or ""),
            grants=frozenset().union(*grants),
        )

    async def _discover(self) -> dict[str, Any]:
        now = self._clock.mono()
        if self._metadata is not None and now - self._metadata[0] < _KEEP_S:
            return self._metadata[1]
        try:
            found: dict[str, Any] = dict(await _get(self.terms.issuer.rstrip("/") + _DISCOVERY))
        except (httpx.HTTPError, ValueError, TypeError) as error:
            raise IdentityError(f"{self.terms.issuer}: {type(error).__name__}: {_short(error)}") from error
        if found.get("issuer") != self.terms.issuer:
            raise IdentityError(
                f"{self.terms.issuer}: it calls itself {found.get('issuer')!r}. Write issuer: as it does"
            )
        for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = found.get(key)
            if not isinstance(address, str) or not address.startswith(_schemes(self.terms.issuer)):
                raise IdentityError(f"{self.terms.issuer}: its {key} is no https:// address")
        self._metadata = now, found
        return found

    def _session(self, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return AsyncOAuth2Client(
            self.terms.client_id,
            self.terms.client_secret,
            token_endpoint_auth_method="client_secret_basic"
            if "client_secret_basic" in methods
            else "client_secret_post",
            redirect_uri=self.terms.redirect_uri,
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )


async def _get(address: str) -> Any:
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
        answer = await client.get(address)
        answer.raise_for_status()
        return answer.json()


def _schemes(issuer: str) -> tuple[str, ...]:
    """The configuration lets a provider be without TLS on loopback alone."""
    return ("https://",) if issuer.startswith("https:") else ("https://", "http://")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
