"""Policies: what an organisation lets be said where.

A policy is a versioned document, written by one person and approved by another; an
empty one clears nothing.
"""

import functools
import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import pydantic
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from compliance import labels
from compliance.labels import PUBLIC, Assurance, Label
from tenants.database import Audited, Base, Owned, db, new_id

Texts = Annotated[dict[str, str], pydantic.Field(min_length=1)]

PROTECTED_CHANNELS = frozenset({"portal"})
"""Channels that the firm controls; everything else is open."""


class Notices(pydantic.BaseModel):
    """The approved words that stand in for what may not be said, by language."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    diverted: Texts
    """A message waits in the secure area."""
    masked: Texts
    """Please do not send such things here; told once."""
    held: Texts
    """Somebody looks at it."""
    refused: Texts
    """This cannot be said here."""
    unavailable: Texts
    """Something is out of order."""


class PolicyDocument(pydantic.BaseModel):
    """The document. `clearance` is channel → assurance → categories; what is not listed is not cleared."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    guichet_policy: Literal[1]
    title: str
    country: str = pydantic.Field(pattern="^[A-Z]{2}$")
    window_hours: int = pydantic.Field(default=24, ge=1, le=24)
    clearance: dict[str, dict[str, list[str]]] = {}
    disclosure: Texts
    notices: Notices

    @pydantic.field_validator("clearance")
    @classmethod
    def _names_are_known(cls, clearance: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        for steps in clearance.values():
            for assurance, categories in steps.items():
                if assurance.upper() not in Assurance.__members__:
                    raise ValueError(f"{assurance} is no assurance; one of {', '.join(Assurance.__members__).lower()}")
                labels.parse(categories)
        return clearance

    def clears(self, *, channel: str, assurance: Assurance) -> Label:
        """What may be said on a channel to somebody of whom we are this sure."""
        cleared = PUBLIC
        for name, categories in self.clearance.get(channel, {}).items():
            if assurance >= Assurance[name.upper()]:
                cleared |= labels.parse(categories)
        return cleared


class Policy(Owned, Audited, Base):
    """A version of an organisation's policy. The document never changes once stored."""

    __tablename__ = "policy"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int]
    document: Mapped[dict[str, Any]]
    written_by: Mapped[str]
    approved_by: Mapped[str | None]
    in_force_from: Mapped[datetime | None]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "version"),
        sa.CheckConstraint("approved_by <> written_by", name="four_eyes"),
        sa.CheckConstraint("(approved_by IS NULL) = (in_force_from IS NULL)", name="approved_to_rule"),
    )


class PolicyInForce:
    """The policy that rules now: its id, version and document."""

    def __init__(self, *, policy_id: uuid.UUID, version: int, document: PolicyDocument) -> None:
        self.id = policy_id
        self.version = version
        self.document = document


class NoPolicy(LookupError):
    """The organisation has no approved policy; nothing may be said."""


class NotFourEyes(PermissionError):
    """A policy was to be approved by the person who wrote it."""


def draft(*, document: PolicyDocument, written_by: str) -> Policy:
    """Write a new version, not yet in force."""
    highest = db.session.scalar(sa.select(sa.func.max(Policy.version))) or 0
    policy = Policy(id=new_id(), version=highest + 1, document=document.model_dump(mode="json"), written_by=written_by)
    db.session.add(policy)
    db.session.flush()
    return policy


class AlreadyApproved(PermissionError):
    """A version that is in force was to be approved once more; a new one is written instead."""


def approve(policy: Policy, *, approved_by: str, now: datetime) -> None:
    """Put a version in force. Raise NotFourEyes when its author approves it, AlreadyApproved the second time."""
    if policy.approved_by is not None:
        raise AlreadyApproved
    if approved_by == policy.written_by:
        raise NotFourEyes("somebody else must approve")
    policy.approved_by = approved_by
    policy.in_force_from = now
    db.session.flush()


def in_force(*, now: datetime) -> PolicyInForce:
    """The policy in force. Raise NoPolicy."""
    row = db.session.execute(
        sa.select(Policy.organisation_id, Policy.id, Policy.version)
        .where(Policy.in_force_from <= now)
        .order_by(Policy.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NoPolicy
    return PolicyInForce(policy_id=row.id, version=row.version, document=_document(row.organisation_id, row.id))


@functools.lru_cache(maxsize=1024)
def _document(organisation_id: uuid.UUID, policy_id: uuid.UUID) -> PolicyDocument:
    """Read a document once a process: a stored version does not change (the program has no right to)."""
    return PolicyDocument.model_validate(db.session.scalar(sa.select(Policy.document).where(Policy.id == policy_id)))


def in_language(texts: Texts, language: str) -> str:
    """Choose a text by language, English where that is absent, else any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))
