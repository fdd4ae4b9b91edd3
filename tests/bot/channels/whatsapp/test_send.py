"""One cleared message is one call, and every outcome has its answer."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from bot.channels.base import Act, Identity, Receipt
from bot.channels.whatsapp import Number, send
from tenants.http import AddressRefused, AnswerLost, ConnectFailed, Response
from tenants.reveal import NoSecret

NUMBER = Number(phone_number_id="1001", secret="whatsapp.token", base_url="http://127.0.0.1:1/", version="v26.0")
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+41790000001", "wa_id": "41790000001", "user_id": "CH.1"}],
    "messages": [{"id": "wamid.OUT", "message_status": "held_for_quality_assessment"}],
}


class Wire:
    """Stands in for the network: gives one answer, keeps what was sent."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[Any] = []

    def post(self, url: Any, *, json: Any, headers: Any, timeout_seconds: Any) -> Any:
        self.calls.append((url, json, headers, timeout_seconds))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(autouse=True)
def token(monkeypatch: Any) -> None:
    monkeypatch.setattr(send, "reveal", lambda name: {"whatsapp.token": "t0ken"}[name])
    monkeypatch.setattr(send, "check_is_genuine", lambda message: None)


def cleared(**payload: Any) -> Any:
    payload = payload or {"kind": "text", "text": "Der Inhalt"}
    return SimpleNamespace(outbound_id="o-1", recipient={"phone": "41790000001"}, payload=payload)


def answer(status: Any, body: Any, **headers: Any) -> Any:
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def graph(code: Any, **more: Any) -> Any:
    return {"error": {"message": "Der Inhalt", "type": "OAuthException", "code": code, "fbtrace_id": "x", **more}}


def outcome(result: Any, **payload: Any) -> Any:
    return send.send(cleared(**payload), number=NUMBER, http=Wire(result))


def test_a_message_is_one_call_with_its_id_as_callback_data() -> None:
    wire = Wire(answer(200, ACCEPTED))
    receipt = send.send(cleared(), number=NUMBER, http=wire)
    identities = (Identity("bsuid", "CH.1"), Identity("phone", "41790000001"))
    assert receipt == Receipt("wamid.OUT", "held_for_quality_assessment", identities)
    ((url, body, headers, timeout_seconds),) = wire.calls
    assert url == "http://127.0.0.1:1/v26.0/1001/messages"
    assert body["biz_opaque_callback_data"] == "o-1"
    assert headers == {"Authorization": "Bearer t0ken"}
    assert timeout_seconds == 10


@pytest.mark.parametrize(
    ("result", "act"),
    [
        (ConnectFailed("x"), Act.RETRY),
        (AnswerLost("x"), Act.UNKNOWN),
        (AddressRefused("x"), Act.PAUSE),
        (answer(400, graph(100)), Act.FINAL),
        (answer(400, graph(131047)), Act.TEMPLATE),
        (answer(429, graph(130429)), Act.RETRY),
        (answer(429, graph(424242)), Act.RETRY),
        (answer(500, graph(131000)), Act.RETRY),
        (answer(503, graph(2)), Act.RETRY),
        (answer(401, graph(190)), Act.PAUSE),
        (answer(502, graph(131000)), Act.UNKNOWN),
        (answer(502, b"<html>bad gateway"), Act.UNKNOWN),
        (answer(504, b""), Act.UNKNOWN),
        (answer(500, b"oops"), Act.UNKNOWN),
        (answer(429, b"slow down"), Act.UNKNOWN),
        (answer(400, {"error": "text"}), Act.UNKNOWN),
        (answer(400, {"error": {"code": True}}), Act.UNKNOWN),
        (answer(302, b""), Act.UNKNOWN),
        (answer(200, b"garbage"), Act.UNKNOWN),
        (answer(200, b"\xff\xfe"), Act.UNKNOWN),
        (answer(200, b"[" * 100_000), Act.UNKNOWN),
        (answer(200, []), Act.UNKNOWN),
        (answer(200, {"messages": []}), Act.UNKNOWN),
        (answer(200, {"messages": [{"id": 7}]}), Act.UNKNOWN),
        (answer(200, graph(131000)), Act.UNKNOWN),
    ],
)
def test_every_outcome_has_its_act(result: Any, act: Any) -> None:
    assert outcome(result).act is act


def test_an_error_never_repeats_content() -> None:
    error = outcome(answer(400, graph(131009, error_data={"details": "Der Inhalt"})))
    assert "Inhalt" not in repr(error)
    assert error.code == 131009


def test_too_many_to_one_person_waits_at_least_four_seconds() -> None:
    assert outcome(answer(400, graph(131056))).retry_after_seconds == 4
    assert outcome(answer(429, graph(130429), **{"retry-after": "7"})).retry_after_seconds == 7


def test_what_cannot_go_never_reaches_the_wire() -> None:
    wire = Wire(answer(200, ACCEPTED))
    error: Any = send.send(cleared(kind="text", text="x" * 5000), number=NUMBER, http=wire)
    assert (error.act, wire.calls) == (Act.FINAL, [])
    assert error.detail_safe == "text too long: 5000 characters, limit 4096"


def test_without_a_token_the_channel_pauses(monkeypatch: Any) -> None:
    def missing(name: Any) -> Any:
        raise NoSecret(name)

    monkeypatch.setattr(send, "reveal", missing)
    assert outcome(answer(200, ACCEPTED)).act is Act.PAUSE
