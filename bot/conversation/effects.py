"""What the engine wants to happen, made to happen: every message by the one door."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

import structlog

from bot import connectors, outbox, tickets
from bot.contacts import Conversation
from bot.events import Call, Effect, Failed, HandOff, Message, OpenPortal, Say, Segment
from bot.outbox import Destination
from compliance import audit, policy
from tenants import context
from tenants.context import Actor

log = structlog.get_logger(__name__)

TEXT_CHARACTERS = 4096
INTERACTIVE_CHARACTERS = 1024


def apply(
    effects: Iterable[Effect], *, conversation: Conversation, to: Destination, author: Actor, now: datetime
) -> None:
    """Apply the effects of a sprint in their order. The first of all says that a bot speaks."""
    spoken = [*effects]
    if conversation.disclosed_at is None and any(isinstance(effect, Say | OpenPortal) for effect in spoken):
        conversation.disclosed_at = now
        words = policy.in_language(policy.in_force(now=now).document.disclosure, conversation.language)
        spoken.insert(0, Say("", outbox.tell(words, language=conversation.language)))
    for effect in in_one_bubble(spoken):
        match effect:
            case Say():
                outbox.submit(effect.message, to=to, author=author, now=now)
            case OpenPortal():
                outbox.invite(effect.notice, to=to, now=now)
            case Call():
                connectors.ask(
                    organisation_id=context.current_organisation(),
                    conversation_id=conversation.id,
                    contact_id=conversation.contact_id,
                    call=effect.id,
                    operation=effect.operation,
                    arguments=effect.arguments,
                    now=now,
                )
            case HandOff():
                tickets.open_ticket(
                    conversation_id=conversation.id,
                    contact_id=conversation.contact_id,
                    reason="handoff",
                    queue=effect.queue,
                    note=effect.note,
                    priority=effect.priority,
                    now=now,
                )
            case Failed():
                log.warning("flow failed", node=effect.node, code=effect.code)
                audit.record("flow failed", subject=("conversation", conversation.id), details={"code": effect.code})


def in_one_bubble(effects: Iterable[Effect]) -> list[Effect]:
    """Join plain texts that follow one another: providers charge, and limit, by the message."""
    joined: list[Effect] = []
    for effect in effects:
        last = joined[-1] if joined else None
        if isinstance(effect, Say) and isinstance(last, Say):
            message = _together(last.message, effect.message)
            if message is not None:
                joined[-1] = dataclasses.replace(effect, message=message)
                continue
        joined.append(effect)
    return joined


def _together(first: Message, second: Message) -> Message | None:
    plain = first.kind == "text" and first.protected is None and second.protected is None
    limit = TEXT_CHARACTERS if second.kind == "text" else INTERACTIVE_CHARACTERS
    if not plain or first.language != second.language or first.path | second.path != second.path:
        return None
    if len(first.text) + len(second.text) + 2 > limit:
        return None
    return dataclasses.replace(second, body=(*first.body, Segment("\n\n"), *second.body))
