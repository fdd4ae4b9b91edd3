"""Installing the example firms: as an operator and their own admins would, and again without harm."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bot import connectors, publishing
from bot.channels import routes
from bot.channels.routes import ConnectedChannel
from bot.publishing import FlowVersion
from compliance import policy
from compliance.policy import Policy
from tenants import organisations, people, secrets
from tenants.brands import Brand
from tenants.context import Actor
from tenants.database import acting_as, as_platform, db, new_id
from tenants.organisations import NoOrganisation
from tenants.roles import Role
from tenants.sign_in import IdentityProvider
from web.demo.examples import Example

INSTALLER = Actor("operator", "demo")
APP = "demo"
APP_SECRET = "the-app-secret-of-the-demo"
VERIFY_TOKEN = "the-verify-token-of-the-demo"
LOOPBACK = ["127.0.0.1/32"]


def install(example: Example, *, addresses: Mapping[str, str], now: datetime) -> uuid.UUID:
    """Install an example firm, or bring its addresses up to date; return its id."""
    organisation_id = _organisation(example, now)
    with as_platform(INSTALLER):
        routes.register_app(slug=APP, kind="whatsapp", secret=APP_SECRET, verify_token=VERIFY_TOKEN)
        people_ids = [
            (people.register(email=one["email"], name=one["name"], password=one["password"], now=now).id, one["role"])
            for one in example.organisation["people"]
        ]
    with acting_as(organisation_id, INSTALLER):
        for name, value in example.secrets.items():
            secrets.store(name=name, value=value, now=now)
        secrets.store(name="whatsapp_token", value=token_of(example), now=now)
        for connector in example.connectors:
            connectors.store(connector, now=now)
        _identity_providers(example)
        if not db.session.scalar(sa.select(sa.exists().where(Policy.in_force_from.is_not(None)))):
            _settle_in(example, people_ids, now)
        _channels(example, addresses)
        _publish(example, now)
    return organisation_id


def token_of(example: Example) -> str:
    """The token with which the firm's number is opened at the stand-in of the Cloud API."""
    return f"{example.slug}-token-of-the-demo"


def _organisation(example: Example, now: datetime) -> uuid.UUID:
    written = example.organisation
    with as_platform(INSTALLER):
        try:
            return organisations.find(written["slug"]).id
        except NoOrganisation:
            pass
    kept = ("slug", "name", "country", "languages", "default_language", "time_zone", "telephone", "hours")
    return organisations.create(**{name: written[name] for name in kept}, now=now, actor=INSTALLER)


def _settle_in(example: Example, people_ids: list[tuple[uuid.UUID, str]], now: datetime) -> None:
    """What is done once: people, brands, the policy, approved by somebody else than its author."""
    for user_id, role in people_ids:
        people.join(user_id=user_id, role=Role(role))
    for brand in example.organisation["brands"]:
        db.session.add(Brand(id=new_id(), **{"elsewhere": {}, **brand}))
    author, officer = (str(user_id) for user_id, role in people_ids if role in (Role.ADMIN, Role.OFFICER))
    policy.approve(policy.draft(document=example.policy, written_by=author), approved_by=officer, now=now)


def _publish(example: Example, now: datetime) -> None:
    """Publish each flow whose document is not the live one already."""
    author, officer = f"{example.slug} admin", f"{example.slug} officer"
    for flow in example.flows:
        live = db.session.scalar(
            sa.select(FlowVersion).where(
                FlowVersion.flow == flow.flow, FlowVersion.live_from.is_not(None), FlowVersion.retired_at.is_(None)
            )
        )
        if live is None or live.document != publishing.document_of(flow):
            publishing.approve(publishing.draft(flow=flow, written_by=author), approved_by=officer, now=now)


def _channels(example: Example, addresses: Mapping[str, str]) -> None:
    written = example.organisation["channel"]
    settings = {
        "phone_number_id": written["phone_number_id"],
        "waba_id": written["waba_id"],
        "display_phone": written["display_phone"],
        "base_url": addresses["cloud_api"],
        "version": "v26.0",
        "token_secret": "whatsapp_token",
        "allow": LOOPBACK,
    }
    connected = db.session.scalar(sa.select(ConnectedChannel).where(ConnectedChannel.kind == "whatsapp"))
    if connected is not None:
        if connected.settings != settings:
            connected.settings = settings
        return
    routes.connect(
        kind="whatsapp",
        name=written["display_phone"],
        settings=settings,
        app=APP,
        routes=[("phone_number_id", written["phone_number_id"]), ("waba", written["waba_id"])],
    )
    routes.connect(kind="portal", name="Portal", settings={})


def _identity_providers(example: Example) -> None:
    written = example.organisation["identity_provider"]
    for audience in ("customers", "staff"):
        known = db.session.scalar(sa.select(IdentityProvider).where(IdentityProvider.audience == audience))
        provider = known or IdentityProvider(id=new_id(), audience=audience)
        provider.issuer = written["issuer"]
        provider.client_id = written[audience]["client"]
        provider.secret_name = written[audience]["secret"]
        provider.allow = LOOPBACK
        if known is None:
            db.session.add(provider)
    db.session.flush()
