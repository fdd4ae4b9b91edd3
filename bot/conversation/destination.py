"""Where a message of a conversation goes."""

from bot import contacts
from bot.channels.routes import ConnectedChannel
from bot.contacts import Conversation
from bot.outbox import Destination
from compliance.labels import Assurance
from compliance.policy import PROTECTED_CHANNELS
from tenants import context
from tenants.database import db, load
from tenants.organisations import Organisation


def on_channel(
    conversation: Conversation, *, channel: ConnectedChannel, assurance: Assurance, reader: bytes | None
) -> Destination:
    """Where a message of this conversation goes on a channel."""
    organisation = db.session.get_one(Organisation, context.current_organisation())
    is_protected = channel.kind in PROTECTED_CHANNELS
    recipient = {} if is_protected else contacts.identity_of(conversation.contact_id, "bsuid", "phone")
    return Destination(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=channel.id,
        channel=channel.kind,
        recipient=recipient,
        assurance=assurance,
        last_inbound_at=conversation.last_inbound_at,
        reader=reader,
        portal_url=f"{portal_base()}/{organisation.slug}/portal",
    )


def on_open_channel(conversation: Conversation, *, reader: bytes | None) -> Destination:
    """Where a message goes on the channel on which the conversation began."""
    channel = load(ConnectedChannel, conversation.channel_id)
    return on_channel(conversation, channel=channel, assurance=Assurance.NUMBER_KNOWN, reader=reader)


_portal_base = ""


def stand_at(url: str) -> None:
    """Say where the program stands, for the links that it sends."""
    global _portal_base
    _portal_base = url.rstrip("/")


def portal_base() -> str:
    """Where the program stands."""
    return _portal_base
