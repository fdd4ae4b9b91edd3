"""The log: only added to, dated by the database, and silent about whom the firm forgot."""

# ruff: noqa: PT012 - an attack from within an act is more than one statement

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from compliance import audit
from compliance.audit import AuditEntry
from tenants import keys
from tenants.context import Actor
from tenants.database import db, new_id
from tenants.keys import CannotOpen, ContactKey
from tests.conftest import MASTER_KEY
from tests.firm import Firm, make_firm

PRIVATE: dict[str, Any] = {
    "label": ["health"],
    "judgements": [["channel-clearance", "refused", "health may not be said"]],
}


@pytest.fixture(scope="module")
def made(app: Flask) -> Iterator[Firm]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield make_firm()


@pytest.fixture
def firm(made: Firm, program: Flask) -> Firm:
    return made


def write(contact_id: uuid.UUID | None = None, **changes: Any) -> AuditEntry:
    subject = ("test", new_id())
    arguments: dict[str, Any] = {"subject": subject, "details": {"verdict": "refused"}, **changes}
    if contact_id is not None:
        arguments |= {"about": contact_id, "private": PRIVATE}
    audit.record("tested", **arguments)
    db.session.flush()
    (entry,) = audit.about(*subject)
    return entry


def a_contact() -> uuid.UUID:
    contact_id = new_id()
    keys.create_contact_key(contact_id=contact_id)
    return contact_id


def test_an_entry_names_who_acted_and_when(firm: Firm) -> None:
    with firm.acting(Actor("person", "42")):
        entry = write()
        assert (entry.actor_kind, entry.actor_id, entry.act) == ("person", "42", "tested")
        assert abs(entry.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_entry_stands_and_falls_with_its_act(firm: Firm) -> None:
    with pytest.raises(RuntimeError, match="stop"), firm.acting():
        entry_id = write().id
        raise RuntimeError("stop")
    with firm.acting():
        assert db.session.scalar(sa.select(AuditEntry).where(AuditEntry.id == entry_id)) is None


@pytest.mark.parametrize("attack", ["update", "delete", "back-date"])
def test_entries_are_only_added_and_never_dated_by_the_program(firm: Firm, attack: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), firm.acting():
        entry = write()
        if attack == "update":
            entry.act = "nothing"
        elif attack == "delete":
            db.session.delete(entry)
        else:
            back = {"id": new_id(), "at": datetime(2020, 1, 1, tzinfo=UTC)}
            row = {"actor_kind": "system", "actor_id": "x", "act": "x", "subject_kind": "x", "subject_id": "x"}
            db.session.add(AuditEntry(**row, **back, details={}))
        db.session.flush()


def test_what_concerns_a_person_is_sealed_and_nothing_of_it_lies_open(firm: Firm) -> None:
    with firm.acting():
        entry = write(a_contact())
        assert audit.private_part(entry) == PRIVATE
        row = db.session.execute(
            sa.text("SELECT CAST(a AS text) FROM audit_entry a WHERE id = :id"), {"id": entry.id}
        ).scalar_one()
        assert "health" not in row
        assert b"health".hex() not in row


def test_the_commitment_verifies_while_the_key_lives(firm: Firm) -> None:
    with firm.acting():
        contact_id = a_contact()
        entry = write(contact_id)
        assert entry.sealed is not None
        opened = json.loads(keys.unseal(entry.sealed, place=f"audit:{entry.id}", contact_id=contact_id))
        content = json.dumps(opened["private"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        assert hashlib.sha256(bytes.fromhex(opened["salt"]) + content).digest() == entry.commitment
        assert hashlib.sha256(content).digest() != entry.commitment


def test_equal_secrets_have_unequal_commitments(firm: Firm) -> None:
    with firm.acting():
        contact_id = a_contact()
        assert write(contact_id).commitment != write(contact_id).commitment


def test_after_the_contacts_key_is_destroyed_the_entry_remains_and_says_nothing(firm: Firm) -> None:
    with firm.acting():
        entry = write(a_contact())
        entry_id, commitment, contact_id = entry.id, entry.commitment, entry.contact_id
        db.session.execute(sa.delete(ContactKey).where(ContactKey.contact_id == contact_id))
    with firm.acting():
        kept = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.id == entry_id)).one()
        assert (kept.commitment, kept.details) == (commitment, {"verdict": "refused"})
        with pytest.raises(CannotOpen):
            audit.private_part(kept)


def test_a_private_part_moved_to_another_entry_does_not_open(firm: Firm) -> None:
    with firm.acting():
        contact_id = a_contact()
        one, two = write(contact_id), write(contact_id)
        db.session.expunge(two)
        two.sealed = one.sealed
        with pytest.raises(CannotOpen):
            audit.private_part(two)


def test_an_entry_without_a_private_part_says_so(firm: Firm) -> None:
    with firm.acting():
        assert audit.private_part(write()) == {}


def test_a_private_part_about_nobody_is_refused(firm: Firm) -> None:
    """It could only be left out in silence, or lie open."""
    with firm.acting(), pytest.raises(audit.AboutNobody):
        audit.record("tested", subject=("test", 1), private=PRIVATE)


def test_pages_of_the_log_follow_each_other(firm: Firm) -> None:
    with firm.acting():
        for _ in range(5):
            write()
        first = audit.latest(limit=3)
        second = audit.latest(limit=3, before=first[-1].id)
        ids = [entry.id for entry in (*first, *second)]
        assert ids == sorted(ids, reverse=True)
        assert {entry.act for entry in audit.latest(act="tested")} == {"tested"}
