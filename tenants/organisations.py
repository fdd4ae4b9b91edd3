"""Organisations: the firms that share the platform."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tenants import keys
from tenants.context import Actor
from tenants.database import Base, PlatformWide, acting_as, as_platform, db, new_id


class Organisation(PlatformWide, Base):
    """A firm. The row says nothing that is not on the firm's own website."""

    __tablename__ = "organisation"
    why = "The list of firms is the platform's own: found by name before anybody acts for one."
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(sa.CHAR(2))
    languages: Mapped[list[str]]
    default_language: Mapped[str] = mapped_column(sa.CHAR(2))
    time_zone: Mapped[str]
    telephone: Mapped[str]
    hours: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,39}$'", name="slug_is_plain"),)


class NoOrganisation(LookupError):
    """No organisation has this name."""


def create(
    *,
    slug: str,
    name: str,
    country: str,
    languages: list[str],
    default_language: str,
    time_zone: str,
    telephone: str,
    hours: str,
    now: datetime,
    actor: Actor,
) -> uuid.UUID:
    """Create an organisation with a key of its own; return its id."""
    with as_platform(actor):
        organisation = Organisation(
            id=new_id(),
            slug=slug,
            name=name,
            country=country,
            languages=languages,
            default_language=default_language,
            time_zone=time_zone,
            telephone=telephone,
            hours=hours,
            created_at=now,
        )
        db.session.add(organisation)
        organisation_id = organisation.id
    with acting_as(organisation_id, actor):
        keys.create_organisation_key()
    return organisation_id


def find(slug: str) -> Organisation:
    """Find an organisation by its short name, inside an act. Raise NoOrganisation."""
    organisation = db.session.scalar(sa.select(Organisation).where(Organisation.slug == slug))
    if organisation is None:
        raise NoOrganisation(slug)
    return organisation


def every() -> list[Organisation]:
    """All organisations, by name, inside an act."""
    return list(db.session.scalars(sa.select(Organisation).order_by(Organisation.name)))
