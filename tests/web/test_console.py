"""The console: conversations as far as the role may see, what was set aside, figures."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from bot.conversation.listing import Standing, listed
from compliance.audit import AuditEntry
from tenants.database import db
from tests.firm import Firm, fresh_phone
from tests.web.staff import page, sign_in

IBAN = "CH93 0076 2011 6238 5295 7"


@pytest.fixture
def talk(firm: Firm) -> str:
    """A conversation in which something was masked."""
    firm.say("hello")
    firm.say(f"my account is {IBAN}")
    with firm.acting():
        return str(firm.conversation().id)


@pytest.mark.parametrize(
    ("role", "sees_words", "sees_masked"), [("admin", False, False), ("agent", True, False), ("officer", True, True)]
)
def test_a_conversation_shows_what_the_role_may_see(
    program: Flask, firm: Firm, talk: str, role: str, sees_words: bool, sees_masked: bool
):
    shown = page(sign_in(program, firm, role), f"/{firm.slug}/console/conversations/{talk}")
    assert ("my account is" in shown) is sees_words
    assert (IBAN in shown) is sees_masked


@pytest.mark.parametrize(("role", "number"), [("admin", 0), ("agent", 1), ("officer", 1)])
def test_reading_words_is_an_entry_in_the_log(program: Flask, firm: Firm, talk: str, role: str, number: int):
    page(sign_in(program, firm, role), f"/{firm.slug}/console/conversations/{talk}")
    with firm.acting():
        count = db.session.scalar(
            sa.select(sa.func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.act == "read", AuditEntry.subject_id == talk)
        )
    assert count == number


def test_an_unchanged_thread_is_not_sent_and_not_noted(program: Flask, firm: Firm, talk: str):
    client = sign_in(program, firm, "agent")
    shown = page(client, f"/{firm.slug}/console/conversations/{talk}")
    source = re.search(r'hx-get="([^"]+thread\?mark=[^"]+)"', shown)
    assert source is not None
    assert client.get(source[1]).status_code == 204
    firm.say("one more")
    again = client.get(source[1])
    assert again.status_code == 200
    assert "one more" in again.text


def test_conversations_are_listed_by_key_and_by_who_has_them(program: Flask, firm: Firm):
    phones = [fresh_phone() for _ in range(5)]
    for phone in phones:
        firm.write("hello", who=phone)
    firm.work()
    firm.tap("person", who=phones[0])
    firm.work()
    with firm.acting():
        first = listed(limit=2)
        second = listed(limit=9, before=(first[-1].last_at, first[-1].id))
        with_person = listed(standing=Standing.PERSON)
        assert len({row.id for row in (*first, *second)}) == 5
        assert [row.id for row in with_person] == [firm.conversation(phones[0]).id]
    shown = page(sign_in(program, firm, "admin"), f"/{firm.slug}/console/conversations?standing=person")
    assert len(re.findall(r"conversations/[0-9a-f-]{36}", shown)) == 1


def test_what_was_not_understood_is_listed_and_its_words_stay_sealed(program: Flask, firm: Firm):
    firm.receive(firm.webhook({"secret words": "Anna Muster", "type": "novelty"}, key="novelties"))
    listing = page(sign_in(program, firm, "admin"), f"/{firm.slug}/console/set-aside")
    found = re.search(r'href="([^"]+set-aside/[0-9a-f-]{36})"', listing)
    assert found is not None
    one = page(sign_in(program, firm, "admin"), found[1])
    assert "novelties" in one
    assert "Anna" not in one
    assert sign_in(program, firm, "agent").get(found[1]).status_code == 403


def test_the_overview_counts_and_says_what_needs_attention(program: Flask, firm: Firm, talk: str):
    firm.tap("person")
    firm.work()
    shown = page(sign_in(program, firm, "agent"), f"/{firm.slug}/console/")
    assert "1 ticket is open" in shown
    assert "in 1 of them something was masked" in shown


def test_an_empty_console_says_what_to_do_next(program: Flask, firm: Firm):
    client = sign_in(program, firm, "admin")
    assert "Nothing waits" in page(client, f"/{firm.slug}/console/")
    assert "No conversation yet" in page(client, f"/{firm.slug}/console/conversations")
    assert "Nothing was set aside" in page(client, f"/{firm.slug}/console/set-aside")
