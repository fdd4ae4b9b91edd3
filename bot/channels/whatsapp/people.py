"""Who an item of a webhook is about.

The one rule: user ids before numbers, and never the names of somebody else. A contact that
stands beside an item lends its names only where it is the same person.
"""

import re

from bot.channels.base import Identity, Json

_PHONE = re.compile(r"\+?[0-9]{1,20}")
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}")

# The keys of the person the item is about, in the order in which a contact is looked for.
_SENDER_KEYS = (
    ("messages", "from_user_id", "bsuid"),
    ("messages", "from_parent_user_id", "parent_bsuid"),
    ("messages", "from", "phone"),
    ("statuses", "recipient_user_id", "bsuid"),
    ("statuses", "parent_recipient_user_id", "parent_bsuid"),
    ("statuses", "recipient_parent_user_id", "parent_bsuid"),
    ("statuses", "recipient_id", "phone"),
    ("message_echoes", "to_user_id", "bsuid"),
    ("message_echoes", "to_parent_user_id", "parent_bsuid"),
    ("message_echoes", "to", "phone"),
    ("calls", "from_user_id", "bsuid"),
    ("calls", "from", "phone"),
    ("user_preferences", "user_id", "bsuid"),
    ("user_preferences", "wa_id", "phone"),
    ("user_id_update", "wa_id", "phone"),
)


def contact_of(item: dict[str, Json], contacts: Json) -> dict[str, Json] | None:
    """Find the contact of this item: by id where it names one, else the only one there is."""
    known = [contact for contact in contacts if isinstance(contact, dict)] if isinstance(contacts, list) else []
    names = (
        ("user_id", "from_user_id"),
        ("user_id", "recipient_user_id"),
        ("user_id", "to_user_id"),
    )
    numbers = (
        ("wa_id", "from"),
        ("wa_id", "recipient_id"),
        ("wa_id", "to"),
        ("wa_id", "wa_id"),
    )
    for theirs, ours in (*names, ("user_id", "user_id"), *numbers):
        for contact in known:
            if isinstance(item.get(ours), str) and item[ours] and contact.get(theirs) == item[ours]:
                return contact
    names_somebody = any(_identity_value(kind, item.get(key)) for _, key, kind in _SENDER_KEYS)
    return known[0] if len(known) == 1 and not names_somebody else None


def sender_of(key: str, item: dict[str, Json], contact: dict[str, Json] | None) -> tuple[Identity, ...]:
    """Name the person of this item, surest name first; for a change of names, by the old ones only."""
    named = [(kind, item.get(name)) for where, name, kind in _SENDER_KEYS if where == key]
    if key == "user_id_update":
        # The contact beside a change may carry the new names already: it lends none.
        renamed = item.get("user_id")
        named.append(("bsuid", renamed.get("previous") if isinstance(renamed, dict) else None))
    elif contact is not None and item.get("type") != "system":
        named += [
            ("bsuid", contact.get("user_id")),
            ("parent_bsuid", contact.get("parent_user_id")),
            ("phone", contact.get("wa_id")),
        ]
    found: dict[str, str] = {}
    for kind, value in named:
        clean = _identity_value(kind, value)
        if clean:
            found.setdefault(kind, clean)
    return tuple(Identity(kind, found[kind]) for kind in ("bsuid", "parent_bsuid", "phone") if kind in found)


def _identity_value(kind: str, value: Json) -> str:
    text = text_of(value)
    if kind == "phone":
        return text.removeprefix("+") if _PHONE.fullmatch(text) else ""
    return text if _BSUID.fullmatch(text) else ""


def text_of(value: Json) -> str:
    """Read a text, or a number as one; anything else is empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return value if isinstance(value, str) else ""
