"""Sealed values open in one place, for one organisation, with one key; and not at all once it is destroyed."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tenants import keys
from tenants.context import NoTenant
from tenants.database import as_platform, db, new_id
from tenants.keys import CannotOpen, ContactKey, NoMasterKey
from tests.conftest import MASTER_KEY
from tests.firm import TESTER, Firm, make_firm


@pytest.fixture(scope="module")
def firms(app: Flask) -> Iterator[tuple[Firm, Firm]]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield make_firm(), make_firm()


@pytest.fixture
def us(firms: tuple[Firm, Firm], program: Flask) -> Firm:
    return firms[0]


@pytest.fixture
def them(firms: tuple[Firm, Firm], program: Flask) -> Firm:
    return firms[1]


def a_contact() -> uuid.UUID:
    contact_id = new_id()
    keys.create_contact_key(contact_id=contact_id)
    db.session.flush()
    return contact_id


def test_what_is_sealed_opens_where_it_belongs(us: Firm) -> None:
    with us.acting():
        contact_id = a_contact()
        for owner in (None, contact_id):
            sealed = keys.seal(b"words", place="here:1", contact_id=owner)
            assert b"words" not in sealed
            assert keys.unseal(sealed, place="here:1", contact_id=owner) == b"words"


def test_the_same_words_are_sealed_differently_each_time(us: Firm) -> None:
    with us.acting():
        assert keys.seal(b"words", place="here:1") != keys.seal(b"words", place="here:1")


def test_moved_to_another_place_it_does_not_open(us: Firm) -> None:
    with us.acting():
        sealed = keys.seal(b"words", place="here:1")
        for place in ("here:2", "there:1", "here", "", "here:1:"):
            with pytest.raises(CannotOpen):
                keys.unseal(sealed, place=place)


def test_with_another_contacts_key_it_does_not_open(us: Firm) -> None:
    with us.acting():
        one, two = a_contact(), a_contact()
        sealed = keys.seal(b"words", place="here:1", contact_id=one)
        for other in (two, None, new_id()):
            with pytest.raises(CannotOpen):
                keys.unseal(sealed, place="here:1", contact_id=other)


def test_another_organisation_does_not_open_it(us: Firm, them: Firm) -> None:
    with us.acting():
        contact_id = a_contact()
        sealed = keys.seal(b"words", place="here:1")
        private = keys.seal(b"words", place="here:1", contact_id=contact_id)
    with them.acting():
        for value, owner in ((sealed, None), (private, contact_id), (private, None)):
            with pytest.raises(CannotOpen):
                keys.unseal(value, place="here:1", contact_id=owner)


def test_a_key_moved_to_another_organisation_or_contact_does_not_open(us: Firm, them: Firm) -> None:
    with us.acting():
        contact_id = a_contact()
        sealed = keys.seal(b"words", place="here:1", contact_id=contact_id)
        wrapped = db.session.scalars(sa.select(ContactKey.wrapped).where(ContactKey.contact_id == contact_id)).one()
        other = new_id()
        db.session.add(ContactKey(contact_id=other, wrapped=wrapped))
        db.session.flush()
        with pytest.raises(CannotOpen):
            keys.unseal(sealed, place="here:1", contact_id=other)
    with them.acting():
        db.session.add(ContactKey(contact_id=contact_id, wrapped=wrapped))
        db.session.flush()
        with pytest.raises(CannotOpen):
            keys.unseal(sealed, place="here:1", contact_id=contact_id)


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_changed_value_does_not_open(us: Firm, position: int) -> None:
    with us.acting():
        sealed = bytearray(keys.seal(b"some words", place="here:1"))
        sealed[position] ^= 1
        with pytest.raises(CannotOpen):
            keys.unseal(bytes(sealed), place="here:1")


@pytest.mark.parametrize("length", [0, 1, 7, 8, 12, 20, 27])
def test_a_cut_value_does_not_open(us: Firm, length: int) -> None:
    with us.acting():
        sealed = keys.seal(b"", place="here:1")
        with pytest.raises(CannotOpen):
            keys.unseal(sealed[:length], place="here:1")


def test_a_destroyed_key_opens_nothing_any_more(us: Firm) -> None:
    with us.acting():
        contact_id = a_contact()
        sealed = keys.seal(b"words", place="here:1", contact_id=contact_id)
    with us.acting():
        db.session.execute(sa.delete(ContactKey).where(ContactKey.contact_id == contact_id))
    with us.acting():
        for attempt in (keys.unseal, keys.seal):
            with pytest.raises(CannotOpen):
                attempt(sealed, place="here:1", contact_id=contact_id)


def test_another_master_key_opens_nothing(us: Firm) -> None:
    with us.acting():
        sealed = keys.seal(b"words", place="here:1")
    keys.configure(keys.new_master_key())
    try:
        with us.acting(), pytest.raises(CannotOpen):
            keys.unseal(sealed, place="here:1")
    finally:
        keys.configure(MASTER_KEY)


@pytest.mark.parametrize(
    "wrong", ["", "short", "not base64!", "AAAA", MASTER_KEY[:-4], MASTER_KEY + MASTER_KEY, "é" * 44]
)
def test_a_wrong_master_key_is_refused(program: Flask, wrong: str) -> None:
    with pytest.raises(NoMasterKey):
        keys.configure(wrong)


def test_an_index_finds_equal_values_of_one_organisation_and_kind_alone(us: Firm, them: Firm) -> None:
    with us.acting():
        ours = keys.blind_index("41790000001", kind="phone")
        assert ours == keys.blind_index("41790000001", kind="phone")
        assert ours != keys.blind_index("41790000001", kind="bsuid")
        assert ours != keys.blind_index("41790000002", kind="phone")
    with them.acting():
        assert ours != keys.blind_index("41790000001", kind="phone")


def test_marks_of_one_purpose_are_worth_nothing_for_another(us: Firm) -> None:
    with us.acting():
        assert keys.mac(b"words", purpose="gate") != keys.mac(b"words", purpose="intake")


def test_a_commitment_differs_each_time_and_verifies_with_its_salt(program: Flask) -> None:
    (salt, one), (_, two) = keys.salted(b"words"), keys.salted(b"words")
    assert one != two
    assert len(salt) == 16


def test_the_platforms_values_are_bound_to_their_place(program: Flask) -> None:
    sealed = keys.seal_for_platform(b"words", place="app:1")
    assert keys.unseal_for_platform(sealed, place="app:1") == b"words"
    with pytest.raises(CannotOpen):
        keys.unseal_for_platform(sealed, place="app:2")


def test_no_organisation_no_key(program: Flask) -> None:
    with as_platform(TESTER), pytest.raises(NoTenant):
        keys.seal(b"words", place="here:1")


def test_wrapped_keys_are_not_keys(us: Firm) -> None:
    with us.acting():
        wrapped = db.session.scalars(sa.select(keys.OrganisationKey.wrapped)).one()
        assert keys._organisation_key() not in wrapped
