"""Contacts and their conversations: who writes to an organisation, and on what channel."""

from bot.contacts.contact import (
    Contact,
    ContactIdentity,
    add_identity,
    bind,
    find,
    identity_of,
    resolve,
    retire_identity,
    unbind,
)
from bot.contacts.conversation import (
    Conversation,
    between,
    due,
    keep_session,
    latest,
    locked,
    session_of,
)

__all__ = [
    "Contact",
    "ContactIdentity",
    "Conversation",
    "add_identity",
    "between",
    "bind",
    "due",
    "find",
    "identity_of",
    "keep_session",
    "latest",
    "locked",
    "resolve",
    "retire_identity",
    "session_of",
    "unbind",
]
