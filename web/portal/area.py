"""A customer's own area: what is kept, the conversation, and writing in it.

One rule: everything here is asked for by the reader who signed in; no address names a
conversation or an entry, so that none can name somebody else's.
"""

from typing import Any
from urllib.parse import quote, urlencode

from flask import current_app, g, url_for

from bot import conversation as conversations
from bot.channels import routes
from bot.contacts import Conversation
from bot.conversation import portal, watch
from compliance import audit, vault
from web.portal.access import now, recalled, remembered


def everything() -> dict[str, Any]:
    """All that the page shows."""
    return {**kept(), **thread()}


def thread(*, is_busy: bool | None = None) -> dict[str, Any]:
    """The conversation as this person reads it; the reading is logged."""
    held = _held()
    entries = []
    if held is not None:
        audit.record("read", subject=("conversation", held.id), details={"on": "portal"})
        entries = [
            entry
            for entry in conversations.thread(held.id, reader=g.visitor.reader)
            # What the gate stopped on its way was cleared once, and is not said.
            if entry.is_inbound or entry.state == "accepted"
        ]
    busy = is_busy if is_busy is not None else held is not None and watch.is_busy(held.id)
    return {"entries": entries, "choices": _choices(entries), "is_busy": busy, "thread_mark": thread_mark(busy=busy)}


def thread_mark(*, busy: bool | None = None) -> str:
    """A mark that changes when the conversation does, or when the bot begins or ends its work."""
    held = _held()
    if held is None:
        return "none"
    works = watch.is_busy(held.id) if busy is None else busy
    return f"{watch.mark(held.id, reader=g.visitor.reader)}{'-busy' if works else ''}"


def kept() -> dict[str, Any]:
    """What is kept for this person, opened; every reading is logged."""
    opened = []
    for entry in vault.waiting_for(g.visitor.reader, now=now()):
        content = vault.open_for(g.visitor.reader, entry, now=now())
        opened.append({"text": content["payload"]["text"], "at": entry.kept_at, "until": entry.expires_at})
    return {"kept": opened, "waits": _waits(), "code": _code(), "kept_mark": kept_mark()}


def kept_mark() -> str:
    """A mark that changes when something else is kept."""
    ids = [str(entry.id)[-12:] for entry in vault.waiting_for(g.visitor.reader, now=now())]
    return "-".join([*ids, "waits" if _waits() else "", "code" if _code() else ""])


def write(text: str, *, option: str | None) -> None:
    """Put what this person wrote, or chose, in the queue. A choice that was not offered is nothing but its words."""
    words = text
    if option is not None:
        offered = {choice["id"]: choice["title"] for choice in thread()["choices"]}
        if option not in offered:
            return
        words = offered[option]
    held = portal.conversation_of(g.visitor.reader, customer_id=g.visitor.customer["id"], now=now())
    conversations.write_on_portal(
        words,
        option=option,
        conversation=held,
        customer_id=g.visitor.customer["id"],
        assurance=g.visitor.assurance,
        now=now(),
    )


def offer_code() -> None:
    """Make a code for this person to send in the chat."""
    held = _held()
    if held is None:
        return
    made = conversations.confirmation(held.id, reader=g.visitor.reader, now=now())
    if made is not None:
        remembered()["code"] = {"code": made, "until": int(now().timestamp()) + 60 * 10}


def chat_url(text: str) -> str | None:
    """Where the firm is written to on the open channel; in the demo, the simulator's phone."""
    try:
        settings = routes.of_kind("whatsapp").settings
    except routes.NotConnected:
        return None
    if current_app.config["GUICHET"].simulator_url and "simulator" in current_app.blueprints:
        query = {"organisation": g.firm.slug} | ({"text": text} if text else {})
        return f"{url_for('simulator.page')}?{urlencode(query)}"
    number = "".join(filter(str.isdigit, settings.get("display_phone", "")))
    return f"https://wa.me/{number}" + (f"?text={quote(text)}" if text else "") if number else None


def _held() -> Conversation | None:
    return portal.last_held(g.visitor.reader)


def _waits() -> bool:
    held = _held()
    return held is not None and portal.awaits_confirmation(held)


def _code() -> dict[str, str | None] | None:
    made = recalled().get("code")
    if made is None or made["until"] <= now().timestamp():
        return None
    return {"code": made["code"], "url": chat_url(made["code"])}


def _choices(entries: list[conversations.Entry]) -> list[dict[str, str]]:
    """What may be tapped: the options of the last message, while nothing was written after it."""
    if not entries or entries[-1].is_inbound:
        return []
    return [
        {"id": option["id"], "title": option["title"], "description": option.get("description", "")}
        for option in entries[-1].options
    ]
