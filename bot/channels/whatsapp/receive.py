"""Take a webhook apart: every entry, every change, every item.

The one rule: nothing that came with a valid signature is lost. What is not understood is
kept as unknown; only what is not JSON at all is refused.

    {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": "messages", "value":
        {"metadata": {"phone_number_id": …}, "contacts": […], "messages": [{"from", "id", "timestamp", "type", …}]}}]}]}
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.channels.base import Identity, Item, Json
from bot.channels.whatsapp import people

NO_ROUTE = ("none", "")
NESTING = 400
"""Deeper than this no provider writes; whoever does would exhaust the stack of what stores it."""
_EPOCH = datetime.fromtimestamp(0, UTC)

_MESSAGE_TYPES = {"reaction": "reaction", "edit": "edit", "revoke": "revoke"}
_IDENTITY_CHANGES = {
    "user_changed_number",
    "user_changed_user_id",
    "customer_identity_changed",
}

# Which key of a value holds items, and what they are. Only these fields carry people's items;
# the others are one item a change.
_ITEM_KINDS = {
    "messages": "message",
    "statuses": "status",
    "message_echoes": "echo",
    "calls": "call",
    "user_preferences": "preference",
    "user_id_update": "identity",
    "errors": "account",
}
_ITEM_FIELDS = {
    "messages",
    "calls",
    "smb_message_echoes",
    "user_preferences",
    "user_id_update",
}
_SURROUNDINGS = {"messaging_product", "metadata", "contacts"}
_ACCOUNT_FIELDS = {
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "template_category_update",
    "template_correct_category_detection",
}
_STORABLE = re.compile(r"[\x21-\x7e]{1,200}")


class BrokenBody(ValueError):
    """The body is not JSON."""


def verify(*, raw: bytes, signature: str | None, secret: bytes) -> bool:
    """Tell whether X-Hub-Signature-256 is the HMAC of exactly these bytes; in constant time."""
    expected = b"sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest().encode("ascii")
    given = (signature or "").encode("utf-8", "replace")
    return bool(secret) and hmac.compare_digest(expected, given)


def handshake(*, args: Mapping[str, str], verify_token: str) -> str | None:
    """Answer Meta's subscription request: the challenge to echo, or None where the token is not ours."""
    given = args.get("hub.verify_token", "").encode("utf-8", "replace")
    is_ours = bool(verify_token) and hmac.compare_digest(verify_token.encode("utf-8"), given)
    if not is_ours or args.get("hub.mode") != "subscribe":
        return None
    return args.get("hub.challenge")


def split(raw: bytes) -> list[Item]:
    """Split a webhook into its items, in their order. Raise BrokenBody."""
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BrokenBody from None
    if raw.count(b"[") + raw.count(b"{") > NESTING and _is_too_deep(body):
        raise BrokenBody
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not entries:
        return [_whole("unknown", NO_ROUTE, _EPOCH, {"received": body})]
    return [item for entry in entries for item in _of_entry(entry)]


def _is_too_deep(body: Json) -> bool:
    """Tell whether anything lies deeper than NESTING; without recursion, which is what it guards."""
    level = [body]
    for _ in range(NESTING):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)  # NaN and Infinity are not JSON, and PostgreSQL would refuse them later


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around an item in its change."""

    field: str
    route: tuple[str, str]
    at: datetime
    contacts: Json = None
    metadata: Json = None


def _of_entry(entry: Json) -> Iterator[Item]:
    if not isinstance(entry, dict):
        yield _whole("unknown", NO_ROUTE, _EPOCH, {"received": entry})
        return
    route = _route("waba", entry.get("id"))
    at = _time(entry.get("time")) or _EPOCH
    changes = entry.get("changes")
    if not isinstance(changes, list) or not changes:
        yield _whole("unknown", route, at, {"received": entry})
        return
    for change in changes:
        if isinstance(change, dict) and isinstance(change.get("value"), dict):
            yield from _of_change(change["value"], _Around(people.text_of(change.get("field")), route, at))
        else:
            yield _whole("unknown", route, at, {"received": change})


def _of_change(value: dict[str, Json], around: _Around) -> Iterator[Item]:
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and metadata.get("phone_number_id"):
        around = replace(around, route=_route("phone_number_id", metadata["phone_number_id"]), metadata=metadata)
    around = replace(around, contacts=value.get("contacts"))
    parts = {key: part for key, part in value.items() if key not in _SURROUNDINGS and part != []}
    if around.field not in _ITEM_FIELDS or not parts:
        kind = "account" if around.field in _ACCOUNT_FIELDS else "unknown"
        yield _whole(kind, around.route, around.at, {"field": around.field, "item": value})
        return
    for key, part in parts.items():
        if key in _ITEM_KINDS and isinstance(part, list):
            yield from (_of_item(key, item, around) for item in part)
        else:
            yield _whole("unknown", around.route, around.at, {"field": around.field, "item": {key: part}})


def _of_item(key: str, item: Json, around: _Around) -> Item:
    if not isinstance(item, dict):
        return _whole("unknown", around.route, around.at, {"field": around.field, "item": {key: item}})
    body = {"field": around.field, "item": item}
    contact = people.contact_of(item, around.contacts)
    if contact is not None:
        body["contact"] = {name: part for name, part in contact.items() if name != "profile"}
    if around.metadata is not None:
        body["metadata"] = around.metadata
    sender = people.sender_of(key, item, contact)
    sent_at = _time(item.get("timestamp")) or around.at
    kind = _kind(key, item, sender)
    external_id = _external_id(key, kind, item)
    if external_id is None:
        return _whole(kind, around.route, sent_at, body, sender)
    return Item(kind, external_id, around.route, sender, sent_at, body)


def _route(kind: str, value: Json) -> tuple[str, str]:
    text = people.text_of(value)
    return (kind, text) if _STORABLE.fullmatch(text) else NO_ROUTE


def _kind(key: str, item: dict[str, Json], sender: tuple[Identity, ...]) -> str:
    kind = _ITEM_KINDS[key]
    if kind == "status":
        return kind if people.text_of(item.get("id")) and people.text_of(item.get("status")) else "unknown"
    if kind != "message":
        return kind
    # To answer a group as if it were one person would tell everybody: groups are kept, not served.
    if not sender or not people.text_of(item.get("id")) or item.get("group_id"):
        return "unknown"
    type_ = people.text_of(item.get("type"))
    if type_ == "system":
        system = item.get("system")
        change = people.text_of(system.get("type")) if isinstance(system, dict) else ""
        return "identity" if change in _IDENTITY_CHANGES else "unknown"
    return _MESSAGE_TYPES.get(type_, "message")


def _external_id(key: str, kind: str, item: dict[str, Json]) -> str | None:
    if key not in ("messages", "statuses", "message_echoes"):
        return None
    external_id = people.text_of(item.get("id"))
    if key == "statuses":
        external_id = f"{external_id}:{people.text_of(item.get('status'))}:{people.text_of(item.get('timestamp'))}"
    # Only what the database can keep as it is; anything else goes by its hash.
    return external_id if kind != "unknown" and _STORABLE.fullmatch(external_id) else None


def _whole(
    kind: str, route: tuple[str, str], at: datetime, body: dict[str, Json], sender: tuple[Identity, ...] = ()
) -> Item:
    # The entry's time belongs to the digest: two equal alerts a week apart are two.
    canonical = json.dumps([kind, route, at.timestamp(), body], sort_keys=True, separators=(",", ":"))
    return Item(
        kind,
        hashlib.sha256(canonical.encode("ascii")).hexdigest(),
        route,
        sender,
        at,
        body,
    )


def _time(value: Json) -> datetime | None:
    text = people.text_of(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)
