"""A policy clears what it names, once two people have wanted it."""

# ruff: noqa: PT012 - an attack from within an act is more than one statement

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pydantic
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from compliance import policy
from compliance.labels import PUBLIC, Assurance, Label
from compliance.policy import AlreadyApproved, NoPolicy, NotFourEyes, Policy, PolicyDocument
from tenants import keys
from tenants.database import db
from tests.conftest import MASTER_KEY
from tests.firm import POLICY, Firm, make_firm

NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture(scope="module")
def made(app: Flask) -> Iterator[Firm]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield make_firm()


@pytest.fixture
def firm(made: Firm, program: Flask) -> Firm:
    return made


def document(**changes: Any) -> PolicyDocument:
    return PolicyDocument.model_validate({**POLICY, **changes})


@pytest.mark.parametrize("channel", ["whatsapp", "portal", "sms", ""])
@pytest.mark.parametrize("assurance", Assurance)
def test_an_empty_policy_clears_nothing(channel: str, assurance: Assurance) -> None:
    assert document(clearance={}).clears(channel=channel, assurance=assurance) == PUBLIC


@pytest.mark.parametrize("assurance", Assurance)
def test_a_step_includes_those_below_and_none_above(assurance: Assurance) -> None:
    steps = document(clearance={"portal": {"code_confirmed": ["client"], "signed_in_strongly": ["Secret"]}})
    expected = PUBLIC
    if assurance >= Assurance.CODE_CONFIRMED:
        expected |= Label.CLIENT
    if assurance >= Assurance.SIGNED_IN_STRONGLY:
        expected |= Label.SECRET
    assert steps.clears(channel="portal", assurance=assurance) == expected
    assert steps.clears(channel="whatsapp", assurance=assurance) == PUBLIC


@pytest.mark.parametrize(
    "wrong",
    [
        {"clearance": {"portal": {"signed_inn": ["client"]}}},
        {"clearance": {"portal": {"signed_in": ["clients"]}}},
        {"clearance": {"portal": {"signed_in": ["everything"]}}},
        {"clearance": {"portal": {"signed_in": "client"}}},
        {"clearance": {"portal": ["client"]}},
        {"clearence": {}},
        {"guichet_policy": 2},
        {"country": "Switzerland"},
        {"country": "CH\n"},
        {"window_hours": 25},
        {"window_hours": 0},
        {"disclosure": {}},
        {"notices": {**POLICY["notices"], "held": {}}},
        {"notices": {name: words for name, words in POLICY["notices"].items() if name != "refused"}},
    ],
)
def test_what_is_misspelt_or_missing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        document(**wrong)


def test_a_draft_rules_nothing_before_somebody_else_approves_it(firm: Firm) -> None:
    with firm.acting():
        before = policy.in_force(now=NOW).version
        written = policy.draft(document=document(title="Next"), written_by="one")
        assert policy.in_force(now=NOW).version == before
        with pytest.raises(NotFourEyes):
            policy.approve(written, approved_by="one", now=NOW)
        policy.approve(written, approved_by="two", now=NOW)
        assert policy.in_force(now=NOW).version == written.version
        assert policy.in_force(now=NOW).document.title == "Next"


def test_what_rules_is_not_approved_again(firm: Firm) -> None:
    with firm.acting():
        written = policy.draft(document=document(), written_by="one")
        policy.approve(written, approved_by="two", now=NOW)
        with pytest.raises(AlreadyApproved):
            policy.approve(written, approved_by="three", now=NOW + timedelta(hours=1))
        assert (written.approved_by, written.in_force_from) == ("two", NOW)


def test_four_eyes_are_the_databases_rule_too(firm: Firm) -> None:
    with pytest.raises(DBAPIError, match="ck_policy_four_eyes"), firm.acting():
        written = policy.draft(document=document(), written_by="one")
        db.session.execute(
            sa.text("UPDATE policy SET approved_by = 'one', in_force_from = now() WHERE id = :id"), {"id": written.id}
        )


@pytest.mark.parametrize("column", ["document", "version", "written_by"])
def test_a_stored_version_does_not_change(firm: Firm, column: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), firm.acting():
        db.session.execute(sa.text(f"UPDATE policy SET {column} = {column}"))


def test_before_it_is_in_force_there_is_none(firm: Firm) -> None:
    with firm.acting(), pytest.raises(NoPolicy):
        policy.in_force(now=NOW - timedelta(days=400))


def test_an_organisation_without_one_has_none(firm: Firm) -> None:
    from tenants.database import acting_as, new_id
    from tests.firm import TESTER

    with acting_as(new_id(), TESTER), pytest.raises(NoPolicy):
        policy.in_force(now=NOW)


def test_documents_of_firms_are_not_mixed_up(firm: Firm) -> None:
    other = make_firm(document={**POLICY, "title": "Another firm's"})
    with firm.acting():
        ours = policy.in_force(now=NOW)
    with other.acting():
        theirs = policy.in_force(now=NOW)
    assert ours.document.title != theirs.document.title == "Another firm's"


def test_versions_count_up(firm: Firm) -> None:
    with firm.acting():
        versions = [policy.draft(document=document(), written_by="one").version for _ in range(2)]
        assert versions[1] == versions[0] + 1
        assert db.session.scalar(sa.select(sa.func.max(Policy.version))) == versions[1]


@pytest.mark.parametrize(("language", "words"), [("de", "Ja"), ("en", "Yes"), ("fr", "Yes"), ("", "Yes")])
def test_a_text_is_chosen_by_language(language: str, words: str) -> None:
    assert policy.in_language({"de": "Ja", "en": "Yes"}, language) == words


def test_a_text_without_english_is_better_than_none() -> None:
    assert policy.in_language({"fr": "Oui"}, "de") == "Oui"
