"""Items become small neutral values."""

import json
from typing import Any

import pytest

from bot.channels.base import Fault, Identity, Media, Place, advance
from bot.channels.whatsapp import read, receive

BSUID = "CH.8Kd02jdLs"


def only(*, field: Any = "messages", **parts: Any) -> Any:
    value = {"metadata": {"phone_number_id": "1001"}, **parts}
    body = {"entry": [{"id": "4711", "changes": [{"field": field, "value": value}]}]}
    (item,) = receive.split(json.dumps(body).encode())
    return item


def text(**parts: Any) -> Any:
    common = {"from": "41790000001", "id": "wamid.A", "timestamp": "1790000000"}
    return {**common, "type": "text", "text": {"body": "Grüezi"}, **parts}


def message(**parts: Any) -> Any:
    return read.read_message(only(messages=[text(**parts)]))


def test_a_tapped_button_is_a_choice_by_its_id() -> None:
    reply = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Ja"}}
    incoming = message(type="interactive", interactive=reply, context={"id": "wamid.Q"})
    assert (incoming.kind, incoming.option, incoming.text, incoming.reply_to) == ("choice", "yes", "Ja", "wamid.Q")


def test_a_list_row_and_a_template_button_are_choices_too() -> None:
    row = message(type="interactive", interactive={"type": "list_reply", "list_reply": {"id": "r1", "title": "Eins"}})
    button = message(type="button", button={"payload": "STOP", "text": "Stopp"})
    assert [row.option, button.option] == ["r1", "STOP"]


def test_a_voice_message_is_media() -> None:
    audio = {"id": "77", "mime_type": "audio/ogg; codecs=opus", "sha256": "x=", "voice": True}
    incoming = message(type="audio", audio=audio)
    assert incoming.media == Media("77", "audio/ogg; codecs=opus", "x=", None, True)


def test_a_caption_is_the_text_of_an_image() -> None:
    assert message(type="image", image={"id": "77", "caption": "Rechnung"}).text == "Rechnung"


def test_a_location_has_a_place_and_its_name() -> None:
    incoming = message(type="location", location={"latitude": 47.37, "longitude": 8, "name": "Zürich"})
    assert (incoming.place, incoming.text) == (Place(47.37, 8.0), "Zürich")


@pytest.mark.parametrize("type_", ["order", "unsupported", "hologram", "request_welcome"])
def test_what_the_bot_cannot_read_says_so(type_: Any) -> None:
    assert message(type=type_).kind == "unsupported"


def test_a_text_is_free_of_what_cannot_be_stored() -> None:
    assert message(text={"body": "a\x00b\ud800c"}).text == "ab\ufffdc"


def test_a_status_carries_what_settles_the_matter() -> None:
    status = {
        "id": "wamid.B",
        "status": "failed",
        "timestamp": "1790000001",
        "recipient_user_id": BSUID,
        "biz_opaque_callback_data": "o-1",
        "errors": [{"code": 131026, "title": "Message undeliverable"}, "odd"],
        "pricing": {"billable": False},
    }
    read_status = read.read_status(only(statuses=[status]))
    assert read_status.rank == 0
    assert read_status.callback_data == "o-1"
    assert read_status.errors == (Fault(131026, "Message undeliverable"),)
    assert read_status.recipient == (Identity("bsuid", BSUID),)
    assert read_status.pricing == {"billable": False}


@pytest.mark.parametrize(
    ("current", "new", "stands"),
    [
        (None, "sent", "sent"),
        (None, "failed", "failed"),
        (None, "novel", None),
        ("sent", "delivered", "delivered"),
        ("read", "delivered", "read"),
        ("read", "sent", "read"),
        ("read", "played", "played"),
        ("delivered", "failed", "delivered"),
        ("sent", "failed", "failed"),
        ("failed", "sent", "failed"),
        ("failed", "delivered", "delivered"),
        ("sent", "novel", "sent"),
    ],
)
def test_a_status_is_never_downgraded(current: Any, new: Any, stands: Any) -> None:
    assert advance(current, new) == stands


def test_a_new_number_is_an_identity_change() -> None:
    system = {"type": "user_changed_number", "wa_id": "41790000002", "user_id": "CH.2"}
    change = read.read_identity_change(only(messages=[text(type="system", system=system)]))
    assert change.previous == (Identity("phone", "41790000001"),)
    assert change.current == (Identity("bsuid", "CH.2"), Identity("phone", "41790000002"))


def test_a_new_user_id_is_an_identity_change() -> None:
    update = {"wa_id": "41790000001", "user_id": {"previous": "CH.1", "current": "CH.2"}, "timestamp": "1790000000"}
    contacts = [{"wa_id": "41790000001", "user_id": "CH.2"}]
    change = read.read_identity_change(only(contacts=contacts, user_id_update=[update], field="user_id_update"))
    assert change.previous == (Identity("bsuid", "CH.1"), Identity("phone", "41790000001"))
    assert change.current[0] == Identity("bsuid", "CH.2")


@pytest.mark.parametrize(("value", "wants"), [("resume", True), ("stop", False), ("novel", False)])
def test_only_resume_wants_marketing(value: Any, wants: Any) -> None:
    preference = {"user_id": BSUID, "category": "marketing_messages", "value": value, "timestamp": 1790000000}
    item = only(user_preferences=[preference], field="user_preferences")
    assert read.read_preference(item).wants_marketing is wants
