"""Turn a neutral payload into the body that the Cloud API expects.

The one rule: nothing is shortened, added or repaired. What the gate cleared goes as it is,
or does not go: a payload over a limit raises before anything is sent.

    {"kind": "buttons", "text": "Ok?", "options": [{"id": "yes", "title": "Yes"}]}
"""

from collections.abc import Callable, Mapping, Sequence

from bot.channels.base import Json
from bot.channels.whatsapp import CAPABILITIES as CAN

CALLBACK_CHARACTERS = 512
OPTION_ID_CHARACTERS = 200
FRAME_CHARACTERS = 60  # header and footer
FILE_NAME_CHARACTERS = 240


class Unsendable(ValueError):
    """The payload cannot go as it is. Its words name parts and counts, never content."""


class TooLong(Unsendable):
    """A part has more characters than WhatsApp carries."""

    def __init__(self, part: str, limit: int, length: int) -> None:
        super().__init__(f"{part} too long: {length} characters, limit {limit}")


class TooMany(Unsendable):
    """There are more options than WhatsApp shows."""

    def __init__(self, part: str, limit: int, count: int) -> None:
        super().__init__(f"too many {part}: {count}, limit {limit}")


class Missing(Unsendable):
    """A part is absent or empty that WhatsApp demands."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} missing")


class Ambiguous(Unsendable):
    """Two options have the same id or the same title: WhatsApp refuses them (131009)."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} twice")


class UnknownKind(Unsendable):
    """There is no such kind of message on WhatsApp."""

    def __init__(self) -> None:
        super().__init__("unknown kind of message")


def body(*, payload: Mapping[str, Json], recipient: Mapping[str, str], callback_data: str) -> dict[str, Json]:
    """Build the wire body of a payload for a recipient. Raise Unsendable."""
    if payload.get("kind") == "read":
        return _read(payload)
    try:
        build = _KINDS[payload["kind"]]
    except (KeyError, TypeError):
        raise UnknownKind from None
    wire = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_address(recipient),
        **build(payload),
    }
    if payload.get("reply_to"):
        wire["context"] = {"message_id": payload["reply_to"]}
    if callback_data:
        wire["biz_opaque_callback_data"] = _within(callback_data, "callback data", CALLBACK_CHARACTERS)
    return wire


def _address(recipient: Mapping[str, str]) -> dict[str, str]:
    # The number wins over the user id on Meta's side too, where both are given.
    if recipient.get("phone"):
        return {"to": recipient["phone"]}
    if recipient.get("bsuid"):
        return {"recipient": recipient["bsuid"]}
    raise Missing("address")


def _read(payload: Mapping[str, Json]) -> dict[str, Json]:
    wire: dict[str, Json] = {"messaging_product": "whatsapp", "status": "read"}
    wire["message_id"] = _demand(payload, "message_id")
    if payload.get("typing"):
        wire["typing_indicator"] = {"type": "text"}
    return wire


def _text(payload: Mapping[str, Json]) -> dict[str, Json]:
    text = {"body": _within(_demand(payload, "text"), "text", CAN.text_characters)}
    # A preview would make Meta fetch the link: none unless asked for. None leaves the choice to Meta.
    preview = payload.get("preview", False)
    return {
        "type": "text",
        "text": text if preview is None else {**text, "preview_url": preview},
    }


def _buttons(payload: Mapping[str, Json]) -> dict[str, Json]:
    options = _options(payload, "buttons", CAN.buttons)
    buttons = [
        {
            "type": "reply",
            "reply": {
                "id": _within(option["id"], "button id", OPTION_ID_CHARACTERS),
                "title": _within(option["title"], "button title", CAN.button_title_characters),
            },
        }
        for option in options
    ]
    _distinct([option["title"] for option in options], "button title")
    return _interactive(payload, "button", {"buttons": buttons})


def _list(payload: Mapping[str, Json]) -> dict[str, Json]:
    opener = _within(_demand(payload, "button"), "list button", CAN.button_title_characters)
    sections: list[dict[str, Json]] = []
    for option in _options(payload, "list rows", CAN.list_rows):
        title = option.get("section")
        if not sections or sections[-1].get("title") != title:
            named = {"title": _within(title, "section title", CAN.row_title_characters)} if title else {}
            sections.append({**named, "rows": []})
        sections[-1]["rows"].append(_row(option))
    if len(sections) > 1 and not all("title" in section for section in sections):
        raise Missing("section title")
    return _interactive(payload, "list", {"button": opener, "sections": sections})


def _row(option: Mapping[str, Json]) -> dict[str, Json]:
    row = {
        "id": _within(option["id"], "row id", OPTION_ID_CHARACTERS),
        "title": _within(option["title"], "row title", CAN.row_title_characters),
    }
    if option.get("description"):
        row["description"] = _within(option["description"], "row description", CAN.row_description_characters)
    return row


def _link(payload: Mapping[str, Json]) -> dict[str, Json]:
    parameters = {
        "display_text": _within(_demand(payload, "button"), "link button", CAN.button_title_characters),
        "url": _demand(payload, "url"),
    }
    return _interactive(payload, "cta_url", {"name": "cta_url", "parameters": parameters})


def _location_request(payload: Mapping[str, Json]) -> dict[str, Json]:
    return _interactive(payload, "location_request_message", {"name": "send_location"})


def _form(payload: Mapping[str, Json]) -> dict[str, Json]:
    form = payload.get("form")
    if not isinstance(form, Mapping):
        raise Missing("form")
    parameters: dict[str, Json] = {
        "flow_cta": _within(_demand(payload, "button"), "form button", CAN.button_title_characters),
        "flow_id": _demand(form, "id"),
        "flow_message_version": "3",
        "flow_token": _demand(form, "token"),
    }
    if form.get("screen"):
        parameters |= {
            "flow_action": "navigate",
            "flow_action_payload": {"screen": form["screen"]},
        }
    return _interactive(payload, "flow", {"name": "flow", "parameters": parameters})


def _interactive(payload: Mapping[str, Json], kind: str, action: dict[str, Json]) -> dict[str, Json]:
    text = _within(_demand(payload, "text"), "text", CAN.interactive_text_characters)
    interactive: dict[str, Json] = {
        "type": kind,
        "body": {"text": text},
        "action": action,
    }
    if payload.get("header"):
        interactive["header"] = {
            "type": "text",
            "text": _within(payload["header"], "header", FRAME_CHARACTERS),
        }
    if payload.get("footer"):
        interactive["footer"] = {"text": _within(payload["footer"], "footer", FRAME_CHARACTERS)}
    return {"type": "interactive", "interactive": interactive}


def _media(payload: Mapping[str, Json]) -> dict[str, Json]:
    kind = payload["kind"]
    media = {"id": payload["media"]} if payload.get("media") else {"link": _demand(payload, "url")}
    if payload.get("text") and kind in ("image", "video", "document"):
        media["caption"] = _within(payload["text"], "caption", CAN.interactive_text_characters)
    if payload.get("filename") and kind == "document":
        media["filename"] = _within(payload["filename"], "file name", FILE_NAME_CHARACTERS)
    return {"type": kind, kind: media}


def _template(payload: Mapping[str, Json]) -> dict[str, Json]:
    language = {"code": _demand(payload, "language")}
    if payload.get("language_policy"):
        language["policy"] = payload["language_policy"]
    components: list[dict[str, Json]] = []
    if payload.get("parameters"):
        texts = [{"type": "text", "text": str(text)} for text in payload["parameters"]]
        components.append({"type": "body", "parameters": texts})
    for index, option in enumerate(payload.get("options") or ()):
        parameters = [{"type": "payload", "payload": _demand(option, "id")}]
        components.append(
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": index,
                "parameters": parameters,
            }
        )
    template: dict[str, Json] = {"name": _demand(payload, "name"), "language": language}
    if components:
        template["components"] = components
    return {"type": "template", "template": template}


def _location(payload: Mapping[str, Json]) -> dict[str, Json]:
    if payload.get("latitude") is None or payload.get("longitude") is None:
        raise Missing("coordinates")
    location = {"longitude": payload["longitude"], "latitude": payload["latitude"]}
    named = {key: payload[key] for key in ("name", "address") if payload.get(key)}
    return {"type": "location", "location": {**location, **named}}


def _contacts(payload: Mapping[str, Json]) -> dict[str, Json]:
    contacts = payload.get("contacts")
    if not isinstance(contacts, Sequence) or isinstance(contacts, str) or not contacts:
        raise Missing("contacts")
    return {"type": "contacts", "contacts": list(contacts)}


def _reaction(payload: Mapping[str, Json]) -> dict[str, Json]:
    # An empty emoji takes the reaction back.
    reaction = {
        "message_id": _demand(payload, "message_id"),
        "emoji": payload.get("emoji") or "",
    }
    return {"type": "reaction", "reaction": reaction}


_KINDS: dict[str, Callable[[Mapping[str, Json]], dict[str, Json]]] = {
    "text": _text,
    "buttons": _buttons,
    "list": _list,
    "link": _link,
    "location_request": _location_request,
    "form": _form,
    **dict.fromkeys(("image", "audio", "video", "document", "sticker"), _media),
    "template": _template,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
}


def _options(payload: Mapping[str, Json], part: str, limit: int) -> list[Mapping[str, Json]]:
    options = list(payload.get("options") or ())
    if not options:
        raise Missing(part)
    if len(options) > limit:
        raise TooMany(part, limit, len(options))
    for option in options:
        _demand(option, "id")
        _demand(option, "title")
    _distinct([option["id"] for option in options], "option id")
    return options


def _demand(payload: Mapping[str, Json], part: str) -> str:
    value = payload.get(part)
    if not isinstance(value, str) or not value.strip():
        raise Missing(part)
    return value


def _within(text: str, part: str, limit: int) -> str:
    if len(text) > limit:
        raise TooLong(part, limit, len(text))
    return text


def _distinct(values: Sequence[str], part: str) -> None:
    if len(set(values)) < len(values):
        raise Ambiguous(part)
