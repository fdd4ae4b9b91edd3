"""Webhooks are taken apart without loss, whatever their shape."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Identity
from bot.channels.whatsapp import read, receive

SHARED = Path(__file__).parents[5] / "shared" / "data" / "whatsapp" / "inbound"
SECRET = b"app secret"
KINDS = {
    *("message", "status", "reaction", "edit", "revoke", "echo"),
    *("account", "identity", "preference", "call", "unknown"),
}
BSUID = "CH.8Kd02jdLs"
KEYS = [
    *("entry", "changes", "value", "field", "messages", "statuses", "contacts", "metadata", "id", "from", "type"),
    *("text", "body", "timestamp", "user_id", "wa_id", "errors", "interactive", "context", "status"),
    "phone_number_id",
]


def envelope(*values: Any, field: Any = "messages", waba: Any = "4711", **entry: Any) -> Any:
    changes = [{"field": field, "value": value} for value in values]
    body = {"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": changes, **entry}]}
    return json.dumps(body).encode()


def of_number(phone_number_id: Any = "1001", **parts: Any) -> Any:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "41440000000", "phone_number_id": phone_number_id},
        **parts,
    }


def text(**parts: Any) -> Any:
    return {
        "from": "41790000001",
        "id": "wamid.A",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": "Grüezi"},
        **parts,
    }


def only(raw: Any) -> Any:
    items = receive.split(raw)
    assert len(items) == 1
    return items[0]


def test_a_signature_is_that_of_the_raw_bytes() -> None:
    raw = b'{"text":"Gr\\u00fcezi"}'
    signature = "sha256=" + hmac.new(SECRET, raw, hashlib.sha256).hexdigest()
    assert receive.verify(raw=raw, signature=signature, secret=SECRET)
    assert not receive.verify(raw='{"text":"Grüezi"}'.encode(), signature=signature, secret=SECRET)


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha1=00", "é" * 71, "sha256=" + "0" * 64])
def test_a_wrong_signature_is_refused(signature: Any) -> None:
    assert not receive.verify(raw=b"{}", signature=signature, secret=SECRET)


def test_without_a_secret_nothing_is_genuine() -> None:
    signature = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert not receive.verify(raw=b"{}", signature=signature, secret=b"")


@pytest.mark.parametrize(
    ("mode", "token", "answer"),
    [
        ("subscribe", "ours", "42"),
        ("subscribe", "theirs", None),
        ("unsubscribe", "ours", None),
        ("subscribe", "", None),
    ],
)
def test_the_handshake_echoes_the_challenge_for_our_token_only(mode: Any, token: Any, answer: Any) -> None:
    args = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "42"}
    assert receive.handshake(args=args, verify_token="ours") == answer


def test_the_handshake_never_accepts_an_empty_token() -> None:
    assert receive.handshake(args={"hub.mode": "subscribe", "hub.challenge": "42"}, verify_token="") is None


def test_a_text_becomes_a_message_with_its_sender_and_time() -> None:
    contacts = [{"profile": {"name": "Anna"}, "wa_id": "41790000001", "user_id": BSUID}]
    item = only(envelope(of_number(contacts=contacts, messages=[text()])))
    assert (item.kind, item.external_id, item.route) == ("message", "wamid.A", ("phone_number_id", "1001"))
    assert item.sender == (Identity("bsuid", BSUID), Identity("phone", "41790000001"))
    assert item.sent_at == datetime.fromtimestamp(1790000000, UTC)
    assert read.read_message(item).text == "Grüezi"
    assert "Anna" not in json.dumps(item.body)


def test_a_person_without_a_number_is_known_by_the_user_id() -> None:
    message = text(from_user_id=BSUID, **{"from": None})
    item = only(envelope(of_number(contacts=[{"user_id": BSUID}], messages=[message])))
    assert item.sender == (Identity("bsuid", BSUID),)


def test_a_contact_never_lends_its_names_to_somebody_else() -> None:
    contacts = [{"wa_id": "41790000009", "user_id": BSUID}]
    item = only(envelope(of_number(contacts=contacts, messages=[text()])))
    assert item.sender == (Identity("phone", "41790000001"),)


def test_each_message_of_a_batch_finds_its_own_contact() -> None:
    contacts = [{"wa_id": "41790000002", "user_id": "CH.2"}, {"wa_id": "41790000001", "user_id": "CH.1"}]
    messages = [text(), text(id="wamid.B", **{"from": "41790000002"})]
    items = receive.split(envelope(of_number(contacts=contacts, messages=messages)))
    assert [item.sender[0].value for item in items] == ["CH.1", "CH.2"]


def test_one_post_may_hold_several_organisations() -> None:
    items = receive.split(envelope(of_number("1001", messages=[text()]), of_number("2002", messages=[text()])))
    assert [item.route[1] for item in items] == ["1001", "2002"]


def test_a_duplicate_has_the_same_external_id_and_another_status_has_not() -> None:
    sent = {"id": "wamid.B", "status": "sent", "timestamp": "1790000001", "recipient_id": "41790000001"}
    statuses = [sent, dict(sent), {**sent, "status": "delivered"}]
    items = receive.split(envelope(of_number(statuses=statuses)))
    assert items[0].external_id == items[1].external_id == "wamid.B:sent:1790000001"
    assert items[2].external_id != items[0].external_id


def test_an_account_notice_is_routed_by_its_account_and_known_by_its_hash() -> None:
    raw = envelope({"event": "ACCOUNT_RESTRICTION"}, field="account_update", time=1790000000)
    item, again = only(raw), only(raw)
    assert (item.kind, item.route) == ("account", ("waba", "4711"))
    assert item.external_id == again.external_id
    assert item.sent_at == datetime.fromtimestamp(1790000000, UTC)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"messages": [text(type="reaction", reaction={"message_id": "wamid.Z"})]}, "reaction"),
        ({"messages": [text(type="edit", edit={})]}, "edit"),
        ({"messages": [text(type="revoke", revoke={"original_message_id": "wamid.Z"})]}, "revoke"),
        (
            {"messages": [text(type="system", system={"type": "user_changed_number", "wa_id": "41790000002"})]},
            "identity",
        ),
        ({"messages": [text(type="system", system={"type": "something_new"})]}, "unknown"),
        ({"messages": [text(type="hologram", hologram={})]}, "message"),
        ({"messages": [text(group_id="G1")]}, "unknown"),
        ({"messages": [{"id": "wamid.A", "type": "text"}]}, "unknown"),
        ({"messages": ["what"]}, "unknown"),
        ({"messages": {"not": "a list"}}, "unknown"),
        ({"messages": []}, "unknown"),
        ({"errors": [{"code": 130429}]}, "account"),
        ({"novelties": [{"id": "1"}]}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_every_part_of_the_messages_field_has_its_kind(parts: Any, kind: Any) -> None:
    assert only(envelope(of_number(**parts))).kind == kind


@pytest.mark.parametrize(
    ("field", "parts", "kind"),
    [
        ("calls", {"calls": [{"id": "wacid.1", "from": "41790000001", "event": "connect"}]}, "call"),
        ("smb_message_echoes", {"message_echoes": [text(to="41790000001")]}, "echo"),
        ("user_preferences", {"user_preferences": [{"wa_id": "41790000001", "value": "stop"}]}, "preference"),
        ("user_id_update", {"user_id_update": [{"user_id": {"previous": "CH.1", "current": "CH.2"}}]}, "identity"),
        ("flows", {"event": "ENDPOINT_LATENCY", "errors": [{"error_type": "X"}]}, "account"),
        ("group_lifecycle_update", {"groups": [{}]}, "account"),
        ("history", {"history": [{}]}, "unknown"),
        ("something_of_2031", {"anything": 1}, "unknown"),
    ],
)
def test_every_field_has_its_kind(field: Any, parts: Any, kind: Any) -> None:
    assert only(envelope(of_number(**parts), field=field)).kind == kind


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\xfd", b'{"a":NaN}', b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_refused(raw: Any) -> None:
    with pytest.raises(receive.BrokenBody):
        receive.split(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"{}", b'{"entry":7}', b'{"entry":[]}', b'{"entry":[null]}'])
def test_json_of_another_shape_is_kept_as_unknown(raw: Any) -> None:
    item = only(raw)
    assert (item.kind, item.route) == ("unknown", receive.NO_ROUTE)


def test_a_route_that_no_database_would_take_is_none() -> None:
    assert only(envelope(of_number("10\x0001", messages=[text()]))).route == receive.NO_ROUTE


def test_an_id_that_no_database_would_take_is_replaced_by_a_hash() -> None:
    for odd in ("wamid.\x00", "\ud800", "x" * 500, "with space"):
        assert re.fullmatch("[0-9a-f]{64}", only(envelope(of_number(messages=[text(id=odd)]))).external_id)


def test_a_time_beyond_reason_counts_as_none_and_so_as_late() -> None:
    odd: Any
    for odd in ("999999999999999", "-1", "soon", None, [], 1e300, True):
        item = only(envelope(of_number(messages=[text(timestamp=odd)])))
        assert item.sent_at == datetime.fromtimestamp(0, UTC)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            children | st.sampled_from(["messages", "text", "system", "flows", "user_id_update", "calls"]),
            max_size=5,
        )
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_no_shape_of_json_makes_the_reader_fall(value: Any) -> None:
    for wrapped in (value, {"entry": [{"changes": [{"field": "messages", "value": value}]}]}):
        for item in receive.split(json.dumps(wrapped).encode()):
            assert item.kind in KINDS
            read.read_message(item)
            read.read_status(item)
            read.read_identity_change(item)
            read.read_preference(item)


@settings(max_examples=200, deadline=None)
@given(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3), st.lists(json_values, max_size=2))
def test_no_shape_of_items_makes_the_reader_fall(messages: Any, statuses: Any, contacts: Any) -> None:
    for item in receive.split(envelope(of_number(messages=messages, statuses=statuses, contacts=contacts))):
        read.read_message(item)
        read.read_status(item)


@pytest.mark.skipif(not SHARED.exists(), reason="the public payloads are not beside this clone")
def test_every_public_payload_is_accepted() -> None:
    for path in sorted(SHARED.glob("*.json")):
        items = receive.split(path.read_bytes())
        assert items, path.name
        assert {item.kind for item in items} <= KINDS - {"unknown"}, path.name
        assert all(item.route[1] for item in items), path.name
        for item in items:
            if item.kind == "message" and "unsupported" not in path.name and "permission" not in path.name:
                assert read.read_message(item).kind != "unsupported" or "flow_completion" in path.name, path.name


@pytest.mark.skipif(not SHARED.exists(), reason="the public payloads are not beside this clone")
def test_the_public_batch_holds_one_duplicate() -> None:
    batch = next(SHARED.glob("*batch*")).read_bytes()
    ids = [item.external_id for item in receive.split(batch)]
    assert (len(ids), len(set(ids))) == (4, 3)
