"""A firm for a test: made by the functions by which firms are made, spoken to by signed webhooks."""

import hashlib
import hmac
import json
import secrets
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import connectors, inbox, jobs, outbox, publishing
from bot.channels import routes
from bot.channels.base import Identity
from bot.contacts import Conversation
from bot.contacts import resolve as resolve_contact
from bot.conversation.receive import receive
from bot.conversation.thread import Entry, thread
from bot.flows.definition import load
from bot.flows.operations import Connector
from bot.outbox import Outbound
from compliance import policy
from compliance.policy import PolicyDocument
from tenants import organisations, people
from tenants import secrets as kept_secrets
from tenants.context import Actor
from tenants.database import acting_as, as_platform, db
from tenants.http import Client
from tenants.roles import Role

TESTER = Actor("operator", "test")
APP_SECRET = "the-app-secret-of-the-test"
PASSWORD = "correct horse battery staple"

POLICY: dict[str, Any] = {
    "guichet_policy": 1,
    "title": "A policy for tests",
    "country": "CH",
    "clearance": {
        "whatsapp": {"number_known": []},
        "portal": {"signed_in": ["personal", "client", "account", "secret"]},
    },
    "disclosure": {"en": "I am a bot."},
    "notices": {
        "diverted": {"en": "A message waits for you in the secure area."},
        "masked": {"en": "Please do not send such data here."},
        "held": {"en": "Somebody looks at it."},
        "refused": {"en": "This cannot be said here."},
        "unavailable": {"en": "Something is out of order."},
    },
}

FLOW = """
guichet: 1
flow: start
title: {en: A flow for tests}
languages: [en]
start: hello
nodes:
  hello:
    choose:
      prompt: {en: What may it be?}
      options:
        - {id: word, label: {en: A word}}
        - {id: secret, label: {en: My balance}}
        - {id: person, label: {en: A person}}
    routes: {word: name, secret: secure, person: desk}
    otherwise: desk
  name: {ask: {text: {en: Which word?}, into: word}, next: echo}
  echo: {say: {text: {en: "You said {{ word }}."}}, next: bye}
  secure: {portal: {notice: {en: We meet in the secure area.}}, next: look, expired: desk}
  look: {call: {operation: bank.balance, with: {customer: customer.id}, into: balance}, next: tell, error: desk}
  tell:
    say:
      text: {en: "Your balance is {{ balance.amount }}"}
      protected: [account]
      notice: {en: A message waits for you.}
    next: bye
  desk: {handoff: {queue: general, text: {en: A person answers you here.}, note: {en: wants a person}}}
  bye: {end: {text: {en: Goodbye.}}}
"""

CONNECTOR: dict[str, Any] = {
    "connector": "bank",
    "base_url": "http://127.0.0.1:9",
    "allow": ["127.0.0.1"],
    "operations": {
        "balance": {
            "method": "GET",
            "path": "/customers/{customer}/balance",
            "parameters": {"customer": {"required": True}},
            "person": "customer",
            "assurance": "signed_in",
            "timeout_seconds": 2,
            "errors": {404: "not_found"},
            "result": {"amount": {"type": "string", "label": ["account"]}},
        }
    },
}


@dataclass
class Firm:
    """A firm, and what a test does with it."""

    id: uuid.UUID
    slug: str
    app: str
    phone_number_id: str
    waba_id: str
    channel_id: uuid.UUID
    portal_id: uuid.UUID
    cloud_api: str
    users: dict[str, uuid.UUID] = field(default_factory=dict)

    def acting(self, actor: Actor = TESTER) -> AbstractContextManager[Session]:
        """Act for this firm."""
        return acting_as(self.id, actor)

    def email(self, role: str) -> str:
        """The address of the person with this role."""
        return f"{role}@{self.slug}.example"

    def webhook(self, *items: dict[str, Any], key: str = "messages", contacts: Any = None) -> bytes:
        """The body of a webhook with these items."""
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "41440000000", "phone_number_id": self.phone_number_id},
            key: list(items),
        }
        if contacts is not None:
            value["contacts"] = contacts
        change = {"field": "messages", "value": value}
        return json.dumps(
            {"object": "whatsapp_business_account", "entry": [{"id": self.waba_id, "changes": [change]}]}
        ).encode()

    def receive(self, raw: bytes, *, now: datetime | None = None) -> int:
        """Take in a webhook, signed as the provider signs."""
        return receive(app=self.app, raw=raw, signature=sign(raw), now=now or datetime.now(UTC))

    def write(
        self, text: str, *, who: str = "41790000001", at: datetime | None = None, wamid: str | None = None
    ) -> str:
        """The customer writes; return the message's id."""
        message = text_message(text, who=who, at=at, wamid=wamid)
        self.receive(self.webhook(message))
        return str(message["id"])

    def tap(self, option: str, *, who: str = "41790000001") -> str:
        """The customer taps a button."""
        message = {
            **text_message("", who=who),
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": option, "title": option}},
        }
        del message["text"]
        self.receive(self.webhook(message))
        return str(message["id"])

    def work(self) -> None:
        """Do what the workers would do, until nothing is waiting."""
        for _ in range(10):
            with self.acting():
                shards = inbox.waiting_shards()
                channels = outbox.waiting_channels(now=datetime.now(UTC))
                calls = connectors.is_waiting()
            if not (shards or channels or calls):
                return
            for shard in shards:
                jobs.take_turns(str(self.id), shard)
            if calls:
                jobs.call_connectors(str(self.id))
            for channel_id in channels:
                jobs.deliver(str(self.id), str(channel_id))

    def say(self, text: str, *, who: str = "41790000001") -> list[str]:
        """The customer writes, the workers work; return what the phone got because of it."""
        before = len(self.phone(who))
        self.write(text, who=who)
        self.work()
        return self.phone(who)[before:]

    def phone(self, who: str = "41790000001") -> list[str]:
        """What the stand-in was sent for this phone, in order."""
        client = Client(allow=["127.0.0.0/8"])
        try:
            answer = client.get(
                f"{self.cloud_api}/_control/phones/{who}/thread?number={self.phone_number_id}", timeout_seconds=5
            )
        finally:
            client.close()
        entries = json.loads(answer.body).get("entries", [])
        return [entry.get("text", "") for entry in entries if entry["direction"] == "outbound"]

    def conversation(self, who: str = "41790000001") -> Conversation:
        """The conversation of a phone, inside an act."""
        contact = resolve_contact([Identity("phone", who)], now=datetime.now(UTC))
        found = db.session.scalar(sa.select(Conversation).where(Conversation.contact_id == contact.id))
        assert found is not None
        return found

    def entries(self, who: str = "41790000001") -> list[Entry]:
        """The thread as somebody sees it who may see everything."""
        with self.acting():
            return thread(self.conversation(who).id, sees_content=True, sees_masked=True)

    def outbound(self) -> list[Outbound]:
        """Every cleared message, in order, inside an act."""
        return list(db.session.scalars(sa.select(Outbound).order_by(Outbound.id)))


def make_firm(
    *, cloud_api: str = "http://127.0.0.1:9", flow: str = FLOW, document: dict[str, Any] | None = None
) -> Firm:
    """Make a firm with an admin, an agent and an officer."""
    now = datetime.now(UTC)
    slug = f"firm-{secrets.token_hex(5)}"
    number = secrets.randbelow(10**12)
    firm_id = organisations.create(
        slug=slug,
        name="A firm",
        country="CH",
        languages=["en"],
        default_language="en",
        time_zone="Europe/Zurich",
        telephone="044 000 00 00",
        hours="Mon–Fri 8–18",
        now=now,
        actor=TESTER,
    )
    phone_number_id, waba_id = f"1{number:012}", f"2{number:012}"
    users: dict[str, uuid.UUID] = {}
    with as_platform(TESTER):
        routes.register_app(slug=slug, kind="whatsapp", secret=APP_SECRET, verify_token="verify")
        for role in Role:
            user = people.register(email=f"{role.value}@{slug}.example", name=role.value, password=PASSWORD, now=now)
            users[role.value] = user.id
    with acting_as(firm_id, TESTER):
        for role in Role:
            people.join(user_id=users[role.value], role=role)
        kept_secrets.store(name="whatsapp_token", value=f"token-{slug}", now=now)
        connectors.store(Connector.model_validate(CONNECTOR), now=now)
        written = policy.draft(document=PolicyDocument.model_validate(document or POLICY), written_by="admin")
        policy.approve(written, approved_by="officer", now=now)
        channel = routes.connect(
            kind="whatsapp",
            name="WhatsApp",
            settings={
                "phone_number_id": phone_number_id,
                "waba_id": waba_id,
                "display_phone": "+41 44 000 00 00",
                "base_url": cloud_api,
                "version": "v26.0",
                "token_secret": "whatsapp_token",
                "allow": ["127.0.0.0/8"],
                "per_second": 10_000,
            },
            app=slug,
            routes=[("phone_number_id", phone_number_id), ("waba", waba_id)],
        )
        portal = routes.connect(kind="portal", name="Portal", settings={})
        version = publishing.draft(flow=load(flow), written_by="admin")
        publishing.approve(version, approved_by="officer", now=now)
        ids = channel.id, portal.id
    firm = Firm(firm_id, slug, slug, phone_number_id, waba_id, *ids, cloud_api=cloud_api, users=users)
    if not cloud_api.endswith(":9"):
        _register_number(firm)
    return firm


def sign(raw: bytes, secret: str = APP_SECRET) -> str:
    """Sign a webhook as the provider does."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def text_message(
    text: str, *, who: str = "41790000001", at: datetime | None = None, wamid: str | None = None
) -> dict[str, Any]:
    """A text message of a webhook."""
    return {
        "from": who,
        "id": wamid or f"wamid.{secrets.token_hex(12)}",
        "timestamp": str(int((at or datetime.now(UTC)).timestamp())),
        "type": "text",
        "text": {"body": text},
    }


def status(
    wamid: str, word: str, *, callback: str | None = None, at: datetime | None = None, **rest: Any
) -> dict[str, Any]:
    """A status of a webhook."""
    named = {"biz_opaque_callback_data": callback} if callback else {}
    moment = str(int((at or datetime.now(UTC)).timestamp()))
    return {"id": wamid, "status": word, "timestamp": moment, "recipient_id": "41790000001", **named, **rest}


def fresh_phone() -> str:
    """A phone that nobody else has."""
    return f"4178{secrets.randbelow(10**7):07}"


def _register_number(firm: Firm) -> None:
    client = Client(allow=["127.0.0.0/8"])
    number = {
        "id": firm.phone_number_id,
        "waba": firm.waba_id,
        "display": "+41 44 000 00 00",
        "token": f"token-{firm.slug}",
        "app": "",
        "statuses": False,
    }
    try:
        client.post(f"{firm.cloud_api}/_control/numbers", json=number, timeout_seconds=5)
    finally:
        client.close()
