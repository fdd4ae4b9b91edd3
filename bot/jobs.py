"""The jobs: thin, ids only, safe twice. Each opens its acts; nothing below commits.

A doorbell raises its generation before its first look, waits for its lock, drains a
bounded batch and rings again when there is more, behind whoever rang meanwhile.
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from bot import connectors, contacts, delivery, inbox, outbox, tickets
from bot.channels.routes import ConnectedChannel
from bot.contacts import Conversation
from bot.conversation.turn import turn
from bot.delivery import Claim, Send
from bot.inbox import InboundEvent
from tenants import organisations, queue
from tenants.context import Actor
from tenants.database import acting_as, as_platform, db, load
from tenants.http import Client
from tenants.queue import Doorbell

log = structlog.get_logger(__name__)

TURNS = Actor("system", "turns")
DELIVERY = Actor("system", "delivery")
CALLS = Actor("system", "calls")
SWEEP = Actor("system", "sweep")

BATCH = 50
"""Turns a transaction."""
BATCHES = 4
"""Batches a job; then others have their turn."""
DELIVERY_SECONDS = 20.0
"""How long a delivery works before others have their turn; well under the job's time-out."""
NAP_SECONDS = 0.2


def take_turns(organisation: str, shard: int) -> None:
    """Take the turns that wait in a shard."""
    organisation_id = uuid.UUID(organisation)
    bell = inbox.turns_bell(organisation_id, shard)
    queue.raise_generation(bell)
    for _ in range(BATCHES):
        queue.note_alive(bell)
        with acting_as(organisation_id, TURNS):
            _lock(f"turns:{organisation}:{shard}")
            events = inbox.waiting(shard, limit=BATCH)
            for event in events:
                _take_turn(event)
        if len(events) < BATCH:
            return
    queue.ring(bell)


def deliver(organisation: str, channel: str) -> None:
    """Send what waits on a channel."""
    organisation_id, channel_id = uuid.UUID(organisation), uuid.UUID(channel)
    bell = outbox.delivery_bell(organisation_id, channel_id)
    queue.raise_generation(bell)
    with _alone(f"delivery:{organisation}:{channel}"):
        with acting_as(organisation_id, DELIVERY):
            connected = load(ConnectedChannel, channel_id)
            http = Client(allow=connected.settings.get("allow", ()), connections=delivery.CONNECTIONS)
            send = delivery.sender(connected, http=http)
            delivery.note_orphans(channel_id, now=_now())
        try:
            has_more = _drain(organisation_id, channel_id, send, bell)
        finally:
            http.close()
    if has_more:
        queue.ring(bell)


def call_connectors(organisation: str) -> None:
    """Make the calls to the firm's systems that wait."""
    organisation_id = uuid.UUID(organisation)
    bell = connectors.calls_bell(organisation_id)
    queue.raise_generation(bell)
    with acting_as(organisation_id, CALLS):
        requests = connectors.claim(limit=delivery.CONNECTIONS, now=_now())
    with ThreadPoolExecutor(max_workers=max(1, len(requests))) as pool:
        under_way = {pool.submit(connectors.send, request): request for request in requests}
        for done in as_completed(under_way):
            request = under_way[done]
            answer = done.result()
            with acting_as(organisation_id, CALLS):
                now = _now()
                call = connectors.finish(request, answer, now=now)
                conversation = load(Conversation, request.conversation_id)
                inbox.note(
                    "answered",
                    external_id=f"answered:{call.id}",
                    organisation_id=organisation_id,
                    channel_id=conversation.talking_on,
                    conversation_id=conversation.id,
                    contact_id=conversation.contact_id,
                    shard=conversation.shard,
                    body={"call": request.call, "result": answer.result, "error": answer.error},
                    now=now,
                )
    if len(requests) == delivery.CONNECTIONS:
        queue.ring(bell)


def sweep() -> None:
    """Find what waits without anybody having rung, or is due, in every organisation; ring for it."""
    with as_platform(SWEEP):
        ids = [organisation.id for organisation in organisations.every()]
    for organisation_id in ids:
        with acting_as(organisation_id, SWEEP):
            bells = _needed(organisation_id, _now())
        for bell in bells:
            if not queue.is_alive(bell):
                queue.ring(bell, fresh=True)


def _take_turn(event: InboundEvent) -> None:
    """Take one turn in a savepoint: what goes wrong in it undoes it alone, and is seen by a person."""
    now = _now()
    event_id = event.id
    savepoint = db.session.begin_nested()
    try:
        turn(event, now=now)
        savepoint.commit()
        return
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        failure: Exception = error
    except Exception as error:  # a message that cannot be processed must not hold up those behind it
        failure = error
    savepoint.rollback()
    db.session.expire_all()
    log.error("turn failed", event_id=event_id, error=type(failure).__name__, exc_info=failure)
    event = load(InboundEvent, event_id)
    if inbox.give_up(event, now=now) and event.conversation_id is not None and event.contact_id is not None:
        tickets.open_ticket(
            conversation_id=event.conversation_id,
            contact_id=event.contact_id,
            reason="turn failed",
            about_id=event.id,
            now=now,
        )
    db.session.flush()


def _drain(organisation_id: uuid.UUID, channel_id: uuid.UUID, send: Send, bell: Doorbell) -> bool:
    """Send until nothing is due or the time is up; True when there may be more."""
    end = time.monotonic() + DELIVERY_SECONDS
    with ThreadPoolExecutor(max_workers=delivery.CONNECTIONS) as pool:
        while time.monotonic() < end:
            queue.note_alive(bell)
            with acting_as(organisation_id, DELIVERY):
                connected = load(ConnectedChannel, channel_id)
                claims = delivery.claim(connected, now=_now())
                due = delivery.next_due(channel_id) if not claims and connected.paused_at is None else None
            if claims:
                _send_all(organisation_id, claims, send, pool)
            elif due is None or (due - _now()).total_seconds() > NAP_SECONDS:
                return False
            else:
                time.sleep(NAP_SECONDS)
    return True


def _send_all(organisation_id: uuid.UUID, claims: list[Claim], send: Send, pool: ThreadPoolExecutor) -> None:
    """Send at once, and commit each outcome as it comes."""
    under_way = {pool.submit(send, claimed.cleared): claimed for claimed in claims}
    for done in as_completed(under_way):
        outcome = done.result()
        with acting_as(organisation_id, DELIVERY):
            delivery.settle(under_way[done].outbound_id, outcome, now=_now())


def _needed(organisation_id: uuid.UUID, now: datetime) -> list[Doorbell]:
    """The bells to ring for an organisation; time-outs that passed become events first."""
    for conversation in contacts.due(now=now):
        session = contacts.session_of(conversation)
        inbox.note(
            "expired",
            external_id=f"expired:{conversation.id}:{conversation.wake_at}",
            organisation_id=organisation_id,
            channel_id=conversation.talking_on,
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            shard=conversation.shard,
            body={"node": session.node if session is not None else ""},
            now=now,
        )
        conversation.wake_at = None
    delivery.ask_about_unknown(now=now)
    bells = [inbox.turns_bell(organisation_id, shard) for shard in inbox.waiting_shards()]
    if connectors.is_waiting():
        bells.append(connectors.calls_bell(organisation_id))
    bells += [outbox.delivery_bell(organisation_id, channel_id) for channel_id in outbox.waiting_channels(now=now)]
    return bells


def _lock(name: str) -> None:
    """Wait for a lock that ends with the transaction."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_number(name))))


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Wait for a lock that ends with its connection: when this process is killed, it is free."""
    number = _lock_number(name)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _now() -> datetime:
    return datetime.now(UTC)
