"""A person answers: by the same door as the bot."""

from datetime import datetime

from bot import contacts, inbox, outbox, tickets
from bot.contacts import Conversation
from bot.conversation import destination
from bot.events import Message, Segment, from_json
from bot.outbox import Outbound, Preview, Submission
from bot.tickets import Ticket
from compliance import audit, vault
from compliance.labels import Label
from tenants import context
from tenants.context import Actor
from tenants.database import load


def answer(ticket: Ticket, text: str, *, through_portal: bool, person: str, now: datetime) -> Submission:
    """Answer a ticket. Raise TicketClosed or TakenByAnother. `through_portal` keeps it for the portal."""
    tickets.take(ticket, person=person, now=now)
    conversation = contacts.locked(ticket.conversation_id)
    message = _typed(text, conversation.language, through_portal)
    return outbox.submit(message, to=_to(conversation), author=Actor("person", person), now=now)


def check(ticket: Ticket, text: str, *, person: str, now: datetime) -> Preview:
    """What the gate would say of an answer, without sending it."""
    conversation = load(Conversation, ticket.conversation_id)
    message = _typed(text, conversation.language, False)
    return outbox.preview(message, to=_to(conversation), author=Actor("person", person), now=now)


def release(ticket: Ticket, *, person: str, now: datetime) -> Submission:
    """Submit a held message anew, in the name of who releases it, and close the ticket."""
    tickets.take(ticket, person=person, now=now)
    entry = load(vault.VaultEntry, ticket.about_id)
    audit.record("read", subject=("vault_entry", entry.id), details={"for": "release"})
    conversation = contacts.locked(ticket.conversation_id)
    message: Message = from_json(vault.content_of(entry)["message"])
    submission = outbox.submit(message, to=_to(conversation), author=Actor("person", person), now=now)
    tickets.close(ticket, person=person, reason="released", now=now)
    return submission


def decide(ticket: Ticket, *, arrived: bool, person: str, now: datetime) -> None:
    """Say of a message with an unknown outcome whether it arrived, and close the ticket.

    Raise AlreadySettled when a status was faster.
    """
    tickets.take(ticket, person=person, now=now)
    outbox.decide_unknown(load(Outbound, ticket.about_id, lock=True), arrived=arrived, now=now)
    tickets.close(ticket, person=person, reason="arrived" if arrived else "sent again", now=now)


def close_ticket(ticket: Ticket, *, person: str, reason: str, now: datetime) -> None:
    """Close a ticket; where a person had the conversation, the bot goes on."""
    tickets.close(ticket, person=person, reason=reason, now=now)
    if not ticket.takes_over:
        return
    conversation = load(Conversation, ticket.conversation_id)
    inbox.note(
        "ticket_closed",
        external_id=f"ticket_closed:{ticket.id}",
        organisation_id=context.current_organisation(),
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        shard=conversation.shard,
        body={},
        now=now,
    )


def _typed(text: str, language: str, through_portal: bool) -> Message:
    protected = Label.CLIENT if through_portal else None
    return Message(kind="text", body=(Segment(text, approved=False),), language=language, protected=protected)


def _to(conversation: Conversation) -> outbox.Destination:
    """The channel where the conversation began. Protected answers wait for who the contact is known to be."""
    return destination.on_open_channel(conversation, reader=contacts.find(conversation.contact_id).reader)
