"""The one path of a message, on real engines: webhook, turn, gate, delivery, receipt, log."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.conversation.receive import WrongSignature, receive
from bot.inbox import InboundEvent
from bot.receipts import Receipt
from bot.tickets import open_tickets
from compliance.audit import AuditEntry
from compliance.decisions import Decision
from compliance.vault import VaultEntry
from tenants.database import db
from tests.firm import Firm, fresh_phone, sign, status, text_message


def test_a_message_gets_a_governed_answer_and_leaves_its_trace(firm: Firm) -> None:
    said = firm.say("hello")
    assert said == ["I am a bot.\n\nWhat may it be?"]
    with firm.acting():
        acts = set(db.session.scalars(sa.select(AuditEntry.act)))
        assert {"received", "decided", "sent", "identity noted"} <= acts
        (outbound,) = firm.outbound()
        assert (outbound.state, outbound.outcome) == ("accepted", "cleared")
        assert outbound.external_id is not None


def test_the_flow_goes_on_with_what_was_tapped_and_typed(firm: Firm) -> None:
    firm.say("hello")
    firm.tap("word")
    firm.work()
    assert firm.say("violet") == ["You said violet.\n\nGoodbye."]


def test_what_is_sensitive_is_masked_told_once_and_never_reaches_the_flow(firm: Firm) -> None:
    firm.say("hello")
    firm.tap("word")
    firm.work()
    said = firm.say("CH93 0076 2011 6238 5295 7")
    assert said[0] == "Please do not send such data here."
    assert not any("0076" in words for words in said)
    assert any("[IBAN]" in words for words in said)
    again = firm.say("CH93 0076 2011 6238 5295 7")
    assert "Please do not send such data here." not in again
    masked = [entry for entry in firm.entries() if entry.is_inbound and entry.is_masked]
    assert len(masked) == 2
    with firm.acting():
        rows = db.session.scalars(sa.select(InboundEvent).where(InboundEvent.is_masked)).all()
        assert all(b"0076" not in row.sealed for row in rows)


def test_a_secret_is_not_even_kept(firm: Firm) -> None:
    firm.say("my PIN is 4711")
    (entry,) = [entry for entry in firm.entries() if entry.is_inbound]
    assert entry.text is not None
    assert "4711" not in entry.text


def test_an_emergency_is_answered_before_anything_else_and_calls_a_person(firm: Firm) -> None:
    said = firm.say("I want to kill myself tonight")
    assert len(said) == 1
    assert "143" in said[0]
    with firm.acting():
        (ticket,) = open_tickets()
        assert (ticket.reason, ticket.priority) == ("emergency", 100)
    assert firm.say("hello?") == []


def test_the_same_webhook_twice_is_one_message(firm: Firm) -> None:
    raw = firm.webhook(text_message("hello"))
    assert [firm.receive(raw), firm.receive(raw)] == [1, 0]
    firm.work()
    assert len(firm.phone()) == 1


def test_messages_that_came_out_of_order_are_taken_in_order(firm: Firm) -> None:
    now = datetime.now(UTC)
    firm.write("first", at=now - timedelta(seconds=50))
    later = text_message("word", at=now - timedelta(seconds=10))
    earlier = text_message("a word", at=now - timedelta(seconds=30))
    firm.work()
    firm.receive(firm.webhook(later, earlier))
    firm.work()
    assert firm.phone()[-1] == "You said word.\n\nGoodbye."


def test_a_message_that_is_days_late_is_shown_and_not_answered(firm: Firm) -> None:
    firm.write("hello", at=datetime.now(UTC) - timedelta(days=3))
    firm.work()
    assert firm.phone() == []
    (entry,) = firm.entries()
    assert entry.text == "hello"


def test_a_late_emergency_still_calls_a_person(firm: Firm) -> None:
    firm.write("I want to kill myself tonight", at=datetime.now(UTC) - timedelta(days=2))
    firm.work()
    with firm.acting():
        assert [ticket.reason for ticket in open_tickets()] == ["emergency"]


def test_protected_words_wait_in_the_vault_and_a_notice_goes_instead(firm: Firm) -> None:
    """A call that answers after the customer went back to WhatsApp says nothing there."""
    who = fresh_phone()
    firm.say("hello", who=who)
    firm.tap("secret", who=who)
    firm.work()
    assert firm.phone(who)[-1].startswith("We meet in the secure area.")
    with firm.acting():
        assert db.session.scalars(sa.select(VaultEntry)).all() == []


def test_a_wrong_signature_is_refused_without_a_trace(firm: Firm) -> None:
    raw = firm.webhook(text_message("hello"))
    with pytest.raises(WrongSignature):
        receive(app=firm.app, raw=raw, signature=sign(raw, "another secret"), now=datetime.now(UTC))
    with firm.acting():
        assert db.session.scalars(sa.select(InboundEvent)).all() == []


def test_an_app_signs_for_its_own_numbers_alone(firm: Firm, other_firm: Firm) -> None:
    raw = other_firm.webhook(text_message("hello"))
    assert receive(app=firm.app, raw=raw, signature=sign(raw), now=datetime.now(UTC)) == 0
    with other_firm.acting():
        assert db.session.scalars(sa.select(InboundEvent)).all() == []


def test_statuses_rise_and_never_fall(firm: Firm) -> None:
    firm.say("hello")
    with firm.acting():
        (outbound,) = firm.outbound()
        wamid, ours = str(outbound.external_id), str(outbound.id)
    firm.receive(firm.webhook(status(wamid, "read", callback=ours), key="statuses"))
    firm.receive(firm.webhook(status(wamid, "delivered", callback=ours), key="statuses"))
    firm.receive(firm.webhook(status(wamid, "sent", callback=ours), key="statuses"))
    with firm.acting():
        (outbound,) = firm.outbound()
        assert outbound.status == "read"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Receipt)) == 3


def test_every_message_has_exactly_one_decision(firm: Firm) -> None:
    firm.say("hello")
    firm.tap("word")
    firm.work()
    with firm.acting():
        directions = list(db.session.scalars(sa.select(Decision.direction)))
        assert sorted(directions) == ["inbound", "inbound", "outbound", "outbound"]


def test_a_thread_shows_question_and_answer_in_turn_though_channels_tell_whole_seconds(firm: Firm) -> None:
    firm.say("hello")
    firm.say("a word")
    assert [entry.is_inbound for entry in firm.entries()] == [True, False, True, False]
