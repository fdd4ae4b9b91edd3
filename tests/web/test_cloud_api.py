"""The stand-in behaves like Meta's Cloud API, and independent clients agree."""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pywa import types
from pywa.client import WhatsApp
from pywa.errors import WhatsAppError

from bot.channels.base import Act, Receipt, SendError
from bot.channels.whatsapp import Number, bodies, read, receive, send
from tenants.http import Client
from web.simulator.cloud_api import Server, Settings, create_cloud_api, serve

pywa_types: Any = types  # it exports its classes without saying so to a type checker
SENDS = Path(__file__).parents[3] / "shared" / "data" / "whatsapp" / "send"
SECRET = "app secret"
QUICK = Settings(
    sent_seconds=0.0, delivered_seconds=0.01, read_seconds=0.03, per_second=None, pair_limit=False, retry_seconds=0.05
)
ANNA = "41790000001"


class Firm:
    """A firm that listens for webhooks and answers as it is told."""

    def __init__(self) -> None:
        self.posts: list[tuple[bytes, str]] = []
        self.statuses: list[str] = []
        self.handshakes = 0
        self.token = "verify me"
        self.came = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            self.handshakes += 1
            args = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
            challenge = receive.handshake(args=args, verify_token=self.token)
            start_response("403 Forbidden" if challenge is None else "200 OK", [("Content-Type", "text/plain")])
            return [(challenge or "").encode()]
        raw = environ["wsgi.input"].read()
        with self.came:
            status = self.statuses.pop(0) if self.statuses else "200 OK"
            self.posts.append((raw, environ["HTTP_X_HUB_SIGNATURE_256"]))
            self.came.notify_all()
        start_response(status, [])
        return [b""]

    def items(self, count: int) -> list[Any]:
        """Wait for so many items; every POST must be genuine."""
        deadline = time.monotonic() + 5
        with self.came:
            while True:
                items = [item for raw, _ in self.posts for item in receive.split(raw)]
                if len(items) >= count:
                    break
                assert self.came.wait(deadline - time.monotonic()), f"{len(items)} of {count} items came"
        for raw, signature in self.posts:
            assert receive.verify(raw=raw, signature=signature, secret=SECRET.encode())
        return items


class Meta:
    """The stand-in, as a client sees it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.url, headers={"Authorization": "Bearer t0ken"}, timeout=5)

    def control(self, path: str, **wanted: Any) -> Any:
        answer = self.client.post(f"/_control/{path}", json=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(f"/_control/{path}", params=params).json()

    def send(self, number: str = "1001", **body: Any) -> httpx.Response:
        common = {"messaging_product": "whatsapp", "to": ANNA, "type": "text", "text": {"body": "Grüezi"}}
        return self.client.post(f"/v26.0/{number}/messages", json={**common, **body})

    def write(self, text: str = "Hallo", **said: Any) -> Any:
        return self.control(f"phones/{ANNA}/messages", number="1001", text=text, **said)


@pytest.fixture
def firm() -> Firm:
    return Firm()


@pytest.fixture
def meta(firm: Firm) -> Iterator[Meta]:
    app = create_cloud_api(settings=QUICK)
    here, there = serve(app), serve(firm)
    meta = Meta(here)
    meta.control("apps", id="app", secret=SECRET, verify_token="verify me", callback_url=f"{there.url}/hook?a=1")
    meta.control("numbers", id="1001", waba="4711", display="41440000000", token="t0ken", app="app", name="Amt")
    meta.control("phones", who=ANNA, name="Anna Müller", bsuid="CH.1")
    yield meta
    meta.client.close()
    app.extensions["cloud_api"].stop()
    here.stop()
    there.stop()


def whatsapp(meta: Meta) -> tuple[Any, httpx.Client]:
    """An independent client, pointed at the stand-in."""
    session = httpx.Client(timeout=5)
    client = WhatsApp(phone_id="1001", token="t0ken", session=session, api_version=26.0, filter_updates=False)
    session.base_url = httpx.URL(f"{meta.server.url}/v26.0")
    return client, session


def code_of(answer: httpx.Response) -> int:
    code: int = answer.json()["error"]["code"]
    return code


def test_a_customer_writes_and_the_firm_is_told(meta: Meta, firm: Firm) -> None:
    written = meta.write("Grüezi / Tschüss")
    (item,) = firm.items(1)
    assert (item.kind, item.external_id, item.route) == ("message", written["id"], ("phone_number_id", "1001"))
    assert [identity.value for identity in item.sender] == ["CH.1", ANNA]
    assert read.read_message(item).text == "Grüezi / Tschüss"
    raw = firm.posts[0][0]
    assert b"Gr\\u00fcezi \\/ Tsch\\u00fcss" in raw
    assert firm.handshakes == 1


def test_nothing_is_sent_to_whom_does_not_shake_hands(meta: Meta, firm: Firm) -> None:
    firm.token = "another"
    meta.write()
    assert comes_true(lambda: firm.handshakes >= 2)
    assert firm.posts == []
    firm.token = "verify me"
    assert len(firm.items(1)) == 1


def test_a_message_climbs_its_ladder_and_carries_its_callback_data(meta: Meta, firm: Firm) -> None:
    meta.write()
    answer = meta.send(biz_opaque_callback_data="o-1").json()
    assert answer["contacts"] == [{"input": ANNA, "wa_id": ANNA}]
    statuses = [read.read_status(item) for item in firm.items(4) if item.kind == "status"]
    assert {status.status for status in statuses} == {"sent", "delivered", "read"}
    assert {status.external_id for status in statuses} == {answer["messages"][0]["id"]}
    assert {status.callback_data for status in statuses} == {"o-1"}
    assert [status.pricing is not None for status in statuses if status.status == "sent"] == [True]


def test_the_phone_shows_both_sides_and_waits_for_news(meta: Meta) -> None:
    first = meta.get(f"phones/{ANNA}/thread", number="1001")
    assert first["entries"] == []
    threading.Timer(0.1, meta.write).start()
    began = time.monotonic()
    second = meta.get(f"phones/{ANNA}/thread", number="1001", after=first["last"], wait=5)
    assert 0.05 < time.monotonic() - began < 4
    assert [entry["text"] for entry in second["entries"]] == ["Hallo"]
    meta.send()
    third = meta.get(f"phones/{ANNA}/thread", number="1001", after=second["last"], wait=5)
    assert [(entry["direction"], entry["text"]) for entry in third["entries"]] == [("outbound", "Grüezi")]


def test_a_tap_answers_what_was_shown(meta: Meta, firm: Firm) -> None:
    meta.write()
    buttons = {
        "kind": "buttons",
        "text": "Ok?",
        "options": [{"id": "yes", "title": "Ja"}, {"id": "no", "title": "Nein"}],
    }
    rows = {"kind": "list", "text": "Was?", "button": "Wahl", "options": [{"id": "r1", "title": "Eins"}]}
    for payload in (buttons, rows):
        body = bodies.body(payload=payload, recipient={"phone": ANNA}, callback_data="o")
        assert meta.client.post("/v26.0/1001/messages", json=body).status_code == 200
    meta.write("", kind="choice", option="yes")
    meta.write("", kind="choice", option="r1")
    choices = [read.read_message(item) for item in firm.items(9) if item.kind == "message"]
    found = {choice.option: choice.text for choice in choices if choice.kind == "choice"}
    assert found == {"yes": "Ja", "r1": "Eins"}
    refused = meta.client.post(
        f"/_control/phones/{ANNA}/messages", json={"number": "1001", "kind": "choice", "option": "maybe"}
    )
    assert refused.status_code == 409


def test_somebody_without_a_number_has_a_user_id_only(meta: Meta, firm: Firm) -> None:
    meta.control("phones", who="ben", bsuid="CH.2", username="ben")
    meta.control("phones/ben/messages", number="1001", text="Hi")
    (item,) = firm.items(1)
    assert [identity.kind for identity in item.sender] == ["bsuid"]
    answer = meta.send(to=None, recipient="CH.2").json()
    assert answer["contacts"] == [{"input": "CH.2", "user_id": "CH.2"}]
    assert "recipient_id" not in firm.items(2)[1].body["item"]


def test_old_payloads_know_no_user_ids(meta: Meta, firm: Firm) -> None:
    meta.control("numbers", id="1001", rules={"era": "v20"})
    meta.write()
    meta.send()
    items = firm.items(3)
    assert all("user_id" not in json.dumps(item.body) for item in items)
    sent = next(item for item in items if item.kind == "status")
    assert sent.body["item"]["pricing"]["pricing_model"] == "CBP"


@pytest.mark.parametrize(
    ("token", "number", "code", "subcode", "http"),
    [("wrong", "1001", 190, None, 401), ("t0ken", "9999", 100, 33, 400)],
)
def test_a_wrong_token_and_an_unknown_id_are_refused(
    meta: Meta, token: str, number: str, code: int, subcode: int | None, http: int
) -> None:
    answer = meta.client.post(f"/v26.0/{number}/messages", json={}, headers={"Authorization": f"Bearer {token}"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("error_subcode")) == (http, code, subcode)


BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}


def interactive(**parts: Any) -> dict[str, Any]:
    common = {"type": "button", "body": {"text": "Ok?"}, "action": {"buttons": [BUTTON]}}
    return {"type": "interactive", "interactive": {**common, **parts}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"messaging_product": "sms"}, 100),
        ({"to": None}, 100),
        ({"to": "nobody"}, 131009),
        ({"to": None, "recipient": "CH"}, 131009),
        ({"type": "hologram"}, 100),
        ({"text": None}, 131008),
        ({"text": {}}, 131008),
        ({"text": {"body": 7}}, 131009),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        (interactive(body=None), 131008),
        (interactive(body={"text": "x" * 1025}), 131009),
        (interactive(action={"buttons": []}), 131009),
        (interactive(action={"buttons": [BUTTON] * 4}), 131009),
        (interactive(action={"buttons": [BUTTON] * 2}), 131009),
        (interactive(action={"buttons": [{"type": "reply", "reply": {"id": "a", "title": "x" * 21}}]}), 131009),
        (interactive(type="list", action={"button": "B", "sections": [{"rows": []}]}), 131009),
        (interactive(type="list", action={"sections": []}), 131008),
        (interactive(type="cta_url", action={"name": "cta_url", "parameters": {"display_text": "A"}}), 131008),
        ({"type": "image", "image": {}}, 131008),
        ({"type": "contacts", "contacts": "[]"}, 131009),
        ({"type": "location", "location": {"latitude": 1}}, 131008),
        ({"type": "template", "template": {"name": "none", "language": {"code": "de"}}}, 132001),
        ({"status": "read", "message_id": "wamid.NONE"}, 100),
    ],
)
def test_a_body_that_meta_would_refuse_is_refused(meta: Meta, body: dict[str, Any], code: int) -> None:
    meta.write()
    assert code_of(meta.send(**body)) == code
    assert meta.get("sends")["count"] == 0


@pytest.mark.skipif(not SENDS.exists(), reason="the captured bodies are not beside this clone")
def test_every_captured_body_is_taken(meta: Meta) -> None:
    meta.control("numbers", id="1001", rules={"window": "off"})
    for text in ("{{1}}", "{{1}} {{2}}"):
        meta.control(
            "templates",
            waba="4711",
            name=f"order_update{len(text)}",
            language="de",
            components=[{"type": "BODY", "text": text}],
        )
    meta.control("phones", who="us", bsuid="US.13491208655302741918")
    for path in sorted(SENDS.glob("*.json")):
        body = json.loads(path.read_text())["body"]
        if body.get("status") == "read":
            body["message_id"] = meta.write()["id"]
        if isinstance(body.get("contacts"), str):
            continue  # a known quirk of that client
        if body.get("type") == "template":
            count = len(body["template"]["components"][0]["parameters"])
            body["template"]["name"] += str(5 if count == 1 else 11)
        answer = meta.client.post("/v26.0/1001/messages", json=body)
        assert answer.status_code == 200, (path.name, answer.text)


def test_outside_the_window_only_a_template_goes(meta: Meta, firm: Firm) -> None:
    assert code_of(meta.send()) == 131047
    meta.write(timestamp=time.time() - 25 * 3600)
    assert code_of(meta.send()) == 131047
    meta.control("templates", waba="4711", name="notice", language="de")
    template = {"name": "notice", "language": {"code": "de"}}
    assert meta.send(type="template", template=template).status_code == 200
    meta.control("numbers", id="1001", rules={"window": "status"})
    assert meta.send().status_code == 200
    # The late message, the template on its way to "read", and the one that failed.
    failed = [item for item in firm.items(5) if item.body["item"].get("status") == "failed"]
    assert read.read_status(failed[0]).errors[0].code == 131047


def test_limits_by_pair_and_by_number_hold(meta: Meta) -> None:
    meta.write()
    meta.control("numbers", id="1001", rules={"pair_limit": True})
    answers = [meta.send() for _ in range(46)]
    assert [answer.status_code for answer in answers[:45]] == [200] * 45
    assert code_of(answers[45]) == 131056
    meta.control("numbers", id="1001", rules={"pair_limit": False, "per_second": 5})
    answers = [meta.send() for _ in range(7)]
    assert (answers[-1].status_code, code_of(answers[-1])) == (429, 130429)


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        ({"kind": "error", "code": 131000, "http": 500}, 500, 0),
        ({"kind": "http", "http": 502}, 502, 0),
        ({"kind": "garbage"}, 200, 0),
        ({"kind": "drop"}, None, 0),
        ({"kind": "hang", "seconds": 0.1}, None, 0),
        ({"kind": "accept_then_drop"}, None, 1),
        ({"kind": "accept_then_hang", "seconds": 0.1}, None, 1),
        ({"kind": "accept_then_garbage"}, 200, 1),
        ({"kind": "accept_then_http", "http": 504}, 504, 1),
        ({"kind": "slow", "seconds": 0.1}, 200, 1),
    ],
)
def test_a_bad_day_can_be_ordered(meta: Meta, fault: dict[str, Any], status: int | None, accepted: int) -> None:
    meta.write()
    meta.control("numbers/1001/faults", **fault)
    if status is None:
        with pytest.raises(httpx.TransportError):
            meta.send(biz_opaque_callback_data="o-1")
    else:
        assert meta.send(biz_opaque_callback_data="o-1").status_code == status
    assert meta.get("sends")["by_callback"].get("o-1", 0) == accepted
    assert meta.send(biz_opaque_callback_data="o-2").status_code == 200


def test_a_status_can_overtake_its_answer(meta: Meta, firm: Firm) -> None:
    meta.write()
    meta.control("numbers/1001/faults", kind="slow", seconds=0.3)
    answers: list[httpx.Response] = []
    sending = threading.Thread(target=lambda: answers.append(meta.send()))
    sending.start()
    assert len(firm.items(3)) >= 3
    assert answers == []
    sending.join()
    assert answers[0].status_code == 200


def test_connections_can_be_refused_for_a_while(meta: Meta) -> None:
    meta.write()
    meta.control("refuse", seconds=1.0)
    assert comes_true(lambda: not is_reachable(meta))
    assert comes_true(lambda: is_reachable(meta))
    assert meta.send().status_code == 200


def is_reachable(meta: Meta) -> bool:
    try:
        return httpx.get(f"{meta.server.url}/_control/state").status_code == 200
    except httpx.ConnectError:
        return False


def comes_true(fact: Callable[[], bool]) -> bool:
    """Wait for a fact."""
    until = time.monotonic() + 5
    while not fact():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_what_is_sent_twice_is_seen(meta: Meta) -> None:
    meta.write()
    for _ in range(2):
        meta.send(biz_opaque_callback_data="o-1")
    assert meta.get("sends")["repeated"] == {"o-1": 2}


def test_a_webhook_is_repeated_until_it_is_taken(meta: Meta, firm: Firm) -> None:
    firm.statuses = ["500 Oops", "403 No"]
    meta.write()
    items = firm.items(3)
    assert len({item.external_id for item in items}) == 1
    assert meta.get("webhooks")["apps"]["app"]["retries"] == 2


def test_webhooks_can_come_twice_in_batches_late_and_in_disorder(meta: Meta, firm: Firm) -> None:
    app = {"id": "app", "secret": SECRET}
    meta.control("apps", **app, duplicates=1.0, batch=10, linger_seconds=0.2, jitter_seconds=0.1)
    said = [{"who": ANNA, "number": "1001", "text": str(n)} for n in range(20)]
    meta.control("messages", messages=said)
    items = firm.items(40)
    assert len({item.external_id for item in items}) == 20
    assert len(firm.posts) < 30
    texts = [read.read_message(item).text for item in items]
    assert texts != sorted(texts, key=int)


def test_the_next_webhooks_can_come_late(meta: Meta, firm: Firm) -> None:
    meta.control("apps", id="app", secret=SECRET, late=1, late_seconds=0.3)
    meta.write("first")
    meta.write("second")
    assert [read.read_message(item).text for item in firm.items(2)] == ["second", "first"]


def test_any_change_can_be_sent(meta: Meta, firm: Firm) -> None:
    meta.control("apps/app/changes", waba="4711", field="account_update", value={"event": "DISABLED_UPDATE"})
    (item,) = firm.items(1)
    assert (item.kind, item.route) == ("account", ("waba", "4711"))


def test_statuses_can_be_off_and_everything_forgotten(meta: Meta, firm: Firm) -> None:
    meta.control("numbers", id="1001", statuses=False)
    meta.write()
    meta.send()
    time.sleep(0.1)
    assert len(firm.items(1)) == 1
    meta.control("reset")
    assert meta.get("state")["messages"] == 0
    assert len(meta.get("state")["numbers"]) == 1
    meta.control("reset", registrations=True)
    assert meta.get("state")["numbers"] == []


def test_the_page_shows_numbers_and_phones_and_no_secret(meta: Meta) -> None:
    meta.write("<b>bold</b>")
    page = meta.client.get("/").text
    assert "Anna" not in page
    assert "&lt;b&gt;bold" in page
    assert SECRET not in page
    assert "t0ken" not in page


def test_onboarding_is_answered(meta: Meta) -> None:
    storage = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": "CH"}
    assert meta.client.post("/v26.0/1001/settings", json={"storage_configuration": storage}).json() == {"success": True}
    assert meta.client.get("/v26.0/1001/settings").json() == {"storage_configuration": storage}
    assert meta.client.post("/v26.0/1001/register", json={"pin": "123456"}).json() == {"success": True}
    assert meta.client.post("/v26.0/4711/subscribed_apps").json() == {"success": True}
    assert meta.client.get("/v26.0/4711/phone_numbers").json()["data"][0]["verified_name"] == "Amt"
    assert code_of(meta.client.get("/v26.0/nothing/at/all")) == 100


def test_a_chunked_request_and_a_kept_connection_are_understood(meta: Meta) -> None:
    meta.write()
    connection = http.client.HTTPConnection("127.0.0.1", meta.server.port, timeout=5)
    body = json.dumps({"messaging_product": "whatsapp", "to": ANNA, "type": "text", "text": {"body": "a"}}).encode()
    headers = {"Authorization": "Bearer t0ken", "Content-Type": "application/json"}
    for _ in range(2):
        connection.request("POST", "/v21.0/1001/messages", iter([body[:9], body[9:]]), headers, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
    connection.close()


def test_pywa_sends_to_the_stand_in(meta: Meta) -> None:
    meta.write()
    client, session = whatsapp(meta)
    with session:
        client.send_message(to=ANNA, text="Grüezi", tracker="o-1")
        client.send_message(
            to=ANNA,
            text="Ok?",
            header="Kopf",
            footer="Fuss",
            buttons=[pywa_types.Button(title="Ja", callback_data="yes")],
        )
        section = pywa_types.Section(
            title="Teil", rows=[pywa_types.SectionRow(title="Eins", callback_data="r1", description="das erste")]
        )
        client.send_message(
            to=ANNA, text="Was?", buttons=pywa_types.SectionList(button_title="Wahl", sections=[section])
        )
        client.send_message(
            to=ANNA, text="Siehe", buttons=pywa_types.URLButton(title="Öffnen", url="https://example.ch/")
        )
        with pytest.raises(WhatsAppError):
            client.send_message(to=ANNA, text="x" * 4097)
    entries = meta.get(f"phones/{ANNA}/thread", number="1001")["entries"]
    shown = [(entry["kind"], entry["text"], [option["id"] for option in entry["options"]]) for entry in entries[1:]]
    assert shown == [
        ("text", "Grüezi", []),
        ("interactive", "Ok?", ["yes"]),
        ("interactive", "Was?", ["r1"]),
        ("interactive", "Siehe", []),
    ]
    assert entries[1]["callback"] == "o-1"


def test_pywa_moves_media_in_two_hops(meta: Meta) -> None:
    client, session = whatsapp(meta)
    with session:
        media = client.upload_media(media=b"%PDF-1.7 test", mime_type="application/pdf", filename="a.pdf")
        url = client.get_media_url(media_id=media.id)
        assert url.mime_type == "application/pdf"
        assert client.get_media_bytes(url=url.url) == b"%PDF-1.7 test"
        assert httpx.get(url.url).status_code == 401


def test_pywa_reads_our_webhooks(meta: Meta, firm: Firm) -> None:
    client, session = whatsapp(meta)
    meta.write("Grüezi")
    meta.send(type="text", text={"body": "?"}, biz_opaque_callback_data="o-1")
    firm.items(4)
    button = {"kind": "buttons", "text": "Ok?", "options": [{"id": "yes", "title": "Ja"}]}
    meta.client.post(
        "/v26.0/1001/messages", json=bodies.body(payload=button, recipient={"phone": ANNA}, callback_data="o-2")
    )
    meta.write("", kind="choice", option="yes")
    meta.write("Bild", kind="image")
    firm.items(9)
    found: list[Any] = []
    with session:
        for raw, _ in firm.posts:
            update = json.loads(raw)
            value = update["entry"][0]["changes"][0]["value"]
            if "statuses" in value:
                found.append(pywa_types.MessageStatus.from_update(client=client, update=update))
            elif value["messages"][0]["type"] == "interactive":
                found.append(pywa_types.CallbackButton.from_update(client=client, update=update))
            else:
                found.append(pywa_types.Message.from_update(client=client, update=update))
    messages = [update for update in found if isinstance(update, pywa_types.Message)]
    assert {message.text or message.caption for message in messages} == {"Grüezi", "Bild"}
    assert messages[0].from_user.wa_id == ANNA
    taps = [update for update in found if isinstance(update, pywa_types.CallbackButton)]
    assert [(tap.data, tap.title) for tap in taps] == [("yes", "Ja")]
    statuses = [update for update in found if isinstance(update, pywa_types.MessageStatus)]
    assert {status.tracker for status in statuses} == {"o-1", "o-2"}


@pytest.mark.parametrize(
    ("fault", "act"),
    [
        (None, None),
        ({"kind": "error", "code": 131000, "http": 500}, Act.RETRY),
        ({"kind": "error", "code": 190, "http": 401}, Act.PAUSE),
        ({"kind": "error", "code": 131056, "http": 400}, Act.PAIR_RETRY),
        ({"kind": "error", "code": 131047, "http": 400}, Act.TEMPLATE),
        ({"kind": "http", "http": 502}, Act.UNKNOWN),
        ({"kind": "garbage"}, Act.UNKNOWN),
        ({"kind": "drop"}, Act.UNKNOWN),
        ({"kind": "accept_then_drop"}, Act.UNKNOWN),
        ({"kind": "accept_then_hang", "seconds": 1}, Act.UNKNOWN),
        ({"kind": "accept_then_garbage"}, Act.UNKNOWN),
        ({"kind": "accept_then_http", "http": 504}, Act.UNKNOWN),
    ],
)
def test_our_own_sender_knows_each_bad_day(
    meta: Meta, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any] | None, act: Act | None
) -> None:
    monkeypatch.setattr(send, "reveal", lambda _: "t0ken")
    monkeypatch.setattr(send, "check_is_genuine", lambda message: None)
    number = Number(phone_number_id="1001", secret="token", base_url=meta.server.url, timeout_seconds=0.5)
    payload = {"kind": "text", "text": "Grüezi"}
    message: Any = SimpleNamespace(outbound_id="o-1", recipient={"phone": ANNA}, payload=payload)
    meta.write()
    if fault is not None:
        meta.control("numbers/1001/faults", **fault)
    client = Client(allow=["127.0.0.0/8"])
    outcome = send.send(message, number=number, http=client)
    client.close()
    if act is None:
        assert isinstance(outcome, Receipt)
        assert meta.get("sends")["sends"][0]["id"] == outcome.external_id
    else:
        assert isinstance(outcome, SendError)
        assert outcome.act is act


def test_our_own_sender_knows_when_nothing_left(meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "reveal", lambda _: "t0ken")
    monkeypatch.setattr(send, "check_is_genuine", lambda message: None)
    number = Number(phone_number_id="1001", secret="token", base_url=meta.server.url)
    message: Any = SimpleNamespace(outbound_id="o", recipient={"phone": ANNA}, payload={"kind": "text", "text": "a"})
    meta.server.stop()
    client = Client(allow=["127.0.0.0/8"])
    outcome = send.send(message, number=number, http=client)
    client.close()
    assert isinstance(outcome, SendError)
    assert outcome.act is Act.RETRY


def test_the_signature_is_over_the_exact_bytes(meta: Meta, firm: Firm) -> None:
    meta.write("é")
    firm.items(1)
    raw, signature = firm.posts[0]
    assert signature == "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert raw.isascii()
