"""Receipts: what the channel says became of a message, every word of it kept, never a downgrade."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from bot import tickets
from bot.channels.base import Status, advance
from bot.inbox import ROWS
from bot.outbox import UNFINISHED, Outbound, delivery_bell
from compliance import audit
from tenants.database import Base, Owned, db, new_id
from tenants.queue import ring_after_commit


class Receipt(Owned, Base):
    """A status as it came. `pricing` is what the provider says that it charges."""

    __tablename__ = "receipt"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[uuid.UUID]
    external_id: Mapped[str]
    status: Mapped[str]
    outbound_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    error_code: Mapped[int | None]
    pricing: Mapped[dict[str, Any] | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "channel_id", "external_id", "status", "at"),
        sa.Index("ix_receipt_outbound", "organisation_id", "outbound_id"),
    )


def take_in(statuses: Sequence[Status], *, organisation_id: uuid.UUID, channel_id: uuid.UUID, now: datetime) -> int:
    """Store statuses and move the messages that they are about; return how many were new.

    A status with our callback data settles a message whose answer was lost.
    """
    fresh = _store(statuses, organisation_id=organisation_id, channel_id=channel_id, now=now)
    # In one order everywhere, so that two webhooks about the same messages never wait for each other in a circle.
    for status in sorted(fresh, key=lambda status: (status.external_id, status.rank)):
        _apply(status, organisation_id=organisation_id, channel_id=channel_id, now=now)
    return len(fresh)


def _store(
    statuses: Sequence[Status], *, organisation_id: uuid.UUID, channel_id: uuid.UUID, now: datetime
) -> list[Status]:
    by_key = {(status.external_id, status.status, status.at): status for status in statuses}
    # In one order everywhere: two webhooks with the same statuses must not wait for each other in a circle.
    rows = [
        {
            "organisation_id": organisation_id,
            "id": new_id(),
            "channel_id": channel_id,
            "external_id": status.external_id,
            "status": status.status,
            "at": status.at,
            "received_at": now,
            "outbound_id": _uuid(status.callback_data),
            "error_code": _error_code(status),
            "pricing": _storable(status.pricing),
        }
        for _, status in sorted(by_key.items())
    ]
    return [
        by_key[row.external_id, row.status, row.at]
        for start in range(0, len(rows), ROWS)
        for row in db.session.execute(
            insert(Receipt)
            .values(rows[start : start + ROWS])
            .on_conflict_do_nothing()
            .returning(Receipt.external_id, Receipt.status, Receipt.at)
        )
    ]


def _apply(status: Status, *, organisation_id: uuid.UUID, channel_id: uuid.UUID, now: datetime) -> None:
    outbound = _find(status, channel_id)
    if outbound is None:
        return
    if outbound.external_id is None:
        outbound.external_id = status.external_id
    if outbound.state in UNFINISHED:
        # The provider has it, whatever it answered us, or whatever became of its answer: it must not go again.
        outbound.state = "accepted"
        outbound.finished_at = now
        audit.record("outcome settled", subject=("outbound", outbound.id), details={"by": status.status})
        tickets.close_about(outbound.id, reason="unknown outcome", now=now)
        ring_after_commit(delivery_bell(organisation_id, channel_id))
    stands = advance(outbound.status, status.status)
    if stands == outbound.status or stands is None:
        return
    outbound.status = stands
    audit.record("status", subject=("outbound", outbound.id), details={"status": stands})
    if stands == "failed":
        outbound.state = "failed"
        outbound.error_code = _error_code(status)
        tickets.open_ticket(
            conversation_id=outbound.conversation_id,
            contact_id=outbound.contact_id,
            reason="not delivered",
            about_id=outbound.id,
            now=now,
        )


def _find(status: Status, channel_id: uuid.UUID) -> Outbound | None:
    """By our own callback data first: it is there even when the provider's id never reached us."""
    wanted = _uuid(status.callback_data)
    query = sa.select(Outbound).where(Outbound.channel_id == channel_id).with_for_update()
    if wanted is not None:
        return db.session.scalar(query.where(Outbound.id == wanted))
    return db.session.scalar(query.where(Outbound.external_id == status.external_id))


def _error_code(status: Status) -> int | None:
    """The first error's code, where it is one: what comes from outside may be any number."""
    code = status.errors[0].code if status.errors else None
    return code if code is not None and 0 <= code < 2**31 else None


def _storable(pricing: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is said of the price, if PostgreSQL can keep it: no NUL, no half of a surrogate pair, no infinity."""
    try:
        written = json.dumps(pricing, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (ValueError, RecursionError):
        return None
    return None if "\\u0000" in written else pricing


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
