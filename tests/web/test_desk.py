"""The desk: tickets are taken, answered by the gate, released, dropped and closed."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import tickets
from bot.outbox import Outbound
from bot.tickets import Ticket
from compliance.audit import AuditEntry
from tenants import people
from tenants.context import Actor
from tenants.database import as_platform, db, load
from tenants.roles import Role
from tests.firm import PASSWORD, TESTER, Firm
from tests.web.staff import browser, page, post, sign_in

IBAN = "CH93 0076 2011 6238 5295 7"


@pytest.fixture
def ticket(firm: Firm) -> str:
    """A customer who wants a person."""
    firm.say("hello")
    firm.tap("person")
    firm.work()
    return ticket_of(firm)


def ticket_of(firm: Firm, reason: str = "handoff") -> str:
    with firm.acting():
        return str(next(row.id for row in tickets.open_tickets() if row.reason == reason))


def url(firm: Firm, ticket: str, rest: str = "") -> str:
    return f"/{firm.slug}/desk/tickets/{ticket}{rest}"


def test_a_plain_answer_goes_out_and_takes_the_ticket(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    assert "wants a person" in page(client, url(firm, ticket))
    assert post(client, firm, url(firm, ticket, "/answer"), text="Good morning!", way="open").status_code == 302
    shown = page(client, url(firm, ticket))
    assert "Cleared: your answer is on its way" in shown
    firm.work()
    assert "Good morning!" in firm.phone()
    with firm.acting():
        assert load(Ticket, uuid.UUID(ticket)).taken_by == str(firm.users["agent"])


def test_an_answer_with_an_iban_is_diverted_and_the_agent_sees_why(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    typed = f"We pay to {IBAN}."
    review = post(client, firm, url(firm, ticket, "/check"), text=typed).text
    assert "This belongs in the portal" in review
    assert f'<mark class="finding" data-cat="account">{IBAN}</mark>' in review
    assert "Send through the portal" in review
    with firm.acting():
        before = len(firm.outbound())
    post(client, firm, url(firm, ticket, "/answer"), text=typed, way="open")
    shown = page(client, url(firm, ticket))
    assert "Diverted: your answer waits in the portal" in shown
    assert "ACCOUNT" in shown
    firm.work()
    with firm.acting():
        assert len(firm.outbound()) == before + 1, "the notice went instead"
    assert not any(IBAN in text for text in firm.phone())


def test_what_the_agent_means_for_the_portal_waits_there(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    post(client, firm, url(firm, ticket, "/answer"), text="Your contract ends in May.", way="portal")
    assert "Diverted" in page(client, url(firm, ticket))
    firm.work()
    assert not any("May" in text for text in firm.phone())


def test_checking_writes_nothing(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    with firm.acting():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    assert "stopped" not in post(client, firm, url(firm, ticket, "/check"), text="Good morning").text
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == before


def test_two_agents_at_once_are_told_kindly_and_nothing_typed_is_lost(program: Flask, firm: Firm, ticket: str):
    first, second = sign_in(program, firm, "agent"), colleague(program, firm)
    assert post(first, firm, url(firm, ticket, "/take")).status_code == 302
    late = post(second, firm, url(firm, ticket, "/answer"), text="My long answer", way="open")
    assert late.status_code == 409
    assert "agent has this ticket" in late.text
    assert "My long answer" in late.text
    assert "agent is answering since" in page(second, url(firm, ticket))


def test_a_closed_ticket_gives_back_what_was_typed(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    assert post(client, firm, url(firm, ticket, "/close"), reason="answered").status_code == 302
    late = post(client, firm, url(firm, ticket, "/answer"), text="Too late", way="open")
    assert late.status_code == 409
    assert "has closed this ticket" in late.text


def test_closing_wants_a_reason(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    assert post(client, firm, url(firm, ticket, "/close"), reason="whatever").status_code == 422
    assert post(client, firm, url(firm, ticket, "/answer"), text="  ", way="open").status_code == 422


def test_masked_words_stay_masked_for_agents(program: Flask, firm: Firm, ticket: str):
    firm.say(f"my account is {IBAN}")
    shown = page(sign_in(program, firm, "agent"), url(firm, ticket))
    assert "my account is" in shown
    assert IBAN not in shown


def test_a_held_message_is_released_or_dropped_by_officers_only(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    with firm.acting():
        firm.conversation().last_inbound_at = datetime.now(UTC) - timedelta(hours=30)
    post(client, firm, url(firm, ticket, "/answer"), text="We found your parcel.", way="open")
    assert "Held: somebody entitled decides" in page(client, url(firm, ticket))
    held = ticket_of(firm, "held")
    assert "We found your parcel." not in page(client, url(firm, held))
    assert post(client, firm, url(firm, held, "/release")).status_code == 403
    officer = sign_in(program, firm, "officer")
    assert "We found your parcel." in page(officer, url(firm, held))
    with firm.acting():
        firm.conversation().last_inbound_at = datetime.now(UTC)
    assert post(officer, firm, url(firm, held, "/release")).status_code == 302
    firm.work()
    assert "We found your parcel." in firm.phone()


def test_a_dropped_message_never_goes_out(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    with firm.acting():
        firm.conversation().last_inbound_at = datetime.now(UTC) - timedelta(hours=30)
    post(client, firm, url(firm, ticket, "/answer"), text="We found your parcel.", way="open")
    officer = sign_in(program, firm, "officer")
    assert post(officer, firm, url(firm, ticket_of(firm, "held"), "/drop")).status_code == 302
    firm.work()
    assert "We found your parcel." not in firm.phone()


def test_only_held_messages_are_released(program: Flask, firm: Firm, ticket: str):
    assert post(sign_in(program, firm, "officer"), firm, url(firm, ticket, "/release")).status_code == 409


@pytest.mark.parametrize("arrived", ["yes", "no"])
def test_an_unknown_outcome_is_settled_by_who_asked_the_customer(program: Flask, firm: Firm, ticket: str, arrived: str):
    client = sign_in(program, firm, "agent")
    post(client, firm, url(firm, ticket, "/answer"), text="Good morning!", way="open")
    with firm.acting(Actor("system", "delivery")):
        outbound = firm.outbound()[-1]
        outbound.state, outbound.claimed_at = "sending", datetime.now(UTC)
        db.session.flush()
        outbound.state = "unknown"
        tickets.open_ticket(
            conversation_id=outbound.conversation_id,
            contact_id=outbound.contact_id,
            reason="unknown outcome",
            about_id=outbound.id,
            now=datetime.now(UTC),
        )
        outbound_id = outbound.id
    unknown = ticket_of(firm, "unknown outcome")
    assert "it may have arrived" in page(client, url(firm, unknown))
    assert post(client, firm, url(firm, unknown, "/outcome"), arrived=arrived).status_code == 302
    with firm.acting():
        assert load(Outbound, outbound_id).state == {"yes": "accepted", "no": "waiting"}[arrived]


def test_the_queue_is_asked_again_only_when_it_changed(program: Flask, firm: Firm, ticket: str):
    client = sign_in(program, firm, "agent")
    found = re.search(r'hx-get="([^"]+/desk/queue\?mark=[^"]+)"', page(client, f"/{firm.slug}/desk/"))
    assert found is not None
    assert client.get(found[1]).status_code == 204
    post(client, firm, url(firm, ticket, "/take"))
    assert client.get(found[1]).status_code == 200


def test_an_empty_desk_says_so(program: Flask, firm: Firm):
    assert "Nobody waits" in page(sign_in(program, firm, "agent"), f"/{firm.slug}/desk/")


def colleague(program: Flask, firm: Firm):
    """A second agent's browser."""
    email = f"second@{firm.slug}.example"
    with as_platform(TESTER):
        user_id = people.register(email=email, name="second", password=PASSWORD, now=datetime.now(UTC)).id
    with firm.acting():
        people.join(user_id=user_id, role=Role.AGENT)
    client = browser(program)
    post(client, firm, f"/{firm.slug}/sign-in", email=email, password=PASSWORD)
    return client
