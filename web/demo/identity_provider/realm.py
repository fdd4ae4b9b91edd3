"""One firm's issuer: its key, its clients and people, and Authlib's authorisation server over them.

The one rule: a code is taken once, whatever comes of it; a second use revokes what the first
one brought (RFC 6749, 4.1.2).
"""

import secrets
import time
from collections.abc import Iterable
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo, UserInfoEndpoint
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest
from flask import request as flask_request
from joserfc.jwk import KeySet, RSAKey

from web.demo.identity_provider.records import SCOPES, Client, Code, Person, Shelf, SignIn, Token

CODE_SECONDS = 60
TOKEN_SECONDS = 600
NONCE_SECONDS = 600
SESSION_SECONDS = 1_800
ALGORITHM = "RS256"


class Realm:
    """A firm's issuer with its short memory."""

    def __init__(self, *, issuer: str, clients: Iterable[Client], people: Iterable[Person]) -> None:
        self.issuer = issuer
        self.clients = {client.client_id: client for client in clients}
        self.people = tuple(people)
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        self.codes: Shelf[Code] = Shelf(seconds=CODE_SECONDS)
        self.tokens: Shelf[Token] = Shelf(seconds=TOKEN_SECONDS)
        self.nonces: Shelf[str] = Shelf(seconds=NONCE_SECONDS)
        self.sessions: Shelf[SignIn] = Shelf(seconds=SESSION_SECONDS)
        self.server = _server(self)

    @property
    def keys(self) -> KeySet:
        return KeySet([self.key])

    def sign_in(self, *, client: Client, login: str, password: str, second_factor: str | None) -> SignIn | None:
        """Prove a person of this client's audience; a second factor is judged where one is given."""
        for person in self.people:
            if person.audience is client.audience and login.strip().lower() in (person.login, person.email):
                if person.knows(password=password, second_factor=second_factor):
                    return SignIn(person=person, at=int(time.time()), strong=second_factor is not None)
                return None
        return None

    def remember(self, sign_in: SignIn) -> str:
        """Open a session and return its identifier for the cookie."""
        session = secrets.token_urlsafe(32)
        self.sessions.put(session, sign_in)
        return session

    def standing(self, *, session: str, client_id: str, max_age: str, strong: bool) -> SignIn | None:
        """The sign-in of a session, where it suffices for what a client asks."""
        sign_in, client = self.sessions.get(session), self.clients.get(client_id)
        if sign_in is None or client is None or sign_in.person.audience is not client.audience:
            return None
        too_old = max_age.isdigit() and time.time() - sign_in.at >= int(max_age)
        return None if too_old or (strong and not sign_in.strong) else sign_in

    def metadata(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery 1.0, section 3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": ["pwd", "mfa"],
            "prompt_values_supported": ["none", "login"],
            "ui_locales_supported": ["de", "fr", "it", "en", "id"],
            "claims_supported": [
                "sub",
                "name",
                "email",
                "email_verified",
                "locale",
                "auth_time",
                "acr",
                "amr",
                "nonce",
            ],
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }


def claims_about(*, sign_in: SignIn, scope: str) -> UserInfo:
    """The claims of a person that a scope opens."""
    person = sign_in.person
    return UserInfo(
        sub=person.subject,
        name=person.name,
        locale=person.language,
        email=person.email,
        email_verified=True,
    ).filter(scope)


def _server(realm: Realm) -> "_Server":
    server = _Server(query_client=realm.clients.get, save_token=_keep_token)
    server.realm = realm
    server.load_config({"OAUTH2_TOKEN_EXPIRES_IN": {"authorization_code": TOKEN_SECONDS}})
    server.register_grant(_CodeGrant, [_Challenge(required=True), _OpenIDCode(realm)])
    bearer = ResourceProtector()
    bearer.register_token_validator(_Bearer(realm))
    server.register_endpoint(_UserInfo(server, bearer))
    server.register_endpoint(_EndSession)
    return server


def _keep_token(token: dict[str, Any], request: OAuth2Request) -> None:
    realm: Realm = request.client_realm
    realm.tokens.put(
        token["access_token"],
        Token(
            access_token=token["access_token"],
            scope=token["scope"],
            client=request.client,
            sign_in=request.user,
            code=request.authorization_code.code,
        ),
    )


class _Request(OAuth2Request):  # type: ignore[misc]
    """The request as Authlib reads it; the demo speaks plain HTTP on the loopback, which Authlib would refuse."""

    def __init__(self, realm: Realm) -> None:
        super().__init__(
            flask_request.method, flask_request.url.replace("http:", "https:", 1), headers=flask_request.headers
        )
        self.payload = FlaskOAuth2Payload(flask_request)
        self.client_realm = realm

    @property
    def args(self) -> Any:
        return flask_request.args

    @property
    def form(self) -> Any:
        return flask_request.form


class _Server(AuthorizationServer):  # type: ignore[misc]
    realm: Realm

    def create_oauth2_request(self, request: object) -> _Request:
        return _Request(self.realm)


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        realm, asked = self.server.realm, request.payload.data
        nonce = asked.get("nonce")
        if nonce:
            realm.nonces.put(f"{request.client.client_id} {nonce}", nonce)
        kept = Code(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=nonce,
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
            sign_in=request.user,
        )
        realm.codes.put(code, kept)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        realm = self.server.realm
        taken: Code | None = realm.codes.take(code)
        if taken is None:
            realm.tokens.drop(where=lambda token: token.code == code)
        return taken if taken and taken.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: the code was taken when it was asked for."""

    def authenticate_user(self, authorization_code: Code) -> SignIn:
        return authorization_code.sign_in


class _Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE (RFC 7636) for confidential clients too, with S256 only, as RFC 9700 section 2.1.1 asks."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)


class _OpenIDCode(OpenIDCode):  # type: ignore[misc]
    def __init__(self, realm: Realm) -> None:
        super().__init__(require_nonce=False)
        self.realm = realm

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return self.realm.nonces.get(f"{request.payload.client_id} {nonce}") is not None

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self.realm.key

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": str(self.realm.key.kid)}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self.realm.issuer, "aud": client.client_id, "exp": int(time.time()) + TOKEN_SECONDS}

    def generate_user_info(self, user: SignIn, scope: str) -> UserInfo:
        return claims_about(sign_in=user, scope=scope)


class _Bearer(BearerTokenValidator):  # type: ignore[misc]
    def __init__(self, realm: Realm) -> None:
        super().__init__()
        self.issuer_realm = realm

    def authenticate_token(self, token_string: str) -> Token | None:
        return self.issuer_realm.tokens.get(token_string)


class _UserInfo(UserInfoEndpoint):  # type: ignore[misc]
    def generate_user_info(self, user: SignIn, scope: str) -> UserInfo:
        return claims_about(sign_in=user, scope=scope)


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """RP-initiated logout: the person's sessions and tokens end everywhere."""

    def get_server_jwks(self) -> KeySet:
        keys: KeySet = self.server.realm.keys
        return keys

    def is_post_logout_redirect_uri_legitimate(
        self, request: OAuth2Request, post_logout_redirect_uri: str, client: Client, logout_hint: str | None
    ) -> bool:
        """Without a token as proof the person is asked first, which confirms it (RP-Initiated Logout 1.0, 3)."""
        return True

    def end_session(self, end_session_request: EndSessionRequest) -> None:
        realm = self.server.realm
        claims = end_session_request.id_token_claims or {}
        standing = realm.sessions.take(flask_request.cookies.get("identity", ""))
        subject = claims.get("sub") or (standing.person.subject if standing else None)
        realm.sessions.drop(where=lambda sign_in: sign_in.person.subject == subject)
        realm.tokens.drop(where=lambda token: token.sign_in.person.subject == subject)
