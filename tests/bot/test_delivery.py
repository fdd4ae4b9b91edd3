"""Delivery against the stand-in on its bad days: nothing is sent twice by guess, nothing is lost, order is kept."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from bot import delivery, jobs, outbox, tickets
from bot.channels import routes
from bot.channels.base import Act
from bot.channels.routes import ConnectedChannel
from bot.channels.whatsapp import Number
from bot.channels.whatsapp.errors import ACT_OF_CODE
from bot.conversation import decide, destination
from bot.events import Message, Segment
from bot.outbox import AlreadySettled, Outbound
from bot.tickets import open_tickets
from compliance import policy
from compliance.audit import AuditEntry
from compliance.labels import Label, Verdict
from compliance.policy import PolicyDocument
from tenants.context import Actor
from tenants.database import db, load
from tenants.http import Client
from tests.firm import POLICY, Firm, fresh_phone, make_firm, status

BOT = Actor("system", "bot")
WHO = "41790000001"


def control(firm: Firm, path: str, order: dict[str, Any] | None = None) -> Any:
    """Order something at the stand-in, or ask it."""
    client = Client(allow=["127.0.0.0/8"])
    try:
        url = f"{firm.cloud_api}/_control/{path}"
        answer = (
            client.get(url, timeout_seconds=5) if order is None else client.post(url, json=order, timeout_seconds=5)
        )
    finally:
        client.close()
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def fault(firm: Firm, kind: str, **details: Any) -> None:
    control(firm, f"numbers/{firm.phone_number_id}/faults", {"kind": kind, **details})


def accepted(firm: Firm) -> Counter[str]:
    """How often the stand-in took each message of this firm, by our callback data."""
    sends = control(firm, "sends?after=0&limit=1000000&counts=0")["sends"]
    return Counter(send["callback"] for send in sends if send["number"] == firm.phone_number_id)


def wamids(firm: Firm) -> dict[str, str]:
    """The stand-in's id of each message that it took, by our callback data."""
    sends = control(firm, "sends?after=0&limit=1000000&counts=0")["sends"]
    return {send["callback"]: send["id"] for send in sends if send["number"] == firm.phone_number_id}


def opened(firm: Firm, who: str = WHO) -> None:
    """A conversation that has begun and has been answered."""
    firm.write("hello", who=who)
    firm.work()


def queue(firm: Firm, *texts: str, who: str = WHO) -> list[uuid.UUID]:
    """Put messages in the outbox of an open conversation."""
    with firm.acting():
        to = destination.on_open_channel(firm.conversation(who), reader=None)
        before = {row.id for row in firm.outbound()}
        for text in texts:
            outbox.submit(outbox.tell(text, language="en"), to=to, author=BOT, now=datetime.now(UTC))
        return [row.id for row in firm.outbound() if row.id not in before]


def deliver(firm: Firm, *, after: timedelta | None = None) -> None:
    """Let a deliverer work, now or after some time."""
    if after is None:
        jobs.deliver(str(firm.id), str(firm.channel_id))
        return
    with time_machine.travel(datetime.now(UTC) + after, tick=True):
        jobs.deliver(str(firm.id), str(firm.channel_id))


def state(firm: Firm, outbound_id: uuid.UUID) -> str:
    with firm.acting():
        return load(Outbound, outbound_id).state


def states(firm: Firm) -> list[str]:
    with firm.acting():
        return [row.state for row in firm.outbound()]


def reasons(firm: Firm) -> list[str]:
    with firm.acting():
        return [ticket.reason for ticket in open_tickets()]


def codes(act: Act) -> list[int]:
    found = [code for code, what in ACT_OF_CODE.items() if what is act]
    # One of two hundred permission errors stands for all.
    return [code for code in found if not 201 <= code <= 298]


# The table of errors


def test_a_passing_error_is_tried_again_with_longer_and_longer_pauses(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "again")
    fault(firm, "error", code=131016, http=503, count=3)
    pauses: list[float] = []
    at = timedelta()
    for _ in range(3):
        deliver(firm, after=at)
        with firm.acting():
            row = load(Outbound, message)
            assert (row.state, row.error_code) == ("waiting", 131016)
            pauses.append((row.not_before - datetime.now(UTC) - at).total_seconds())
        deliver(firm, after=at)
        at += timedelta(seconds=pauses[-1] + 1)
    assert pauses == sorted(pauses)
    assert pauses[1] > pauses[0] * 1.5
    assert pauses[2] > pauses[1] * 1.5
    deliver(firm, after=at)
    assert state(firm, message) == "accepted"
    assert accepted(firm)[str(message)] == 1


@pytest.mark.parametrize("http", [400, 429, 500, 503])
def test_every_passing_error_waits_and_then_goes_once(firm: Firm, http: int) -> None:
    opened(firm)
    for code in codes(Act.RETRY):
        (message,) = queue(firm, f"code {code}")
        fault(firm, "error", code=code, http=http)
        deliver(firm)
        assert state(firm, message) == "waiting", code
        assert accepted(firm)[str(message)] == 0
        deliver(firm, after=timedelta(seconds=5))
        assert state(firm, message) == "accepted", code
        assert accepted(firm)[str(message)] == 1
    assert reasons(firm) == []


def test_the_pair_limit_holds_this_customer_alone_and_longer_each_time(firm: Firm) -> None:
    other = fresh_phone()
    opened(firm)
    opened(firm, other)
    (slow,) = queue(firm, "too many to you")
    fault(firm, "error", code=131056, http=400, count=1)
    deliver(firm)
    with firm.acting():
        first = (load(Outbound, slow).not_before - datetime.now(UTC)).total_seconds()
        assert load(ConnectedChannel, firm.channel_id).paused_at is None
    (quick,) = queue(firm, "not to you", who=other)
    deliver(firm)
    assert (state(firm, slow), state(firm, quick)) == ("waiting", "accepted")
    fault(firm, "error", code=131056, http=400, count=1)
    deliver(firm, after=timedelta(seconds=first + 1))
    with firm.acting():
        second = (load(Outbound, slow).not_before - datetime.now(UTC)).total_seconds() - first - 1
    assert (round(first), round(second)) == (4, 16)
    deliver(firm, after=timedelta(seconds=first + second + 2))
    assert state(firm, slow) == "accepted"
    assert accepted(firm)[str(slow)] == 1


def test_what_means_that_nothing_will_go_pauses_the_channel_and_tells_a_person(firm: Firm) -> None:
    opened(firm)
    for number, code in enumerate(codes(Act.PAUSE), start=1):
        (message,) = queue(firm, f"code {code}")
        fault(firm, "error", code=code, http=401 if code in (0, 190) else 400)
        deliver(firm)
        assert state(firm, message) == "waiting", code
        with firm.acting():
            channel = load(ConnectedChannel, firm.channel_id)
            assert channel.paused_at is not None, code
            assert channel.paused_for is not None
            assert str(code) in channel.paused_for
        assert reasons(firm) == ["not delivered"] * number
        deliver(firm, after=timedelta(minutes=5))
        assert accepted(firm)[str(message)] == 0, "a paused channel sends nothing"
        with firm.acting():
            routes.resume(load(ConnectedChannel, firm.channel_id))
        deliver(firm)
        assert state(firm, message) == "accepted", code
        assert accepted(firm)[str(message)] == 1


def test_a_channel_that_breaks_under_many_messages_asks_a_person_once(firm: Firm) -> None:
    phones = [fresh_phone() for _ in range(6)]
    for who in phones:
        opened(firm, who)
    for who in phones:
        queue(firm, "all at once", who=who)
    fault(firm, "error", code=190, http=401, count=6)
    deliver(firm)
    assert reasons(firm) == ["not delivered"]
    with firm.acting():
        routes.resume(load(ConnectedChannel, firm.channel_id))
    deliver(firm)
    assert set(states(firm)) == {"accepted"}
    assert set(accepted(firm).values()) == {1}


@pytest.mark.parametrize("act", [Act.FINAL, Act.TEMPLATE, Act.LATER, Act.NO_MARKETING])
def test_what_can_never_go_this_way_fails_and_a_person_is_told(firm: Firm, act: Act) -> None:
    who = WHO
    for number, code in enumerate(codes(act), start=1):
        if number % 15 == 1:  # the pair limit is another test's
            opened(firm, who := fresh_phone())
        message, behind = queue(firm, f"code {code}", "the next one", who=who)
        fault(firm, "error", code=code, http=400)
        deliver(firm)
        assert state(firm, message) == "failed", code
        assert state(firm, behind) == "accepted", "a message that failed holds nobody up"
        with firm.acting():
            assert load(Outbound, message).error_code == code
        assert reasons(firm) == ["not delivered"] * number
        deliver(firm, after=timedelta(hours=1))
        assert accepted(firm)[str(message)] == 0


def test_a_graph_error_of_a_code_that_is_new_to_us_goes_by_its_http_status(firm: Firm) -> None:
    opened(firm)
    expected = {429: "waiting", 500: "waiting", 503: "waiting", 400: "failed", 404: "failed"}
    for http, wanted in expected.items():
        opened(firm, who := fresh_phone())
        (message,) = queue(firm, f"http {http}", who=who)
        fault(firm, "error", code=999999, http=http)
        deliver(firm)
        assert state(firm, message) == wanted, http


UNKNOWN: list[tuple[str, dict[str, Any], int]] = [
    ("error", {"code": 131000, "http": 502}, 0),
    ("error", {"code": 131000, "http": 504}, 0),
    ("http", {"http": 500}, 0),
    ("http", {"http": 502}, 0),
    ("http", {"http": 503}, 0),
    ("http", {"http": 200}, 0),
    ("garbage", {}, 0),
    ("drop", {}, 0),
    ("hang", {"seconds": 0.3}, 0),
    ("accept_then_drop", {}, 1),
    ("accept_then_garbage", {}, 1),
    ("accept_then_hang", {"seconds": 0.3}, 1),
    ("accept_then_http", {"http": 504}, 1),
]


@pytest.mark.parametrize(("kind", "details", "taken"), UNKNOWN)
def test_whatever_may_have_arrived_is_unknown_and_holds_back_its_conversation_alone(
    firm: Firm, kind: str, details: dict[str, Any], taken: int
) -> None:
    other = fresh_phone()
    opened(firm)
    opened(firm, other)
    message, behind = queue(firm, "perhaps", "and then")
    fault(firm, kind, **details)
    deliver(firm)
    (elsewhere,) = queue(firm, "elsewhere", who=other)
    for after in (timedelta(), timedelta(minutes=1), timedelta(hours=20)):
        deliver(firm, after=after)
    assert [state(firm, row) for row in (message, behind, elsewhere)] == ["unknown", "waiting", "accepted"]
    assert (accepted(firm)[str(message)], accepted(firm)[str(behind)]) == (taken, 0)


def test_an_answer_that_takes_too_long_is_unknown(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "Number", partial(Number, timeout_seconds=0.3))
    opened(firm)
    (message,) = queue(firm, "perhaps")
    fault(firm, "slow", seconds=1.0)
    deliver(firm)
    assert state(firm, message) == "unknown"
    assert accepted(firm)[str(message)] == 1


def test_a_refused_connection_is_tried_again_because_nothing_left(program: Flask) -> None:
    firm = make_firm(cloud_api="http://127.0.0.1:9")
    firm.write("hello")
    firm.work()
    with firm.acting():
        (row,) = firm.outbound()
        assert (row.state, row.attempts) == ("waiting", 1)
        assert row.not_before > datetime.now(UTC)
        assert load(ConnectedChannel, firm.channel_id).paused_at is None


def test_what_met_a_refused_connection_goes_when_the_other_side_is_back(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "later then")
    control(firm, "refuse", {"seconds": 0.4})
    time.sleep(0.15)
    deliver(firm)
    assert state(firm, message) == "waiting"
    time.sleep(0.6)
    deliver(firm, after=timedelta(seconds=5))
    assert state(firm, message) == "accepted"
    assert accepted(firm)[str(message)] == 1


def test_after_the_last_attempt_it_fails_and_a_person_is_told(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "never")
    fault(firm, "error", code=131016, http=503, count=delivery.ATTEMPTS)
    for hours in range(delivery.ATTEMPTS):
        deliver(firm, after=timedelta(hours=hours))
    with firm.acting():
        row = load(Outbound, message)
        assert (row.state, row.attempts, row.error_code) == ("failed", delivery.ATTEMPTS, 131016)
    assert reasons(firm) == ["not delivered"]
    assert accepted(firm)[str(message)] == 0


# What settles an unknown outcome


def test_a_status_with_our_callback_data_settles_it_and_the_next_one_goes(firm: Firm) -> None:
    opened(firm)
    message, behind = queue(firm, "perhaps", "and then")
    fault(firm, "accept_then_drop")
    deliver(firm)
    wamid = wamids(firm)[str(message)]
    firm.receive(firm.webhook(status(wamid, "delivered", callback=str(message)), key="statuses"))
    with firm.acting():
        row = load(Outbound, message)
        assert (row.state, row.status, row.external_id) == ("accepted", "delivered", wamid)
    deliver(firm)
    assert state(firm, behind) == "accepted"
    assert set(accepted(firm).values()) == {1}


def test_a_failed_status_settles_it_too_and_a_person_is_told(firm: Firm) -> None:
    opened(firm)
    message, behind = queue(firm, "perhaps", "and then")
    fault(firm, "accept_then_drop")
    deliver(firm)
    failed = status(wamids(firm)[str(message)], "failed", callback=str(message), errors=[{"code": 131026}])
    firm.receive(firm.webhook(failed, key="statuses"))
    deliver(firm)
    assert (state(firm, message), state(firm, behind)) == ("failed", "accepted")
    assert reasons(firm) == ["not delivered"]


def test_a_status_for_a_message_that_was_to_be_tried_again_stops_that(firm: Firm) -> None:
    """The provider said no, and took it all the same: its word that it has it counts."""
    opened(firm)
    (message,) = queue(firm, "taken after all")
    fault(firm, "error", code=131000, http=500)
    deliver(firm)
    firm.receive(firm.webhook(status("wamid.taken", "sent", callback=str(message)), key="statuses"))
    deliver(firm, after=timedelta(seconds=10))
    assert state(firm, message) == "accepted"
    assert accepted(firm)[str(message)] == 0


def test_without_a_status_in_time_a_person_is_asked_once(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "perhaps")
    fault(firm, "accept_then_drop")
    deliver(firm)
    now = datetime.now(UTC)
    with firm.acting():
        assert delivery.ask_about_unknown(now=now + delivery.SETTLE_AFTER / 2) == 0
    for later in (1, 2, 60):
        with firm.acting():
            delivery.ask_about_unknown(now=now + delivery.SETTLE_AFTER + timedelta(minutes=later))
    with firm.acting():
        (ticket,) = open_tickets()
        assert (ticket.reason, ticket.about_id) == ("unknown outcome", message)


def test_the_sweep_asks_about_what_no_status_settled(firm: Firm) -> None:
    opened(firm)
    queue(firm, "perhaps")
    fault(firm, "accept_then_drop")
    deliver(firm)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True):
        jobs.sweep()
    assert reasons(firm) == ["unknown outcome"]


@pytest.mark.parametrize(("arrived", "wanted"), [(True, "accepted"), (False, "accepted")])
def test_a_person_decides_and_the_conversation_goes_on(firm: Firm, arrived: bool, wanted: str) -> None:
    opened(firm)
    message, behind = queue(firm, "perhaps", "and then")
    fault(firm, "accept_then_drop" if arrived else "drop")
    deliver(firm)
    with firm.acting():
        delivery.ask_about_unknown(now=datetime.now(UTC) + timedelta(minutes=1))
    with firm.acting():
        (ticket,) = open_tickets()
        decide(ticket, arrived=arrived, person="agent", now=datetime.now(UTC))
    deliver(firm)
    assert (state(firm, message), state(firm, behind)) == (wanted, "accepted")
    assert (accepted(firm)[str(message)], accepted(firm)[str(behind)]) == (1, 1)
    assert reasons(firm) == []


def test_what_is_lost_again_after_a_person_sent_it_again_is_asked_about_again(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "perhaps")
    for _ in range(2):
        fault(firm, "drop")
        deliver(firm)
        assert state(firm, message) == "unknown"
        with firm.acting():
            assert delivery.ask_about_unknown(now=datetime.now(UTC) + timedelta(minutes=1)) == 1
        with firm.acting():
            (ticket,) = open_tickets()
            decide(ticket, arrived=False, person="agent", now=datetime.now(UTC))
    deliver(firm)
    assert state(firm, message) == "accepted"
    assert accepted(firm)[str(message)] == 1


def test_a_status_that_was_faster_than_the_person_wins_and_the_question_is_closed(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "perhaps")
    fault(firm, "accept_then_drop")
    deliver(firm)
    with firm.acting():
        delivery.ask_about_unknown(now=datetime.now(UTC) + timedelta(minutes=1))
    with firm.acting():
        (ticket,) = open_tickets()
        ticket_id = ticket.id
    firm.receive(firm.webhook(status(wamids(firm)[str(message)], "sent", callback=str(message)), key="statuses"))
    assert reasons(firm) == []
    with firm.acting(), pytest.raises((AlreadySettled, tickets.TicketClosed)):
        decide(load(tickets.Ticket, ticket_id), arrived=False, person="agent", now=datetime.now(UTC))
    deliver(firm)
    assert accepted(firm)[str(message)] == 1


def test_a_status_may_overtake_the_answer(firm: Firm, program: Flask) -> None:
    opened(firm)
    message, behind = queue(firm, "slow", "and then")
    fault(firm, "slow", seconds=0.8)
    sending = in_thread(program, lambda: deliver(firm))
    wamid = awaited(lambda: wamids(firm).get(str(message)))
    firm.receive(firm.webhook(status(wamid, "delivered", callback=str(message)), key="statuses"))
    assert state(firm, message) == "accepted"
    sending()
    with firm.acting():
        row = load(Outbound, message)
        assert (row.state, row.status, row.external_id) == ("accepted", "delivered", wamid)
    deliver(firm)
    assert state(firm, behind) == "accepted"
    assert set(accepted(firm).values()) == {1}


# Deliverers that die, and several at once


def test_what_a_dead_deliverer_left_behind_is_unknown_and_not_sent_again(firm: Firm) -> None:
    opened(firm)
    left, behind = queue(firm, "claimed", "and then")
    with firm.acting():
        claims = delivery.claim(load(ConnectedChannel, firm.channel_id), now=datetime.now(UTC))
        assert [claim.outbound_id for claim in claims] == [left]
    assert state(firm, left) == "sending"
    with firm.acting():
        assert firm.channel_id in outbox.waiting_channels(now=datetime.now(UTC)), "the sweep finds it"
    deliver(firm)
    assert (state(firm, left), state(firm, behind)) == ("unknown", "waiting")
    assert accepted(firm)[str(left)] == 0


def test_two_deliverers_at_once_send_nothing_twice(firm: Firm, program: Flask) -> None:
    phones = [fresh_phone() for _ in range(8)]
    for who in phones:
        opened(firm, who)
    wanted = {who: queue(firm, *(f"{number}" for number in range(4)), who=who) for who in phones}
    for joined in [in_thread(program, lambda: deliver(firm)) for _ in range(3)]:
        joined()
    counts = accepted(firm)
    assert {counts[str(row)] for rows in wanted.values() for row in rows} == {1}
    for who in phones:
        assert firm.phone(who)[1:] == ["0", "1", "2", "3"]


def test_messages_of_a_conversation_go_in_order_even_when_one_must_wait(firm: Firm) -> None:
    opened(firm)
    queue(firm, "one", "two", "three")
    fault(firm, "error", code=131000, http=500)
    deliver(firm)
    assert firm.phone()[1:] == []
    deliver(firm, after=timedelta(seconds=5))
    assert firm.phone()[1:] == ["one", "two", "three"]


# Limits


def test_no_more_than_the_channel_allows_go_in_a_second(firm: Firm) -> None:
    phones = [fresh_phone() for _ in range(12)]
    for who in phones:
        opened(firm, who)
    with firm.acting():
        channel = load(ConnectedChannel, firm.channel_id)
        channel.settings = {**channel.settings, "per_second": 5}
    time.sleep(1.1)
    began = time.monotonic()
    for who in phones:
        queue(firm, "now", who=who)
    deliver(firm)
    took = time.monotonic() - began
    with firm.acting():
        moments = sorted(row.claimed_at for row in firm.outbound()[-12:] if row.claimed_at)
    assert len(moments) == 12
    assert took >= 2
    for first, sixth in zip(moments, moments[5:], strict=False):
        assert sixth - first >= timedelta(seconds=1)


def test_a_customer_gets_a_burst_and_then_one_in_six_seconds(firm: Firm) -> None:
    who = fresh_phone()
    opened(firm, who)
    rows = queue(firm, *(f"{number}" for number in range(delivery.PAIR_BURST + 2)), who=who)
    with firm.acting():
        firm.conversation(who).pair_ready_at = None
    deliver(firm)
    assert [state(firm, row) for row in rows].count("accepted") == delivery.PAIR_BURST
    assert state(firm, rows[-1]) == "waiting"
    with firm.acting():
        wait = (load(Outbound, rows[delivery.PAIR_BURST]).not_before - datetime.now(UTC)).total_seconds()
        assert load(Outbound, rows[delivery.PAIR_BURST]).attempts == 0, "our own limit is no failed attempt"
    assert 0 < wait <= 6
    deliver(firm, after=timedelta(seconds=7))
    assert [state(firm, row) for row in rows].count("accepted") == delivery.PAIR_BURST + 1


# Recall


def test_what_the_policy_in_force_no_longer_clears_is_stopped_and_a_person_is_told(firm: Firm) -> None:
    change_policy(firm, {**POLICY, "clearance": {**POLICY["clearance"], "whatsapp": {"number_known": ["account"]}}})
    opened(firm)
    with firm.acting():
        to = destination.on_open_channel(firm.conversation(), reader=None)
        balance = Message(kind="text", body=(Segment("CHF 12.50", label=Label.ACCOUNT),), language="en")
        assert outbox.submit(balance, to=to, author=BOT, now=datetime.now(UTC)).verdict is Verdict.CLEARED
    (behind,) = queue(firm, "and then")
    change_policy(firm, POLICY)
    deliver(firm)
    with firm.acting():
        _, row, _ = firm.outbound()
        assert (row.state, row.error) == ("stopped", "the policy in force no longer clears this")
        assert accepted(firm)[str(row.id)] == 0
    assert state(firm, behind) == "accepted"
    assert reasons(firm) == ["not delivered"]


def test_what_waited_until_the_window_closed_is_stopped_and_a_person_is_told(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "too late")
    deliver(firm, after=timedelta(hours=25))
    with firm.acting():
        row = load(Outbound, message)
        assert (row.state, row.error) == ("stopped", "the service window has closed")
        acts = list(db.session.scalars(sa.select(AuditEntry.act)))
        assert "stopped" in acts
    assert reasons(firm) == ["not delivered"]
    assert accepted(firm)[str(message)] == 0


# Later failures


def test_a_message_that_fails_later_is_shown_to_a_person(firm: Firm) -> None:
    opened(firm)
    (message,) = queue(firm, "it seemed to go")
    deliver(firm)
    failed = status(wamids(firm)[str(message)], "failed", callback=str(message), errors=[{"code": 131026}])
    firm.receive(firm.webhook(failed, key="statuses"))
    with firm.acting():
        row = load(Outbound, message)
        assert (row.state, row.status, row.error_code) == ("failed", "failed", 131026)
    assert reasons(firm) == ["not delivered"]


def change_policy(firm: Firm, document: dict[str, Any]) -> None:
    with firm.acting():
        written = policy.draft(document=PolicyDocument.model_validate(document), written_by="admin")
        policy.approve(written, approved_by="officer", now=datetime.now(UTC))


def in_thread(program: Flask, act: Callable[[], None]) -> Callable[[], None]:
    """Do something meanwhile; the returned function waits for it and raises what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            with program.app_context():
                act()
        except BaseException as error:  # told to the test below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def join() -> None:
        thread.join(30)
        assert not thread.is_alive()
        if raised:
            raise raised[0]

    return join


def awaited(look: Callable[[], str | None], seconds: float = 5) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")
