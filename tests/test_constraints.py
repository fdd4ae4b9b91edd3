"""Every CheckConstraint is met by a row that breaks it, and by none that does not."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

import migrations
from tenants import keys
from tenants.database import db, new_id
from tests.conftest import MASTER_KEY
from tests.firm import Firm, make_firm

METADATA = migrations.metadata()
THEN, BEFORE = "2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00"
WHOLE: dict[str, dict[str, Any]] = {
    "browser_session": {"user_id": new_id()},
    "decision": {"direction": "outbound", "outcome": "held"},
    "identity_provider": {"audience": "staff"},
    "inbound_event": {"state": "waiting"},
    "membership": {"role": "agent"},
    "organisation": {"slug": "a-plain-name", "country": "CH", "default_language": "en"},
    "outbound": {"outcome": "cleared", "state": "waiting"},
    "connector_call": {"state": "waiting"},
    "ticket": {"reason": "held"},
    "vault_entry": {"reason": "held", "kept_at": BEFORE, "expires_at": THEN},
}
"""What a row needs beside words that mean nothing, so that no check stands against it."""
BREACHES: list[tuple[str, str, dict[str, Any]]] = [
    ("audit_entry", "sealed_is_about_somebody", {"sealed": b"x", "commitment": b"x", "contact_id": None}),
    ("audit_entry", "sealed_is_committed", {"sealed": b"x", "contact_id": new_id()}),
    ("audit_entry", "sealed_is_committed", {"commitment": b"x"}),
    ("browser_session", "of_one_somebody", {"user_id": None}),
    ("browser_session", "of_one_somebody", {"sealed_customer": b"x"}),
    ("channel", "paused_for_a_reason", {"paused_at": THEN}),
    ("channel", "paused_for_a_reason", {"paused_for": "x"}),
    ("connector_call", "state_is_known", {"state": "other"}),
    ("contact", "bound_at_a_time", {"reader": b"x"}),
    ("contact", "bound_at_a_time", {"bound_at": THEN}),
    ("contact_identity", "ends_later", {"valid_from": THEN, "valid_to": BEFORE}),
    ("conversation", "session_of_a_flow", {"sealed_session": b"x"}),
    ("conversation", "session_of_a_flow", {"flow_version_id": new_id()}),
    ("decision", "direction_is_known", {"direction": "sideways"}),
    ("decision", "only_cleared_goes_out", {"fingerprint": b"x"}),
    ("decision", "only_cleared_goes_out", {"fingerprint": b"x", "outcome": "cleared", "direction": "inbound"}),
    ("decision", "outcome_is_known", {"outcome": "perhaps"}),
    ("flow_version", "approved_to_live", {"live_from": THEN}),
    ("flow_version", "approved_to_live", {"approved_by": "other"}),
    ("flow_version", "four_eyes", {"written_by": "one", "approved_by": "one", "live_from": THEN}),
    ("identity_provider", "audience_is_known", {"audience": "everybody"}),
    ("inbound_event", "shard_is_known", {"shard": 8}),
    ("inbound_event", "shard_is_known", {"shard": -1}),
    ("inbound_event", "state_is_known", {"state": "other"}),
    ("membership", "role_is_known", {"role": "king"}),
    ("organisation", "slug_is_plain", {"slug": "Not Plain"}),
    ("organisation", "slug_is_plain", {"slug": "a/b"}),
    ("organisation", "slug_is_plain", {"slug": "1st"}),
    ("organisation", "slug_is_plain", {"slug": "a" * 41}),
    ("outbound", "only_cleared", {"outcome": "held"}),
    ("outbound", "state_is_known", {"state": "other"}),
    ("person", "email_is_lower", {"email": "Somebody@Example.org"}),
    ("policy", "approved_to_rule", {"in_force_from": THEN}),
    ("policy", "approved_to_rule", {"approved_by": "other"}),
    ("policy", "four_eyes", {"written_by": "one", "approved_by": "one", "in_force_from": THEN}),
    ("portal_link", "spent_by_somebody", {"spent_at": THEN}),
    ("portal_link", "spent_by_somebody", {"spent_by": b"x"}),
    ("ticket", "closed_by_somebody", {"closed_by": "one"}),
    ("ticket", "closed_by_somebody", {"closed_at": THEN}),
    ("ticket", "reason_is_known", {"reason": "other"}),
    ("ticket", "taken_by_somebody", {"taken_by": "one"}),
    ("ticket", "taken_by_somebody", {"taken_at": THEN}),
    ("vault_entry", "expires_later", {"kept_at": THEN, "expires_at": THEN}),
    ("vault_entry", "reason_is_known", {"reason": "other"}),
]


@pytest.fixture(scope="module")
def made(app: Flask) -> Iterator[Firm]:
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield make_firm()


@pytest.fixture
def firm(made: Firm, program: Flask) -> Firm:
    return made


def words_for(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.Uuid):
        return new_id()
    if isinstance(kind, sa.DateTime):
        return BEFORE
    if isinstance(kind, sa.LargeBinary):
        return new_id().bytes
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.JSON):
        return {}
    return f"word {new_id()}"


def insert(firm: Firm, name: str, **changes: Any) -> str | None:
    """Insert a row by SQL; return the constraint that it met."""
    table = METADATA.tables[name]
    needed = [
        column
        for column in table.columns
        if not column.nullable and column.computed is None and column.server_default is None
    ]
    row = {column.name: words_for(column) for column in needed}
    if "organisation_id" in row:
        row["organisation_id"] = firm.id
    row |= {**WHOLE.get(name, {}), **changes}
    savepoint = db.session.begin_nested()
    try:
        db.session.execute(sa.insert(table), [row])
    except IntegrityError as error:
        original: Any = error.orig
        return str(original.diag.constraint_name)
    finally:
        savepoint.rollback()
    return None


CHECKS = {
    str(constraint.name): table.name
    for table in METADATA.tables.values()
    for constraint in table.constraints
    if isinstance(constraint, sa.CheckConstraint)
}


def test_every_check_is_broken_here() -> None:
    broken = {f"ck_{table}_{name}" for table, name, _ in BREACHES}
    assert {name if name.startswith("ck_") else f"ck_{table}_{name}" for name, table in CHECKS.items()} == broken


@pytest.mark.parametrize("name", sorted({table for table, _, _ in BREACHES}))
def test_an_ordinary_row_breaks_no_check(firm: Firm, name: str) -> None:
    with firm.acting():
        met = insert(firm, name)
        assert met is None or not met.startswith("ck_")


@pytest.mark.parametrize(("table", "name", "breach"), BREACHES)
def test_a_row_that_breaks_a_check_is_refused_by_it(firm: Firm, table: str, name: str, breach: dict[str, Any]) -> None:
    with firm.acting():
        assert insert(firm, table, **breach) == f"ck_{table}_{name}"


def test_the_database_has_the_checks_of_the_models_and_no_others(firm: Firm) -> None:
    query = sa.text(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = CAST('public' AS regnamespace)"
    )
    with firm.acting():
        found = set(db.session.scalars(query))
    assert found == {f"ck_{table}_{name}" for table, name, _ in BREACHES}
