"""Tickets: what waits for a person."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from compliance import audit
from tenants import keys
from tenants.database import Base, Owned, db, new_id

TAKING_OVER = frozenset({"handoff", "emergency"})
"""Reasons for which a person talks and the bot is silent until the ticket closes."""
REASONS = (*sorted(TAKING_OVER), "held", "not delivered", "turn failed", "unknown outcome")


class Ticket(Owned, Base):
    """A conversation, or one message of it, that waits for a person."""

    __tablename__ = "ticket"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    queue: Mapped[str]
    reason: Mapped[str]
    priority: Mapped[int]
    about_id: Mapped[uuid.UUID | None]
    """The outbound message, event or vault entry that it is about, where it is about one."""
    sealed_note: Mapped[bytes]
    opened_at: Mapped[datetime]
    taken_by: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    __table_args__ = (
        sa.CheckConstraint(sa.column("reason").in_(REASONS), name="reason_is_known"),
        sa.CheckConstraint("(taken_by IS NULL) = (taken_at IS NULL)", name="taken_by_somebody"),
        sa.CheckConstraint("(closed_by IS NULL) = (closed_at IS NULL)", name="closed_by_somebody"),
        sa.Index(
            "uq_ticket_taking_over",
            "organisation_id",
            "conversation_id",
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL AND reason IN ('handoff', 'emergency')"),
        ),
        sa.Index("ix_ticket_open", "organisation_id", "opened_at", postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("ix_ticket_conversation", "organisation_id", "conversation_id"),
    )

    @property
    def takes_over(self) -> bool:
        """Whether the bot is silent while it is open."""
        return self.reason in TAKING_OVER


class TicketClosed(PermissionError):
    """The ticket is closed; it cannot be taken or answered any more."""


class TakenByAnother(PermissionError):
    """Somebody else has the ticket."""


def open_ticket(
    *,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    reason: str,
    now: datetime,
    queue: str = "general",
    note: str = "",
    priority: int = 0,
    about_id: uuid.UUID | None = None,
) -> Ticket:
    """Open a ticket; where a person already has the conversation, that ticket serves."""
    if reason in TAKING_OVER:
        current = taking_over(conversation_id)
        if current is not None:
            current.priority = max(current.priority, priority)
            return current
    ticket_id = new_id()
    ticket = Ticket(
        id=ticket_id,
        conversation_id=conversation_id,
        contact_id=contact_id,
        queue=queue,
        reason=reason,
        priority=priority,
        about_id=about_id,
        sealed_note=_seal_note(note, ticket_id, contact_id),
        opened_at=now,
    )
    db.session.add(ticket)
    db.session.flush()
    audit.record(
        "ticket opened", subject=("ticket", ticket_id), details={"reason": reason, "queue": queue, "priority": priority}
    )
    return ticket


def taking_over(conversation_id: uuid.UUID) -> Ticket | None:
    """The open ticket by which a person has this conversation."""
    return db.session.scalar(
        sa.select(Ticket).where(
            Ticket.conversation_id == conversation_id, Ticket.closed_at.is_(None), Ticket.reason.in_(TAKING_OVER)
        )
    )


def open_tickets() -> list[Ticket]:
    """All open tickets: the most urgent first, then the oldest."""
    return list(
        db.session.scalars(
            sa.select(Ticket).where(Ticket.closed_at.is_(None)).order_by(Ticket.priority.desc(), Ticket.opened_at)
        )
    )


def note_of(ticket: Ticket) -> str:
    """Open the note that came with a ticket."""
    if not ticket.sealed_note:
        return ""
    return keys.unseal(ticket.sealed_note, place=f"ticket:{ticket.id}", contact_id=ticket.contact_id).decode()


def take(ticket: Ticket, *, person: str, now: datetime) -> None:
    """Take a ticket. Raise TicketClosed or TakenByAnother."""
    # As it is now, and nobody else's until this act ends: two may have looked at it at once.
    db.session.refresh(ticket, with_for_update=True)
    check_is_open(ticket)
    if ticket.taken_by is not None and ticket.taken_by != person:
        raise TakenByAnother
    if ticket.taken_by is None:
        ticket.taken_by = person
        ticket.taken_at = now
        audit.record("ticket taken", subject=("ticket", ticket.id))


def close(ticket: Ticket, *, person: str, reason: str, now: datetime) -> None:
    """Close a ticket with a reason. Raise TicketClosed."""
    check_is_open(ticket)
    ticket.closed_by = person
    ticket.closed_at = now
    ticket.close_reason = reason
    audit.record("ticket closed", subject=("ticket", ticket.id), details={"reason": reason})


def close_about(about_id: uuid.UUID, *, reason: str, now: datetime) -> None:
    """Close the open tickets of a reason about something that has settled itself."""
    for ticket in db.session.scalars(
        sa.select(Ticket).where(Ticket.about_id == about_id, Ticket.reason == reason, Ticket.closed_at.is_(None))
    ):
        close(ticket, person="system", reason="settled", now=now)


def check_is_open(ticket: Ticket) -> None:
    """Raise TicketClosed unless the ticket is open."""
    if ticket.closed_at is not None:
        raise TicketClosed


def _seal_note(note: str, ticket_id: uuid.UUID, contact_id: uuid.UUID) -> bytes:
    """Nothing is sealed where nothing is noted: a ticket can be opened about a contact whose key is destroyed."""
    return keys.seal(note.encode(), place=f"ticket:{ticket_id}", contact_id=contact_id) if note else b""
