"""Nobody sees another organisation's rows: the walls one by one, over every table that there is."""

# ruff: noqa: PT012 - an attack from within an act is more than one statement

import hashlib
import re
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

import migrations
from bot.contacts import Contact
from compliance.audit import AuditEntry
from compliance.policy import Policy
from tenants import database, keys
from tenants.brands import Brand
from tenants.context import NoTenant, TenantChanged
from tenants.database import (
    Audited,
    Base,
    BulkChangeRefused,
    ForeignRow,
    NobodyRecords,
    Owned,
    PlatformWide,
    acting_as,
    as_platform,
    db,
    new_id,
)
from tenants.embedded import Engines
from tenants.secrets import Secret
from tests.conftest import MASTER_KEY
from tests.firm import TESTER, Firm, make_firm

METADATA = migrations.metadata()
MODELS = {str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers}
OWNED = sorted(name for name, model in MODELS.items() if issubclass(model, Owned))
isolation: Any = import_module("migrations.versions.004_isolation")
rights: Any = import_module("migrations.versions.005_rights")


@pytest.fixture(scope="module")
def firms(app: Flask) -> Iterator[tuple[Firm, Firm]]:
    """Two firms; the second has a row in every owned table."""
    keys.configure(MASTER_KEY)
    with app.app_context():
        ours, theirs = make_firm(), make_firm()
        with theirs.acting():
            for table in METADATA.sorted_tables:
                if table.name in OWNED and not exists(table.name, theirs.id):
                    plant(table, theirs.id)
        yield ours, theirs


@pytest.fixture
def us(firms: tuple[Firm, Firm], program: Flask) -> Firm:
    return firms[0]


@pytest.fixture
def them(firms: tuple[Firm, Firm], program: Flask) -> Firm:
    return firms[1]


def exists(table: str, organisation_id: uuid.UUID) -> bool:
    query = sa.text(f"SELECT count(*) FROM {table} WHERE organisation_id = :organisation")
    return bool(db.session.scalar(query, {"organisation": organisation_id}))


def plant(table: sa.Table, organisation_id: uuid.UUID) -> None:
    """Put a row in a table whose columns mean nothing, by SQL."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable or column.computed is not None or column.server_default is not None:
            continue
        row[column.name] = dummy(column)
    if table.name == "outbound":
        decision = db.session.execute(sa.text("SELECT id FROM decision LIMIT 1")).scalar_one()
        row |= {"decision_id": decision, "sealed": b"sealed", "outcome": "cleared"}
    if table.name == "decision":
        row |= {"fingerprint": hashlib.sha256(b"sealed").digest(), "outcome": "cleared", "direction": "outbound"}
    row |= WORDS.get(table.name, {})
    row["organisation_id"] = organisation_id
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name == "contact":
            row["contact_id"] = db.session.execute(sa.text("SELECT id FROM contact LIMIT 1")).scalar_one()
    db.session.execute(sa.insert(table), [row])


WORDS: dict[str, dict[str, Any]] = {
    "vault_entry": {"reason": "held", "expires_at": "2999-01-01T00:00:00+00:00"},
    "identity_provider": {"audience": "staff"},
    "browser_session": {"user_id": uuid.uuid4()},
    "inbound_event": {"state": "kept"},
    "outbound": {"state": "accepted"},
    "ticket": {"reason": "held"},
    "connector_call": {"state": "done"},
}


def dummy(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.Uuid):
        return new_id()
    if isinstance(kind, sa.DateTime):
        return "2026-01-01T00:00:00+00:00"
    if isinstance(kind, sa.LargeBinary):
        return b"\1"
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.JSON):
        return {}
    return "word"


def refusal(error: pytest.ExceptionInfo[DBAPIError]) -> str:
    return type(error.value.orig).__name__


# --- the walk


def test_every_table_is_owned_or_says_why_it_is_not() -> None:
    assert set(MODELS) == set(METADATA.tables)
    for name, model in MODELS.items():
        if issubclass(model, PlatformWide):
            assert not issubclass(model, Owned)
            assert len(model.why.split()) > 5, name
        else:
            assert issubclass(model, Owned), f"{name} is neither owned nor platform-wide"
            assert next(iter(METADATA.tables[name].primary_key.columns)).name == "organisation_id"


def test_the_migration_isolates_exactly_the_owned_tables() -> None:
    assert sorted(isolation.OWNED) == OWNED


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_row_level_security_stands_on_every_owned_table(us: Firm, name: str) -> None:
    with us.acting():
        state = db.session.execute(
            sa.text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)"),
            {"name": name},
        ).one()
        policies = db.session.execute(
            sa.text("SELECT permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = :name"),
            {"name": name},
        ).all()
    if name not in OWNED:
        assert tuple(state) == (False, False)
        return
    assert tuple(state) == (True, True)
    ((permissive, roles, command, qual, with_check),) = policies
    assert (permissive, roles, command) == ("PERMISSIVE", "{public}", "ALL")
    expected = "organisation_id=NULLIFcurrent_setting'guichet.organisation'::text,true,''::text::uuid"
    assert qual == with_check
    assert re.sub(r"[\s()]", "", qual) == expected


def test_the_program_is_nobody(us: Firm) -> None:
    with us.acting():
        role = db.session.execute(
            sa.text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
                "FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        owns = db.session.execute(
            sa.text(
                "SELECT (SELECT count(*) FROM pg_class WHERE pg_has_role(relowner, 'MEMBER'))"
                " + (SELECT count(*) FROM pg_proc WHERE pg_has_role(proowner, 'MEMBER'))"
                " + (SELECT count(*) FROM pg_namespace WHERE pg_has_role(nspowner, 'MEMBER'))"
                " + (SELECT count(*) FROM pg_database WHERE pg_has_role(datdba, 'MEMBER'))"
            )
        ).scalar_one()
        may_create = db.session.execute(sa.text("SELECT has_schema_privilege('public', 'CREATE')")).scalar_one()
        mighty = db.session.execute(
            sa.text(
                "SELECT count(*) FROM pg_roles WHERE (rolsuper OR rolbypassrls OR rolname LIKE 'pg\\_%')"
                " AND pg_has_role(oid, 'MEMBER')"
            )
        ).scalar_one()
    assert tuple(role) == (False, False, False, False, False)
    assert (owns, may_create, mighty) == (0, False, 0)


def test_no_function_runs_with_rights_that_its_caller_lacks(us: Firm) -> None:
    query = sa.text("SELECT count(*) FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    with us.acting():
        assert db.session.execute(query).scalar_one() == 0


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_the_program_has_exactly_the_rights_that_the_migration_says(us: Firm, name: str) -> None:
    with us.acting():
        held = {
            right
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
            if db.session.execute(
                sa.text("SELECT has_table_privilege(:table, :right)"), {"table": name, "right": right}
            ).scalar_one()
        }
        columns: dict[str, set[str]] = {"INSERT": set(), "UPDATE": set()}
        for right, found in columns.items():
            for column in METADATA.tables[name].columns:
                query = sa.text("SELECT has_column_privilege(:table, :column, :right)")
                asked = {"table": name, "column": column.name, "right": right}
                if db.session.execute(query, asked).scalar_one():
                    found.add(column.name)
    everything = {column.name for column in METADATA.tables[name].columns}
    whole = {"SELECT"}
    if name in rights.CHANGED and rights.CHANGED[name] is None:
        whole.add("UPDATE")
    if name in rights.REMOVED:
        whole.add("DELETE")
    assert held - {"INSERT"} == whole
    listed = rights.CHANGED.get(name, "")
    assert columns["UPDATE"] == (everything if listed is None else {word.strip() for word in listed.split(",") if word})
    assert columns["INSERT"] == everything - ({"at"} if name == "audit_entry" else set())


# --- another organisation's rows


@pytest.mark.parametrize("name", OWNED)
def test_rows_of_another_firm_are_neither_seen_nor_changed(us: Firm, them: Firm, name: str) -> None:
    model, table = MODELS[name], METADATA.tables[name]
    theirs = table.c.organisation_id == them.id
    with them.acting():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(table).where(theirs))
        assert before, "nothing to see: the test would prove nothing"
    named = {"organisation": them.id}
    with us.acting():
        assert db.session.scalars(sa.select(model).where(theirs)).all() == []
        assert db.session.execute(sa.select(table).where(theirs)).all() == []
        aliased = orm.aliased(model)
        assert db.session.scalars(sa.select(aliased).where(aliased.organisation_id == them.id)).all() == []
        for query in (
            "SELECT 1 FROM {} WHERE organisation_id = :organisation",
            "SELECT 1 FROM {} t, organisation o WHERE t.organisation_id = :organisation",
        ):
            assert db.session.execute(sa.text(query.format(name)), named).all() == []
        for attack in (
            sa.update(table).where(theirs).values(organisation_id=us.id),
            sa.delete(table).where(theirs),
            sa.text(
                f"UPDATE {name} SET organisation_id = organisation_id WHERE organisation_id = :organisation"
            ).bindparams(**named),
        ):
            savepoint = db.session.begin_nested()
            try:
                assert db.session.execute(attack).rowcount == 0  # type: ignore[attr-defined]
            except DBAPIError as error:
                assert type(error.orig).__name__ == "InsufficientPrivilege"  # noqa: PT017
            savepoint.rollback()
    with them.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(table).where(theirs)) == before


@pytest.mark.parametrize("name", OWNED)
def test_a_row_for_another_firm_is_refused_by_the_database(us: Firm, them: Firm, name: str) -> None:
    table = METADATA.tables[name]
    row = {
        c.name: dummy(c) for c in table.columns if not c.nullable and c.computed is None and c.server_default is None
    }
    with pytest.raises(DBAPIError) as error, us.acting():
        db.session.execute(sa.insert(table), [{**row, "organisation_id": them.id}])
    assert refusal(error) == "InsufficientPrivilege"
    assert "row-level security" in str(error.value.orig)


@pytest.mark.parametrize("setting", ["", None])
def test_without_an_organisation_nothing_is_there(app: Flask, program: Flask, them: Firm, setting: str | None) -> None:
    with db.engine.connect() as connection:
        if setting is not None:
            connection.execute(
                sa.text("SELECT set_config('guichet.organisation', :setting, true)"), {"setting": setting}
            )
        for name in OWNED:
            assert connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one() == 0


def test_a_setting_that_is_no_organisation_opens_nothing(program: Flask, them: Firm) -> None:
    with db.engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('guichet.organisation', '%', true)"))
        with pytest.raises(DBAPIError):
            connection.execute(sa.text("SELECT count(*) FROM contact"))


def test_the_owner_is_held_to_it_too(engines: Engines, them: Firm) -> None:
    owner = sa.create_engine(engines.owner_url or engines.database_url)
    try:
        with owner.connect() as connection:
            if connection.execute(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one():
                pytest.skip("the owner of this database is a superuser, whom nothing holds")
            assert connection.execute(sa.text("SELECT count(*) FROM contact")).scalar_one() == 0
    finally:
        owner.dispose()


def test_the_setting_ends_with_its_transaction(program: Flask, us: Firm) -> None:
    engine = sa.create_engine(db.engine.url, pool_size=1, max_overflow=0)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('guichet.organisation', :here, true)"), {"here": str(us.id)})
        connection.commit()
        connection.info["seen"] = True
    with engine.connect() as connection:
        assert connection.info["seen"], "another connection: the test would prove nothing"
        query = sa.text("SELECT current_setting('guichet.organisation', true)")
        assert connection.execute(query).scalar_one() in ("", None)
        assert connection.execute(sa.text("SELECT count(*) FROM policy")).scalar_one() == 0
    engine.dispose()


def test_after_a_commit_or_a_roll_back_the_act_is_still_for_its_firm(us: Firm) -> None:
    with us.acting() as session:
        for end in (session.commit, session.rollback):
            end()
            assert {row.organisation_id for row in session.scalars(sa.select(Policy))} == {us.id}
        with session.begin_nested():
            assert session.execute(sa.text("SELECT current_setting('guichet.organisation')")).scalar_one() == str(us.id)


# --- the guard


def test_outside_an_act_nothing_is_read(program: Flask) -> None:
    for query in (sa.select(Policy), sa.select(sa.literal(1)), sa.text("SELECT 1")):
        with pytest.raises(NoTenant):
            db.session.execute(query)
        db.session.remove()


def test_acts_do_not_nest(us: Firm, them: Firm) -> None:
    with us.acting(), pytest.raises(TenantChanged), them.acting():
        pass
    with us.acting(), pytest.raises(TenantChanged), us.acting():
        pass
    with us.acting(), pytest.raises(TenantChanged), as_platform(TESTER):
        pass


def test_a_refused_act_leaves_the_one_under_way_as_it_was(us: Firm, them: Firm) -> None:
    with us.acting():
        with pytest.raises(TenantChanged), them.acting():
            pass
        assert {row.organisation_id for row in db.session.scalars(sa.select(Policy))} == {us.id}


def test_the_guard_refuses_a_row_of_another_firm(us: Firm, them: Firm) -> None:
    with pytest.raises(ForeignRow), us.acting():
        db.session.add(Contact(organisation_id=them.id, id=new_id(), created_at=sa.func.now()))
        db.session.flush()


def test_a_row_does_not_move_to_another_firm(us: Firm, them: Firm) -> None:
    with pytest.raises(ForeignRow), us.acting():
        held = db.session.scalars(sa.select(Policy)).first()
        assert held is not None
        held.organisation_id = them.id
        db.session.flush()


def test_a_row_carried_over_from_another_act_is_refused(us: Firm, them: Firm) -> None:
    with them.acting():
        held = db.session.scalars(sa.select(Secret)).first()
        assert held is not None
        db.session.expunge(held)
    with pytest.raises(ForeignRow), us.acting():
        db.session.add(held)
        held.name = "stolen"
        db.session.flush()


def test_the_identity_map_ends_with_the_act(us: Firm, them: Firm) -> None:
    with them.acting() as theirs:
        secret = db.session.scalars(sa.select(Secret)).first()
        assert secret is not None
        key = (them.id, secret.id)
    with us.acting() as ours:
        assert ours is not theirs
        assert db.session.get(Secret, key) is None
        assert not list(ours.identity_map.values())


@pytest.mark.parametrize(
    "change", [sa.update(Secret).values(name="x"), sa.delete(Secret), sa.update(Brand).values(name="x")]
)
def test_audited_rows_do_not_change_in_bulk(us: Firm, change: Any) -> None:
    with pytest.raises(BulkChangeRefused), us.acting():
        db.session.execute(change)


def test_audited_rows_are_not_made_in_bulk(us: Firm) -> None:
    row = {"id": new_id(), "slug": "b", "name": "B", "is_served": True, "elsewhere": {}, "organisation_id": us.id}
    with pytest.raises(BulkChangeRefused), us.acting():
        db.session.execute(sa.insert(Brand), [row])


def test_a_change_that_nobody_records_is_refused(us: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_recorder", None)
    with pytest.raises(NobodyRecords), us.acting():
        db.session.add(Brand(slug="b", name="B", is_served=True, elsewhere={}))
        db.session.flush()


def test_a_change_of_an_audited_row_is_an_entry_without_values(us: Firm) -> None:
    with us.acting():
        brand = Brand(id=new_id(), slug="b", name="Brand", is_served=True, elsewhere={})
        db.session.add(brand)
        db.session.flush()
        brand.name = "Another"
        db.session.flush()
        db.session.delete(brand)
        db.session.flush()
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.subject_id == str(brand.id)).order_by(AuditEntry.id)
        ).all()
        assert [entry.act for entry in entries] == [
            f"configuration {word}" for word in ("created", "changed", "deleted")
        ]
        assert entries[1].details == {"columns": ["name"]}


def test_configuration_is_audited() -> None:
    audited = {name for name, model in MODELS.items() if issubclass(model, Audited)}
    assert {
        "policy",
        "secret",
        "membership",
        "brand",
        "identity_provider",
        "connector",
        "flow_version",
        "channel",
    } <= audited


@pytest.mark.parametrize("name", OWNED)
def test_the_platform_sees_no_firms_rows(us: Firm, name: str) -> None:
    model = MODELS[name]
    with as_platform(TESTER):
        assert db.session.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one() == 0
        assert db.session.execute(sa.select(METADATA.tables[name])).all() == []
        with pytest.raises(NoTenant):
            db.session.scalars(sa.select(model)).all()


def test_the_platform_writes_no_firms_rows(us: Firm) -> None:
    with pytest.raises(NoTenant), as_platform(TESTER):
        db.session.add(Contact(id=new_id()))
        db.session.flush()


def test_an_act_that_fails_writes_nothing(us: Firm) -> None:
    contact_id = new_id()
    with pytest.raises(RuntimeError, match="stop"), us.acting():
        db.session.add(Contact(id=contact_id, created_at=sa.func.now()))
        db.session.flush()
        raise RuntimeError("stop")
    with us.acting():
        assert db.session.scalar(sa.select(Contact.id).where(Contact.id == contact_id)) is None


def test_an_unknown_organisation_has_nothing(program: Flask) -> None:
    with acting_as(uuid.uuid4(), TESTER):
        assert db.session.scalars(sa.select(Policy)).all() == []
