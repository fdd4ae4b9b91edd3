"""Envelope encryption: the master key wraps organisations' keys, these wrap contacts' keys.

Content about a contact is sealed with that contact's key, so that destroying one small
key makes all of it unreadable. Every sealed value is bound to its organisation and to
the place where it belongs (AES-256-GCM with associated data, NIST SP 800-38D); moved to
another row it does not open.
"""

import base64
import hashlib
import hmac
import os
import uuid

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Mapped, mapped_column

from tenants import context
from tenants.database import Base, Owned, db

NONCE_BYTES = 12
KEY_BYTES = 32


class OrganisationKey(Owned, Base):
    """An organisation's key, wrapped by the master key."""

    __tablename__ = "organisation_key"
    version: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]


class ContactKey(Owned, Base):
    """The key of one contact's content, wrapped by the organisation's key."""

    __tablename__ = "contact_key"
    contact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]


class NoMasterKey(RuntimeError):
    """The master key is absent or is not 32 bytes in base64."""


class CannotOpen(ValueError):
    """A sealed value that was changed, moved, or whose key is gone."""


_master: bytes | None = None


def configure(master_key: str) -> None:
    """Take the master key: 32 bytes in base64. Raise NoMasterKey."""
    global _master
    try:
        raw = base64.b64decode(master_key, validate=True)
    except ValueError as error:
        raise NoMasterKey("GUICHET_MASTER_KEY is not base64") from error
    if len(raw) != KEY_BYTES:
        raise NoMasterKey(f"GUICHET_MASTER_KEY must be {KEY_BYTES} bytes in base64, not {len(raw)}")
    _master = raw


def new_master_key() -> str:
    """Make a master key, in base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def create_organisation_key() -> None:
    """Make the acting organisation's first key."""
    organisation_id = context.current_organisation()
    wrapped = _encrypt(_master_key(), os.urandom(KEY_BYTES), _place("organisation", organisation_id))
    db.session.add(OrganisationKey(version=1, wrapped=wrapped))
    db.session.flush()


def create_contact_key(*, contact_id: uuid.UUID) -> None:
    """Make a contact's key."""
    key = os.urandom(KEY_BYTES)
    wrapped = _encrypt(_organisation_key(), key, _place("contact", contact_id))
    db.session.add(ContactKey(contact_id=contact_id, wrapped=wrapped))
    _cache()[("contact", contact_id)] = key


def seal(plain: bytes, *, place: str, contact_id: uuid.UUID | None = None) -> bytes:
    """Seal bytes for a place, with the contact's key, or the organisation's where no contact is known."""
    return _encrypt(_key_of(contact_id), plain, _place(place, context.current_organisation()))


def unseal(sealed: bytes, *, place: str, contact_id: uuid.UUID | None = None) -> bytes:
    """Open what `seal` sealed. Raise CannotOpen."""
    return _decrypt(_key_of(contact_id), sealed, _place(place, context.current_organisation()))


def seal_for_platform(plain: bytes, *, place: str) -> bytes:
    """Seal bytes that no organisation owns, with a key derived from the master key."""
    return _encrypt(_derive(_master_key(), "platform"), plain, place.encode())


def unseal_for_platform(sealed: bytes, *, place: str) -> bytes:
    """Open what `seal_for_platform` sealed. Raise CannotOpen."""
    return _decrypt(_derive(_master_key(), "platform"), sealed, place.encode())


def blind_index(value: str, *, kind: str) -> bytes:
    """Return 32 bytes by which the organisation finds an equal value without storing it."""
    return mac(value.encode(), purpose=f"index:{kind}")


def mac(message: bytes, *, purpose: str) -> bytes:
    """Authenticate a message for one purpose with the organisation's key (HMAC-SHA256)."""
    cache = _cache()
    key = cache.get(("derived", purpose))
    if key is None:
        key = cache[("derived", purpose)] = _derive(_organisation_key(), purpose)
    return hmac.digest(key, message, "sha256")


def salted(content: bytes) -> tuple[bytes, bytes]:
    """Commit to content: return a random salt and SHA-256 over salt and content."""
    salt = os.urandom(16)
    return salt, hashlib.sha256(salt + content).digest()


def _master_key() -> bytes:
    if _master is None:
        raise NoMasterKey("set GUICHET_MASTER_KEY (32 bytes in base64)")
    return _master


def _cache() -> dict[tuple[str, object], bytes]:
    """Unwrapped keys live as long as the act that needed them: a destroyed key is gone at once."""
    cache: dict[tuple[str, object], bytes] = db.session().info.setdefault("keys", {})
    return cache


def _organisation_key() -> bytes:
    cache = _cache()
    organisation_id = context.current_organisation()
    key = cache.get(("organisation", organisation_id))
    if key is None:
        row = db.session.scalars(sa.select(OrganisationKey).order_by(OrganisationKey.version.desc())).first()
        if row is None:
            raise CannotOpen("the organisation has no key")
        key = _decrypt(_master_key(), row.wrapped, _place("organisation", organisation_id))
        cache[("organisation", organisation_id)] = key
    return key


def _key_of(contact_id: uuid.UUID | None) -> bytes:
    if contact_id is None:
        return _organisation_key()
    cache = _cache()
    key = cache.get(("contact", contact_id))
    if key is None:
        row = db.session.scalar(sa.select(ContactKey).where(ContactKey.contact_id == contact_id))
        if row is None:
            raise CannotOpen("the contact's key is gone")
        key = cache[("contact", contact_id)] = _decrypt(_organisation_key(), row.wrapped, _place("contact", contact_id))
    return key


def _place(kind: str, row_id: object) -> bytes:
    return f"{kind}:{row_id}".encode()


def _encrypt(key: bytes, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def _decrypt(key: bytes, sealed: bytes, place: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as error:  # the latter: too short to be sealed at all
        raise CannotOpen("a sealed value does not open here") from error


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)
