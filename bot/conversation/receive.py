"""Receiving a webhook: proven, taken apart, stored once, and only then answered."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import structlog

from bot import channels, inbox, receipts
from bot.channels import routes
from bot.channels.base import Item
from bot.channels.whatsapp.read import read_status
from tenants.context import Actor
from tenants.database import acting_as, as_platform

log = structlog.get_logger(__name__)

WEBHOOK = Actor("system", "webhook")


class WrongSignature(PermissionError):
    """The webhook does not come from where its app says."""


def receive(*, app: str, raw: bytes, signature: str | None, now: datetime) -> int:
    """Store what a webhook brought, in one insert per organisation; return how many items were new.

    Raise NoApp, WrongSignature, or the channel's BrokenBody.
    """
    with as_platform(WEBHOOK):
        opened = routes.app(app)
        channel = channels.channel(opened.kind)
        if not channel.verify(raw=raw, signature=signature, secret=opened.secret):
            raise WrongSignature
        items = channel.split(raw)
        owners = routes.owners(app, (item.route for item in items))
    by_organisation, ownerless = inbox.grouped(items, owners)
    for item in ownerless:
        # For the operator: an address that nobody has connected. What was said is not kept, nobody owns it.
        log.warning("webhook for nobody", route_kind=item.route[0], item_kind=item.kind)
    stored = 0
    for organisation_id, mine in by_organisation.items():
        with acting_as(organisation_id, WEBHOOK):
            stored += _store(mine, organisation_id=organisation_id, now=now)
    return stored


def _store(items: Sequence[tuple[uuid.UUID, Item]], *, organisation_id: uuid.UUID, now: datetime) -> int:
    stored = inbox.store(
        [(channel_id, item) for channel_id, item in items if item.kind != "status"],
        organisation_id=organisation_id,
        now=now,
    )
    by_channel: dict[uuid.UUID, list[Item]] = {}
    for channel_id, item in items:
        if item.kind == "status":
            by_channel.setdefault(channel_id, []).append(item)
    for channel_id, statuses in by_channel.items():
        stored += receipts.take_in(
            [read_status(item) for item in statuses], organisation_id=organisation_id, channel_id=channel_id, now=now
        )
    return stored
