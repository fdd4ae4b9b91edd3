"""Our bodies equal those of independent clients, and nothing over a limit is sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.channels.whatsapp import bodies

SHARED = Path(__file__).parents[5] / "shared" / "data" / "whatsapp" / "send"
TO = {"phone": "16505551234", "bsuid": "US.1"}
YES = {"id": "yes", "title": "Yes"}
NO = {"id": "no", "title": "No"}
CONTACT = {
    "name": {"formatted_name": "Anna Muster", "first_name": "Anna"},
    "phones": [{"phone": "+41 79 000 00 00", "type": "WORK", "wa_id": "41790000000"}],
}
REACTION = {"kind": "reaction", "message_id": "wamid.R", "emoji": "👍"}
READ = {"kind": "read", "message_id": "wamid.IN", "typing": True}
IMAGE = {"kind": "image", "url": "https://example.ch/a.jpg"}
TEMPLATE = {"kind": "template", "name": "order_update", "language": "de"}
ROW = {"id": "a", "title": "A", "section": "S"}

CAPTURED: dict[str, dict[str, Any]] = {
    "kapso-js__image_link": {**IMAGE, "text": "c"},
    "kapso-js__interactive_button": {"kind": "buttons", "text": "Ok?", "options": [YES]},
    "kapso-js__interactive_cta_url": {"kind": "link", "text": "See", "button": "Open", "url": "https://example.ch"},
    "kapso-js__interactive_flow": {
        "kind": "form",
        "text": "Flow",
        "button": "Go",
        "form": {"id": "123", "token": "ft", "screen": "S"},
    },
    "kapso-js__interactive_list": {
        "kind": "list",
        "text": "Pick",
        "button": "Menu",
        "options": [{**ROW, "description": "d"}],
    },
    "kapso-js__mark_read_typing": READ,
    "kapso-js__reaction": REACTION,
    "kapso-js__template": {**TEMPLATE, "parameters": ["Anna"]},
    "kapso-js__text": {"kind": "text", "text": "Hello", "preview": True},
    "whatsapp-api-js__contacts": {"kind": "contacts", "contacts": [CONTACT]},
    "whatsapp-api-js__document_id": {
        "kind": "document",
        "media": "1003383421387256",
        "text": "cap",
        "filename": "a.pdf",
    },
    "whatsapp-api-js__image_link": {**IMAGE, "text": "cap"},
    "whatsapp-api-js__interactive_button": {
        "kind": "buttons",
        "text": "Ok?",
        "options": [YES, NO],
        "header": "Head",
        "footer": "Foot",
    },
    "whatsapp-api-js__interactive_cta_url": {
        "kind": "link",
        "text": "See",
        "button": "Open",
        "url": "https://example.ch/s/1",
    },
    "whatsapp-api-js__interactive_list": {
        "kind": "list",
        "text": "Pick",
        "button": "Menu",
        "options": [{**ROW, "description": "desc"}],
    },
    "whatsapp-api-js__interactive_location_request": {"kind": "location_request", "text": "Where?"},
    "whatsapp-api-js__location": {
        "kind": "location",
        "latitude": 47.37,
        "longitude": 8.54,
        "name": "Zurich",
        "address": "Bahnhofstr 1",
    },
    "whatsapp-api-js__mark_read": {**READ, "typing": False},
    "whatsapp-api-js__mark_read_typing": READ,
    "whatsapp-api-js__reaction": REACTION,
    "whatsapp-api-js__reaction_remove": {**REACTION, "emoji": ""},
    "whatsapp-api-js__template_body_quickreply": {
        **TEMPLATE,
        "language_policy": "deterministic",
        "parameters": ["Anna", "42"],
        "options": [{"id": "STOP"}],
    },
    "whatsapp-api-js__text": {"kind": "text", "text": "Hello https://example.ch", "preview": True},
    "whatsapp-api-js__text_bsuid": {"kind": "text", "text": "Hi", "preview": None},
    "whatsapp-api-js__text_reply_context": {"kind": "text", "text": "re", "preview": None, "reply_to": "wamid.CTX"},
}


@pytest.mark.skipif(not SHARED.exists(), reason="the captured bodies are not beside this clone")
def test_every_captured_body_is_met() -> None:
    assert {path.stem for path in SHARED.glob("*.json")} == set(CAPTURED)


@pytest.mark.skipif(not SHARED.exists(), reason="the captured bodies are not beside this clone")
@pytest.mark.parametrize("name", CAPTURED)
def test_our_body_equals_the_captured_one(name: Any) -> None:
    captured = json.loads((SHARED / f"{name}.json").read_text())["body"]
    if isinstance(captured.get("contacts"), str):
        captured["contacts"] = json.loads(captured["contacts"])  # a known quirk of that client, not copied
    recipient = {"bsuid": captured["recipient"]} if "recipient" in captured else TO
    callback_data = captured.get("biz_opaque_callback_data", "")
    assert bodies.body(payload=CAPTURED[name], recipient=recipient, callback_data=callback_data) == captured


def test_a_plain_text_asks_for_no_preview_and_carries_its_callback_data() -> None:
    assert bodies.body(payload={"kind": "text", "text": "Grüezi"}, recipient=TO, callback_data="o-1") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "16505551234",
        "type": "text",
        "text": {"body": "Grüezi", "preview_url": False},
        "biz_opaque_callback_data": "o-1",
    }


def test_a_person_without_a_number_is_addressed_by_the_user_id() -> None:
    body = bodies.body(payload={"kind": "text", "text": "a"}, recipient={"bsuid": "US.1"}, callback_data="o")
    assert body["recipient"] == "US.1"
    assert "to" not in body


BUTTONS: dict[str, Any] = {"kind": "buttons", "text": "Ok?", "options": [YES, NO]}
LIST: dict[str, Any] = {"kind": "list", "text": "Pick", "button": "Menu", "options": [ROW]}
LINK = CAPTURED["kapso-js__interactive_cta_url"]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"kind": "text", "text": "x" * 4097}, bodies.TooLong),
        ({"kind": "text", "text": " "}, bodies.Missing),
        ({**BUTTONS, "text": "x" * 1025}, bodies.TooLong),
        ({**BUTTONS, "options": []}, bodies.Missing),
        ({**BUTTONS, "options": [{"id": str(n), "title": str(n)} for n in range(4)]}, bodies.TooMany),
        ({**BUTTONS, "options": [{"id": "a", "title": "x" * 21}]}, bodies.TooLong),
        ({**BUTTONS, "options": [YES, {**NO, "id": "yes"}]}, bodies.Ambiguous),
        ({**BUTTONS, "options": [YES, {**NO, "title": "Yes"}]}, bodies.Ambiguous),
        ({**BUTTONS, "footer": "x" * 61}, bodies.TooLong),
        ({**LIST, "button": None}, bodies.Missing),
        ({**LIST, "button": "x" * 21}, bodies.TooLong),
        ({**LIST, "options": [{"id": str(n), "title": str(n)} for n in range(11)]}, bodies.TooMany),
        ({**LIST, "options": [{"id": "a", "title": "x" * 25}]}, bodies.TooLong),
        ({**LIST, "options": [{"id": "a", "title": "A", "description": "x" * 73}]}, bodies.TooLong),
        ({**LIST, "options": [ROW, {"id": "b", "title": "B"}]}, bodies.Missing),
        ({**LINK, "button": "x" * 21}, bodies.TooLong),
        ({**LINK, "url": ""}, bodies.Missing),
        ({**IMAGE, "text": "x" * 1025}, bodies.TooLong),
        ({"kind": "hologram"}, bodies.UnknownKind),
        ({}, bodies.UnknownKind),
    ],
)
def test_what_whatsapp_would_refuse_is_refused_before(payload: Any, error: Any) -> None:
    with pytest.raises(error) as refusal:
        bodies.body(payload=payload, recipient=TO, callback_data="o")
    assert "xxx" not in str(refusal.value)


def test_nobody_is_no_recipient() -> None:
    with pytest.raises(bodies.Missing):
        bodies.body(payload={"kind": "text", "text": "a"}, recipient={"email": "a@b"}, callback_data="o")


def test_callback_data_has_a_limit() -> None:
    with pytest.raises(bodies.TooLong):
        bodies.body(payload={"kind": "text", "text": "a"}, recipient=TO, callback_data="x" * 513)
