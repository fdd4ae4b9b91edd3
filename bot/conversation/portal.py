"""A conversation on the portal: who signed in arrives, and writes there."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bot import contacts, inbox
from bot.channels import routes
from bot.channels.base import Identity
from bot.contacts import Conversation
from bot.conversation import binding
from bot.inbox import InboundEvent
from compliance import audit, links, vault
from compliance.labels import Assurance
from tenants import context
from tenants.database import db, load, new_id
from tenants.organisations import Organisation


class ForSomebodyElse(PermissionError):
    """The link was sent to somebody else."""


def arrive(token: str, *, customer: Mapping[str, str], assurance: Assurance, now: datetime) -> Conversation:
    """Spend a link for who signed in, and let the conversation go on on the portal.

    Raise LinkClosed, or ForSomebodyElse when the contact is known to be another person.
    """
    reader = vault.reader_of(customer["id"])
    state, link = links.look(token, now=now)
    if link is None:
        raise links.LinkClosed(state)
    bound = contacts.find(link.contact_id).reader
    if bound is not None and bound != reader:
        audit.record("link refused", subject=("portal_link", link.id), details={"state": "somebody else"})
        raise ForSomebodyElse
    link = links.spend(token, reader=reader, now=now)
    conversation = load(Conversation, link.conversation_id)
    portal = routes.of_kind("portal")
    inbox.note(
        "signed_in",
        external_id=f"signed_in:{link.id}",
        organisation_id=context.current_organisation(),
        channel_id=portal.id,
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        shard=conversation.shard,
        body={"customer": dict(customer), "assurance": int(assurance)},
        reader=reader,
        now=now,
    )
    audit.record("signed in", subject=("conversation", conversation.id), details={"assurance": assurance.name.lower()})
    return conversation


def write_on_portal(
    text: str,
    *,
    option: str | None,
    conversation: Conversation,
    customer_id: str,
    assurance: Assurance,
    now: datetime,
) -> None:
    """Put what the customer wrote on the portal in the queue, like any other message."""
    inbox.note(
        "message",
        external_id=f"portal:{new_id()}",
        organisation_id=context.current_organisation(),
        channel_id=routes.of_kind("portal").id,
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        shard=conversation.shard,
        body={
            "kind": "text" if option is None else "choice",
            "text": text,
            "option": option,
            "customer": customer_id,
            "assurance": int(assurance),
        },
        reader=vault.reader_of(customer_id),
        now=now,
    )


def conversation_of(reader: bytes, *, customer_id: str, now: datetime) -> Conversation:
    """The conversation that this person last held on the portal, or a new one that begins there."""
    held = last_held(reader)
    if held is not None:
        return held
    organisation = db.session.get_one(Organisation, context.current_organisation())
    contact = contacts.resolve([Identity("subject", customer_id)], now=now)
    contacts.bind(contact, reader=reader, now=now)
    return contacts.between(
        contact,
        routes.of_kind("portal"),
        shard=inbox.shard_of(customer_id),
        language=organisation.default_language,
        now=now,
    )


def last_held(reader: bytes) -> Conversation | None:
    """The conversation that this person last held on the portal."""
    latest = db.session.scalar(
        sa.select(InboundEvent.conversation_id)
        .where(InboundEvent.reader == reader, InboundEvent.conversation_id.is_not(None))
        .order_by(InboundEvent.id.desc())
        .limit(1)
    )
    return load(Conversation, latest) if latest is not None else None


def awaits_confirmation(conversation: Conversation) -> bool:
    """Whether something waits for this contact's person, whoever that is."""
    waits = sa.exists().where(vault.VaultEntry.contact_id == conversation.contact_id, vault.VaultEntry.reader.is_(None))
    return bool(db.session.scalar(sa.select(waits)))


def confirmation(conversation_id: uuid.UUID, *, reader: bytes, now: datetime) -> str | None:
    """A code to send in the chat, where something waits for this contact's person, whoever that is; else None."""
    conversation = contacts.locked(conversation_id)
    if not awaits_confirmation(conversation):
        return None
    return binding.offer(conversation, reader=reader, now=now)
