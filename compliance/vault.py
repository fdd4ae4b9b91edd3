"""The vault: what was withheld, sealed, for the person it is about and until it expires.

An entry without a reader waits for its person to be known and opens for nobody.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from compliance import audit
from tenants import keys
from tenants.database import Base, Owned, db, new_id

KEPT_DAYS = 30


class VaultEntry(Owned, Base):
    """Something kept. `reader` is the blind index of the data subject who may open it."""

    __tablename__ = "vault_entry"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID]
    decision_id: Mapped[uuid.UUID]
    reason: Mapped[str]
    reader: Mapped[bytes | None]
    sealed: Mapped[bytes]
    kept_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    __table_args__ = (
        sa.CheckConstraint(sa.column("reason").in_(["diverted", "held"]), name="reason_is_known"),
        sa.CheckConstraint("expires_at > kept_at", name="expires_later"),
        sa.UniqueConstraint("organisation_id", "decision_id"),
        sa.Index("ix_vault_entry_reader", "organisation_id", "reader"),
        sa.Index("ix_vault_entry_conversation", "organisation_id", "conversation_id"),
    )


class NotTheReader(PermissionError):
    """The entry is about somebody else, has expired, or does not exist."""


def reader_of(subject: str) -> bytes:
    """The blind index of a data subject: who signed in, as the firm's identity provider names them."""
    return keys.blind_index(subject, kind="reader")


def keep(
    *,
    contact_id: uuid.UUID,
    conversation_id: uuid.UUID,
    decision_id: uuid.UUID,
    reason: str,
    reader: bytes | None,
    content: Mapping[str, Any],
    now: datetime,
) -> VaultEntry:
    """Keep content."""
    entry = VaultEntry(
        id=new_id(),
        contact_id=contact_id,
        conversation_id=conversation_id,
        decision_id=decision_id,
        reason=reason,
        reader=reader,
        sealed=b"",
        kept_at=now,
        expires_at=now + timedelta(days=KEPT_DAYS),
    )
    entry.sealed = keys.seal(json.dumps(content).encode(), place=f"vault:{entry.id}", contact_id=contact_id)
    db.session.add(entry)
    audit.record("kept in the vault", subject=("vault_entry", entry.id), details={"reason": reason})
    return entry


def waiting_for(reader: bytes, *, now: datetime) -> list[VaultEntry]:
    """What waits for this person, oldest first; what is held waits for a decision and is not among it."""
    return list(
        db.session.scalars(
            sa.select(VaultEntry)
            .where(VaultEntry.reader == reader, VaultEntry.reason == "diverted", VaultEntry.expires_at > now)
            .order_by(VaultEntry.id)
        )
    )


def open_for(reader: bytes, entry: VaultEntry, *, now: datetime) -> dict[str, Any]:
    """Open an entry for its reader; the reading is logged. Raise NotTheReader."""
    if entry.reader is None or entry.reader != reader or entry.expires_at <= now or entry.reason != "diverted":
        audit.record("reading refused", subject=("vault_entry", entry.id))
        raise NotTheReader
    audit.record("read", subject=("vault_entry", entry.id))
    return content_of(entry)


def content_of(entry: VaultEntry) -> dict[str, Any]:
    """Open an entry for the program itself or somebody entitled; the caller logs who reads it."""
    opened = keys.unseal(entry.sealed, place=f"vault:{entry.id}", contact_id=entry.contact_id)
    content: dict[str, Any] = json.loads(opened)
    return content


def name_reader(*, contact_id: uuid.UUID, reader: bytes) -> int:
    """Say who the person is for whom a contact's entries wait; return how many waited."""
    entries = list(
        db.session.scalars(
            sa.select(VaultEntry).where(VaultEntry.contact_id == contact_id, VaultEntry.reader.is_(None))
        )
    )
    for entry in entries:
        entry.reader = reader
    return len(entries)
