"""Receipts: every word of the channel is kept, and a message stands where its best word puts it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.receipts import Receipt
from bot.tickets import open_tickets
from tenants.database import db
from tests.firm import Firm, status


def told(firm: Firm, *words: str, **rest: Any) -> tuple[str, str | None]:
    """Tell of the firm's only message in this order; return where it stands."""
    with firm.acting():
        (outbound,) = firm.outbound()
        wamid, ours = str(outbound.external_id), str(outbound.id)
    for number, word in enumerate(words):
        moment = datetime.now(UTC) - timedelta(seconds=number)
        firm.receive(firm.webhook(status(wamid, word, callback=ours, at=moment, **rest), key="statuses"))
    with firm.acting():
        (outbound,) = firm.outbound()
        return outbound.state, outbound.status


@pytest.mark.parametrize("order", [*itertools.permutations(["sent", "delivered", "read"])])
def test_whatever_the_order_the_best_word_stands_and_all_are_kept(firm: Firm, order: tuple[str, ...]) -> None:
    firm.say("hello")
    assert told(firm, *order) == ("accepted", "read")
    with firm.acting():
        assert sorted(db.session.scalars(sa.select(Receipt.status))) == ["delivered", "read", "sent"]


@pytest.mark.parametrize(
    ("words", "state", "word", "tickets"),
    [
        (["failed"], "failed", "failed", 1),
        (["sent", "failed"], "failed", "failed", 1),
        (["failed", "sent"], "failed", "failed", 1),
        (["delivered", "failed"], "accepted", "delivered", 0),
        (["failed", "delivered"], "failed", "delivered", 1),  # a finished message stays finished; its word may rise
        (["failed", "failed"], "failed", "failed", 1),
        (["of next year"], "accepted", None, 0),
        (["read", "of next year"], "accepted", "read", 0),
    ],
)
def test_a_failure_counts_only_where_nothing_arrived(
    firm: Firm, words: list[str], state: str, word: str | None, tickets: int
) -> None:
    firm.say("hello")
    assert told(firm, *words) == (state, word)
    with firm.acting():
        assert len(open_tickets()) == tickets


def test_what_is_charged_is_kept_as_the_provider_says_it(firm: Firm) -> None:
    firm.say("hello")
    pricing = {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"}
    told(firm, "sent", pricing=pricing)
    with firm.acting():
        assert db.session.scalars(sa.select(Receipt.pricing)).one() == pricing


def test_a_status_without_our_data_is_known_by_the_channels_id(firm: Firm) -> None:
    firm.say("hello")
    with firm.acting():
        wamid = str(firm.outbound()[0].external_id)
    firm.receive(firm.webhook(status(wamid, "delivered"), key="statuses"))
    with firm.acting():
        assert firm.outbound()[0].status == "delivered"


def test_a_status_about_a_message_of_another_firm_moves_nothing(firm: Firm, other_firm: Firm) -> None:
    other_firm.say("hello")
    with other_firm.acting():
        theirs = other_firm.outbound()[0]
        wamid, ours = str(theirs.external_id), str(theirs.id)
    firm.receive(firm.webhook(status(wamid, "failed", callback=ours), key="statuses"))
    with other_firm.acting():
        assert (other_firm.outbound()[0].state, other_firm.outbound()[0].status) == ("accepted", None)
    with firm.acting():
        assert open_tickets() == []
