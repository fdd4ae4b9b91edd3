"""Connectors: calls to the firm's own systems, their answers labelled field by field.

A call is a row before it is a request, so that a turn never waits on the network and a
killed worker forgets nothing. What is not known to be safe twice is not sent twice.
"""

import dataclasses
import json
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.flows.operations import Connector, Operation, WrongShape
from bot.flows.values import TooLarge
from compliance import audit
from tenants import http, keys, reveal
from tenants.database import Audited, Base, Owned, db, load, new_id
from tenants.queue import Doorbell, ring_after_commit

STALE_AFTER = timedelta(seconds=90)
"""A call that runs longer than this was left behind by a worker that died."""
RETRY_PAUSE_SECONDS = 0.2
_NO_SEGMENT = ("", ".", "..")


class ConnectedSystem(Owned, Audited, Base):
    """A firm's system: its connector document."""

    __tablename__ = "connector"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    __table_args__ = (sa.UniqueConstraint("organisation_id", "name"),)


class ConnectorCall(Owned, Base):
    """A call: its arguments and what came of it, sealed with the contact's key."""

    __tablename__ = "connector_call"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    call: Mapped[str]
    """The engine's id of the call."""
    operation: Mapped[str]
    sealed_arguments: Mapped[bytes]
    state: Mapped[str]
    attempts: Mapped[int]
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    __table_args__ = (
        sa.CheckConstraint(sa.column("state").in_(["waiting", "running", "done"]), name="state_is_known"),
        sa.Index(
            "ix_connector_call_unfinished",
            "organisation_id",
            "asked_at",
            postgresql_where=sa.text("state <> 'done'"),
        ),
    )


_NOTHING = Operation.model_construct(path="", retries=-1)
GONE = (Connector.model_construct(connector="gone", base_url="", operations={}), _NOTHING)
"""What stands for an operation that is no longer there: it is never called."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """A call ready to be sent, outside any transaction."""

    call_id: uuid.UUID
    conversation_id: uuid.UUID
    call: str
    operation: Operation
    base_url: str
    allow: tuple[str, ...]
    token: str | None
    arguments: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a result, or an error by name."""

    result: Any
    error: str | None


def store(document: Connector, *, now: datetime) -> None:
    """Store a connector, replacing the one of this name."""
    row = db.session.scalar(sa.select(ConnectedSystem).where(ConnectedSystem.name == document.connector))
    if row is None:
        row = ConnectedSystem(id=new_id(), name=document.connector)
        db.session.add(row)
    row.document = document.model_dump(mode="json", exclude_unset=True)
    row.changed_at = now
    db.session.flush()


def operations() -> dict[str, Operation]:
    """All operations of the acting organisation by name."""
    named: dict[str, Operation] = {}
    for document in db.session.scalars(sa.select(ConnectedSystem.document)):
        named |= Connector.model_validate(document).named
    return named


def addresses() -> list[str]:
    """Where the systems of the acting organisation stand."""
    return [document["base_url"] for document in db.session.scalars(sa.select(ConnectedSystem.document))]


def newest() -> datetime | None:
    """When a connector last changed."""
    return db.session.scalar(sa.select(sa.func.max(ConnectedSystem.changed_at)))


def calls_bell(organisation_id: uuid.UUID) -> Doorbell:
    """The bell that wakes an organisation's calls."""
    return Doorbell(job="bot.jobs.call_connectors", queue="calls", arguments=(str(organisation_id),))


def ask(
    *,
    organisation_id: uuid.UUID,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    call: str,
    operation: str,
    arguments: Mapping[str, Any],
    now: datetime,
) -> None:
    """Ask for a call; a job makes it."""
    row_id = new_id()
    sealed = keys.seal(json.dumps(dict(arguments)).encode(), place=f"call:{row_id}", contact_id=contact_id)
    db.session.add(
        ConnectorCall(
            id=row_id,
            conversation_id=conversation_id,
            contact_id=contact_id,
            call=call,
            operation=operation,
            sealed_arguments=sealed,
            state="waiting",
            attempts=0,
            asked_at=now,
        )
    )
    audit.record("system asked", subject=("connector_call", row_id), details={"operation": operation})
    ring_after_commit(calls_bell(organisation_id))


def claim(*, limit: int, now: datetime) -> list[Request]:
    """Claim calls that wait, and take up those that a dead worker left behind and that are safe twice."""
    rows = db.session.scalars(
        sa.select(ConnectorCall)
        .where(
            sa.or_(
                ConnectorCall.state == "waiting",
                sa.and_(ConnectorCall.state == "running", ConnectorCall.started_at < now - STALE_AFTER),
            )
        )
        .order_by(ConnectorCall.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    systems = {
        name: (system, operation)
        for document in db.session.scalars(sa.select(ConnectedSystem.document))
        for system in (Connector.model_validate(document),)
        for name, operation in system.named.items()
    }
    requests: list[Request] = []
    for row in rows:
        was_running = row.state == "running"
        row.state = "running"
        row.started_at = now
        row.attempts += 1
        system, operation = systems.get(row.operation, GONE)
        try:
            token = reveal.reveal(system.secret) if system.secret else None
        except reveal.NoSecret:
            # One system without its secret must not hold up the calls to the others.
            (system, operation), token = GONE, None
        if was_running and operation.method != "GET":
            # It may have arrived; sending it again could do twice what it does.
            operation = operation.model_copy(update={"retries": -1})
        opened = keys.unseal(row.sealed_arguments, place=f"call:{row.id}", contact_id=row.contact_id)
        requests.append(
            Request(
                call_id=row.id,
                conversation_id=row.conversation_id,
                call=row.call,
                operation=operation,
                base_url=system.base_url,
                allow=tuple(system.allow),
                token=token,
                arguments=json.loads(opened),
            )
        )
    return requests


def send(request: Request) -> Answer:
    """Make the call, with its retries and its time-out. No transaction is open here."""
    operation = request.operation
    if operation.retries < 0:
        return Answer(None, "unavailable")
    if any(str(request.arguments.get(name) or "") in _NO_SEGMENT for name in operation.parameters):
        # A path would end elsewhere: "/people/../balance" is "/balance".
        return Answer(None, "refused")
    client = http.Client(allow=request.allow, connections=1)
    deadline = time.monotonic() + operation.timeout_seconds
    error = "unavailable"
    try:
        for attempt in range(operation.retries + 1):
            left = deadline - time.monotonic()
            if left <= 0:
                return Answer(None, "timeout")
            if attempt:
                time.sleep(min(RETRY_PAUSE_SECONDS * attempt, left))
            try:
                answer = _request(client, request, max(left, 0.05))
            except http.ConnectFailed:
                error = "unavailable"
                continue
            except http.AnswerLost:
                error = "timeout"
                if operation.method != "GET":
                    break
                continue
            except http.AddressRefused:
                return Answer(None, "refused")
            if answer.status >= 500:
                error = "unavailable"
                continue
            return _read(operation, answer)
    finally:
        client.close()
    return Answer(None, error)


def finish(request: Request, answer: Answer, *, now: datetime) -> ConnectorCall:
    """Note what came of a call; only its outcome is kept here, the result goes to the conversation."""
    row = load(ConnectorCall, request.call_id, lock=True)
    row.state = "done"
    row.finished_at = now
    row.outcome = answer.error or "answered"
    audit.record("system answered", subject=("connector_call", row.id), details={"outcome": row.outcome})
    return row


def is_waiting() -> bool:
    """Tell whether a call waits or was left behind."""
    return bool(db.session.scalar(sa.select(sa.exists().where(ConnectorCall.state != "done"))))


def _request(client: http.Client, request: Request, timeout_seconds: float) -> http.Response:
    operation = request.operation
    given = {name: value for name, value in request.arguments.items() if value is not None}
    path = operation.path.format_map({name: quote(str(given.get(name, "")), safe="") for name in operation.parameters})
    headers = {"Accept": "application/json", "Idempotency-Key": str(request.call_id)}
    if request.token is not None:
        headers["Authorization"] = f"Bearer {request.token}"
    body = {name: given[name] for name in operation.body if name in given}
    return client.request(
        operation.method,
        request.base_url.rstrip("/") + path,
        headers=headers,
        params={name: str(given[name]) for name in operation.query if name in given} or None,
        json=body if operation.body else None,
        timeout_seconds=timeout_seconds,
    )


def _read(operation: Operation, answer: http.Response) -> Answer:
    if answer.status in operation.errors:
        return Answer(None, operation.errors[answer.status])
    if answer.status == 404:
        return Answer(None, "not_found")
    if not 200 <= answer.status < 300:
        return Answer(None, "refused")
    try:
        found = json.loads(answer.body) if operation.result else {}
        return Answer(operation.shape(answer=found).value, None)
    except (ValueError, WrongShape, TooLarge):
        return Answer(None, "invalid")
