"""A link opens once, for a short while, for who signed in; looking at it spends nothing."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from compliance import links, vault
from compliance.audit import AuditEntry
from compliance.links import LinkClosed, LinkState, PortalLink
from tenants import keys
from tenants.database import db, new_id
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


def make() -> str:
    token = links.make(contact_id=new_id(), conversation_id=new_id(), now=NOW)
    db.session.flush()
    return token


def test_looking_spends_nothing(firm: Firm) -> None:
    with firm.acting():
        token = make()
        for _ in range(5):
            state, link = links.look(token, now=NOW)
            assert state is LinkState.OPEN
            assert link is not None
            assert link.spent_at is None


def test_a_link_is_spent_once_and_it_is_known_by_whom(firm: Firm) -> None:
    with firm.acting():
        token, reader = make(), vault.reader_of("somebody")
        assert links.spend(token, reader=reader, now=NOW).spent_by == reader
        db.session.flush()
        for who in ("somebody", "somebody else"):
            with pytest.raises(LinkClosed) as closed:
                links.spend(token, reader=vault.reader_of(who), now=NOW)
            assert closed.value.state is LinkState.SPENT
        assert links.look(token, now=NOW)[0] is LinkState.SPENT


def test_two_who_look_at_once_do_not_both_spend(firm: Firm) -> None:
    """The look leaves the row in the session; what another spent meanwhile must be seen all the same."""
    with firm.acting():
        token = make()
    with firm.acting():
        _, link = links.look(token, now=NOW)
        assert link is not None
        with db.engine.begin() as connection:
            connection.execute(
                sa.text("SELECT set_config('guichet.organisation', :here, true)"), {"here": str(firm.id)}
            )
            spent = sa.text("UPDATE portal_link SET spent_at = now(), spent_by = 'x' WHERE id = :id")
            assert connection.execute(spent, {"id": link.id}).rowcount == 1
        with pytest.raises(LinkClosed) as closed:
            links.spend(token, reader=b"y", now=NOW)
        assert closed.value.state is LinkState.SPENT


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(0, LinkState.OPEN), (29, LinkState.OPEN), (30, LinkState.EXPIRED), (9000, LinkState.EXPIRED)],
)
def test_a_link_is_short_lived(firm: Firm, minutes: int, state: LinkState) -> None:
    then = NOW + timedelta(minutes=minutes)
    with firm.acting():
        token = make()
        assert links.look(token, now=then)[0] is state
        if state is LinkState.EXPIRED:
            with pytest.raises(LinkClosed):
                links.spend(token, reader=b"x", now=then)


@pytest.mark.parametrize("forged", ["", "x", "A" * 32, "../../etc", "' OR 1=1 --", "é", "\0"])
def test_a_forged_token_opens_nothing(firm: Firm, forged: str) -> None:
    with firm.acting():
        assert links.look(forged, now=NOW) == (LinkState.UNKNOWN, None)
        with pytest.raises(LinkClosed) as closed:
            links.spend(forged, reader=b"x", now=NOW)
        assert closed.value.state is LinkState.UNKNOWN


def test_a_token_is_long_random_and_stored_as_its_hash_alone(firm: Firm) -> None:
    with firm.acting():
        tokens = {make() for _ in range(20)}
        assert len(tokens) == 20
        assert all(len(token) >= 32 for token in tokens)
        stored = set(db.session.scalars(sa.select(PortalLink.token_hash)))
        assert {hashlib.sha256(token.encode()).digest() for token in tokens} <= stored
        # The hash itself is no token.
        assert links.look(next(iter(stored)).hex(), now=NOW)[0] is LinkState.UNKNOWN


def test_another_firm_does_not_know_the_token(firms: tuple[Firm, Firm], program: Flask) -> None:
    ours, theirs = firms
    with ours.acting():
        token = make()
    with theirs.acting():
        assert links.look(token, now=NOW) == (LinkState.UNKNOWN, None)
        with pytest.raises(LinkClosed):
            links.spend(token, reader=b"x", now=NOW)


def test_making_spending_and_refusing_are_in_the_log_without_the_token(firm: Firm) -> None:
    with firm.acting():
        token = make()
        link = links.spend(token, reader=b"x", now=NOW)
        with pytest.raises(LinkClosed):
            links.spend(token, reader=b"x", now=NOW)
        db.session.flush()
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.subject_id == str(link.id)).order_by(AuditEntry.id)
        ).all()
        assert [entry.act for entry in entries] == ["link made", "link spent", "link refused"]
        assert all(token not in str(entry.details) for entry in entries)
