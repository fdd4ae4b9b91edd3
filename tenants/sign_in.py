"""Signing in: customers with the firm's identity provider, people with it or with a password.

OpenID Connect by the authorization code flow with PKCE, state and nonce (RFC 7636,
RFC 9700; OpenID Connect Core 1.0). Sessions are rows, so that they can be ended from
here; a browser holds a random token of which only the hash is stored.
"""

import dataclasses
import hashlib
import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from sqlalchemy.orm import Mapped, mapped_column

from tenants import http, keys, reveal
from tenants.database import Audited, Base, Owned, db, new_id

Audience = Literal["customers", "staff"]

VALID = {"customers": timedelta(minutes=20), "staff": timedelta(hours=10)}
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
TIMEOUT_SECONDS = 5.0


class IdentityProvider(Owned, Audited, Base):
    """The firm's OpenID provider, for one audience."""

    __tablename__ = "identity_provider"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    audience: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    secret_name: Mapped[str]
    allow: Mapped[list[str]]
    """Private addresses on which the provider may be reached."""
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "audience"),
        sa.CheckConstraint(sa.column("audience").in_(["customers", "staff"]), name="audience_is_known"),
    )


class BrowserSession(Owned, Base):
    """A browser that is signed in: a person of the firm, or a customer on the portal."""

    __tablename__ = "browser_session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    audience: Mapped[str]
    user_id: Mapped[uuid.UUID | None]
    sealed_customer: Mapped[bytes | None]
    is_strong: Mapped[bool]
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "token_hash"),
        sa.CheckConstraint("(user_id IS NULL) <> (sealed_customer IS NULL)", name="of_one_somebody"),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Claims:
    """Who signed in, as the identity provider says. `customer` has id, name, email and language where told."""

    customer: dict[str, str]
    is_strong: bool


class ProviderUnreachable(ConnectionError):
    """The identity provider is down, or does not answer as it should."""


class SignInRefused(PermissionError):
    """The answer of the sign-in is not one that we asked for, or does not prove who signed in."""


class NoProvider(LookupError):
    """The organisation has not connected an identity provider for this audience."""


def provider(audience: Audience) -> IdentityProvider:
    """The acting organisation's provider. Raise NoProvider."""
    found = db.session.scalar(sa.select(IdentityProvider).where(IdentityProvider.audience == audience))
    if found is None:
        raise NoProvider(audience)
    return found


def begin(provider: IdentityProvider, *, redirect_uri: str, language: str) -> tuple[str, dict[str, str]]:
    """Return the address to send the browser to, and what to remember until it comes back.

    Raise ProviderUnreachable.
    """
    metadata = _metadata(provider)
    verifier, nonce = generate_token(64), generate_token(32)
    with _client(provider, redirect_uri) as client:
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, ui_locales=language
        )
    return url, {"state": state, "nonce": nonce, "verifier": verifier, "redirect_uri": redirect_uri}


def finish(provider: IdentityProvider, *, remembered: dict[str, str], arguments: dict[str, str]) -> Claims:
    """Exchange the code and prove who signed in. Raise SignInRefused, ProviderUnreachable."""
    if not secrets.compare_digest(arguments.get("state", ""), remembered["state"]):
        raise SignInRefused("the answer belongs to another sign-in")
    if "code" not in arguments:
        raise SignInRefused("the provider gave no code")
    if arguments.get("iss", provider.issuer) != provider.issuer:
        # RFC 9207: an answer of another issuer that was mixed in.
        raise SignInRefused("the answer comes from another issuer")
    metadata = _metadata(provider)
    with _client(provider, remembered["redirect_uri"]) as client:
        try:
            token = client.fetch_token(
                metadata["token_endpoint"], code=arguments["code"], code_verifier=remembered["verifier"]
            )
        except _TRANSPORT_ERRORS as error:
            raise ProviderUnreachable(type(error).__name__) from error
        except Exception as error:  # the library raises what the provider answered, in many types
            raise SignInRefused(type(error).__name__) from error
    return _claims(provider, metadata, token, nonce=remembered["nonce"])


def logout_url(provider: IdentityProvider, *, back_to: str) -> str | None:
    """Where the provider ends its own session, if it can. Raise ProviderUnreachable."""
    endpoint = _metadata(provider).get("end_session_endpoint")
    if endpoint is None:
        return None
    with _client(provider, back_to) as client:
        url, _ = client.create_authorization_url(endpoint, post_logout_redirect_uri=back_to)
    return str(url)


def open_session(
    *, audience: Audience, user_id: uuid.UUID | None = None, claims: Claims | None = None, now: datetime
) -> str:
    """Begin a session; return the token for the browser's cookie."""
    token = secrets.token_urlsafe(32)
    session_id = new_id()
    sealed = None
    if claims is not None and user_id is None:
        sealed = keys.seal(json.dumps(claims.customer).encode(), place=f"session:{session_id}")
    db.session.add(
        BrowserSession(
            id=session_id,
            token_hash=_hash(token),
            audience=audience,
            user_id=user_id,
            sealed_customer=sealed,
            is_strong=claims.is_strong if claims is not None else False,
            began_at=now,
            expires_at=now + VALID[audience],
        )
    )
    db.session.flush()
    return token


def session_of(token: str, *, audience: Audience, now: datetime) -> BrowserSession | None:
    """The session of a token, where it is still valid."""
    return db.session.scalar(
        sa.select(BrowserSession).where(
            BrowserSession.token_hash == _hash(token),
            BrowserSession.audience == audience,
            BrowserSession.ended_at.is_(None),
            BrowserSession.expires_at > now,
        )
    )


def customer_of(session: BrowserSession) -> dict[str, str]:
    """Who signed in, of a customer's session."""
    if session.sealed_customer is None:
        return {}
    customer: dict[str, str] = json.loads(keys.unseal(session.sealed_customer, place=f"session:{session.id}"))
    return customer


def end_session(session: BrowserSession, *, now: datetime) -> None:
    """End a session."""
    session.ended_at = now


def _claims(provider: IdentityProvider, metadata: dict[str, Any], token: dict[str, Any], *, nonce: str) -> Claims:
    """Check the ID token: signature, issuer, audience, nonce, times."""
    client = _http(provider)
    try:
        answer = client.get(metadata["jwks_uri"], timeout_seconds=TIMEOUT_SECONDS)
        key_set = KeySet.import_key_set(json.loads(answer.body))
        decoded = jwt.decode(
            token["id_token"], key=key_set, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        )
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=60)
    except (http.ConnectFailed, http.AnswerLost, http.AddressRefused) as error:
        raise ProviderUnreachable(type(error).__name__) from error
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise SignInRefused(type(error).__name__) from error
    finally:
        client.close()
    known = {"id": str(claims["sub"])}
    for ours, theirs in (("name", "name"), ("email", "email"), ("language", "locale")):
        # An address that the provider has not proven is a claim of whoever typed it.
        if isinstance(claims.get(theirs), str) and (ours != "email" or claims.get("email_verified") is True):
            known[ours] = claims[theirs]
    strong = "mfa" in (claims.get("amr") or [])
    return Claims(customer=known, is_strong=strong)


def _metadata(provider: IdentityProvider) -> dict[str, Any]:
    """The provider's discovery document (OpenID Connect Discovery 1.0), which must name the issuer it was asked as."""
    client = _http(provider)
    try:
        answer = client.get(f"{provider.issuer}/.well-known/openid-configuration", timeout_seconds=TIMEOUT_SECONDS)
        metadata: dict[str, Any] = json.loads(answer.body)
    except (http.ConnectFailed, http.AnswerLost, http.AddressRefused, ValueError) as error:
        raise ProviderUnreachable(type(error).__name__) from error
    finally:
        client.close()
    if answer.status != 200 or metadata.get("issuer") != provider.issuer:
        raise ProviderUnreachable("the discovery document is not the issuer's")
    return metadata


def _http(provider: IdentityProvider) -> http.Client:
    return http.Client(allow=provider.allow, connections=2)


def _client(provider: IdentityProvider, redirect_uri: str) -> Any:
    """Authlib's client on the guarded transport, so that no provider leads it into the house."""
    return OAuth2Client(
        client_id=provider.client_id,
        client_secret=reveal.reveal(provider.secret_name),
        scope="openid profile email",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",  # noqa: S106 (the method's name)
        transport=http.guarded_transport(allow=provider.allow),
        timeout=TIMEOUT_SECONDS,
    )


_TRANSPORT_ERRORS = (*http.TRANSPORT_ERRORS, http.AddressRefused)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
