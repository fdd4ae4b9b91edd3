"""Killing any process at any moment loses no accepted message and sends nothing twice.

Web, workers and senders are killed with SIGKILL at random under load, and the queue is emptied. Then everything is
counted: what the stand-in of the Cloud API saw accepted and sent against what the program did.
"""

import itertools
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import inbox
from bot.conversation import decide
from bot.inbox import InboundEvent
from bot.outbox import Outbound
from bot.tickets import Ticket
from tenants import queue
from tenants.database import db
from tenants.http import Client
from tests.firm import APP_SECRET, Firm, fresh_phone, make_firm
from tests.processes import Processes
from web.simulator.cloud_api import Server, create_cloud_api, serve
from web.simulator.cloud_api import Settings as CloudSettings

KILLS = 36
CUSTOMERS = 36
"""So many that nobody meets the pair limit, which would only make it slow."""
SECONDS_BETWEEN_KILLS = 0.9
FINISH_SECONDS = 150

OVERTAKING = timedelta(seconds=3)
"""How long a batch of turns may take: what is received meanwhile belongs to the next."""

ECHO = """
guichet: 1
flow: start
title: {en: An echo}
languages: [en]
start: listen
nodes:
  listen: {ask: {text: {en: Go on.}, into: word}, next: echo}
  echo: {say: {text: {en: "echo {{ word }}."}}, next: listen}
"""


@pytest.fixture
def statuses() -> Iterator[Server]:
    """A stand-in of the Cloud API that tells every status, and retries webhooks that were not taken."""
    settings = CloudSettings(window="off", pair_limit=False, per_second=None, retry_seconds=0.2, read_seconds=None)
    app = create_cloud_api(settings=settings)
    server = serve(app)
    yield server
    app.extensions["cloud_api"].stop()
    server.stop()


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_random_kills_lose_nothing_and_send_nothing_twice(program: Flask, statuses: Server) -> None:
    chance = random.Random(20_261_122)
    port = 20_000 + chance.randrange(20_000)
    firm = make_firm(cloud_api=statuses.url, flow=ECHO)
    control = Control(statuses.url)
    control.introduce(firm, callback=f"http://127.0.0.1:{port}/webhooks/{firm.app}")
    phones = [fresh_phone() for _ in range(CUSTOMERS)]
    running = Processes(program, url=f"http://127.0.0.1:{port}")
    for command in (
        ("serve", "--port", str(port), "--workers", "1"),
        ("work", "turns", "calls"),
        ("work", "delivery"),
        ("schedule",),
    ):
        running.start(*command)
    stop = threading.Event()
    written: dict[str, list[str]] = defaultdict(list)
    writer = threading.Thread(target=_write, args=(control, firm, phones, written, stop))
    writer.start()
    try:
        for number in range(KILLS):
            time.sleep(SECONDS_BETWEEN_KILLS)
            running.kill_one(chance=chance)
            if number % 12 == 5:
                queue.connection().flushdb()
        stop.set()
        writer.join()
        decided = _let_finish(firm, control, written)
    finally:
        stop.set()
        running.stop()
    assert running.kills >= 30
    _check(firm, control, written)
    control.close()
    total = sum(len(messages) for messages in written.values())
    print(f"\n{running.kills} kills, {total} messages accepted and processed once, {decided} decided by a person")


class Control:
    """The control API of the stand-in."""

    def __init__(self, url: str) -> None:
        self._base = f"{url}/_control"
        self._client = Client(allow=["127.0.0.0/8"])

    def introduce(self, firm: Firm, *, callback: str) -> None:
        """Let the stand-in send the firm's webhooks to the program."""
        app = {"id": firm.app, "secret": APP_SECRET, "verify_token": "verify", "callback_url": callback}
        self.post("/apps", app)
        self.post("/numbers", {"id": firm.phone_number_id, "app": firm.app, "statuses": True})

    def post(self, path: str, body: Any) -> Any:
        """Order something."""
        answer = self._client.post(self._base + path, json=body, timeout_seconds=20)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def get(self, path: str) -> Any:
        """Ask something."""
        return json.loads(self._client.get(self._base + path, timeout_seconds=10).body)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def sends(self) -> list[dict[str, Any]]:
        """Every send that was accepted, in order."""
        found: list[dict[str, Any]] = []
        while True:
            part = self.get(f"/sends?after={len(found)}&counts=0")["sends"]
            if not part:
                return found
            found += part


def _write(
    control: Control, firm: Firm, phones: list[str], written: dict[str, list[str]], stop: threading.Event
) -> None:
    """Customers write without pause, each message with a number of its own."""
    number = 0
    while not stop.is_set():
        phone = phones[number % len(phones)]
        text = f"m{number:05}"
        control.post(f"/phones/{phone}/messages", {"number": firm.phone_number_id, "kind": "text", "text": text})
        written[phone].append(text)
        number += 1
        time.sleep(0.03)


def _let_finish(firm: Firm, control: Control, written: dict[str, list[str]]) -> int:
    """Wait until everything is taken and settled; play the person who is asked about unknown outcomes."""
    total = sum(len(messages) for messages in written.values())
    decided, taken = 0, 0
    states: Counter[str] = Counter()
    end = time.monotonic() + FINISH_SECONDS
    while time.monotonic() < end:
        decided += _decide_like_a_person(firm, control)
        with firm.acting():
            taken = len(db.session.scalars(sa.select(InboundEvent.id).where(InboundEvent.state == "taken")).all())
            states = Counter(db.session.scalars(sa.select(Outbound.state)))
        if taken == total and set(states) == {"accepted"} and states["accepted"] == total:
            return decided
        time.sleep(0.5)
    pytest.fail(f"not finished: {taken} of {total} taken, messages {dict(states)}")


def _decide_like_a_person(firm: Firm, control: Control) -> int:
    """Look at the customer's phone whether the message is there, and say so."""
    arrived = {send["callback"] for send in control.sends()}
    with firm.acting():
        asked = db.session.scalars(
            sa.select(Ticket).where(Ticket.reason == "unknown outcome", Ticket.closed_at.is_(None))
        ).all()
        for ticket in asked:
            outbound = db.session.scalar(sa.select(Outbound).where(Outbound.id == ticket.about_id))
            assert outbound is not None
            if outbound.state == "unknown":
                decide(ticket, arrived=str(outbound.id) in arrived, person="somebody", now=datetime.now(UTC))
    return len(asked)


def _check(firm: Firm, control: Control, written: dict[str, list[str]]) -> None:
    """Accepted = processed once; none lost; none sent twice; order kept."""
    sends = control.sends()
    repeated = [callback for callback, count in Counter(send["callback"] for send in sends).items() if count > 1]
    assert repeated == []
    said: dict[str, list[str]] = defaultdict(list)
    for send in sends:
        said[send["who"]].append(send["body"]["text"]["body"])
    for phone, messages in written.items():
        taken = _taken(firm, phone)
        assert sorted(text for text, _, _ in taken) == messages
        # The first message opens the conversation; each of the others is answered by its echo, in the order of turns.
        assert said[phone] == ["I am a bot.\n\nGo on."] + [f"echo {text}.\n\nGo on." for text, _, _ in taken[1:]]
        # Only a webhook that had to be tried again, and so came after later ones, is taken after them.
        for (first, _, first_taken), (second, second_received, _) in itertools.pairwise(taken):
            assert first < second or second_received > first_taken - OVERTAKING


def _taken(firm: Firm, phone: str) -> list[tuple[str, datetime, datetime]]:
    """What a customer wrote, when it was received and taken, in the order of turns."""
    with firm.acting():
        rows = db.session.scalars(
            sa.select(InboundEvent)
            .where(InboundEvent.conversation_id == firm.conversation(phone).id, InboundEvent.kind == "message")
            .order_by(InboundEvent.taken_at)
        ).all()
        return [(inbox.body_of(row)["kept"], row.received_at, row.taken_at) for row in rows if row.taken_at]
