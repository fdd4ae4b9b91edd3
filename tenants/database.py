"""The database: models' base, the session of an act, and the tenant guard.

One rule: tenant data is read and written inside `acting_as` and nowhere else. The guard
here is the first wall; row-level security in PostgreSQL is the second and does not
trust the first.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
import uuid_utils.compat
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, orm
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tenants import context
from tenants.context import Acting, Actor

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model. Times carry their zone; JSON is JSONB."""

    registry = orm.registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[str]: JSONB,
            str: sa.Text(),
        },
    )


class Owned:
    """A row of one organisation. Every table of this kind has a row-level-security policy."""

    @orm.declared_attr
    @classmethod
    def organisation_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(sa.ForeignKey("organisation.id"), primary_key=True, sort_order=-2)


class Audited:
    """A row of configuration: each change is told to the subscriber, or it is refused."""


class PlatformWide:
    """A row that belongs to no organisation; `why` says why that is right."""

    why: str


class ForeignRow(PermissionError):
    """A row of another organisation was to be written."""


class BulkChangeRefused(PermissionError):
    """A bulk INSERT, UPDATE or DELETE of audited rows: they change one by one, so that each is recorded."""


class NobodyRecords(RuntimeError):
    """An audited row changed and nobody has subscribed to record it."""


def new_id() -> uuid.UUID:
    """Make an id that sorts by the time of its making (UUID version 7, RFC 9562)."""
    return uuid_utils.compat.uuid7()


db = SQLAlchemy(model_class=Base, session_options={"scopefunc": context.scope, "autoflush": False})

ChangeRecorder = Callable[[str, Any, list[str]], None]
_recorder: ChangeRecorder | None = None


def record_changes_with(recorder: ChangeRecorder) -> None:
    """Subscribe the recorder of configuration changes: called with act, row, changed columns."""
    global _recorder
    _recorder = recorder


@contextlib.contextmanager
def acting_as(organisation_id: uuid.UUID, actor: Actor) -> Iterator[Session]:
    """Act for one organisation, in a session and a transaction of its own.

    Commits at the end, rolls back on any exception. Raise TenantChanged inside another act.
    """
    with _act(Acting(organisation_id=organisation_id, actor=actor)) as session:
        yield session


@contextlib.contextmanager
def as_platform(actor: Actor) -> Iterator[Session]:
    """Act for the platform: only content-free, platform-wide tables are within reach."""
    with _act(Acting(organisation_id=None, actor=actor)) as session:
        yield session


@contextlib.contextmanager
def _act(acting: Acting) -> Iterator[Session]:
    token = context.enter(acting)
    try:
        session = db.session()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            db.session.remove()
    finally:
        context.leave(token)


# Both settings are local to the transaction, so that a connection that goes back to the
# pool carries nothing over to whoever takes it next.
_SET_TENANT = sa.text("SELECT set_config('guichet.organisation', :organisation, true)")


@event.listens_for(Session, "after_begin")
def _set_tenant(session: Session, transaction: orm.SessionTransaction, connection: sa.Connection) -> None:
    if transaction.nested:
        return
    organisation_id = context.current().organisation_id
    connection.execute(_SET_TENANT, {"organisation": str(organisation_id or "")})


@event.listens_for(Session, "do_orm_execute")
def _guard(state: orm.ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return
    organisation_id = context.current().organisation_id
    changes = state.is_insert or state.is_update or state.is_delete
    if changes and any(issubclass(mapper.class_, Audited) for mapper in state.all_mappers):
        raise BulkChangeRefused("audited rows change one by one")
    if organisation_id is None:
        if any(issubclass(mapper.class_, Owned) for mapper in state.all_mappers):
            context.current_organisation()
        return
    state.statement = state.statement.options(
        orm.with_loader_criteria(
            Owned,
            lambda model: model.organisation_id == organisation_id,
            include_aliases=True,
            propagate_to_loaders=True,
        )
    )


@event.listens_for(Session, "before_flush")
def _keep_to_tenant(session: Session, flush_context: object, instances: object) -> None:
    _record_changes(session)
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned):
            here = context.current_organisation()
            if sa.inspect(row).attrs.organisation_id.value in (None, here):
                row.organisation_id = here
            else:
                raise ForeignRow(f"{type(row).__name__} of another organisation")


def _record_changes(session: Session) -> None:
    """Tell the subscriber of every audited change. Only names of columns leave here, never values."""
    changes: list[tuple[str, Any, list[str]]] = [
        ("created", row, []) for row in session.new if isinstance(row, Audited)
    ]
    for row in session.dirty:
        if isinstance(row, Audited) and session.is_modified(row):
            state = sa.inspect(row)
            changes.append(("changed", row, [a.key for a in state.attrs if a.history.has_changes()]))
    changes += [("deleted", row, []) for row in session.deleted if isinstance(row, Audited)]
    for act, row, columns in changes:
        if _recorder is None:
            raise NobodyRecords(type(row).__name__)
        _recorder(act, row, columns)


Row = TypeVar("Row", bound=Base)


class NotFound(LookupError):
    """No such row, or none that this organisation has."""


def load(model: type[Row], row_id: object, *, lock: bool = False) -> Row:
    """Load one row by its id, locked if wanted. Raise NotFound."""
    query = sa.select(model).where(sa.inspect(model).columns["id"] == row_id)
    row = db.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(model.__name__)
    return row


def pooled() -> dict[str, Any]:
    """The engine's settings: a pool that notices when the server was restarted."""
    return {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "pool_timeout": 10}
