"""Which channels an organisation has connected, and whose a webhook's item is.

The routes are platform-wide and hold no content: the address in a webhook must be
looked up before any organisation acts.
"""

import dataclasses
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tenants import context, keys
from tenants.database import Audited, Base, Owned, PlatformWide, db, new_id


class ConnectedChannel(Owned, Audited, Base):
    """A channel of an organisation: one number, one page, its portal."""

    __tablename__ = "channel"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]
    """WhatsApp: base_url, version, phone_number_id, waba_id, display_phone, token_secret, allow."""
    paused_at: Mapped[datetime | None]
    paused_for: Mapped[str | None]
    __table_args__ = (sa.CheckConstraint("(paused_at IS NULL) = (paused_for IS NULL)", name="paused_for_a_reason"),)


class WebhookApp(PlatformWide, Base):
    """An app registered with a provider: its secret proves that a webhook comes from there."""

    __tablename__ = "webhook_app"
    why = "One app may serve several firms; its secret is read before it is known whose the webhook is."
    slug: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed_secret: Mapped[bytes]
    sealed_verify_token: Mapped[bytes]


class ChannelRoute(PlatformWide, Base):
    """An address in webhooks of an app (kind, value) and the channel that it belongs to.

    The app is part of it: who holds another app's secret can sign for its own addresses alone.
    """

    __tablename__ = "channel_route"
    why = "Says only which firm has which business number, so that a webhook finds its owner."
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    app: Mapped[str] = mapped_column(sa.ForeignKey("webhook_app.slug"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    channel_id: Mapped[uuid.UUID]


@dataclasses.dataclass(frozen=True, slots=True)
class App:
    """An app's secrets, opened."""

    kind: str
    secret: bytes
    verify_token: str


class NoApp(LookupError):
    """No app has this name."""


def register_app(*, slug: str, kind: str, secret: str, verify_token: str) -> None:
    """Register an app with its secrets, or change them. Platform act."""
    row = db.session.get(WebhookApp, slug) or WebhookApp(slug=slug)
    row.kind = kind
    row.sealed_secret = keys.seal_for_platform(secret.encode(), place=f"app:{slug}:secret")
    row.sealed_verify_token = keys.seal_for_platform(verify_token.encode(), place=f"app:{slug}:verify")
    db.session.add(row)
    db.session.flush()


def app(slug: str) -> App:
    """Open an app's secrets. Platform act. Raise NoApp."""
    row = db.session.get(WebhookApp, slug)
    if row is None:
        raise NoApp(slug)
    return App(
        kind=row.kind,
        secret=keys.unseal_for_platform(row.sealed_secret, place=f"app:{slug}:secret"),
        verify_token=keys.unseal_for_platform(row.sealed_verify_token, place=f"app:{slug}:verify").decode(),
    )


def connect(
    *, kind: str, name: str, settings: dict[str, Any], app: str | None = None, routes: Iterable[tuple[str, str]] = ()
) -> ConnectedChannel:
    """Connect a channel to the acting organisation, and route its addresses in an app's webhooks there."""
    channel = ConnectedChannel(id=new_id(), kind=kind, name=name, settings=settings)
    db.session.add(channel)
    db.session.flush()
    for route_kind, value in routes:
        db.session.add(
            ChannelRoute(
                kind=route_kind,
                value=value,
                app=app,
                organisation_id=context.current_organisation(),
                channel_id=channel.id,
            )
        )
    db.session.flush()
    return channel


def owners(app: str, addresses: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[uuid.UUID, uuid.UUID]]:
    """The organisation and channel of each address that is known in this app's webhooks. Platform act."""
    wanted = list(set(addresses))
    rows = db.session.scalars(
        sa.select(ChannelRoute).where(
            ChannelRoute.app == app, sa.tuple_(ChannelRoute.kind, ChannelRoute.value).in_(wanted)
        )
    )
    return {(row.kind, row.value): (row.organisation_id, row.channel_id) for row in rows}


def of_kind(kind: str) -> ConnectedChannel:
    """The acting organisation's channel of a kind of which it has one, as its portal."""
    return db.session.scalars(
        sa.select(ConnectedChannel).where(ConnectedChannel.kind == kind).order_by(ConnectedChannel.id)
    ).first() or _missing(kind)


def every() -> list[ConnectedChannel]:
    """The acting organisation's channels, by name."""
    return list(db.session.scalars(sa.select(ConnectedChannel).order_by(ConnectedChannel.name, ConnectedChannel.id)))


def pause(channel: ConnectedChannel, *, reason: str, now: datetime) -> None:
    """Stop sending on a channel until a person looks at it."""
    channel.paused_at = now
    channel.paused_for = reason
    db.session.flush()


def resume(channel: ConnectedChannel) -> None:
    """Send again."""
    channel.paused_at = None
    channel.paused_for = None
    db.session.flush()


class NotConnected(LookupError):
    """The organisation has no channel of this kind."""


def _missing(kind: str) -> ConnectedChannel:
    raise NotConnected(kind)
