"""One-time links to the portal.

A link is opaque, short-lived and opens nothing without sign-in. Looking at it never
spends it, because messengers fetch previews; the POST after sign-in does. Only its hash
is stored.
"""

import enum
import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from compliance import audit
from tenants.database import Base, Owned, db, new_id

VALID_MINUTES = 30


class PortalLink(Owned, Base):
    """A link that was sent to a contact."""

    __tablename__ = "portal_link"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    contact_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    spent_by: Mapped[bytes | None]
    """The blind index of who signed in."""
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "token_hash"),
        sa.CheckConstraint("(spent_at IS NULL) = (spent_by IS NULL)", name="spent_by_somebody"),
    )


class LinkState(enum.StrEnum):
    """What a link is, to whoever holds it."""

    OPEN = "open"
    EXPIRED = "expired"
    SPENT = "spent"
    UNKNOWN = "unknown"


class LinkClosed(PermissionError):
    """The link opens nothing (any more)."""

    def __init__(self, state: LinkState) -> None:
        super().__init__(state.value)
        self.state = state


def make(*, contact_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> str:
    """Make a link; return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(24)
    link = PortalLink(
        id=new_id(),
        token_hash=_hash(token),
        contact_id=contact_id,
        conversation_id=conversation_id,
        made_at=now,
        expires_at=now + timedelta(minutes=VALID_MINUTES),
    )
    db.session.add(link)
    audit.record("link made", subject=("portal_link", link.id))
    return token


def look(token: str, *, now: datetime) -> tuple[LinkState, PortalLink | None]:
    """Say what a token is, without spending it."""
    link = db.session.scalar(sa.select(PortalLink).where(PortalLink.token_hash == _hash(token)))
    if link is None:
        return LinkState.UNKNOWN, None
    return _state(link, now), link


def spend(token: str, *, reader: bytes, now: datetime) -> PortalLink:
    """Spend a link for who signed in. Raise LinkClosed."""
    link = db.session.scalar(
        sa.select(PortalLink)
        .where(PortalLink.token_hash == _hash(token))
        .with_for_update()
        # A look before may have seen it open while somebody else was spending it.
        .execution_options(populate_existing=True)
    )
    if link is None:
        raise LinkClosed(LinkState.UNKNOWN)
    state = _state(link, now)
    if state is not LinkState.OPEN:
        audit.record("link refused", subject=("portal_link", link.id), details={"state": state.value})
        raise LinkClosed(state)
    link.spent_at = now
    link.spent_by = reader
    audit.record("link spent", subject=("portal_link", link.id))
    db.session.flush()
    return link


def _state(link: PortalLink, now: datetime) -> LinkState:
    if link.spent_at is not None:
        return LinkState.SPENT
    return LinkState.OPEN if now < link.expires_at else LinkState.EXPIRED


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
