"""Binding a contact to a person: only when whoever signed in also holds the chat.

A link may be forwarded; so a sign-in alone shows people only what is theirs. What waits
for a contact whose person is not known opens after a code, shown on the portal to who
signed in, comes back through the chat. The code never travels towards the number that
it confirms.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from bot import contacts, outbox
from bot.contacts import Conversation
from bot.conversation import destination
from compliance import audit, policy, vault
from tenants.context import Actor

VALID_MINUTES = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters that are not mistaken for digits: a code of letters is never taken for an identifier."""
LENGTH = 8
_CODE = re.compile(rf"\s*([{ALPHABET}]{{4}})[ -]?([{ALPHABET}]{{4}})\s*", re.IGNORECASE)


CONFIRMED = {
    "de": "Danke, bestätigt. Was für Sie bereitliegt, ist jetzt im gesicherten Bereich offen.",
    "fr": "Merci, c’est confirmé. Ce qui vous attend est maintenant ouvert dans l’espace sécurisé.",
    "it": "Grazie, confermato. Ciò che la aspetta è ora aperto nell’area protetta.",
    "en": "Thank you, confirmed. What waits for you is now open in the secure area.",
    "id": "Terima kasih, terkonfirmasi. Pesan yang menunggu Anda kini terbuka di area aman.",
}


def offer(conversation: Conversation, *, reader: bytes, now: datetime) -> str:
    """Make a code for who signed in, to be sent in the chat."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    conversation.confirm_hash = _hash(code)
    conversation.confirm_reader = reader
    conversation.confirm_until = now + timedelta(minutes=VALID_MINUTES)
    audit.record("confirmation offered", subject=("conversation", conversation.id))
    return f"{code[:4]}-{code[4:]}"


def confirm(conversation: Conversation, text: str, *, now: datetime) -> bool:
    """Take a message as a confirmation when it is the code; True when it was."""
    matched = _CODE.fullmatch(text)
    if matched is None or conversation.confirm_hash is None or conversation.confirm_reader is None:
        return False
    fits = secrets.compare_digest(_hash("".join(matched.groups()).upper()), conversation.confirm_hash)
    if not fits or conversation.confirm_until is None or now >= conversation.confirm_until:
        return False
    reader = conversation.confirm_reader
    conversation.confirm_hash = conversation.confirm_reader = conversation.confirm_until = None
    contact = contacts.find(conversation.contact_id)
    contacts.bind(contact, reader=reader, now=now)
    vault.name_reader(contact_id=contact.id, reader=reader)
    words = outbox.tell(policy.in_language(CONFIRMED, conversation.language), language=conversation.language)
    to = destination.on_open_channel(conversation, reader=reader)
    outbox.submit(words, to=to, author=Actor("system", "binding"), purpose="notice", now=now)
    return True


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
