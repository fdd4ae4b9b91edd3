"""Delivery: what was cleared is sent, in order, within the limits, and never twice by guess.

A message is claimed and marked *sending* in a transaction that ends before the network
is touched; what came of it is committed message by message. *Sending* without an answer
is unknown, and unknown holds back its conversation until a status or a person settles it.
"""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from bot import tickets
from bot.channels import routes
from bot.channels.base import Act, Receipt, SendError, Transport
from bot.channels.portal import send as portal
from bot.channels.routes import ConnectedChannel
from bot.channels.whatsapp import Number
from bot.channels.whatsapp import send as whatsapp
from bot.contacts import Conversation
from bot.outbox import UNFINISHED, Outbound
from compliance import audit, gate
from compliance.gate import Cleared, NotRecalled
from tenants.database import db, load

CONNECTIONS = 16
"""How many requests are under way at once; no more is claimed, so that a kill leaves few in doubt."""
PER_SECOND = 80
"""Messages a second and number (Meta's default throughput)."""
PAIR_INTERVAL = timedelta(seconds=6)
PAIR_BURST = 45
"""One message per six seconds to one customer, with a burst of 45; beyond it Meta answers 131056."""
ATTEMPTS = 8
SETTLE_AFTER = timedelta(seconds=30)
"""How long an unknown outcome waits for a status before a person is asked."""

Outcome = Receipt | SendError
Send = Callable[[Cleared], Outcome]


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """A message that may be sent now."""

    outbound_id: uuid.UUID
    cleared: Cleared


def sender(channel: ConnectedChannel, *, http: Transport) -> Send:
    """The sender of a channel; it reads its secrets here and touches no database afterwards."""
    if channel.kind == "portal":
        return portal.send
    settings = channel.settings
    number = Number(
        phone_number_id=settings["phone_number_id"],
        secret=settings["token_secret"],
        base_url=settings["base_url"],
        version=settings["version"],
    )
    return whatsapp.sender(number=number, http=http)


def note_orphans(channel_id: uuid.UUID, *, now: datetime) -> int:
    """Mark as unknown what a deliverer that died left *sending*. The caller holds the channel's lock."""
    orphans = db.session.scalars(
        sa.select(Outbound)
        .where(Outbound.channel_id == channel_id, Outbound.state == "sending")
        .with_for_update(skip_locked=True)
    ).all()
    for outbound in orphans:
        _become_unknown(outbound, "the sender stopped before the answer came")
    return len(orphans)


def ask_about_unknown(*, now: datetime) -> int:
    """Ask a person about outcomes that no status has settled; return how many."""
    # A message that a person had sent again may be lost again.
    is_asked = sa.exists().where(
        tickets.Ticket.organisation_id == Outbound.organisation_id,
        tickets.Ticket.about_id == Outbound.id,
        tickets.Ticket.reason == "unknown outcome",
        tickets.Ticket.closed_at.is_(None),
    )
    lost = db.session.scalars(
        sa.select(Outbound)
        .where(Outbound.state == "unknown", Outbound.claimed_at < now - SETTLE_AFTER, ~is_asked)
        .with_for_update(skip_locked=True)
    ).all()
    for outbound in lost:
        _ask_person(outbound, "unknown outcome", now)
    return len(lost)


def claim(channel: ConnectedChannel, *, now: datetime) -> list[Claim]:
    """Claim the oldest message of each conversation as far as limits and connections allow, and recall it.

    What the gate does not recall is stopped, and a person is told.
    """
    if channel.paused_at is not None:
        return []
    claims: list[Claim] = []
    for outbound, conversation in _candidates(channel, _allowance(channel, now), now):
        if channel.kind != "portal" and not _keeps_pace(conversation, now):
            outbound.not_before = now + PAIR_INTERVAL
            continue
        try:
            cleared = gate.recall(
                outbound_id=outbound.id,
                decision_id=outbound.decision_id,
                sealed=outbound.sealed,
                conversation_id=outbound.conversation_id,
                channel_id=channel.id,
                last_inbound_at=conversation.last_inbound_at,
                now=now,
            )
        except NotRecalled as refusal:
            _finish(outbound, "stopped", now, error=str(refusal))
            _ask_person(outbound, "not delivered", now)
            continue
        outbound.state = "sending"
        outbound.claimed_at = now
        outbound.attempts += 1
        claims.append(Claim(outbound.id, cleared))
    db.session.flush()
    return claims


def next_due(channel_id: uuid.UUID) -> datetime | None:
    """When the next waiting message of a channel may go, or None when none waits that nothing holds back."""
    return db.session.scalar(
        sa.select(sa.func.min(Outbound.not_before)).where(
            Outbound.channel_id == channel_id, Outbound.state == "waiting", ~_is_held_back()
        )
    )


def settle(outbound_id: uuid.UUID, outcome: Outcome, *, now: datetime) -> None:
    """Note what came of a message."""
    outbound = load(Outbound, outbound_id, lock=True)
    if outbound.state not in ("sending", "unknown"):
        # A status that overtook the answer has settled it already.
        if isinstance(outcome, Receipt) and outbound.external_id is None:
            outbound.external_id = outcome.external_id
        return
    if isinstance(outcome, Receipt):
        outbound.external_id = outbound.external_id or outcome.external_id
        _finish(outbound, "accepted", now)
        return
    outbound.error_code = outcome.code
    outbound.error = outcome.detail_safe
    match outcome.act:
        case Act.RETRY | Act.PAIR_RETRY:
            _retry(outbound, outcome, now)
        case Act.PAUSE:
            outbound.state = "waiting"
            outbound.not_before = now
            channel = load(ConnectedChannel, outbound.channel_id)
            if channel.paused_at is None:
                # Those under way with it meet the same: one person is told once.
                routes.pause(channel, reason=outcome.detail_safe, now=now)
                _ask_person(outbound, "not delivered", now)
        case Act.UNKNOWN:
            _become_unknown(outbound, outcome.detail_safe)
        case _:
            _finish(outbound, "failed", now, error=outcome.detail_safe)
            _ask_person(outbound, "not delivered", now)


def _candidates(channel: ConnectedChannel, allowance: int, now: datetime) -> list[tuple[Outbound, Conversation]]:
    """The oldest unfinished message of each conversation, where that one waits and is due."""
    rows = db.session.execute(
        sa.select(Outbound, Conversation)
        .join(Conversation, Conversation.id == Outbound.conversation_id)
        .where(
            Outbound.channel_id == channel.id,
            Outbound.state == "waiting",
            Outbound.not_before <= now,
            ~_is_held_back(),
        )
        .order_by(Outbound.id)
        .limit(min(allowance, CONNECTIONS))
        # Both are changed here; what a turn holds just now is skipped, so that neither waits for the other in a circle.
        .with_for_update(of=(Outbound, Conversation), skip_locked=True)
    ).all()
    return [(row[0], row[1]) for row in rows]


def _is_held_back() -> sa.ColumnElement[bool]:
    """An older message of the same conversation is unfinished: order is kept, and what is unknown holds back."""
    older = orm.aliased(Outbound)
    return sa.exists().where(
        older.organisation_id == Outbound.organisation_id,
        older.channel_id == Outbound.channel_id,
        older.conversation_id == Outbound.conversation_id,
        older.state.in_(UNFINISHED),
        older.id < Outbound.id,
    )


def _allowance(channel: ConnectedChannel, now: datetime) -> int:
    """How many more may go in this second: counted from what was claimed, so that every process agrees."""
    if channel.kind == "portal":
        return CONNECTIONS
    claimed = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Outbound)
        .where(Outbound.channel_id == channel.id, Outbound.claimed_at > now - timedelta(seconds=1))
    )
    per_second = int(channel.settings.get("per_second", PER_SECOND))
    return max(0, per_second - int(claimed or 0))


def _keeps_pace(conversation: Conversation, now: datetime) -> bool:
    """Keep to the pair limit; counting a message when it may go."""
    ready = max(conversation.pair_ready_at or now, now)
    if ready - now > PAIR_INTERVAL * (PAIR_BURST - 1):
        return False
    conversation.pair_ready_at = ready + PAIR_INTERVAL
    return True


def _retry(outbound: Outbound, error: SendError, now: datetime) -> None:
    if outbound.attempts >= ATTEMPTS:
        _finish(outbound, "failed", now, error=error.detail_safe)
        _ask_person(outbound, "not delivered", now)
        return
    # What the provider asks for is the least: each failure makes it longer.
    base = 4 if error.act is Act.PAIR_RETRY else 2
    pause = max(error.retry_after_seconds or 0.0, float(base**outbound.attempts))
    outbound.state = "waiting"
    outbound.not_before = now + timedelta(seconds=pause)
    audit.record(
        "retried", subject=("outbound", outbound.id), details={"code": error.code, "attempt": outbound.attempts}
    )


def _become_unknown(outbound: Outbound, why: str) -> None:
    outbound.state = "unknown"
    outbound.error = why
    audit.record("outcome unknown", subject=("outbound", outbound.id))


def _finish(outbound: Outbound, state: str, now: datetime, *, error: str | None = None) -> None:
    outbound.state = state
    outbound.finished_at = now
    outbound.error = error
    audit.record("sent" if state == "accepted" else state, subject=("outbound", outbound.id), details={"error": error})


def _ask_person(outbound: Outbound, reason: str, now: datetime) -> None:
    tickets.open_ticket(
        conversation_id=outbound.conversation_id,
        contact_id=outbound.contact_id,
        reason=reason,
        about_id=outbound.id,
        now=now,
    )
