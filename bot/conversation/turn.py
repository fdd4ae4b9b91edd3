"""A turn: one event of a conversation is taken up, and what follows from it is decided.

Everything a turn does stands or falls with it: it runs in a savepoint of its job.
"""

from datetime import datetime
from typing import Any

import structlog

from bot import contacts, engine, inbox, outbox, publishing, tickets
from bot.channels.base import Identity, Incoming, Item
from bot.channels.routes import ConnectedChannel
from bot.channels.whatsapp.read import read_identity_change, read_message
from bot.contacts import Conversation
from bot.conversation import binding, destination
from bot.conversation.effects import apply
from bot.events import Answered, Chosen, Event, Expired, Received, SignedIn, Started, TicketClosed
from bot.inbox import InboundEvent
from compliance import audit, intake, policy
from compliance.intake import Intake
from compliance.labels import Assurance
from compliance.policy import PROTECTED_CHANNELS
from compliance.rules import emergencies
from tenants import context
from tenants.context import Actor
from tenants.database import db, load, new_id
from tenants.organisations import Organisation

log = structlog.get_logger(__name__)

BOT = Actor("system", "bot")


def turn(event: InboundEvent, *, now: datetime) -> None:
    """Take up one event."""
    match event.kind:
        case "message":
            _message(event, now)
        case "edit" | "revoke":
            _note_change(event, now)
        case "identity":
            _change_identity(event, now)
        case _:
            _go_on(event, now)
    inbox.take(event, now=now)
    db.session.flush()


def _message(event: InboundEvent, now: datetime) -> None:
    channel = load(ConnectedChannel, event.channel_id)
    is_protected = channel.kind in PROTECTED_CHANNELS
    body = inbox.body_of(event)
    if is_protected:
        conversation = contacts.locked(_known(event.conversation_id))
        incoming = Incoming(body["kind"], body["text"], option=body.get("option"))
        assurance = Assurance(body["assurance"])
    else:
        conversation = _conversation(event, channel, body, now)
        incoming = read_message(_item(event, body))
        assurance = Assurance.NUMBER_KNOWN
    read = intake.take_in(
        incoming.text,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        channel_id=channel.id,
        channel=channel.kind,
        assurance=assurance,
        language=None,
        now=now,
    )
    _reseal(event, conversation, incoming, read)
    if not is_protected:
        conversation.last_inbound_at = max(conversation.last_inbound_at or event.sent_at, event.sent_at)
    if inbox.is_late(event):
        _note_late(conversation, read, event, now)
        return
    conversation.talking_on = channel.id
    conversation.assurance = assurance
    if read.signals:
        _answer_emergency(conversation, channel, read, now)
        return
    if not is_protected and binding.confirm(conversation, incoming.text, now=now):
        return
    if read.is_masked and not is_protected:
        _tell_masked(conversation, now)
    if tickets.taking_over(conversation.id) is not None:
        return
    words = incoming.text if is_protected else read.masked
    heard: Event = (
        Chosen(incoming.option, words) if incoming.option is not None else Received(words, _engine_kind(incoming.kind))
    )
    if is_protected:
        signed = SignedIn({"id": body["customer"]}, assurance)
        if _resume(conversation, signed, channel, assurance, now):
            return
    _resume(conversation, heard, channel, assurance, now, language=read.language)


def _go_on(event: InboundEvent, now: datetime) -> None:
    """Take up an event of the program's own."""
    body = inbox.body_of(event)
    conversation = contacts.locked(_known(event.conversation_id))
    channel = load(ConnectedChannel, event.channel_id)
    match event.kind:
        case "signed_in":
            assurance = Assurance(body["assurance"])
            conversation.talking_on = channel.id
            conversation.assurance = assurance
            conversation.reader = event.reader
            _resume(conversation, SignedIn(body["customer"], assurance), channel, assurance, now)
            return
        case "answered":
            happened: Event = Answered(body["call"], body["result"], body["error"])
        case "expired":
            happened = Expired(body["node"])
        case _:
            happened = TicketClosed()
    talking_on = load(ConnectedChannel, conversation.talking_on)
    _resume(conversation, happened, talking_on, Assurance(conversation.assurance), now)


def _resume(
    conversation: Conversation,
    event: Event,
    channel: ConnectedChannel,
    assurance: Assurance,
    now: datetime,
    *,
    language: str | None = None,
) -> bool:
    """Let the engine take the event; True when something followed from it."""
    session = contacts.session_of(conversation)
    if session is None or conversation.flow_version_id is None:
        if not isinstance(event, Received | Chosen):
            return False
        _speak(conversation, language)
        version_id = publishing.live_version()
        flow = publishing.compiled(version_id)
        session = engine.begin(flow=flow, language=conversation.language, channel=channel.kind, assurance=assurance)
        conversation.reader = None if channel.kind not in PROTECTED_CHANNELS else conversation.reader
        event = Started(event.text)
    else:
        version_id = conversation.flow_version_id
        flow = publishing.compiled(version_id)
    sprint = engine.resume(
        flow=flow,
        session=session,
        event=event,
        now=now,
        ids=lambda: str(new_id()),
        channel=channel.kind,
        assurance=assurance,
    )
    conversation.language = sprint.session.language
    contacts.keep_session(conversation, sprint.session, version_id)
    reader = conversation.reader or contacts.find(conversation.contact_id).reader
    to = destination.on_channel(conversation, channel=channel, assurance=assurance, reader=reader)
    apply(sprint.effects, conversation=conversation, to=to, author=BOT, now=now)
    return bool(sprint.effects)


def _conversation(event: InboundEvent, channel: ConnectedChannel, body: dict[str, Any], now: datetime) -> Conversation:
    organisation = db.session.get_one(Organisation, context.current_organisation())
    identities = [Identity(kind, value) for kind, value in body["sender"]]
    contact = contacts.resolve(identities, now=now)
    return contacts.between(contact, channel, shard=event.shard, language=organisation.default_language, now=now)


def _speak(conversation: Conversation, language: str | None) -> None:
    """A new session is held in the language in which it begins, where the organisation speaks it."""
    organisation = db.session.get_one(Organisation, context.current_organisation())
    if language in organisation.languages:
        conversation.language = str(language)


def _reseal(event: InboundEvent, conversation: Conversation, incoming: Incoming, read: Intake) -> None:
    """Keep what was written under the contact's key, in place of the raw webhook."""
    event.contact_id = conversation.contact_id
    event.conversation_id = conversation.id
    event.decision_id = read.decision_id
    # A file that nobody has read may hold anything.
    event.is_masked = read.is_masked or incoming.media is not None or incoming.kind == "contacts"
    body = {
        "kind": incoming.kind,
        "masked": read.masked,
        "kept": read.kept,
        "option": incoming.option,
        "media": incoming.media.id if incoming.media is not None else None,
    }
    event.sealed = inbox.seal_body(event.id, body, contact_id=conversation.contact_id)


def _answer_emergency(conversation: Conversation, channel: ConnectedChannel, read: Intake, now: datetime) -> None:
    """Say the approved emergency text at once and call a person."""
    country = policy.in_force(now=now).document.country
    language = read.language or conversation.language
    words = emergencies.text(country=country, signals=read.signals, language=language)
    to = destination.on_channel(conversation, channel=channel, assurance=Assurance.NUMBER_KNOWN, reader=None)
    if words is not None:
        outbox.submit(outbox.tell(words, language=language), to=to, author=BOT, purpose="emergency", now=now)
    tickets.open_ticket(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        reason="emergency",
        priority=100,
        note=", ".join(sorted(read.signals)),
        now=now,
    )


def _note_late(conversation: Conversation, read: Intake, event: InboundEvent, now: datetime) -> None:
    """A message that is days old is shown; only an emergency in it still calls a person."""
    audit.record("came late", subject=("inbound_event", event.id))
    if read.signals:
        tickets.open_ticket(
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            reason="emergency",
            priority=100,
            note="late: " + ", ".join(sorted(read.signals)),
            now=now,
        )


def _tell_masked(conversation: Conversation, now: datetime) -> None:
    """Say once, kindly, not to send such things here, with the way to the portal."""
    if conversation.masked_told_at is not None:
        return
    conversation.masked_told_at = now
    words = policy.in_language(policy.in_force(now=now).document.notices.masked, conversation.language)
    to = destination.on_open_channel(conversation, reader=conversation.reader)
    notice = outbox.portal_link(outbox.tell(words, language=conversation.language), to=to, now=now)
    outbox.submit(notice, to=to, author=BOT, purpose="notice", now=now)


def _note_change(event: InboundEvent, now: datetime) -> None:
    """An edit or a revocation is kept with its conversation; what was sent before is not answered again."""
    channel = load(ConnectedChannel, event.channel_id)
    body = inbox.body_of(event)
    conversation = _conversation(event, channel, body, now)
    event.contact_id = conversation.contact_id
    event.conversation_id = conversation.id
    event.is_masked = True
    event.sealed = inbox.seal_body(event.id, body, contact_id=conversation.contact_id)


def _change_identity(event: InboundEvent, now: datetime) -> None:
    """A number or an id changed hands or name: nobody may rely any more on who the contact was."""
    body = inbox.body_of(event)
    change = read_identity_change(_item(event, body))
    contact = None
    for identity in change.previous:
        contact = contacts.retire_identity(identity, now=now) or contact
    if contact is None:
        return
    contacts.unbind(contact)
    for identity in change.current:
        contacts.add_identity(contact, identity, now=now)
    event.contact_id = contact.id
    event.sealed = inbox.seal_body(event.id, body, contact_id=contact.id)


def _item(event: InboundEvent, body: dict[str, Any]) -> Item:
    sender = tuple(Identity(kind, value) for kind, value in body["sender"])
    return Item(event.kind, event.external_id, ("none", ""), sender, event.sent_at, body["item"])


def _engine_kind(kind: str) -> str:
    return "text" if kind == "choice" else kind


class NoConversation(LookupError):
    """An event of the program's own that belongs to no conversation."""


def _known(conversation_id: Any) -> Any:
    if conversation_id is None:
        raise NoConversation
    return conversation_id
