"""The list of conversations, for those who look after them: who has each, and when somebody last wrote."""

import dataclasses
import enum
import uuid
from datetime import datetime

import sqlalchemy as sa

from bot.channels.routes import ConnectedChannel
from bot.contacts import Conversation
from bot.tickets import TAKING_OVER, Ticket
from tenants.database import NotFound, db


class Standing(enum.StrEnum):
    """Who has a conversation just now."""

    PERSON = "person"
    """It waits for a person, or a person has it."""
    BOT = "bot"
    """A flow is under way."""
    REST = "rest"
    """Nothing is under way: whoever writes next begins anew."""


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in the list."""

    id: uuid.UUID
    channel: str
    channel_name: str
    language: str
    standing: Standing
    assurance: int
    began_at: datetime
    last_at: datetime


_last = sa.func.coalesce(Conversation.last_inbound_at, Conversation.began_at)
_with_person = sa.exists().where(
    Ticket.conversation_id == Conversation.id, Ticket.closed_at.is_(None), Ticket.reason.in_(TAKING_OVER)
)
_standing = sa.case(
    (_with_person, Standing.PERSON.value),
    (Conversation.sealed_session.is_not(None), Standing.BOT.value),
    else_=Standing.REST.value,
)


def listed(
    *, standing: Standing | None = None, before: tuple[datetime, uuid.UUID] | None = None, limit: int = 50
) -> list[Listed]:
    """The conversations, newest first, by key: `before` is time and id of the last one of the page before."""
    query = _query().order_by(_last.desc(), Conversation.id.desc()).limit(limit)
    if before is not None:
        query = query.where(sa.tuple_(_last, Conversation.id) < sa.tuple_(*map(sa.literal, before)))
    if standing is not None:
        query = query.where(_standing == sa.literal(standing.value))
    return [_listed(row) for row in db.session.execute(query)]


def one(conversation_id: uuid.UUID) -> Listed:
    """One conversation as it stands in the list. Raise NotFound."""
    row = db.session.execute(_query().where(Conversation.id == conversation_id)).first()
    if row is None:
        raise NotFound(Conversation.__name__)
    return _listed(row)


def _query() -> sa.Select[Conversation, ConnectedChannel, str, datetime]:
    return sa.select(Conversation, ConnectedChannel, _standing.label("standing"), _last.label("last_at")).join(
        ConnectedChannel, ConnectedChannel.id == Conversation.channel_id
    )


def _listed(row: sa.Row[Conversation, ConnectedChannel, str, datetime]) -> Listed:
    conversation, channel, standing, last_at = row
    return Listed(
        id=conversation.id,
        channel=channel.kind,
        channel_name=channel.name,
        language=conversation.language,
        standing=Standing(standing),
        assurance=conversation.assurance,
        began_at=conversation.began_at,
        last_at=last_at,
    )
