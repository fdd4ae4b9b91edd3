"""Publishing: which version of a flow people meet.

A version is written by one person and approved by another; once stored it never changes.
"""

import functools
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import connectors
from bot.flows import compiled as flows
from bot.flows.compiled import CompiledFlow
from bot.flows.definition import Flow
from tenants import context
from tenants.database import Audited, Base, Owned, db, new_id


class FlowVersion(Owned, Audited, Base):
    """A version of a flow."""

    __tablename__ = "flow_version"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    flow: Mapped[str]
    version: Mapped[int]
    document: Mapped[dict[str, Any]]
    written_by: Mapped[str]
    approved_by: Mapped[str | None]
    live_from: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "flow", "version"),
        sa.CheckConstraint("approved_by <> written_by", name="four_eyes"),
        sa.CheckConstraint("(approved_by IS NULL) = (live_from IS NULL)", name="approved_to_live"),
        sa.Index(
            "uq_flow_version_live",
            "organisation_id",
            "flow",
            unique=True,
            postgresql_where=sa.text("live_from IS NOT NULL AND retired_at IS NULL"),
        ),
    )


class NothingLive(LookupError):
    """The organisation has no live flow."""


class NotFourEyes(PermissionError):
    """A version was to be approved by the person who wrote it."""


ENTRY = "start"
"""The flow that a new conversation meets."""


def draft(*, flow: Flow, written_by: str) -> FlowVersion:
    """Store a new version, not yet live."""
    highest = db.session.scalar(sa.select(sa.func.max(FlowVersion.version)).where(FlowVersion.flow == flow.flow)) or 0
    version = FlowVersion(
        id=new_id(),
        flow=flow.flow,
        version=highest + 1,
        document=document_of(flow),
        written_by=written_by,
    )
    db.session.add(version)
    db.session.flush()
    return version


def document_of(flow: Flow) -> dict[str, Any]:
    """A flow as it is stored."""
    document: dict[str, Any] = flow.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def approve(version: FlowVersion, *, approved_by: str, now: datetime) -> None:
    """Put a version live and retire the one before it. Raise NotFourEyes when its author approves it."""
    if approved_by == version.written_by:
        raise NotFourEyes("somebody else must approve")
    before = db.session.scalar(
        sa.select(FlowVersion).where(
            FlowVersion.flow == version.flow, FlowVersion.live_from.is_not(None), FlowVersion.retired_at.is_(None)
        )
    )
    if before is not None:
        before.retired_at = now
        db.session.flush()
    version.approved_by = approved_by
    version.live_from = now
    db.session.flush()


def live_version() -> uuid.UUID:
    """The version that a new conversation meets. Raise NothingLive."""
    version_id = db.session.scalar(
        sa.select(FlowVersion.id).where(
            FlowVersion.flow == ENTRY, FlowVersion.live_from.is_not(None), FlowVersion.retired_at.is_(None)
        )
    )
    if version_id is None:
        raise NothingLive
    return version_id


def compiled(version_id: uuid.UUID) -> CompiledFlow:
    """A version, compiled: once a process and set of operations."""
    return _compiled(context.current_organisation(), version_id, connectors.newest())


@functools.lru_cache(maxsize=512)
def _compiled(organisation_id: uuid.UUID, version_id: uuid.UUID, newest: datetime | None) -> CompiledFlow:
    document = db.session.scalar(sa.select(FlowVersion.document).where(FlowVersion.id == version_id))
    return flows.compile(Flow.model_validate(document), connectors.operations())
