"""The pages of the console."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import inbox, tickets
from bot.channels import routes
from bot.conversation import listing, watch
from bot.conversation.listing import Listed, Standing
from bot.inbox import InboundEvent
from compliance import audit
from tenants.database import load
from tenants.roles import Permission
from web import conversations as talks
from web.access import needs, now
from web.console.figures import HOURS, last_day

PAGE = 30

blueprint = Blueprint("console", __name__, url_prefix="/<organisation>/console")


@blueprint.get("/")
@needs(Permission.SEE_CONVERSATIONS)
def overview() -> ResponseReturnValue:
    """What needs attention, and the figures of the last day."""
    figures = last_day(now=now())
    return render_template(
        "console/overview.html",
        paused=[channel for channel in routes.every() if channel.paused_at is not None],
        set_aside=inbox.number_set_aside(since=figures.hours[0].at),
        open_tickets=tickets.open_tickets(),
        figures=figures,
        hours=HOURS,
        now=now(),
    )


@blueprint.get("/conversations")
@needs(Permission.SEE_CONVERSATIONS)
def conversations() -> ResponseReturnValue:
    """The conversations, newest first."""
    standing = _standing(request.args.get("standing"))
    rows = listing.listed(standing=standing, before=_key(request.args.get("before")), limit=PAGE + 1)
    return render_template(
        "console/conversations.html",
        rows=rows[:PAGE],
        standing=standing,
        standings=list(Standing),
        older=_older(rows, standing) if len(rows) > PAGE else None,
        newest=url_for("console.conversations", standing=standing) if request.args.get("before") else None,
    )


@blueprint.get("/conversations/<uuid:conversation_id>")
@needs(Permission.SEE_CONVERSATIONS)
def conversations_one(conversation_id: uuid.UUID) -> ResponseReturnValue:
    """One conversation, as far as the person is entitled."""
    one = listing.one(conversation_id)
    return render_template(
        "console/conversation.html",
        one=one,
        ticket=tickets.taking_over(conversation_id),
        entries=talks.read(conversation_id, why="console"),
        mark=watch.mark(conversation_id),
        source=url_for("console.conversations_thread", conversation_id=conversation_id),
    )


@blueprint.get("/conversations/<uuid:conversation_id>/thread")
@needs(Permission.SEE_CONVERSATIONS)
def conversations_thread(conversation_id: uuid.UUID) -> ResponseReturnValue:
    """The messages, when there are others than the page shows; else 204."""
    listing.one(conversation_id)
    mark = watch.mark(conversation_id)
    if mark == request.args.get("mark"):
        return Response(status=204)
    return render_template(
        "conversation/thread.html",
        entries=talks.read(conversation_id, why="console"),
        mark=mark,
        source=url_for("console.conversations_thread", conversation_id=conversation_id),
    )


@blueprint.get("/set-aside")
@needs(Permission.SEE_CONVERSATIONS)
def events() -> ResponseReturnValue:
    """What came in and no turn took up."""
    before = request.args.get("before", type=uuid.UUID)
    rows = inbox.set_aside(limit=PAGE + 1, before=before)
    return render_template(
        "console/events.html",
        rows=rows[:PAGE],
        channels={channel.id: channel for channel in routes.every()},
        older=url_for("console.events", before=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        newest=url_for("console.events") if before else None,
    )


@blueprint.get("/set-aside/<uuid:event_id>")
@needs(Permission.CONFIGURE)
def events_one(event_id: uuid.UUID) -> ResponseReturnValue:
    """How an event is built: names and kinds of its fields, for who mends a connection. What it says stays sealed."""
    event = load(InboundEvent, event_id)
    audit.record("read", subject=("inbound_event", event.id), details={"for": "structure"})
    return render_template("console/event.html", event=event, lines=list(_structure(inbox.body_of(event))))


TECHNICAL = frozenset({"type", "status", "event", "field", "object", "code", "kind"})
"""Fields of a webhook that name a kind, never a person."""


def _structure(value: Any, *, name: str = "", depth: int = 0) -> list[tuple[int, str, str]]:
    """A JSON value as lines of depth, name and kind."""
    if isinstance(value, dict):
        inner = [line for key, one in value.items() for line in _structure(one, name=str(key), depth=depth + 1)]
        return [(depth, name, "{ }"), *inner]
    if isinstance(value, list):
        inner = [line for one in value for line in _structure(one, name="–", depth=depth + 1)]
        return [(depth, name, f"[{len(value)}]"), *inner]
    if isinstance(value, str):
        return [(depth, name, value if name in TECHNICAL else f"“…” ({len(value)})")]
    return [(depth, name, "true / false" if isinstance(value, bool) else "null" if value is None else "0–9")]


def _standing(wanted: str | None) -> Standing | None:
    return Standing(wanted) if wanted in set(Standing) else None


def _key(written: str | None) -> tuple[datetime, uuid.UUID] | None:
    """The key of a page: time and id. What cannot be read begins at the newest."""
    at, _, conversation_id = (written or "").partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(conversation_id)
    except ValueError:
        return None


def _older(rows: list[Listed], standing: Standing | None) -> str:
    last = rows[PAGE - 1]
    return url_for("console.conversations", standing=standing, before=f"{last.last_at.isoformat()}~{last.id}")
