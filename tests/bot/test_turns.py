"""Turns: what comes in is taken up once, alone, and by whom it is for."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from structlog.testing import capture_logs

from bot import connectors, contacts, inbox, jobs, outbox, tickets
from bot.channels.base import Identity
from bot.connectors import ConnectorCall
from bot.contacts import Contact, Conversation
from bot.conversation import answer, arrive, close_ticket, confirmation, release
from bot.conversation import turn as conversation_turn
from bot.flows.operations import Connector
from bot.inbox import InboundEvent
from bot.tickets import TakenByAnother, Ticket, TicketClosed, open_tickets
from compliance import gate, vault
from compliance.labels import Assurance, Verdict
from compliance.vault import NotTheReader, VaultEntry
from tenants import queue
from tenants.database import db, load
from tenants.organisations import Organisation
from tests.firm import CONNECTOR, Firm, fresh_phone, make_firm, text_message
from web.simulator.cloud_api import Server

WHO = "41790000001"
HERE = "I am a bot.\n\nWhat may it be?"


def item(part: dict[str, Any], *, who: str = WHO) -> dict[str, Any]:
    """A message of another kind than text."""
    return {key: value for key, value in text_message("", who=who).items() if key != "text"} | part


def events(firm: Firm, kind: str = "message") -> list[InboundEvent]:
    """Inside an act."""
    query = sa.select(InboundEvent).where(InboundEvent.kind == kind).order_by(InboundEvent.sent_at, InboundEvent.id)
    return list(db.session.scalars(query))


def take_turns(firm: Firm) -> None:
    """Take the turns that wait, and leave it to others to deliver and to call."""
    with firm.acting():
        shards = inbox.waiting_shards()
    for shard in shards:
        jobs.take_turns(str(firm.id), shard)


def breaking(monkeypatch: pytest.MonkeyPatch, on: str) -> None:
    """Let every turn about this text raise, once it has done all its work."""
    turn = conversation_turn

    def broken(event: InboundEvent, *, now: datetime) -> None:
        words = json.dumps(inbox.body_of(event))
        turn(event, now=now)
        if on in words:
            raise RuntimeError("a defect")

    monkeypatch.setattr(jobs, "turn", broken)


# A turn that goes wrong


def test_a_turn_that_raises_undoes_itself_alone(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(monkeypatch, "defective")
    phones = [fresh_phone() for _ in range(12)]
    for number, who in enumerate(phones):
        firm.write("defective" if number % 3 == 2 else "hello", who=who)
    take_turns(firm)
    with firm.acting():
        by_attempts = {event.attempts for event in events(firm) if event.state == "taken"}
        waiting = [event for event in events(firm) if event.state == "waiting"]
        assert by_attempts == {0}
        assert [event.attempts for event in waiting] == [1] * 4
        assert all(event.conversation_id is None for event in waiting)
        assert len(firm.outbound()) == 8
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 8


def test_a_turn_that_raises_takes_no_bell_of_the_others_with_it(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(monkeypatch, "defective")
    now = datetime.now(UTC)
    firm.write("hello", at=now - timedelta(seconds=9))
    firm.write("defective", at=now)
    rung: list[queue.Doorbell] = []
    monkeypatch.setattr(queue, "ring", lambda bell, **_: rung.append(bell))
    with firm.acting():
        (shard,) = inbox.waiting_shards()
    jobs.take_turns(str(firm.id), shard)
    assert [bell.queue for bell in rung] == ["delivery"]


def test_after_three_attempts_it_is_set_aside_and_a_person_looks(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.say("hello")
    breaking(monkeypatch, "defective")
    with capture_logs() as lines:
        firm.write("defective")
        firm.work()
    assert [line["event"] for line in lines].count("turn failed") == inbox.ATTEMPTS
    assert "defective" not in json.dumps([{**line, "exc_info": ""} for line in lines], default=str)
    with firm.acting():
        failed = events(firm)[-1]
        assert (failed.state, failed.attempts) == ("failed", 3)
        assert failed.id in {event.id for event in inbox.set_aside()}
        assert inbox.number_set_aside(since=datetime.now(UTC) - timedelta(hours=1))["failed"] == 1
    assert firm.phone() == [HERE]


def test_a_turn_about_a_known_conversation_that_fails_opens_a_ticket(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.say("hello")
    with firm.acting():
        conversation = firm.conversation()
        inbox.note(
            "expired",
            external_id="expired:test",
            organisation_id=firm.id,
            channel_id=conversation.channel_id,
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            shard=conversation.shard,
            body={"node": "defective"},
            now=datetime.now(UTC),
        )
    breaking(monkeypatch, "defective")
    firm.work()
    with firm.acting():
        assert [ticket.reason for ticket in open_tickets()] == ["turn failed"]


# Who writes


def bsuid_message(text: str, bsuid: str, *, phone: str | None = None) -> dict[str, Any]:
    message = text_message(text, who=phone or "") | {"from_user_id": bsuid}
    return message if phone else {key: value for key, value in message.items() if key != "from"}


def who_is(firm: Firm, *names: tuple[str, str]) -> Contact:
    return contacts.resolve([Identity(kind, value) for kind, value in names], now=datetime.now(UTC))


def test_a_person_without_a_number_is_served_by_the_user_id(firm: Firm) -> None:
    firm.receive(firm.webhook(bsuid_message("hello", "CH.1234abcd")))
    firm.work()
    with firm.acting():
        contact = who_is(firm, ("bsuid", "CH.1234abcd"))
        assert contacts.identity_of(contact.id) == {"bsuid": "CH.1234abcd"}
        (event,) = events(firm)
        assert (event.contact_id, event.state) == (contact.id, "taken")


def test_number_and_user_id_are_one_person_from_the_first_time_that_both_are_seen(firm: Firm) -> None:
    firm.receive(firm.webhook(text_message("hello")))
    firm.work()
    firm.receive(firm.webhook(bsuid_message("a word", "CH.1", phone=WHO)))
    firm.work()
    firm.receive(firm.webhook(bsuid_message("violet", "CH.1")))
    firm.work()
    with firm.acting():
        assert len({event.contact_id for event in events(firm)}) == 1
    assert firm.phone()[-1] == "You said violet.\n\nGoodbye."


def test_a_recycled_number_is_a_new_person(firm: Firm) -> None:
    """Another user id on a number that a person was bound to: nothing of that person's passes on."""
    firm.receive(firm.webhook(bsuid_message("hello", "CH.old", phone=WHO)))
    firm.work()
    with firm.acting():
        old = who_is(firm, ("bsuid", "CH.old"))
        contacts.bind(old, reader=vault.reader_of("anna"), now=datetime.now(UTC))
        old_id = old.id
    firm.receive(firm.webhook(bsuid_message("hello", "CH.new", phone=WHO)))
    firm.work()
    with firm.acting():
        new = who_is(firm, ("bsuid", "CH.new"))
        assert new.id != old_id
        assert new.reader is None
        assert who_is(firm, ("phone", WHO)).id == new.id, "what is said to the number reaches who has it now"
        assert contacts.identity_of(old_id) == {"bsuid": "CH.old"}


def test_a_changed_number_keeps_the_contact_and_ends_the_binding(firm: Firm) -> None:
    firm.say("hello")
    with firm.acting():
        contact = who_is(firm, ("phone", WHO))
        contacts.bind(contact, reader=vault.reader_of("anna"), now=datetime.now(UTC))
        contact_id = contact.id
    other = fresh_phone()
    change = {"type": "user_changed_number", "wa_id": other, "user_id": "CH.2"}
    firm.receive(firm.webhook(item({"type": "system", "system": change})))
    firm.work()
    with firm.acting():
        assert contacts.identity_of(contact_id) == {"phone": other, "bsuid": "CH.2"}
        contact = contacts.find(contact_id)
        assert (contact.reader, contact.bound_at) == (None, None)
        assert who_is(firm, ("phone", WHO)).id != contact_id


def test_a_changed_user_id_keeps_the_contact_and_ends_the_binding(firm: Firm) -> None:
    firm.receive(firm.webhook(bsuid_message("hello", "CH.1", phone=WHO)))
    firm.work()
    with firm.acting():
        contact = who_is(firm, ("bsuid", "CH.1"))
        contacts.bind(contact, reader=vault.reader_of("anna"), now=datetime.now(UTC))
        contact_id = contact.id
    update = {"wa_id": WHO, "user_id": {"previous": "CH.1", "current": "CH.9"}, "timestamp": "1749416383"}
    raw = json.loads(firm.webhook(update, key="user_id_update"))
    raw["entry"][0]["changes"][0]["field"] = "user_id_update"
    firm.receive(json.dumps(raw).encode())
    firm.work()
    with firm.acting():
        assert contacts.identity_of(contact_id) == {"phone": WHO, "bsuid": "CH.9"}
        assert contacts.find(contact_id).reader is None


SPEAKING = """
guichet: 1
flow: start
title: {en: Languages}
languages: [en, de, fr]
start: name
nodes:
  name: {ask: {text: {en: Which word?, de: Welches Wort?, fr: Quel mot?}, into: word}, next: bye}
  bye: {end: {text: {en: Goodbye., de: Auf Wiedersehen., fr: Au revoir.}}}
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Guten Tag, ich habe eine Frage zu meiner Rechnung", "Welches Wort?"),
        ("Bonjour, j'ai une question sur ma facture", "Quel mot?"),
        ("Hello, I have a question about my bill", "Which word?"),
        ("Buongiorno, ho una domanda sulla mia fattura", "Which word?"),
        ("français", "Quel mot?"),
    ],
)
def test_a_conversation_is_held_in_the_language_in_which_it_begins(
    program: Flask, cloud_api: Server, words: str, said: str
) -> None:
    firm = make_firm(cloud_api=cloud_api.url, flow=SPEAKING)
    with firm.acting():
        db.session.get_one(Organisation, firm.id).languages = ["en", "de", "fr"]
    (answer_,) = firm.say(words)
    assert answer_.endswith(said)


# What is not text


@pytest.mark.parametrize("kind", ["edit", "revoke"])
def test_an_edit_is_kept_with_its_conversation_masked_and_not_answered(firm: Firm, kind: str) -> None:
    firm.say("hello")
    part = {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "my PIN is 4711"}}}
    firm.receive(firm.webhook(item({"type": kind, kind: part})))
    firm.work()
    with firm.acting():
        (event,) = events(firm, kind)
        assert (event.state, event.is_masked) == ("taken", True)
        assert event.conversation_id == firm.conversation().id
    assert firm.phone() == [HERE]


def test_a_reaction_is_kept_and_not_answered(firm: Firm) -> None:
    firm.say("hello")
    firm.receive(firm.webhook(item({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}})))
    firm.work()
    with firm.acting():
        (event,) = events(firm, "reaction")
        assert event.state == "kept"
    assert firm.phone() == [HERE]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image", "image": {"id": "77", "mime_type": "image/jpeg"}},
        {"type": "document", "document": {"id": "77", "filename": "passport.pdf"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Hans Muster"}}]},
        {"type": "audio", "audio": {"id": "77", "voice": True}},
    ],
    ids=lambda part: part["type"],
)
def test_files_voices_and_cards_are_kept_masked_and_answered_kindly(firm: Firm, part: dict[str, Any]) -> None:
    firm.say("hello")
    firm.receive(firm.webhook(item(part)))
    firm.work()
    (said,) = firm.phone()[1:]
    assert "cannot read that here" in said
    assert "Muster" not in said
    with firm.acting():
        assert events(firm)[-1].is_masked


def test_the_words_help_and_stop_and_human_are_understood_anywhere(firm: Firm) -> None:
    firm.say("hello")
    assert "I am a bot. Answer the question" in firm.say("help")[0]
    assert firm.say("stop")[0] == "All right, we stop here. Write again at any time."
    assert firm.say("hello") == ["What may it be?"]
    firm.say("I want to speak to a human please")
    with firm.acting():
        assert [ticket.reason for ticket in open_tickets()] == ["handoff"]


# A person takes over


def handed_over(firm: Firm, who: str = WHO) -> None:
    firm.say("hello", who=who)
    firm.tap("person", who=who)
    firm.work()


def ticket_of(firm: Firm, reason: str = "handoff") -> Ticket:
    return next(ticket for ticket in open_tickets() if ticket.reason == reason)


def test_while_a_person_has_the_conversation_the_bot_is_silent_and_then_comes_back(firm: Firm) -> None:
    handed_over(firm)
    assert firm.phone()[-1] == "A person answers you here."
    assert firm.say("hello?") == []
    with firm.acting():
        ticket = ticket_of(firm)
        assert tickets.note_of(ticket) == "wants a person"
        answer(ticket, "Good day, how may I help?", through_portal=False, person="ada", now=datetime.now(UTC))
    firm.work()
    assert firm.phone()[-1] == "Good day, how may I help?"
    with firm.acting():
        close_ticket(ticket_of(firm), person="ada", reason="answered", now=datetime.now(UTC))
    firm.work()
    assert firm.say("hello") == ["What may it be?"]


def test_two_people_do_not_answer_the_same_ticket(firm: Firm) -> None:
    handed_over(firm)
    with firm.acting():
        answer(ticket_of(firm), "Good day", through_portal=False, person="ada", now=datetime.now(UTC))
    with firm.acting(), pytest.raises(TakenByAnother):
        answer(ticket_of(firm), "Good day", through_portal=False, person="ben", now=datetime.now(UTC))
    with firm.acting():
        ticket_id = ticket_of(firm).id
        close_ticket(ticket_of(firm), person="ada", reason="answered", now=datetime.now(UTC))
    with firm.acting():
        closed = load(Ticket, ticket_id)
        with pytest.raises(TicketClosed):
            answer(closed, "Too late", through_portal=False, person="ada", now=datetime.now(UTC))


def test_two_people_who_take_a_ticket_at_once_do_not_both_have_it(firm: Firm, program: Flask) -> None:
    handed_over(firm)
    seen = threading.Barrier(2, timeout=20)
    outcomes: list[str] = []

    def take(person: str) -> None:
        try:
            with program.app_context(), firm.acting():
                ticket = ticket_of(firm)
                seen.wait()
                tickets.take(ticket, person=person, now=datetime.now(UTC))
            outcomes.append("taken")
        except TakenByAnother:
            outcomes.append("too late")

    threads = [threading.Thread(target=take, args=(person,)) for person in ("ada", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken", "too late"]


# An answer that may not be said here


def diverted(firm: Firm, text: str, *, through_portal: bool = False) -> None:
    handed_over(firm)
    with firm.acting():
        submission = answer(ticket_of(firm), text, through_portal=through_portal, person="ada", now=datetime.now(UTC))
        assert submission.verdict is Verdict.DIVERTED
    firm.work()


def code_for(firm: Firm, customer: str) -> str | None:
    with firm.acting():
        reader = vault.reader_of(customer)
        return confirmation(firm.conversation().id, reader=reader, now=datetime.now(UTC))


def entry(firm: Firm) -> VaultEntry:
    return db.session.scalars(sa.select(VaultEntry)).one()


IBAN = "Please pay to CH93 0076 2011 6238 5295 7"


def test_an_answer_with_an_iban_waits_until_the_chat_confirms_who_reads_it(firm: Firm) -> None:
    diverted(firm, IBAN)
    assert firm.phone()[-1] == "A message waits for you in the secure area."
    assert not any("0076" in words for words in firm.phone())
    with firm.acting():
        assert entry(firm).reader is None
        for customer in ("anna", "bob"):
            assert vault.waiting_for(vault.reader_of(customer), now=datetime.now(UTC)) == []
            with pytest.raises(NotTheReader):
                vault.open_for(vault.reader_of(customer), entry(firm), now=datetime.now(UTC))
    code = code_for(firm, "anna")
    assert code is not None
    (said,) = firm.say(code.lower())
    assert "confirmed" in said
    with firm.acting():
        now = datetime.now(UTC)
        assert vault.waiting_for(vault.reader_of("anna"), now=now) == [entry(firm)]
        assert vault.open_for(vault.reader_of("anna"), entry(firm), now=now)["payload"]["text"] == IBAN
        with pytest.raises(NotTheReader):
            vault.open_for(vault.reader_of("bob"), entry(firm), now=now)


def test_a_code_that_is_wrong_old_or_used_confirms_nobody(firm: Firm) -> None:
    diverted(firm, IBAN)
    code = code_for(firm, "anna")
    assert code is not None
    firm.say("ABCD-EFGH")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=True):
        firm.say(code)
    with firm.acting():
        assert entry(firm).reader is None
    fresh = code_for(firm, "anna")
    assert fresh is not None
    firm.say(code)
    with firm.acting():
        assert entry(firm).reader is None
    firm.say(fresh)
    assert code_for(firm, "bob") is None, "nothing waits any more"
    assert firm.say(fresh) == [], "a used code is a message like any other"
    with firm.acting():
        assert entry(firm).reader == vault.reader_of("anna")


def test_the_code_of_one_chat_confirms_no_other(firm: Firm) -> None:
    diverted(firm, IBAN)
    code = code_for(firm, "anna")
    firm.say(str(code), who=fresh_phone())
    with firm.acting():
        assert entry(firm).reader is None


def test_an_agent_may_choose_the_portal_for_harmless_words(firm: Firm) -> None:
    diverted(firm, "Nothing to see here", through_portal=True)
    assert firm.phone()[-1] == "A message waits for you in the secure area."
    with firm.acting():
        assert vault.content_of(entry(firm))["payload"]["text"] == "Nothing to see here"


def test_a_held_message_goes_when_a_person_releases_it(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("a defect")

    handed_over(firm)
    with monkeypatch.context() as patch:
        patch.setattr(gate, "classify", defect)
        with firm.acting():
            held = answer(ticket_of(firm), "Good day", through_portal=False, person="ada", now=datetime.now(UTC))
            assert held.verdict is Verdict.HELD
        firm.work()
    assert firm.phone()[-1] != "Good day"
    with firm.acting():
        submission = release(ticket_of(firm, "held"), person="ada", now=datetime.now(UTC))
        assert submission.verdict is Verdict.CLEARED
    firm.work()
    assert firm.phone()[-1] == "Good day"
    with firm.acting():
        assert [ticket.reason for ticket in open_tickets()] == ["handoff"]


# The firm's system


@dataclass
class System:
    """A firm's system: answers by the name that it is asked for, and counts."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def system() -> Iterator[System]:
    found = System()
    let_go = threading.Event()

    class Counter(BaseHTTPRequestHandler):
        def answer(self) -> None:
            name = self.path.rpartition("/")[2]
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path))
            if name == "slow":
                let_go.wait(5)
            is_second = found.asked.count((self.command, self.path)) > 1
            status = {"nobody": 404, "broken": 500, "forbidden": 403}.get(name, 200)
            status = 503 if name == "once" and not is_second else status
            body = {"garbage": b"<html>", "odd": b'{"value": [1]}'}.get(name, b'{"value": "1.07", "more": "x"}')
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    let_go.set()
    server.shutdown()
    server.server_close()


ASKING = """
guichet: 1
flow: start
title: {en: A look-up}
languages: [en]
start: name
nodes:
  name: {ask: {text: {en: Which currency?}, into: word, timeout: PT1H}, next: look}
  look: {call: {operation: bank.rate, with: {name: word}, into: rate}, next: tell, error: sorry}
  tell: {say: {text: {en: "It is at {{ rate.value }}."}}, next: bye}
  sorry: {say: {text: {en: We cannot say just now.}}, next: bye}
  bye: {end: {text: {en: Goodbye.}}}
"""


def rate(url: str, *, method: str = "GET", allow: tuple[str, ...] = ("127.0.0.1",)) -> Connector:
    operation = {
        "method": method,
        "path": "/rates/{name}",
        "parameters": {"name": {"required": True}},
        "timeout_seconds": 0.8,
        "retries": 1,
        "result": {"value": {"type": "string"}},
    }
    operations = {**CONNECTOR["operations"], "rate": operation}
    return Connector.model_validate({**CONNECTOR, "base_url": url, "allow": [*allow], "operations": operations})


def asking(cloud_api: Server, connector: Connector) -> Firm:
    firm = make_firm(cloud_api=cloud_api.url, flow=ASKING)
    with firm.acting():
        connectors.store(connector, now=datetime.now(UTC))
    firm.say("hello")
    return firm


@pytest.mark.parametrize(
    ("name", "outcome", "times"),
    [
        ("euro", "answered", 1),
        ("once", "answered", 2),
        ("nobody", "not_found", 1),
        ("forbidden", "refused", 1),
        ("broken", "unavailable", 2),
        ("garbage", "invalid", 1),
        ("odd", "invalid", 1),
        ("slow", "timeout", 1),
    ],
)
def test_whatever_the_firms_system_does_the_flow_goes_on(
    program: Flask, cloud_api: Server, system: System, name: str, outcome: str, times: int
) -> None:
    firm = asking(cloud_api, rate(system.url))
    said = firm.say(name)
    wanted = "It is at 1.07." if outcome == "answered" else "We cannot say just now."
    assert said == [f"{wanted}\n\nGoodbye."]
    assert system.asked == [("GET", f"/rates/{name}")] * times
    with firm.acting():
        call = db.session.scalars(sa.select(ConnectorCall)).one()
        assert (call.state, call.outcome) == ("done", outcome)


@pytest.mark.parametrize("typed", ["..", ".", "../../admin", "..%2f..%2fadmin", "a?b=c", "a#b", " "])
def test_what_was_typed_never_leaves_its_place_in_the_address(
    program: Flask, cloud_api: Server, system: System, typed: str
) -> None:
    firm = asking(cloud_api, rate(system.url))
    firm.say(typed)
    assert all(path.startswith("/rates/") and path.count("/") == 2 and "?" not in path for _, path in system.asked)


def test_a_private_address_that_is_not_allowed_is_refused(program: Flask, cloud_api: Server, system: System) -> None:
    firm = asking(cloud_api, rate(system.url, allow=()))
    assert firm.say("euro") == ["We cannot say just now.\n\nGoodbye."]
    assert system.asked == []
    with firm.acting():
        assert db.session.scalars(sa.select(ConnectorCall)).one().outcome == "refused"


def test_a_system_that_is_down_leads_to_the_error_route(program: Flask, cloud_api: Server) -> None:
    firm = asking(cloud_api, rate("http://127.0.0.1:9"))
    assert firm.say("euro") == ["We cannot say just now.\n\nGoodbye."]


def left_running(firm: Firm) -> None:
    """A worker claims the call and dies."""
    firm.write("euro")
    take_turns(firm)
    with firm.acting():
        assert len(connectors.claim(limit=16, now=datetime.now(UTC))) == 1


@pytest.mark.parametrize(("method", "times"), [("GET", 1), ("POST", 0)])
def test_a_call_that_a_dead_worker_left_is_made_again_only_where_that_is_safe(
    program: Flask, cloud_api: Server, system: System, method: str, times: int
) -> None:
    firm = asking(cloud_api, rate(system.url, method=method))
    left_running(firm)
    jobs.call_connectors(str(firm.id))
    assert system.asked == [], "it may still be under way"
    with time_machine.travel(datetime.now(UTC) + connectors.STALE_AFTER + timedelta(seconds=1), tick=True):
        jobs.call_connectors(str(firm.id))
        firm.work()
    assert len(system.asked) == times
    said = "It is at 1.07." if times else "We cannot say just now."
    assert firm.phone()[-1] == f"{said}\n\nGoodbye."


def test_a_call_whose_operation_is_gone_holds_up_no_other(program: Flask, cloud_api: Server, system: System) -> None:
    firm = asking(cloud_api, rate(system.url))
    firm.write("euro")
    take_turns(firm)
    with firm.acting():
        connectors.store(Connector.model_validate(CONNECTOR), now=datetime.now(UTC))
    jobs.call_connectors(str(firm.id))
    with firm.acting():
        connectors.store(rate(system.url), now=datetime.now(UTC))
        assert [call.outcome for call in db.session.scalars(sa.select(ConnectorCall))] == ["unavailable"]
    firm.work()
    assert system.asked == []
    assert firm.phone()[-1] == "We cannot say just now.\n\nGoodbye."


# Time-outs


def swept(firm: Firm, after: timedelta) -> None:
    with time_machine.travel(datetime.now(UTC) + after, tick=True):
        jobs.sweep()
        firm.work()


def test_a_question_that_nobody_answers_ends_in_its_time(program: Flask, cloud_api: Server) -> None:
    firm = asking(cloud_api, rate("http://127.0.0.1:9"))
    swept(firm, timedelta(minutes=59))
    with firm.acting():
        assert firm.conversation().sealed_session is not None
    swept(firm, timedelta(minutes=61))
    with firm.acting():
        conversation = firm.conversation()
        assert (conversation.sealed_session, conversation.wake_at) == (None, None)
        assert [event.state for event in events(firm, "expired")] == ["taken"]


def test_a_question_that_was_answered_in_time_does_not_expire(
    program: Flask, cloud_api: Server, system: System
) -> None:
    firm = asking(cloud_api, rate(system.url))
    firm.say("euro")
    before = firm.phone()
    swept(firm, timedelta(hours=2))
    assert firm.phone() == before
    with firm.acting():
        assert events(firm, "expired") == []


# Portal and chat


def link_of(firm: Firm) -> str:
    with firm.acting():
        row = firm.outbound()[-1]
        return str(outbox.content_of(row)["url"]).rpartition("/")[2]


def test_a_late_message_moves_nobody_from_where_they_talk(firm: Firm) -> None:
    firm.say("hello")
    firm.tap("secret")
    firm.work()
    token = link_of(firm)
    with firm.acting():
        arrive(token, customer={"id": "anna"}, assurance=Assurance.SIGNED_IN, now=datetime.now(UTC))
    take_turns(firm)
    firm.write("an old one", at=datetime.now(UTC) - timedelta(days=2))
    take_turns(firm)
    with firm.acting():
        conversation: Conversation = firm.conversation()
        assert conversation.talking_on == firm.portal_id
        assert conversation.assurance == Assurance.SIGNED_IN
