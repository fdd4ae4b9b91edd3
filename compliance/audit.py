"""The audit log: every act that matters, an entry in the same transaction as the act.

Entries are only ever added. What concerns a person is sealed with that person's key and
committed to under a random salt that lies inside the seal, so that the log still
verifies, and says nothing any more, once the key is destroyed. An entry names no
predecessor: the Merkle tree over the entries is built beside them.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tenants import context, keys
from tenants.database import Base, Owned, db, new_id, record_changes_with


class AuditEntry(Owned, Base):
    """One act. `details` say nothing about a customer; what does is in `sealed`."""

    __tablename__ = "audit_entry"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    # The database's clock, so that no process can date its acts by a clock of its own.
    at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    act: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]]
    contact_id: Mapped[uuid.UUID | None]
    sealed: Mapped[bytes | None]
    commitment: Mapped[bytes | None]
    __table_args__ = (
        sa.CheckConstraint("(sealed IS NULL) = (commitment IS NULL)", name="sealed_is_committed"),
        sa.CheckConstraint("sealed IS NULL OR contact_id IS NOT NULL", name="sealed_is_about_somebody"),
        sa.Index("ix_audit_entry_organisation_id_at", "organisation_id", "at"),
        sa.Index("ix_audit_entry_subject", "organisation_id", "subject_kind", "subject_id"),
    )


class AboutNobody(ValueError):
    """A private part names nobody with whose key it could be sealed."""


def record(
    act: str,
    *,
    subject: tuple[str, object],
    details: Mapping[str, Any] | None = None,
    about: uuid.UUID | None = None,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. `private` concerns the contact `about` and is sealed with that contact's key.

    Raise AboutNobody.
    """
    if private is not None and about is None:
        raise AboutNobody(act)
    entry_id = new_id()
    sealed = commitment = None
    if private is not None and about is not None:
        salt, commitment = keys.salted(_canonical(private))
        content = {"salt": salt.hex(), "private": dict(private)}
        sealed = keys.seal(_canonical(content), place=f"audit:{entry_id}", contact_id=about)
    actor = context.current().actor
    db.session.add(
        AuditEntry(
            id=entry_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            act=act,
            subject_kind=subject[0],
            subject_id=str(subject[1]),
            details=dict(details or {}),
            contact_id=about,
            sealed=sealed,
            commitment=commitment,
        )
    )


def private_part(entry: AuditEntry) -> dict[str, Any]:
    """Open what an entry says about its contact; empty where it says nothing. Raise keys.CannotOpen."""
    if entry.sealed is None:
        return {}
    opened = json.loads(keys.unseal(entry.sealed, place=f"audit:{entry.id}", contact_id=entry.contact_id))
    private: dict[str, Any] = opened["private"]
    return private


def latest(*, limit: int = 50, before: uuid.UUID | None = None, act: str | None = None) -> list[AuditEntry]:
    """The newest entries, newest first, by key: `before` is the last id of the page before."""
    query = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if act is not None:
        query = query.where(AuditEntry.act == act)
    return list(db.session.scalars(query))


def about(kind: str, subject_id: object) -> list[AuditEntry]:
    """The entries about one subject, oldest first."""
    return list(
        db.session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == str(subject_id))
            .order_by(AuditEntry.id)
        )
    )


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _record_change(change: str, row: Any, columns: list[str]) -> None:
    """Record a change of configuration: which row and which columns, never a value."""
    if row.id is None:
        row.id = new_id()
    record(f"configuration {change}", subject=(type(row).__tablename__, row.id), details={"columns": sorted(columns)})


record_changes_with(_record_change)
