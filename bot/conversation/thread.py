"""The thread: what was said in a conversation, by whom, with what verdict, as far as the reader is entitled."""

import dataclasses
import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot import inbox, outbox
from bot.inbox import InboundEvent
from bot.outbox import Outbound
from compliance import vault
from compliance.decisions import Decision
from compliance.vault import VaultEntry
from tenants.database import db

AT_ONCE = timedelta(seconds=5)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One message of a thread. `text` is None where the reader may not see it."""

    id: uuid.UUID
    at: datetime
    is_inbound: bool
    author: str
    channel_id: uuid.UUID | None
    kind: str
    text: str | None
    options: tuple[dict[str, Any], ...]
    url: str | None
    is_masked: bool
    outcome: str
    state: str
    decision_id: uuid.UUID | None


def thread(
    conversation_id: uuid.UUID, *, sees_content: bool = False, sees_masked: bool = False, reader: bytes | None = None
) -> list[Entry]:
    """All messages of a conversation in the order of their time.

    With `reader`, only what this person wrote and read on the portal, in full. The caller logs the reading.
    """
    inbound = sa.select(InboundEvent).where(
        InboundEvent.conversation_id == conversation_id, InboundEvent.kind == "message"
    )
    outbound = sa.select(Outbound).where(Outbound.conversation_id == conversation_id)
    if reader is not None:
        inbound = inbound.where(InboundEvent.reader == reader)
        outbound = outbound.where(Outbound.reader == reader)
    entries = [_received(row, sees_content, sees_masked, reader) for row in db.session.scalars(inbound)]
    entries += [_sent(row, sees_content, sees_masked, reader) for row in db.session.scalars(outbound)]
    if reader is None:
        withheld = sa.select(VaultEntry).where(VaultEntry.conversation_id == conversation_id)
        entries += [_withheld(row, sees_masked) for row in db.session.scalars(withheld)]
    return sorted(entries, key=lambda entry: (entry.at, entry.id))


def decision_of(entry: Entry) -> Decision | None:
    """The decision about a message."""
    if entry.decision_id is None:
        return None
    return db.session.scalar(sa.select(Decision).where(Decision.id == entry.decision_id))


def _received(row: InboundEvent, sees_content: bool, sees_masked: bool, reader: bytes | None) -> Entry:
    is_theirs = reader is not None
    # What was written on the portal is protected as a whole.
    entitled = is_theirs or sees_masked or (sees_content and row.reader is None)
    body = inbox.body_of(row) if entitled and row.state == "taken" else {}
    raw = body.get("text") if "masked" not in body else body["kept"] if is_theirs or sees_masked else body["masked"]
    return Entry(
        id=row.id,
        at=_said_at(row),
        is_inbound=True,
        author="customer",
        channel_id=row.channel_id,
        kind=body.get("kind", "text"),
        text=raw,
        options=(),
        url=None,
        is_masked=row.is_masked,
        outcome="masked" if row.is_masked else "cleared",
        state=row.state,
        decision_id=row.decision_id,
    )


def _said_at(row: InboundEvent) -> datetime:
    """When it was said. Channels tell whole seconds: what came at once is placed by when it came."""
    return row.received_at if row.received_at - row.sent_at < AT_ONCE else row.sent_at


def _sent(row: Outbound, sees_content: bool, sees_masked: bool, reader: bytes | None) -> Entry:
    entitled = reader is not None or sees_masked or (sees_content and row.reader is None)
    payload = outbox.content_of(row) if entitled else {}
    return Entry(
        id=row.id,
        at=row.created_at,
        is_inbound=False,
        author=row.author_kind,
        channel_id=row.channel_id,
        kind=payload.get("kind", "text"),
        text=payload.get("text"),
        options=tuple(payload.get("options", ())),
        # A link to the portal is the customer's alone.
        url=payload.get("url") if reader is not None else None,
        is_masked=row.reader is not None,
        outcome=row.outcome,
        state=row.status or row.state,
        decision_id=row.decision_id,
    )


def _withheld(row: VaultEntry, sees_masked: bool) -> Entry:
    payload = vault.content_of(row)["payload"] if sees_masked else {}
    return Entry(
        id=row.id,
        at=row.kept_at,
        is_inbound=False,
        author="system",
        channel_id=None,
        kind="text",
        text=payload.get("text"),
        options=(),
        url=None,
        is_masked=True,
        outcome=row.reason,
        state="kept",
        decision_id=row.decision_id,
    )
