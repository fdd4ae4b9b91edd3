"""Watching a conversation: what a page asks again and again, without opening anything that was said."""

import hashlib
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from bot.connectors import ConnectorCall
from bot.inbox import InboundEvent
from bot.outbox import UNFINISHED, Outbound
from compliance.vault import VaultEntry
from tenants.database import db

OUR_TURN = ("message", "signed_in", "answered")
"""What came in and leads to an answer."""


def mark(conversation_id: uuid.UUID, *, reader: bytes | None = None) -> str:
    """A mark that changes whenever the thread does; with `reader`, the thread that this person reads."""
    inbound = sa.select(InboundEvent.id, InboundEvent.state).where(
        InboundEvent.conversation_id == conversation_id, InboundEvent.kind == "message"
    )
    outbound = sa.select(Outbound.id, Outbound.state, Outbound.status).where(
        Outbound.conversation_id == conversation_id
    )
    kept = sa.select(VaultEntry.id, VaultEntry.reason).where(VaultEntry.conversation_id == conversation_id)
    if reader is not None:
        inbound = inbound.where(InboundEvent.reader == reader)
        outbound = outbound.where(Outbound.reader == reader)
        kept = kept.where(VaultEntry.reader == reader)
    digest = hashlib.sha256()
    for query, order in ((inbound, InboundEvent.id), (outbound, Outbound.id), (kept, VaultEntry.id)):
        for row in db.session.execute(query.order_by(order)):
            digest.update(repr(tuple(map(str, row))).encode())
    return digest.hexdigest()[:16]


def is_busy(conversation_id: uuid.UUID) -> bool:
    """Whether the bot is at work on an answer."""
    waits = sa.exists().where(
        InboundEvent.conversation_id == conversation_id,
        InboundEvent.state == "waiting",
        InboundEvent.kind.in_(OUR_TURN),
    )
    asks = sa.exists().where(ConnectorCall.conversation_id == conversation_id, ConnectorCall.state != "done")
    sends = sa.exists().where(Outbound.conversation_id == conversation_id, Outbound.state.in_(UNFINISHED))
    return bool(db.session.scalar(sa.select(sa.or_(waits, asks, sends))))


def holding(external_ids: Sequence[str]) -> uuid.UUID | None:
    """The conversation that holds the newest of these messages, named as their channel names them."""
    return db.session.scalar(
        sa.select(InboundEvent.conversation_id)
        .where(InboundEvent.external_id.in_(external_ids), InboundEvent.conversation_id.is_not(None))
        .order_by(InboundEvent.id.desc())
        .limit(1)
    )
