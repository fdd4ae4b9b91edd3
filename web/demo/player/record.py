"""What the program wrote down of a conversation: decisions, tickets, log.

The one rule: the player reads it as an operator may, without opening what is protected;
the words are those that the phone and the portal's page show.
"""

import dataclasses
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from bot import inbox, tickets
from bot.channels.routes import ConnectedChannel
from bot.conversation import watch
from bot.inbox import InboundEvent
from bot.outbox import Outbound
from compliance import audit, decisions, links
from compliance.audit import AuditEntry
from compliance.decisions import Decision
from compliance.labels import Direction
from compliance.links import LinkState
from tenants.context import Actor
from tenants.database import acting_as, db

PLAYER = Actor("operator", "player")
MANY = 200
"""More than any step leads to."""
WHENEVER = ("status",)
"""Acts of no step: the phone tells that a message was delivered, or read, when it pleases."""

Row = TypeVar("Row", Decision, AuditEntry)


@dataclasses.dataclass(frozen=True, slots=True)
class Decided:
    """A decision about a message of a conversation. `masked` only for what was written on an open channel."""

    id: uuid.UUID
    at: datetime
    is_inbound: bool
    channel: str
    verdict: str
    reason: str
    purpose: str
    outbound_id: str | None
    masked: str | None


class Record:
    """The record of one conversation, found by the first message of it."""

    def __init__(self, organisation_id: uuid.UUID) -> None:
        self._organisation_id = organisation_id
        self.conversation_id: uuid.UUID | None = None
        self._known: set[uuid.UUID] = set()
        self.news_of_log()

    def is_settled(self, external_id: str | None) -> bool:
        """Whether this message was taken up and the bot has finished its work."""
        with acting_as(self._organisation_id, PLAYER):
            if external_id is not None:
                event = db.session.scalar(sa.select(InboundEvent).where(InboundEvent.external_id == external_id))
                if event is None or event.state == "waiting":
                    return False
                self.conversation_id = event.conversation_id
            return self.conversation_id is not None and not watch.is_busy(self.conversation_id)

    def news(self) -> list[Decided]:
        """The decisions that were written since the last time, oldest first."""
        with acting_as(self._organisation_id, PLAYER):
            kinds = dict(db.session.execute(sa.select(ConnectedChannel.id, ConnectedChannel.kind)).tuples().all())
            mine = [one for one in decisions.latest(limit=MANY) if one.conversation_id == self.conversation_id]
            return [_decided(one, kinds[one.channel_id]) for one in reversed(self._new(mine))]

    def news_of_log(self) -> list[str]:
        """The acts that the firm's log names since the last time, oldest first."""
        with acting_as(self._organisation_id, PLAYER):
            acts = [entry.act for entry in reversed(self._new(audit.latest(limit=MANY)))]
            return [act for act in acts if act not in WHENEVER]

    def on_portal(self) -> list[uuid.UUID]:
        """The decisions about all that the portal's page should show of this conversation, in its order."""
        with acting_as(self._organisation_id, PLAYER):
            return list(
                db.session.scalars(
                    sa.select(Outbound.decision_id)
                    .where(
                        Outbound.conversation_id == self.conversation_id,
                        Outbound.reader.is_not(None),
                        Outbound.state == "accepted",
                    )
                    .order_by(Outbound.created_at, Outbound.id)
                )
            )

    def tickets(self) -> list[tuple[str, str]]:
        """Queue and reason of each open ticket of this conversation."""
        with acting_as(self._organisation_id, PLAYER):
            opened = tickets.open_tickets()
            return [(one.queue, one.reason) for one in opened if one.conversation_id == self.conversation_id]

    def link(self, token: str) -> LinkState:
        """What a link is now."""
        with acting_as(self._organisation_id, PLAYER):
            return links.look(token, now=datetime.now(UTC))[0]

    def _new(self, rows: Iterable[Row]) -> list[Row]:
        found = [row for row in rows if row.id not in self._known]
        self._known |= {row.id for row in found}
        return found


def _decided(decision: Decision, channel: str) -> Decided:
    is_inbound = decision.direction == Direction.INBOUND.value
    reasons = decisions.reasons_of(decision)
    outbound_id, masked = None, None
    if is_inbound:
        event = db.session.scalar(sa.select(InboundEvent).where(InboundEvent.decision_id == decision.id))
        if event is not None and event.reader is None:
            masked = inbox.body_of(event)["masked"]
    else:
        outbound_id = db.session.scalar(sa.select(Outbound.id).where(Outbound.decision_id == decision.id))
    return Decided(
        id=decision.id,
        at=decision.decided_at,
        is_inbound=is_inbound,
        channel=channel,
        verdict=decision.outcome,
        reason=reason_of(reasons, channel=channel),
        purpose=reasons.get("purpose", ""),
        outbound_id=str(outbound_id) if outbound_id is not None else None,
        masked=masked,
    )


def reason_of(reasons: dict[str, Any], *, channel: str) -> str:
    """The reasons of a decision in one line; where no rule objected, what lies in the message."""
    spoken = [judgement[-1] for judgement in reasons["judgements"]]
    spoken += [f"{finding[0]}: {finding[1]}" for finding in reasons["findings"]]
    spoken += [f"heard {signal}" for signal in reasons.get("signals", [])]
    if spoken:
        return "; ".join(spoken)
    label = ", ".join(map(str, reasons["label"]))
    return f"{label} may be said on {channel}" if label else "nothing protected in it"
