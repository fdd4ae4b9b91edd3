"""Decisions: what was to be said, and what was decided about it."""

import dataclasses
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from compliance.labels import PUBLIC, Assurance, Direction, Label, Verdict, join
from tenants import keys
from tenants.context import Actor
from tenants.database import Base, Owned, db

MASKED = "masked"
"""The outcome of an inbound message of which something was masked."""
OUTCOMES = (*(verdict.value for verdict in Verdict), MASKED)


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of what is to be said. `approved`: fixed words, whose labels were fixed when they were approved."""

    text: str
    label: Label = PUBLIC
    approved: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A message that somebody wants to send: what is said, to whom, where, by whom."""

    contact_id: uuid.UUID
    conversation_id: uuid.UUID
    channel_id: uuid.UUID
    channel: str
    """The channel's kind, as policies name it."""
    assurance: Assurance
    recipient: Mapping[str, str]
    payload: Mapping[str, Any]
    """The message as it will be rendered: words, buttons, links, template parameters."""
    pieces: tuple[Piece, ...]
    """All words of the payload."""
    author: Actor
    purpose: str
    """`reply`, `notice`, `emergency`."""
    language: str
    last_inbound_at: datetime | None
    path_label: Label = PUBLIC
    """The label of what was branched upon on the way here."""
    keep_for_portal: Label = PUBLIC
    """What the author declared the message to hold; not public: it belongs on the portal, whatever is cleared here."""

    @property
    def declared(self) -> Label:
        """The label known without reading the words."""
        return join(piece.label for piece in self.pieces) | self.path_label | self.keep_for_portal


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule says: a verdict and why, in words for the person who reads the log."""

    rule: str
    verdict: Verdict
    reason: str


class Decision(Owned, Base):
    """A decision about one message. Never changed, never deleted by the program."""

    __tablename__ = "decision"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    direction: Mapped[str]
    outcome: Mapped[str]
    fingerprint: Mapped[bytes | None]
    """SHA-256 over the sealed payload; only what was cleared has one."""
    mac: Mapped[bytes]
    """The gate's own mark: a row that was written by SQL does not have it."""
    policy_version: Mapped[int]
    classifier_version: Mapped[str]
    sealed: Mapped[bytes]
    """Labels, findings and reasons, with the contact's key."""
    decided_at: Mapped[datetime]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "id", "outcome", "fingerprint", name="uq_decision_what_was_cleared"),
        sa.CheckConstraint(sa.column("outcome").in_(OUTCOMES), name="outcome_is_known"),
        sa.CheckConstraint(sa.column("direction").in_([d.value for d in Direction]), name="direction_is_known"),
        sa.CheckConstraint(
            "fingerprint IS NULL OR (outcome = 'cleared' AND direction = 'outbound')", name="only_cleared_goes_out"
        ),
        sa.Index("ix_decision_conversation", "organisation_id", "conversation_id"),
        sa.Index("ix_decision_decided_at", "organisation_id", "decided_at"),
    )


def latest(
    *,
    limit: int = 50,
    before: uuid.UUID | None = None,
    outcome: str | None = None,
    direction: Direction | None = None,
) -> list[Decision]:
    """The newest decisions, newest first, by key: `before` is the last id of the page before."""
    query = sa.select(Decision).order_by(Decision.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Decision.id < before)
    if outcome is not None:
        query = query.where(Decision.outcome == outcome)
    if direction is not None:
        query = query.where(Decision.direction == direction.value)
    return list(db.session.scalars(query))


def by_hour(*, since: datetime) -> list[tuple[datetime, str, str, int]]:
    """How many messages were decided upon since a moment: hour, direction, outcome, number."""
    hour = sa.func.date_trunc("hour", Decision.decided_at)
    rows = db.session.execute(
        sa.select(hour, Decision.direction, Decision.outcome, sa.func.count())
        .where(Decision.decided_at >= since)
        .group_by(hour, Decision.direction, Decision.outcome)
        .order_by(hour)
    )
    return [(at, direction, outcome, number) for at, direction, outcome, number in rows]


def seal_reasons(decision_id: uuid.UUID, contact_id: uuid.UUID, reasons: Mapping[str, Any]) -> bytes:
    """Seal the reasons of a decision with the contact's key."""
    return keys.seal(json.dumps(reasons).encode(), place=f"decision:{decision_id}", contact_id=contact_id)


def reasons_of(decision: Decision) -> dict[str, Any]:
    """Open the reasons of a decision. Raise keys.CannotOpen."""
    opened = keys.unseal(decision.sealed, place=f"decision:{decision.id}", contact_id=decision.contact_id)
    reasons: dict[str, Any] = json.loads(opened)
    return reasons
