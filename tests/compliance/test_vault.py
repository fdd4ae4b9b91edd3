"""What is kept opens for the person it is about, while it is kept, and for nobody else."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from compliance import audit, vault
from compliance.vault import NotTheReader, VaultEntry
from tenants import keys
from tenants.database import db, load, new_id
from tenants.keys import CannotOpen, ContactKey
from tests.conftest import MASTER_KEY
from tests.firm import Firm, make_firm

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def firms(app: Flask) -> Iterator[tuple[Firm, Firm]]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield make_firm(), make_firm()


@pytest.fixture
def firm(firms: tuple[Firm, Firm], program: Flask) -> Firm:
    return firms[0]


def a_contact() -> uuid.UUID:
    contact_id = new_id()
    keys.create_contact_key(contact_id=contact_id)
    return contact_id


def keep(reader: bytes | None, *, reason: str = "diverted", contact_id: uuid.UUID | None = None) -> VaultEntry:
    entry = vault.keep(
        contact_id=contact_id or a_contact(),
        conversation_id=new_id(),
        decision_id=new_id(),
        reason=reason,
        reader=reader,
        content={"payload": {"text": "Your balance is CHF 7"}},
        now=NOW,
    )
    db.session.flush()
    return entry


def test_it_opens_for_its_reader_and_the_reading_is_logged(firm: Firm) -> None:
    with firm.acting():
        reader = vault.reader_of("somebody")
        entry = keep(reader)
        assert b"balance" not in entry.sealed
        assert vault.open_for(reader, entry, now=NOW) == {"payload": {"text": "Your balance is CHF 7"}}
        db.session.flush()
        assert [done.act for done in audit.about("vault_entry", entry.id)] == ["kept in the vault", "read"]


def test_it_opens_for_nobody_else_and_the_attempt_is_logged(firm: Firm) -> None:
    with firm.acting():
        entry = keep(vault.reader_of("somebody"))
        for other in (vault.reader_of("somebody else"), vault.reader_of("Somebody"), b"", vault.reader_of("")):
            with pytest.raises(NotTheReader):
                vault.open_for(other, entry, now=NOW)
        db.session.flush()
        assert [done.act for done in audit.about("vault_entry", entry.id)][1:] == ["reading refused"] * 4


def test_what_waits_for_nobody_yet_opens_for_nobody(firm: Firm) -> None:
    with firm.acting():
        entry = keep(None)
        for reader in (vault.reader_of("somebody"), b""):
            with pytest.raises(NotTheReader):
                vault.open_for(reader, entry, now=NOW)
            assert entry not in vault.waiting_for(reader, now=NOW)


def test_naming_the_reader_opens_that_contacts_entries_and_no_others(firm: Firm) -> None:
    with firm.acting():
        reader, contact_id = vault.reader_of("named"), a_contact()
        own, of_another = keep(None, contact_id=contact_id), keep(None)
        taken = keep(vault.reader_of("somebody"), contact_id=contact_id)
        assert vault.name_reader(contact_id=contact_id, reader=reader) == 1
        db.session.flush()
        assert vault.waiting_for(reader, now=NOW) == [own]
        assert of_another.reader is None
        assert taken.reader == vault.reader_of("somebody")
        assert vault.name_reader(contact_id=contact_id, reader=vault.reader_of("thief")) == 0


def test_what_is_held_waits_for_a_decision_and_not_for_its_reader(firm: Firm) -> None:
    with firm.acting():
        reader = vault.reader_of("held")
        entry = keep(reader, reason="held")
        assert vault.waiting_for(reader, now=NOW) == []
        with pytest.raises(NotTheReader):
            vault.open_for(reader, entry, now=NOW)


def test_it_expires(firm: Firm) -> None:
    later = NOW + timedelta(days=vault.KEPT_DAYS)
    with firm.acting():
        reader = vault.reader_of("late")
        entry = keep(reader)
        assert vault.waiting_for(reader, now=later - timedelta(seconds=1)) == [entry]
        assert vault.waiting_for(reader, now=later) == []
        with pytest.raises(NotTheReader):
            vault.open_for(reader, entry, now=later)


def test_another_firms_customer_of_the_same_name_is_another(firms: tuple[Firm, Firm], program: Flask) -> None:
    ours, theirs = firms
    with ours.acting():
        reader = vault.reader_of("somebody")
        keep(reader)
    with theirs.acting():
        assert vault.reader_of("somebody") != reader
        assert vault.waiting_for(reader, now=NOW) == []


def test_content_moved_to_another_entry_does_not_open(firm: Firm) -> None:
    """By SQL somebody may add an entry of their own; what they copy into it stays closed."""
    with firm.acting():
        contact_id, thief = a_contact(), vault.reader_of("thief")
        entry = keep(vault.reader_of("somebody"), contact_id=contact_id)
        stolen = keep(thief, contact_id=contact_id)
        stolen.sealed = entry.sealed
        with pytest.raises(CannotOpen):
            vault.open_for(thief, stolen, now=NOW)
        db.session.rollback()


def test_after_the_contacts_key_is_destroyed_nothing_opens(firm: Firm) -> None:
    with firm.acting():
        reader = vault.reader_of("erased")
        entry_id, contact_id = (entry := keep(reader)).id, entry.contact_id
        db.session.execute(sa.delete(ContactKey).where(ContactKey.contact_id == contact_id))
    with firm.acting(), pytest.raises(CannotOpen):
        vault.open_for(reader, load(VaultEntry, entry_id), now=NOW)
