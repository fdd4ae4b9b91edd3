"""The outbox: what is said in place of what may not be said here."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot import outbox
from bot.conversation import destination
from bot.events import Message, Segment
from bot.outbox import Outbound
from compliance import audit
from compliance.labels import PUBLIC, Label
from compliance.vault import VaultEntry
from tenants.context import Actor
from tenants.database import db
from tests.firm import Firm

BOT = Actor("system", "bot")
OWN, POLICYS = "Your balance waits.", "A message waits for you in the secure area."


@pytest.mark.parametrize(("path", "said"), [(PUBLIC, OWN), (Label.ACCOUNT, POLICYS)])
def test_what_is_diverted_is_announced_once(firm: Firm, path: Label, said: str) -> None:
    firm.say("hello")
    with firm.acting():
        to = destination.on_open_channel(firm.conversation(), reader=None)
        message = Message(
            kind="text",
            body=(Segment("120.00", Label.ACCOUNT, approved=False),),
            language="en",
            path=path,
            protected=Label.ACCOUNT,
            notice=(Segment(OWN),),
        )
        outbox.submit(message, to=to, author=BOT, now=datetime.now(UTC))
    assert _newest(firm) == [said]
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(VaultEntry)) == 1


@pytest.mark.parametrize(("path", "said"), [(PUBLIC, OWN), (Label.ACCOUNT, POLICYS)])
def test_an_invitation_is_said_once_and_nothing_is_kept_of_it(firm: Firm, path: Label, said: str) -> None:
    firm.say("hello")
    with firm.acting():
        to = destination.on_open_channel(firm.conversation(), reader=None)
        notice = Message(kind="text", body=(Segment(OWN),), language="en", path=path)
        outbox.invite(notice, to=to, now=datetime.now(UTC))
    assert _newest(firm) == [said]
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(VaultEntry)) == 0
        assert len(audit.latest(act="notice not said")) == (said is POLICYS)


def _newest(firm: Firm) -> list[str]:
    """What was queued after the answer to the first message."""
    with firm.acting():
        rows = list(db.session.scalars(sa.select(Outbound).order_by(Outbound.id)))
        return [outbox.content_of(row)["text"] for row in rows[1:]]


@pytest.mark.parametrize("state", ["accepted", "failed"])
def test_what_is_finished_is_not_sent_again_even_by_sql(firm: Firm, state: str) -> None:
    firm.say("hello")
    with firm.acting():
        db.session.execute(sa.text("UPDATE outbound SET state = :state"), {"state": state})
    with pytest.raises(DBAPIError, match="does not become"), firm.acting():
        db.session.execute(sa.text("UPDATE outbound SET state = 'waiting'"))
