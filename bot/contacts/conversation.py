"""The conversation of a contact on a channel: its session, and where it is being held just now."""

import json
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels.routes import ConnectedChannel
from bot.contacts.contact import Contact
from bot.engine import State
from compliance.labels import Assurance
from tenants import keys
from tenants.database import Base, Owned, db, load, new_id


class Conversation(Owned, Base):
    """A conversation. The flow's session is sealed with the contact's key."""

    __tablename__ = "conversation"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    """The channel on which it began."""
    talking_on: Mapped[uuid.UUID]
    """The channel on which the customer last did something: the bot answers there."""
    assurance: Mapped[int]
    shard: Mapped[int]
    language: Mapped[str]
    began_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime | None]
    """The customer's last message on the channel where it began: the service window counts from it."""
    disclosed_at: Mapped[datetime | None]
    """When the customer was told that a bot speaks."""
    masked_told_at: Mapped[datetime | None]
    flow_version_id: Mapped[uuid.UUID | None]
    sealed_session: Mapped[bytes | None]
    wake_at: Mapped[datetime | None]
    pair_ready_at: Mapped[datetime | None]
    """When the pair limit would be used up, as the generic cell rate algorithm counts (ITU-T I.371)."""
    reader: Mapped[bytes | None]
    """Who signed in during this session: what was fetched for them is theirs."""
    confirm_hash: Mapped[bytes | None]
    confirm_reader: Mapped[bytes | None]
    confirm_until: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "contact_id", "channel_id"),
        sa.ForeignKeyConstraint(["organisation_id", "contact_id"], ["contact.organisation_id", "contact.id"]),
        sa.CheckConstraint("(flow_version_id IS NULL) = (sealed_session IS NULL)", name="session_of_a_flow"),
        sa.Index(
            "ix_conversation_wake_at", "organisation_id", "wake_at", postgresql_where=sa.text("wake_at IS NOT NULL")
        ),
        sa.Index("ix_conversation_latest", "organisation_id", "last_inbound_at"),
    )


def between(contact: Contact, channel: ConnectedChannel, *, shard: int, language: str, now: datetime) -> Conversation:
    """The conversation of a contact on a channel, locked; begun when there is none."""
    conversation = db.session.scalar(
        sa.select(Conversation)
        .where(Conversation.contact_id == contact.id, Conversation.channel_id == channel.id)
        .with_for_update()
    )
    if conversation is None:
        conversation = Conversation(
            id=new_id(),
            contact_id=contact.id,
            channel_id=channel.id,
            talking_on=channel.id,
            assurance=Assurance.NUMBER_KNOWN,
            shard=shard,
            language=contact.language or language,
            began_at=now,
        )
        db.session.add(conversation)
        db.session.flush()
    return conversation


def locked(conversation_id: uuid.UUID) -> Conversation:
    """Load a conversation and lock it until the act ends."""
    return load(Conversation, conversation_id, lock=True)


def latest(*, limit: int = 50, before: datetime | None = None) -> list[Conversation]:
    """The conversations in which customers last wrote, newest first, by key."""
    query = sa.select(Conversation).where(Conversation.last_inbound_at.is_not(None))
    if before is not None:
        query = query.where(Conversation.last_inbound_at < before)
    return list(db.session.scalars(query.order_by(Conversation.last_inbound_at.desc()).limit(limit)))


def due(*, now: datetime, limit: int = 200) -> list[Conversation]:
    """Conversations whose time-out has passed, locked: what a turn holds just now gets another time-out from it."""
    query = sa.select(Conversation).where(Conversation.wake_at <= now).limit(limit)
    return list(db.session.scalars(query.with_for_update(skip_locked=True)))


def session_of(conversation: Conversation) -> State | None:
    """Open the flow's session."""
    if conversation.sealed_session is None:
        return None
    opened = keys.unseal(
        conversation.sealed_session, place=f"session:{conversation.id}", contact_id=conversation.contact_id
    )
    return State.from_json(json.loads(opened))


def keep_session(conversation: Conversation, session: State, version_id: uuid.UUID) -> None:
    """Store the flow's session, or nothing once it has ended."""
    if session.is_ended:
        conversation.flow_version_id = conversation.sealed_session = conversation.wake_at = None
        return
    plain = json.dumps(session.as_json()).encode()
    conversation.flow_version_id = version_id
    conversation.sealed_session = keys.seal(
        plain, place=f"session:{conversation.id}", contact_id=conversation.contact_id
    )
    conversation.wake_at = session.wake_at
