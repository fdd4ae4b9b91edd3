"""Read an item into a small value that knows nothing of Meta's wire.

The one rule: an item is never trusted for its shape; what is missing is read as absent.
"""

from dataclasses import dataclass

from bot.channels.base import (
    RANKS,
    Fault,
    Identity,
    Incoming,
    Item,
    Json,
    Media,
    Place,
    Status,
)

_MEDIA = ("image", "audio", "video", "document", "sticker")


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A person goes by another name from now on."""

    previous: tuple[Identity, ...]
    current: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """A person wants marketing messages, or no more of them."""

    wants_marketing: bool


def read_message(item: Item) -> Incoming:
    """Read an item of kind message. What the bot cannot read comes as `unsupported`."""
    message = _object(item.body.get("item"))
    type_ = _string(message.get("type"))
    part = _object(message.get(type_)) if type_ else {}
    reply_to = _string(_object(message.get("context")).get("id")) or None
    if type_ == "text":
        return Incoming("text", _string(part.get("body")), reply_to=reply_to)
    if type_ == "button":
        text = _string(part.get("text"))
        return Incoming(
            "choice",
            text,
            option=_string(part.get("payload")) or text,
            reply_to=reply_to,
        )
    if type_ == "interactive":
        return _interactive(part, reply_to)
    if type_ in _MEDIA:
        return Incoming(type_, _string(part.get("caption")), media=_media(part), reply_to=reply_to)
    if type_ == "location":
        words = [_string(part.get("name")), _string(part.get("address"))]
        text = ", ".join(word for word in words if word)
        return Incoming("location", text, place=_place(part), reply_to=reply_to)
    if type_ == "contacts":
        return Incoming("contacts", "", reply_to=reply_to)
    return Incoming("unsupported", "", reply_to=reply_to)


def read_status(item: Item) -> Status:
    """Read an item of kind status."""
    status = _object(item.body.get("item"))
    word = _string(status.get("status"))
    pricing = status.get("pricing")
    errors = status.get("errors")
    return Status(
        external_id=_string(status.get("id")),
        status=word,
        rank=RANKS.get(word, 0),
        at=item.sent_at,
        callback_data=_string(status.get("biz_opaque_callback_data")) or None,
        pricing=pricing if isinstance(pricing, dict) else None,
        errors=tuple(_faults(errors)) if isinstance(errors, list) else (),
        recipient=item.sender,
    )


def read_identity_change(item: Item) -> IdentityChange:
    """Read an item of kind identity: a system message or a user_id_update."""
    change = _object(item.body.get("item"))
    renamed = change.get("user_id")
    if isinstance(renamed, dict):
        current = (("bsuid", renamed.get("current")), ("phone", change.get("wa_id")))
    else:
        system = _object(change.get("system"))
        current = (("bsuid", system.get("user_id")), ("phone", system.get("wa_id")))
    named = tuple(Identity(kind, _string(value)) for kind, value in current if _string(value))
    return IdentityChange(previous=item.sender, current=named)


def read_preference(item: Item) -> Preference:
    """Read an item of kind preference. Whatever is not "resume" counts as a stop."""
    return Preference(wants_marketing=_object(item.body.get("item")).get("value") == "resume")


def _interactive(part: dict[str, Json], reply_to: str | None) -> Incoming:
    for key in ("button_reply", "list_reply"):
        reply = _object(part.get(key))
        if _string(reply.get("id")):
            return Incoming(
                "choice",
                _string(reply.get("title")),
                option=_string(reply.get("id")),
                reply_to=reply_to,
            )
    return Incoming("unsupported", "", reply_to=reply_to)


def _media(part: dict[str, Json]) -> Media | None:
    media_id = _string(part.get("id"))
    if not media_id:
        return None
    return Media(
        id=media_id,
        mime_type=_string(part.get("mime_type")) or None,
        sha256=_string(part.get("sha256")) or None,
        filename=_string(part.get("filename")) or None,
        voice=part.get("voice") is True,
    )


def _place(part: dict[str, Json]) -> Place | None:
    latitude, longitude = part.get("latitude"), part.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        return Place(float(latitude), float(longitude))
    return None


def _faults(errors: list[Json]) -> list[Fault]:
    known = [error for error in errors if isinstance(error, dict) and isinstance(error.get("code"), int)]
    return [Fault(error["code"], _string(error.get("title"))) for error in known]


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _string(value: Json) -> str:
    """Read a text that can be stored: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        return ""
    text: str = value.replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
