"""Webhooks at the door: what is proven is stored once and answered 200; nothing else leaves a trace."""

import contextlib
import json
import logging
import secrets
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis
from structlog.testing import capture_logs

from bot import inbox, jobs
from bot.inbox import InboundEvent
from bot.receipts import Receipt
from tenants import queue
from tenants.database import db
from tests.firm import Firm, sign, status, text_message
from web.bodies import LIMIT_BYTES

PAYLOADS = Path(__file__).parents[3] / "shared" / "data" / "whatsapp" / "inbound"
FILES = sorted(PAYLOADS.glob("*.json")) if PAYLOADS.is_dir() else []


def post(client: FlaskClient, firm: Firm, raw: bytes, *, signature: str | None = None) -> int:
    """Post a webhook, rightly signed unless told otherwise; return the status of the answer."""
    headers = {"X-Hub-Signature-256": sign(raw) if signature is None else signature}
    return client.post(f"/webhooks/{firm.app}", data=raw, headers=headers, content_type="application/json").status_code


def stored(firm: Firm) -> list[InboundEvent]:
    with firm.acting():
        events = list(db.session.scalars(sa.select(InboundEvent).order_by(InboundEvent.id)))
        db.session.expunge_all()
        return events


def ids(firm: Firm) -> list[str]:
    return [event.external_id for event in stored(firm)]


# The handshake


def test_the_handshake_echoes_the_challenge_for_our_token_alone(client: FlaskClient, firm: Firm) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "verify"}
    answer = client.get(f"/webhooks/{firm.app}", query_string=asked)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")
    for wrong in ({"hub.verify_token": "guess"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": ""}):
        assert client.get(f"/webhooks/{firm.app}", query_string=asked | wrong).status_code == 403
    assert client.get(f"/webhooks/{firm.app}").status_code == 403
    assert client.get("/webhooks/nobody", query_string=asked).status_code == 404


# What is refused


@pytest.mark.parametrize(
    "forge",
    [
        lambda raw: "",
        lambda raw: "sha256=",
        lambda raw: sign(raw, "another secret"),
        lambda raw: sign(raw + b" "),
        lambda raw: sign(raw).removeprefix("sha256="),
        lambda raw: sign(raw).upper(),
        lambda raw: "sha256=é",
    ],
)
def test_a_wrong_signature_is_403_and_leaves_no_trace_of_what_was_said(
    client: FlaskClient, firm: Firm, forge: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = firm.webhook(text_message("violets are blue"))
    with caplog.at_level(logging.DEBUG), capture_logs() as lines:
        assert post(client, firm, raw, signature=forge(raw)) == 403
    written = caplog.text + json.dumps(lines, default=str) + "".join(capsys.readouterr())
    assert "violets" not in written
    assert "41790000001" not in written
    assert stored(firm) == []


def test_no_signature_at_all_is_403(client: FlaskClient, firm: Firm) -> None:
    raw = firm.webhook(text_message("hello"))
    assert client.post(f"/webhooks/{firm.app}", data=raw).status_code == 403


def test_an_unknown_app_is_404(client: FlaskClient, firm: Firm) -> None:
    raw = firm.webhook(text_message("hello"))
    answer = client.post("/webhooks/nobody", data=raw, headers={"X-Hub-Signature-256": sign(raw)})
    assert answer.status_code == 404


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"{'a': 1}", b"NaN", b'{"entry": [NaN]}', b"not json"])
def test_what_is_no_json_is_400(client: FlaskClient, firm: Firm, raw: bytes) -> None:
    assert post(client, firm, raw) == 400
    assert stored(firm) == []


def test_what_is_too_large_is_413(client: FlaskClient, firm: Firm) -> None:
    raw = firm.webhook(text_message("x" * LIMIT_BYTES))
    assert post(client, firm, raw) == 413
    assert stored(firm) == []


def test_a_number_that_nobody_connected_is_kept_out_and_the_operator_is_told(
    client: FlaskClient, firm: Firm, other_firm: Firm
) -> None:
    mine, theirs = text_message("mine"), text_message("violets are blue")
    entries = [entry for raw in (firm.webhook(mine), other_firm.webhook(theirs)) for entry in json.loads(raw)["entry"]]
    entries[1]["changes"][0]["value"]["metadata"]["phone_number_id"] = "99" + secrets.token_hex(6)
    with capture_logs() as lines:
        assert post(client, firm, json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()) == 200
    assert ids(firm) == [mine["id"]]
    assert stored(other_firm) == []
    (line,) = [line for line in lines if line["event"] == "webhook for nobody"]
    assert (line["log_level"], line["route_kind"], line["item_kind"]) == ("warning", "phone_number_id", "message")
    assert "violets" not in json.dumps(lines, default=str)


# What is public of Meta's payloads


def addressed(body: Any, firm: Firm) -> tuple[Any, int]:
    """A public payload as if it had been sent about this firm's number, with ids of its own."""
    fresh: dict[str, str] = {}

    def anew(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fresh_id(key, item) for key, item in value.items()}
        return [anew(item) for item in value] if isinstance(value, list) else value

    def fresh_id(key: str, value: Any) -> Any:
        if key == "phone_number_id":
            return firm.phone_number_id
        if key == "id" and isinstance(value, str) and value.startswith("wamid."):
            return fresh.setdefault(value, f"wamid.{secrets.token_hex(12)}")
        return anew(value)

    body = anew(body)
    for entry in body["entry"]:
        entry["id"] = firm.waba_id
    return body, sum(len(entry["changes"]) for entry in body["entry"])


@pytest.mark.skipif(not FILES, reason="the public payloads lie beside the repository and are not here")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_public_payload_is_taken_and_each_item_kept_or_worked_upon(
    client: FlaskClient, firm: Firm, file: Path
) -> None:
    body, _ = addressed(json.loads(file.read_text()), firm)
    raw = json.dumps(body).encode()
    assert [post(client, firm, raw), post(client, firm, raw)] == [200, 200]
    firm.work()
    events = stored(firm)
    with firm.acting():
        receipts = db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) or 0
        aside = {event.id for event in inbox.set_aside(limit=200)}
        bodies = [inbox.body_of(event) for event in events]
    assert {event.state for event in events} <= {"taken", "kept"}
    assert {event.id for event in events if event.state == "kept"} == aside
    assert all(bodies)
    assert len(events) + receipts == len(expected_items(body))


def expected_items(body: Any) -> set[str]:
    """The items of a payload, counted without our code: what occurs twice counts once."""
    found: set[str] = set()
    for entry in body["entry"]:
        for change in entry["changes"]:
            lists = {
                key: value
                for key, value in change["value"].items()
                if isinstance(value, list) and key not in ("contacts", "errors") and change["field"] != "account_update"
            }
            known = ("messages", "statuses", "message_echoes", "calls", "user_preferences", "user_id_update")
            items = [item for key, value in lists.items() if key in known for item in value]
            items += change["value"].get("errors", []) if change["field"] in ("messages", "calls") else []
            found |= {json.dumps(item, sort_keys=True) for item in items or [change]}
    return found


OWN: dict[str, dict[str, Any]] = {
    "image": {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x", "caption": "look"}},
    "voice": {"type": "audio", "audio": {"id": "1", "mime_type": "audio/ogg", "voice": True}},
    "sticker": {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp", "animated": True}},
    "document": {"type": "document", "document": {"id": "1", "filename": "a.pdf"}},
    "location": {"type": "location", "location": {"latitude": 47.0, "longitude": 8.5}},
    "contacts": {"type": "contacts", "contacts": [{"name": {"formatted_name": "A B"}}]},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
    "reaction taken back": {"type": "reaction", "reaction": {"message_id": "wamid.x"}},
    "edit": {"type": "edit", "edit": {"original_message_id": "wamid.x", "message": {"type": "text"}}},
    "revoke": {"type": "revoke", "revoke": {"original_message_id": "wamid.x"}},
    "button": {"type": "button", "button": {"payload": "yes", "text": "Yes"}},
    "list": {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "A"}}},
    "form": {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}},
    "order": {"type": "order", "order": {"catalog_id": "1", "product_items": []}},
    "unsupported": {"type": "unsupported", "errors": [{"code": 131051, "title": "Unknown"}]},
    "of next year": {"type": "hologram", "hologram": {"id": "1"}},
    "of a group": {"type": "text", "text": {"body": "all"}, "group_id": "g1"},
    "system of next year": {"type": "system", "system": {"type": "user_changed_planet"}},
}


@pytest.mark.parametrize("kind", OWN)
def test_every_kind_of_message_is_taken_and_visible(client: FlaskClient, firm: Firm, kind: str) -> None:
    message = {key: value for key, value in text_message("").items() if key != "text"} | OWN[kind]
    assert post(client, firm, firm.webhook(message)) == 200
    firm.work()
    (event,) = stored(firm)
    assert event.state in ("taken", "kept")
    assert event.kind not in ("message", "edit", "revoke") or event.conversation_id is not None


# Many at once, and the same again


def test_one_post_may_hold_several_firms(client: FlaskClient, firm: Firm, other_firm: Firm, program: Flask) -> None:
    """Two firms behind one app: each gets its own, and a message id that both have is nobody's loss."""
    from bot.channels.routes import ChannelRoute
    from tenants.database import as_platform
    from tests.firm import TESTER

    with as_platform(TESTER):
        for route in db.session.scalars(sa.select(ChannelRoute).where(ChannelRoute.app == other_firm.app)):
            route.app = firm.app
    same = text_message("hello", wamid="wamid.the-same-for-both")
    entries = [
        entry
        for raw in (firm.webhook(same), other_firm.webhook(same, text_message("and more")))
        for entry in json.loads(raw)["entry"]
    ]
    raw = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    assert post(client, firm, raw) == 200
    assert (len(ids(firm)), len(ids(other_firm))) == (1, 2)


def test_a_thousand_items_in_one_post_are_a_thousand_rows(client: FlaskClient, firm: Firm) -> None:
    messages = [text_message("hello", who=f"4178{number:07}") for number in range(500)]
    statuses = [status(f"wamid.{number}", "sent") for number in range(500)]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": firm.phone_number_id},
        "messages": messages,
        "statuses": statuses,
    }
    change = {"field": "messages", "value": value}
    raw = json.dumps({"object": "x", "entry": [{"id": firm.waba_id, "changes": [change]}]}).encode()
    assert post(client, firm, raw) == 200
    assert set(ids(firm)) == {message["id"] for message in messages}
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) == 500


def test_more_items_than_a_statement_has_room_for_are_stored_too(client: FlaskClient, firm: Firm) -> None:
    value = {
        "metadata": {"phone_number_id": firm.phone_number_id},
        "messages": [f"x{number}" for number in range(6000)],
    }
    raw = json.dumps({"entry": [{"id": firm.waba_id, "changes": [{"field": "messages", "value": value}]}]}).encode()
    assert post(client, firm, raw) == 200
    assert len(ids(firm)) == 6000


def test_duplicates_in_one_post_are_no_ops(client: FlaskClient, firm: Firm) -> None:
    message = text_message("hello")
    assert post(client, firm, firm.webhook(message, message, message)) == 200
    assert post(client, firm, firm.webhook(message)) == 200
    delivered = status("wamid.a", "delivered")
    assert post(client, firm, firm.webhook(delivered, delivered, key="statuses")) == 200
    assert ids(firm) == [message["id"]]
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) == 1
    firm.work()
    assert len(firm.phone()) == 1


def test_the_same_items_at_once_in_any_order_are_stored_once_and_never_lock_each_other(
    program: Flask, firm: Firm
) -> None:
    messages = [text_message("hello", who=f"4178{number:07}") for number in range(120)]
    statuses = [status(f"wamid.{number}", "sent") for number in range(60)]
    answers: list[int] = []

    def send(turned: bool) -> None:
        step = -1 if turned else 1
        with program.app_context():
            client = program.test_client()
            answers.append(post(client, firm, firm.webhook(*messages[::step])))
            answers.append(post(client, firm, firm.webhook(*statuses[::step], key="statuses")))

    threads = [threading.Thread(target=send, args=(bool(number % 2),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert sorted(ids(firm)) == sorted(message["id"] for message in messages)
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) == 60


# What means harm

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["\x00", "a\x00b", "\ud800", "\udfff\ud800", "1" * 300, "-1", "99999999999", "1e999", "wamid.x"]),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KEYS = st.sampled_from(
    [
        *("id", "from", "from_user_id", "timestamp", "type", "text", "status", "recipient_id", "errors", "pricing"),
        *("biz_opaque_callback_data", "image", "interactive", "system", "user_id", "context", "group_id", "audio"),
    ]
)
WORDS = st.sampled_from(
    ["text", "system", "image", "interactive", "reaction", "edit", "revoke", "sent", "failed", "read", "unsupported"]
)
ITEM = st.dictionaries(KEYS, st.one_of(ANYTHING, WORDS), max_size=8)
PARTS = st.sampled_from(
    ["messages", "statuses", "contacts", "metadata", "errors", "calls", "user_preferences", "user_id_update", "x"]
)
VALUE = st.dictionaries(PARTS, st.one_of(st.lists(st.one_of(ITEM, ANYTHING), max_size=3), ANYTHING), max_size=4)
FIELDS = st.sampled_from(["messages", "calls", "user_preferences", "user_id_update", "account_update", "smb", "flows"])


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(field=FIELDS, value=VALUE)
@example(field="messages", value={"statuses": [{"id": "a", "status": "sent", "pricing": {"a": "\x00"}}]})
@example(field="messages", value={"statuses": [{"id": "a", "status": "sent", "pricing": {"\ud800": 1}}]})
@example(field="messages", value={"statuses": [{"id": "a", "status": "failed", "errors": [{"code": 10**20}]}]})
@example(field="messages", value={"statuses": [{"id": "a", "status": "failed", "errors": [{"code": True}]}]})
@example(field="messages", value={"statuses": [{"id": "a", "status": "x" * 10_000, "timestamp": 99999999999}]})
@example(field="messages", value={"statuses": [{"id": "\x00", "status": "\x00"}]})
@example(field="messages", value={"messages": [{"id": "a", "from": "1" * 25, "type": "text", "text": "\ud800"}]})
def test_whatever_is_sent_is_answered_and_loses_nothing_valid_beside_it(
    program: Flask, firm: Firm, field: str, value: dict[str, Any]
) -> None:
    client = program.test_client()
    wamid = f"wamid.{secrets.token_hex(12)}"
    good = {"metadata": {"phone_number_id": firm.phone_number_id}, "messages": [text_message("hello", wamid=wamid)]}
    value = {"metadata": {"phone_number_id": firm.phone_number_id}, **value}
    changes = [{"field": field, "value": value}, {"field": "messages", "value": good}]
    raw = json.dumps({"entry": [{"id": firm.waba_id, "changes": changes}]}).encode()
    assert post(client, firm, raw) == 200
    assert wamid in ids(firm)


def test_what_hypothesis_found_to_send_can_be_worked_upon(program: Flask, firm: Firm) -> None:
    """Odd but understandable messages end in a turn, none in a failed one."""
    odd: list[dict[str, Any]] = [
        {"type": "text", "text": {"body": "a\x00b"}},
        {"type": "text", "text": {"body": "\ud800 half"}},
        {"type": "text", "text": "not an object"},
        {"type": "text", "text": {"body": 10**30}},
        {"type": "interactive", "interactive": {"button_reply": {"id": "\x00", "title": "\udfff"}}},
        {"type": "image", "image": {"id": 5, "caption": ["x"]}},
        {"type": "location", "location": {"latitude": "x", "longitude": None, "name": {}}},
        {"type": ["text"]},
        {"type": "edit", "edit": "\x00"},
        {"type": "system", "system": {"type": "user_changed_number", "wa_id": 5}},
        {"type": "text", "text": {"body": "word " * 20_000}},
    ]
    for number, part in enumerate(odd):
        message = {**text_message("", who=f"4178{number:07}"), **part}
        assert post(program.test_client(), firm, firm.webhook(message)) == 200
    firm.work()
    assert [event.external_id for event in stored(firm) if event.state == "failed" or event.attempts] == []


@pytest.mark.parametrize("depth", [50, 300, 600, 700, 800, 850, 900, 920, 940, 960, 980, 1000, 5000, 200_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_refused_or_kept_but_breaks_nothing(
    client: FlaskClient, firm: Firm, depth: int, brackets: tuple[str, str]
) -> None:
    deep = brackets[0] * depth + "1" + brackets[1] * depth
    hello = text_message("hello")
    for place in ("messages", "statuses", "else"):
        raw = firm.webhook({"hole": 0}, hello, key="messages").decode()
        raw = raw.replace('{"hole": 0}', deep)
        if place != "messages":
            item = json.dumps(status("wamid.a", "sent", pricing={"hole": 0}))
            raw = firm.webhook(hello).decode().replace('"messages": [', f'"{place}": [{item}], "messages": [')
            raw = raw.replace('{"hole": 0}', '{"a":' + deep + "}")
        assert post(client, firm, raw.encode()) in (200, 400)
    assert ids(firm).count(hello["id"]) == 1 or depth > 300


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 4000, "1" * 5000, "0." + "1" * 5000])
def test_numbers_without_measure_break_nothing(client: FlaskClient, firm: Firm, number: str) -> None:
    hello = text_message("hello")
    hole = status("wamid.a", "sent", pricing={"price": "hole"}, errors=[{"code": "hole"}])
    raw = firm.webhook(hole, key="statuses").decode().replace('"hole"', number)
    raw = raw.replace('"statuses": [', f'"messages": [{json.dumps(hello)}], "statuses": [')
    assert post(client, firm, raw.encode()) in (200, 400)
    if len(number) < 4300 or "." in number:
        assert ids(firm) == [hello["id"]]


# The queue on its bad days


@contextlib.contextmanager
def broken_queue(monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        nowhere = Redis(host="127.0.0.1", port=9, socket_connect_timeout=1)
        patch.setattr(queue, "_connection", nowhere)
        yield
        nowhere.close()


def test_without_the_queue_a_webhook_is_still_taken_and_the_sweep_rings_later(
    client: FlaskClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken_queue(monkeypatch):
        assert post(client, firm, firm.webhook(text_message("hello"))) == 200
    (event,) = stored(firm)
    assert event.state == "waiting"
    rung = rings(monkeypatch)
    jobs.sweep()
    assert inbox.turns_bell(firm.id, event.shard) in rung


def test_what_an_emptied_queue_forgot_the_sweep_finds(
    client: FlaskClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(client, firm, firm.webhook(text_message("hello"))) == 200
    (event,) = stored(firm)
    queue.connection().flushdb()
    jobs.sweep()
    bell = inbox.turns_bell(firm.id, event.shard)
    waiting = queue.queue("turns").get_job_ids()
    assert any(job.startswith(bell.key.replace(":", "-")) for job in waiting)
    firm.work()
    assert len(firm.phone()) == 1
    queue.connection().flushdb()


def rings(monkeypatch: pytest.MonkeyPatch) -> list[queue.Doorbell]:
    """Every bell that is rung from now on."""
    rung: list[queue.Doorbell] = []
    ring = queue.ring

    def hear(bell: queue.Doorbell, *, fresh: bool = False) -> None:
        rung.append(bell)
        ring(bell, fresh=fresh)

    monkeypatch.setattr(queue, "ring", hear)
    return rung
