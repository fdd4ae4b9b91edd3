"""Secrets: tokens of channels and connectors, sealed with the organisation's key.

Here they are only stored; reading one is `tenants.reveal`, which few may import.
"""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tenants import keys
from tenants.database import Audited, Base, Owned, db, new_id


class Secret(Owned, Audited, Base):
    """A named secret."""

    __tablename__ = "secret"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    sealed: Mapped[bytes]
    set_at: Mapped[datetime]
    __table_args__ = (sa.UniqueConstraint("organisation_id", "name"),)


def store(*, name: str, value: str, now: datetime) -> None:
    """Set a secret, replacing what had this name."""
    secret = db.session.scalar(sa.select(Secret).where(Secret.name == name))
    if secret is None:
        secret = Secret(id=new_id(), name=name)
        db.session.add(secret)
    secret.sealed = keys.seal(value.encode(), place=f"secret:{name}")
    secret.set_at = now
    db.session.flush()
