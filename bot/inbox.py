"""The inbox: what came in, stored once, before anything else happens to it.

Webhook items and the program's own events (a call answered, a sign-in, a time-out) wait
in one queue per shard of conversations; a turn takes them in order.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.base import Item
from compliance import audit
from tenants import keys
from tenants.database import Base, Owned, db, new_id
from tenants.queue import Doorbell, ring_after_commit

SHARDS = 8
ATTEMPTS = 3
ROWS = 2_000
"""Rows a statement: PostgreSQL takes 65,535 parameters, and nobody but Meta promises to stay at 1,000 items."""
LATE_AFTER = timedelta(hours=24)
"""A message that arrives later than this is shown, not answered: nobody waits for the bot any more."""

TURNED = frozenset({"message", "edit", "revoke", "identity", "answered", "signed_in", "expired", "ticket_closed"})
"""Kinds that a turn takes up; the others are kept and shown."""


class InboundEvent(Owned, Base):
    """Something that came in. The body is sealed: with the organisation's key until the contact is known."""

    __tablename__ = "inbound_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[uuid.UUID]
    external_id: Mapped[str]
    kind: Mapped[str]
    shard: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    contact_id: Mapped[uuid.UUID | None]
    conversation_id: Mapped[uuid.UUID | None]
    decision_id: Mapped[uuid.UUID | None]
    is_masked: Mapped[bool] = mapped_column(default=False)
    reader: Mapped[bytes | None]
    """Who may read it on the portal, for what was written there."""
    sealed: Mapped[bytes]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "channel_id", "external_id"),
        sa.CheckConstraint(sa.column("state").in_(["waiting", "taken", "kept", "failed"]), name="state_is_known"),
        sa.CheckConstraint(f"shard BETWEEN 0 AND {SHARDS - 1}", name="shard_is_known"),
        sa.Index(
            "ix_inbound_event_waiting",
            "organisation_id",
            "shard",
            "sent_at",
            "id",
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_inbound_event_conversation", "organisation_id", "conversation_id", "sent_at"),
        sa.Index(
            "ix_inbound_event_kept",
            "organisation_id",
            "id",
            postgresql_where=sa.text("state IN ('kept', 'failed')"),
        ),
    )


def turns_bell(organisation_id: uuid.UUID, shard: int) -> Doorbell:
    """The bell that wakes the turns of a shard."""
    return Doorbell(job="bot.jobs.take_turns", queue="turns", arguments=(str(organisation_id), shard))


def shard_of(key: str) -> int:
    """The shard of a conversation, by a stable key of who writes."""
    return keys.mac(key.encode(), purpose="shard")[0] % SHARDS


def store(items: Sequence[tuple[uuid.UUID, Item]], *, organisation_id: uuid.UUID, now: datetime) -> int:
    """Store webhook items of the acting organisation, each with its channel; return how many were new."""
    rows = [_row(channel_id, item, now) for channel_id, item in items]
    if not rows:
        return 0
    return _insert(rows, organisation_id)


def note(
    kind: str,
    *,
    external_id: str,
    organisation_id: uuid.UUID,
    channel_id: uuid.UUID,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    shard: int,
    body: Mapping[str, Any],
    reader: bytes | None = None,
    now: datetime,
) -> bool:
    """Put an event of the program's own, or of the portal, in the queue; False when it is there already."""
    row_id = new_id()
    row = {
        "id": row_id,
        "channel_id": channel_id,
        "external_id": external_id,
        "kind": kind,
        "shard": shard,
        "state": "waiting",
        "attempts": 0,
        "is_masked": False,
        "contact_id": contact_id,
        "conversation_id": conversation_id,
        "reader": reader,
        "sealed": seal_body(row_id, body, contact_id=contact_id),
        "sent_at": now,
        "received_at": now,
    }
    return _insert([row], organisation_id) == 1


def waiting(shard: int, *, limit: int) -> list[InboundEvent]:
    """The oldest waiting events of a shard, in the order in which they were sent."""
    return list(
        db.session.scalars(
            sa.select(InboundEvent)
            .where(InboundEvent.state == "waiting", InboundEvent.shard == shard)
            .order_by(InboundEvent.sent_at, InboundEvent.id)
            .limit(limit)
        )
    )


def waiting_shards() -> list[int]:
    """The shards in which something waits: what the sweep rings for."""
    return list(db.session.scalars(sa.select(InboundEvent.shard).where(InboundEvent.state == "waiting").distinct()))


def set_aside(*, limit: int = 50, before: uuid.UUID | None = None) -> list[InboundEvent]:
    """What no turn took up, newest first, by key: kinds that are only kept, and events whose turn failed."""
    query = sa.select(InboundEvent).where(InboundEvent.state.in_(["kept", "failed"]))
    if before is not None:
        query = query.where(InboundEvent.id < before)
    return list(db.session.scalars(query.order_by(InboundEvent.id.desc()).limit(limit)))


def number_set_aside(*, since: datetime) -> dict[str, int]:
    """How many events failed, and how many were not understood, since a moment."""
    rows = db.session.execute(
        sa.select(InboundEvent.state, sa.func.count())
        .where(
            InboundEvent.received_at >= since,
            sa.or_(
                InboundEvent.state == "failed", sa.and_(InboundEvent.state == "kept", InboundEvent.kind == "unknown")
            ),
        )
        .group_by(InboundEvent.state)
    )
    return {"failed": 0, "kept": 0} | {row[0]: row[1] for row in rows}


def body_of(event: InboundEvent) -> dict[str, Any]:
    """Open an event's body."""
    opened = keys.unseal(event.sealed, place=f"inbound:{event.id}", contact_id=event.contact_id)
    body: dict[str, Any] = json.loads(opened)
    return body


def seal_body(event_id: uuid.UUID, body: Mapping[str, Any], *, contact_id: uuid.UUID | None) -> bytes:
    """Seal a body for its event."""
    return keys.seal(json.dumps(body).encode(), place=f"inbound:{event_id}", contact_id=contact_id)


def take(event: InboundEvent, *, now: datetime) -> None:
    """Mark an event as processed."""
    event.state = "taken"
    event.taken_at = now


def give_up(event: InboundEvent, *, now: datetime) -> bool:
    """Count a failed attempt; True when it was the last and a person must look."""
    event.attempts += 1
    if event.attempts < ATTEMPTS:
        return False
    event.state = "failed"
    event.taken_at = now
    audit.record("turn failed", subject=("inbound_event", event.id), details={"attempts": event.attempts})
    return True


def is_late(event: InboundEvent) -> bool:
    """Tell whether an event came so late that nobody waits for an answer."""
    return event.received_at - event.sent_at > LATE_AFTER


def _row(channel_id: uuid.UUID, item: Item, now: datetime) -> dict[str, Any]:
    row_id = new_id()
    # The phone is in most payloads and the business-scoped id in all newer ones: the first known decides.
    by_kind = {identity.kind: identity.value for identity in item.sender}
    key = by_kind.get("phone") or by_kind.get("bsuid") or item.external_id
    body = {"item": item.body, "sender": [[identity.kind, identity.value] for identity in item.sender]}
    return {
        "id": row_id,
        "channel_id": channel_id,
        "external_id": item.external_id,
        "kind": item.kind,
        "shard": shard_of(key),
        "state": "waiting" if item.kind in TURNED else "kept",
        "attempts": 0,
        "is_masked": False,
        "contact_id": None,
        "conversation_id": None,
        "reader": None,
        "sealed": seal_body(row_id, body, contact_id=None),
        "sent_at": min(item.sent_at, now),
        "received_at": now,
    }


def _insert(rows: Iterable[Mapping[str, Any]], organisation_id: uuid.UUID) -> int:
    """Insert what is new. The organisation is part of the key, so that no clash hides another's message.

    In one order everywhere, so that two webhooks that hold the same items never wait for each other in a circle.
    """
    ordered = sorted(rows, key=lambda row: (str(row["channel_id"]), row["external_id"]))
    stored = [
        row
        for start in range(0, len(ordered), ROWS)
        for row in db.session.execute(
            insert(InboundEvent)
            .values([{**row, "organisation_id": organisation_id} for row in ordered[start : start + ROWS]])
            .on_conflict_do_nothing(index_elements=["organisation_id", "channel_id", "external_id"])
            .returning(InboundEvent.shard, InboundEvent.state)
        )
    ]
    for shard in {row.shard for row in stored if row.state == "waiting"}:
        ring_after_commit(turns_bell(organisation_id, shard))
    return len(stored)


def grouped(
    items: Iterable[Item], owners: Mapping[tuple[str, str], tuple[uuid.UUID, uuid.UUID]]
) -> tuple[dict[uuid.UUID, list[tuple[uuid.UUID, Item]]], list[Item]]:
    """Sort items by organisation; what nobody owns comes second."""
    by_organisation: dict[uuid.UUID, list[tuple[uuid.UUID, Item]]] = defaultdict(list)
    ownerless: list[Item] = []
    for item in items:
        owner = owners.get(item.route)
        if owner is None:
            ownerless.append(item)
        else:
            by_organisation[owner[0]].append((owner[1], item))
    return by_organisation, ownerless
