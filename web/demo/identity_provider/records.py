"""What the identity provider knows: clients, people, and for a while codes, tokens and sessions.

The one rule: everything that opens something is kept for a stated time and no longer.
"""

import enum
import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

SCOPES = ("openid", "profile", "email")

Kept = TypeVar("Kept")


class Audience(enum.StrEnum):
    """Whom a client serves."""

    CUSTOMERS = "customers"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in; `subject` is the `sub` of every token."""

    firm: str
    subject: str
    login: str
    password: str = field(repr=False)
    name: str
    email: str
    language: str
    audience: Audience = Audience.CUSTOMERS
    second_factor: str | None = field(default=None, repr=False)

    def knows(self, *, password: str, second_factor: str | None) -> bool:
        """Compare the password, and the second factor where one is asked for, in constant time."""
        right = hmac.compare_digest(self.password.encode(), password.encode())
        if second_factor is None:
            return right
        expected = self.second_factor or ""
        return right and bool(expected) and hmac.compare_digest(expected.encode(), second_factor.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A relying party, in the words in which Authlib asks about it."""

    firm: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    audience: Audience = Audience.CUSTOMERS

    @property
    def client_metadata(self) -> dict[str, Any]:
        return {"post_logout_redirect_uris": list(self.post_logout_redirect_uris)}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: OpenID Connect Core 3.1.2.1 demands the address in every request."""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(name for name in (scope or "").split() if name in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A person who proved who they are, when, and how well."""

    person: Person
    at: int
    strong: bool

    @property
    def acr(self) -> str:
        return "mfa" if self.strong else "pwd"

    @property
    def amr(self) -> list[str]:
        """The methods used, by RFC 8176."""
        return ["pwd", "otp", "mfa"] if self.strong else ["pwd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorisation code and all it is bound to, in the words in which Authlib asks about it."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    sign_in: SignIn

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.sign_in.at

    def get_acr(self) -> str:
        return self.sign_in.acr

    def get_amr(self) -> list[str]:
        return self.sign_in.amr


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token, in the words in which Authlib asks about it. Kept only while it is valid."""

    access_token: str
    scope: str
    client: Client
    sign_in: SignIn
    code: str

    def get_scope(self) -> str:
        return self.scope

    def get_client(self) -> Client:
        return self.client

    def get_user(self) -> SignIn:
        return self.sign_in

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


class Shelf(Generic[Kept]):
    """Values by key, each gone after the shelf's time."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Kept]] = {}

    def put(self, key: str, value: Kept) -> None:
        """Keep a value; drop what has expired."""
        now = time.time()
        with self._lock:
            self._kept = {name: entry for name, entry in self._kept.items() if entry[0] > now}
            self._kept[key] = (now + self._seconds, value)

    def get(self, key: str) -> Kept | None:
        """Read a value that has not expired."""
        with self._lock:
            entry = self._kept.get(key)
        return entry[1] if entry and entry[0] > time.time() else None

    def take(self, key: str) -> Kept | None:
        """Read a value and remove it: of two who ask at once, one gets it."""
        with self._lock:
            entry = self._kept.pop(key, None)
        return entry[1] if entry and entry[0] > time.time() else None

    def drop(self, *, where: Callable[[Kept], bool]) -> None:
        """Remove every value of which this holds."""
        with self._lock:
            self._kept = {key: entry for key, entry in self._kept.items() if not where(entry[1])}
