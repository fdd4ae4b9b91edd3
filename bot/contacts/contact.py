"""Contacts: somebody who writes to an organisation, known by one or several identities.

A contact is not a person: phones are shared, recycled and stolen. No phone number ever
selects protected data; only who signed in does.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.base import Identity
from compliance import audit
from tenants import keys
from tenants.database import Base, Owned, db, load, new_id

ORDER = ("subject", "bsuid", "parent_bsuid", "phone")
"""Which identity decides when several are known: a business-scoped id before a phone; never a username."""


class Contact(Owned, Base):
    """A contact. What it is called by lies in its identities; what is known about it is sealed."""

    __tablename__ = "contact"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    language: Mapped[str | None]
    created_at: Mapped[datetime]
    reader: Mapped[bytes | None]
    """The blind index of the person whom the contact is known to be: signed in, and holding the chat."""
    bound_at: Mapped[datetime | None]
    __table_args__ = (sa.CheckConstraint("(reader IS NULL) = (bound_at IS NULL)", name="bound_at_a_time"),)


class ContactIdentity(Owned, Base):
    """A name under which a channel, or the firm's identity provider, knows a contact, for a time."""

    __tablename__ = "contact_identity"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    blind_index: Mapped[bytes]
    sealed: Mapped[bytes]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    __table_args__ = (
        sa.ForeignKeyConstraint(["organisation_id", "contact_id"], ["contact.organisation_id", "contact.id"]),
        sa.CheckConstraint("valid_to >= valid_from", name="ends_later"),
        sa.Index(
            "uq_contact_identity_valid",
            "organisation_id",
            "kind",
            "blind_index",
            unique=True,
            postgresql_where=sa.text("valid_to IS NULL"),
        ),
        sa.Index("ix_contact_identity_contact", "organisation_id", "contact_id"),
    )


def resolve(identities: Sequence[Identity], *, now: datetime) -> Contact:
    """Find the contact that bears one of these identities, or make one; note identities not seen before."""
    ordered = sorted(
        (identity for identity in identities if identity.kind in ORDER), key=lambda identity: ORDER.index(identity.kind)
    )
    contact: Contact | None = None
    missing: list[Identity] = []
    for identity in ordered:
        found = _bearer(identity)
        if contact is None and found is not None and not _is_another(found, missing):
            contact = found
        elif found is None or found is not contact:
            # Whoever bore it bears it no longer: a number that was given away must not bring one the other's messages.
            missing.append(identity)
    if contact is None:
        contact = Contact(id=new_id(), created_at=now)
        keys.create_contact_key(contact_id=contact.id)
        db.session.add(contact)
        db.session.flush()
    for identity in missing:
        add_identity(contact, identity, now=now)
    return contact


def add_identity(contact: Contact, identity: Identity, *, now: datetime) -> None:
    """Note that a contact bears an identity from now on; whoever bore it before no longer does."""
    blind = keys.blind_index(identity.value, kind=identity.kind)
    for row in db.session.scalars(
        sa.select(ContactIdentity).where(
            ContactIdentity.kind == identity.kind,
            ContactIdentity.blind_index == blind,
            ContactIdentity.valid_to.is_(None),
        )
    ):
        row.valid_to = now
        db.session.flush()
    row_id = new_id()
    sealed = keys.seal(json.dumps(identity.value).encode(), place=f"identity:{row_id}", contact_id=contact.id)
    db.session.add(
        ContactIdentity(
            id=row_id, contact_id=contact.id, kind=identity.kind, blind_index=blind, sealed=sealed, valid_from=now
        )
    )
    db.session.flush()
    audit.record("identity noted", subject=("contact", contact.id), details={"kind": identity.kind})


def retire_identity(identity: Identity, *, now: datetime) -> Contact | None:
    """End an identity; return who bore it."""
    contact = _bearer(identity)
    blind = keys.blind_index(identity.value, kind=identity.kind)
    for row in db.session.scalars(
        sa.select(ContactIdentity).where(
            ContactIdentity.kind == identity.kind,
            ContactIdentity.blind_index == blind,
            ContactIdentity.valid_to.is_(None),
        )
    ):
        row.valid_to = now
    if contact is not None:
        audit.record("identity ended", subject=("contact", contact.id), details={"kind": identity.kind})
    db.session.flush()
    return contact


def bind(contact: Contact, *, reader: bytes, now: datetime) -> None:
    """Note which person a contact is."""
    contact.reader = reader
    contact.bound_at = now
    audit.record("bound to a person", subject=("contact", contact.id))


def unbind(contact: Contact) -> None:
    """Forget which person a contact was: after a change of number or identity nobody may rely on it."""
    if contact.reader is not None:
        contact.reader = contact.bound_at = None
        audit.record("binding ended", subject=("contact", contact.id))


def identity_of(contact_id: uuid.UUID, *kinds: str) -> dict[str, str]:
    """The valid identities of a contact by kind, of these kinds or of all."""
    query = sa.select(ContactIdentity).where(
        ContactIdentity.contact_id == contact_id, ContactIdentity.valid_to.is_(None)
    )
    if kinds:
        query = query.where(ContactIdentity.kind.in_(kinds))
    return {
        row.kind: json.loads(keys.unseal(row.sealed, place=f"identity:{row.id}", contact_id=contact_id))
        for row in db.session.scalars(query.order_by(ContactIdentity.valid_from))
    }


def find(contact_id: uuid.UUID) -> Contact:
    """Load a contact."""
    return load(Contact, contact_id)


def _is_another(contact: Contact, missing: Sequence[Identity]) -> bool:
    """A number is handed on: who bears it under another user id than the one given is somebody else."""
    named = {identity.kind for identity in missing if identity.kind in ("subject", "bsuid")}
    return bool(named & identity_of(contact.id, "subject", "bsuid").keys())


def _bearer(identity: Identity) -> Contact | None:
    return db.session.scalar(
        sa.select(Contact)
        .join(ContactIdentity, ContactIdentity.contact_id == Contact.id)
        .where(
            ContactIdentity.kind == identity.kind,
            ContactIdentity.blind_index == keys.blind_index(identity.value, kind=identity.kind),
            ContactIdentity.valid_to.is_(None),
        )
    )
