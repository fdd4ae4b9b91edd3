"""Oversight: decisions with their reasons, and the log."""

import csv
import io
import json
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from compliance.audit import AuditEntry
from compliance.decisions import Decision
from tenants.database import db
from tests.firm import Firm
from tests.web.staff import page, sign_in

IBAN = "CH93 0076 2011 6238 5295 7"


@pytest.fixture
def masked(firm: Firm) -> str:
    """The decision about a message in which something was masked."""
    firm.say("hello")
    firm.say(f"my account is {IBAN}")
    with firm.acting():
        return str(db.session.scalar(sa.select(Decision.id).where(Decision.outcome == "masked")))


def test_officers_see_reasons_and_admins_that_there_are_some(program: Flask, firm: Firm, masked: str):
    path = f"/{firm.slug}/oversight/decisions/{masked}"
    officer = page(sign_in(program, firm, "officer"), path)
    assert "IBAN" in officer
    assert "ACCOUNT" in officer
    admin = page(sign_in(program, firm, "admin"), path)
    assert "ACCOUNT" not in admin
    assert "They open for compliance officers" in admin
    assert IBAN not in officer


def test_opening_reasons_is_an_entry_in_the_log(program: Flask, firm: Firm, masked: str):
    for role, number in (("admin", 0), ("officer", 1)):
        page(sign_in(program, firm, role), f"/{firm.slug}/oversight/decisions/{masked}")
        with firm.acting():
            count = db.session.scalar(
                sa.select(sa.func.count())
                .select_from(AuditEntry)
                .where(AuditEntry.act == "read", AuditEntry.subject_id == masked, AuditEntry.subject_kind == "decision")
            )
        assert count == number


def test_decisions_are_filtered(program: Flask, firm: Firm, masked: str):
    client = sign_in(program, firm, "officer")
    for query in ("outcome=masked", "outcome=masked&direction=inbound"):
        shown = page(client, f"/{firm.slug}/oversight/?{query}")
        assert re.findall(r"decisions/([0-9a-f-]{36})", shown) == [masked]
    assert "Nothing was decided like this" in page(client, f"/{firm.slug}/oversight/?outcome=refused")
    page(client, f"/{firm.slug}/oversight/?outcome=nonsense&direction=up&before=x")


def test_decisions_page_by_key(program: Flask, firm: Firm):
    for number in range(26):
        firm.write(f"hello {number}")
    firm.work()
    client = sign_in(program, firm, "officer")
    first = page(client, f"/{firm.slug}/oversight/")
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = page(client, older[1].replace("&amp;", "&"))
    ids = [set(re.findall(r"decisions/([0-9a-f-]{36})", shown)) for shown in (first, second)]
    assert len(ids[0]) == 25
    assert ids[1]
    assert not ids[0] & ids[1]


def test_the_log_shows_entries_and_one_of_them(program: Flask, firm: Firm, masked: str):
    client = sign_in(program, firm, "officer")
    listed = page(client, f"/{firm.slug}/oversight/log?act=received")
    found = re.search(r'href="([^"]+/log/[0-9a-f-]{36})"', listed)
    assert found is not None
    assert "Sealed with the customer’s key; that you opened it is in the log." in page(client, found[1])


def test_the_shown_page_can_be_taken_away_without_what_is_sealed(program: Flask, firm: Firm, masked: str):
    client = sign_in(program, firm, "officer")
    rows = list(csv.DictReader(io.StringIO(client.get(f"/{firm.slug}/oversight/log/page.csv?act=received").text)))
    assert {row["act"] for row in rows} == {"received"}
    assert all(row["commitment"] for row in rows)
    lines = client.get(f"/{firm.slug}/oversight/log/page.jsonl").text.splitlines()
    assert json.loads(lines[0])["act"] == "exported"
    assert not any("IBAN" in line for line in lines)
    assert client.get(f"/{firm.slug}/oversight/log/page.xml").status_code == 404
