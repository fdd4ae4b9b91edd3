"""Send one cleared message. Protected: only delivery may import this module.

The one rule: exactly one call for one cleared message, and an answer for every outcome.
"""

import json
from collections.abc import Callable
from typing import TypeAlias

from bot.channels.base import (
    Act,
    Identity,
    Json,
    Receipt,
    Response,
    SendError,
    Transport,
)
from bot.channels.whatsapp import Number, bodies, errors
from compliance.gate import Cleared, check_is_genuine
from tenants.http import AddressRefused, AnswerLost, ConnectFailed
from tenants.reveal import NoSecret, reveal

Outcome: TypeAlias = Receipt | SendError


def send(message: Cleared, *, number: Number, http: Transport) -> Outcome:
    """Send the message from this number. Never raises for what the network or Meta does."""
    return sender(number=number, http=http)(message)


def sender(*, number: Number, http: Transport) -> Callable[[Cleared], Outcome]:
    """Read the token once, inside the acting organisation; what comes back sends from any thread."""
    try:
        authorization = {"Authorization": f"Bearer {reveal(number.secret)}"}
    except NoSecret:
        return lambda _: SendError(Act.PAUSE, None, "the channel has no token")
    return lambda message: _send(message, number, http, authorization)


def _send(message: Cleared, number: Number, http: Transport, authorization: dict[str, str]) -> Outcome:
    check_is_genuine(message)
    try:
        body = bodies.body(payload=message.payload, recipient=message.recipient, callback_data=str(message.outbound_id))
    except bodies.Unsendable as problem:
        return SendError(Act.FINAL, None, str(problem))
    try:
        answer = http.post(
            number.messages_url, json=body, headers=authorization, timeout_seconds=number.timeout_seconds
        )
    except AddressRefused:
        return SendError(Act.PAUSE, None, "the channel's address may not be reached")
    except ConnectFailed:
        return _lost(errors.Failure.NOTHING_LEFT)
    except AnswerLost:
        return _lost(errors.Failure.ANSWER_LOST)
    return read_answer(answer)


def read_answer(response: Response) -> Receipt | SendError:
    """Read Meta's answer: a receipt, a Graph error, or nothing that can be relied upon."""
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if response.status == 200:
        receipt = _receipt(answer)
        return receipt or _lost(errors.Failure.NO_GRAPH_ERROR, response.status)
    code = _code(answer)
    if code is None:
        return _lost(errors.Failure.NO_GRAPH_ERROR, response.status)
    act = errors.act(code=code, http_status=response.status)
    return SendError(
        act,
        code,
        f"graph error {code}, http {response.status}",
        errors.retry_after_seconds(act, header=_header(response, "retry-after")),
    )


def _lost(failure: errors.Failure, http_status: int | None = None) -> SendError:
    detail = failure.value if http_status is None else f"{failure.value}, http {http_status}"
    return SendError(errors.act(code=None, http_status=http_status, failure=failure), None, detail)


def _receipt(answer: Json) -> Receipt | None:
    try:
        first = answer["messages"][0]
        external_id = first["id"]
        status = first.get("message_status", "accepted")
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    if not isinstance(external_id, str) or not external_id or not isinstance(status, str):
        return None
    return Receipt(external_id, status, _recipient(answer))


def _recipient(answer: Json) -> tuple[Identity, ...]:
    contacts = answer.get("contacts")
    contact = contacts[0] if isinstance(contacts, list) and contacts else None
    if not isinstance(contact, dict):
        return ()
    named = (("bsuid", contact.get("user_id")), ("phone", contact.get("wa_id")))
    return tuple(Identity(kind, value) for kind, value in named if isinstance(value, str) and value)


def _code(answer: Json) -> int | None:
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _header(response: Response, name: str) -> str | None:
    for key, value in dict(response.headers).items():
        if str(key).lower() == name:
            return str(value)
    return None
