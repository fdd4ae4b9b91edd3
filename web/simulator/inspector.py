"""What the house thought of each message: verdict, reasons, categories, and the log's entry.

One rule: it reads the decisions of numbers that are on the stand-in, and no others: nobody
real is there. What is masked stays masked.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import connectors
from bot.channels import routes
from bot.conversation import watch
from bot.conversation.thread import Entry, decision_of, thread
from compliance import audit, decisions, policy
from compliance.labels import PUBLIC, Assurance
from tenants import organisations, sign_in
from tenants.context import Actor
from tenants.database import acting_as, as_platform
from tenants.keys import CannotOpen

INSPECTOR = Actor("operator", "simulator")


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm whose number is on the stand-in."""

    id: uuid.UUID
    slug: str
    name: str
    languages: tuple[str, ...]
    country: str
    number: str
    display: str
    sign_in: str | None
    system: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One message with what was decided about it."""

    entry: Entry
    channel: str
    labels: tuple[str, ...]
    why: tuple[tuple[str, str], ...]
    """Rule or entity, and its reason."""
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One message in detail."""

    row: Row
    findings: tuple[tuple[str, str], ...]
    may_pass: tuple[str, ...]
    at: Assurance
    policy: int
    classifier: str
    logged: tuple[str, datetime, uuid.UUID] | None
    """The log's entry: its act, time and id."""


def firms(*, numbers: Sequence[str]) -> list[Firm]:
    """The firms that are reached by these numbers."""
    with as_platform(INSPECTOR):
        everybody = [
            (one.id, one.slug, one.name, tuple(one.languages), one.country.strip()) for one in organisations.every()
        ]
    found = []
    for organisation_id, slug, name, languages, country in everybody:
        with acting_as(organisation_id, INSPECTOR):
            try:
                settings = routes.of_kind("whatsapp").settings
            except routes.NotConnected:
                continue
            if settings["phone_number_id"] not in numbers:
                continue
            found.append(
                Firm(
                    id=organisation_id,
                    slug=slug,
                    name=name,
                    languages=languages,
                    country=country,
                    number=settings["phone_number_id"],
                    display=settings.get("display_phone", ""),
                    sign_in=_issuer(),
                    system=next(iter(connectors.addresses()), None),
                )
            )
    return found


def rows(firm: Firm, *, wamids: Sequence[str], now: datetime) -> list[Row]:
    """Every message of the conversation that holds these messages."""
    with acting_as(firm.id, INSPECTOR):
        held = watch.holding(wamids)
        if held is None:
            return []
        audit.record("read", subject=("conversation", held), details={"for": "simulator"})
        kinds = {channel.id: channel.kind for channel in routes.every()}
        return [_row(entry, kinds) for entry in thread(held, sees_content=True)]


def detail(firm: Firm, row: Row, *, now: datetime) -> Detail | None:
    """A message in detail."""
    with acting_as(firm.id, INSPECTOR):
        decision = decision_of(row.entry)
        if decision is None:
            return None
        ruling = policy.in_force(now=now)
        at = Assurance.SIGNED_IN if row.channel in policy.PROTECTED_CHANNELS else Assurance.NUMBER_KNOWN
        entries = audit.about("decision", decision.id)
        return Detail(
            row=row,
            findings=_pairs(_reasons(decision).get("findings", [])),
            may_pass=tuple((ruling.document.clears(channel=row.channel, assurance=at) | PUBLIC).names),
            at=at,
            policy=decision.policy_version,
            classifier=decision.classifier_version,
            logged=(entries[0].act, entries[0].at, entries[0].id) if entries else None,
        )


def mark(firm: Firm, *, wamids: Sequence[str]) -> tuple[str, bool]:
    """A mark that changes when something was decided, and whether the bot is at work."""
    with acting_as(firm.id, INSPECTOR):
        held = watch.holding(wamids)
        return ("none", False) if held is None else (watch.mark(held), watch.is_busy(held))


def _row(entry: Entry, kinds: dict[uuid.UUID, str]) -> Row:
    decision = decision_of(entry)
    reasons = _reasons(decision) if decision is not None else {}
    judged = [(rule, reason) for rule, _verdict, reason in reasons.get("judgements", [])]
    return Row(
        entry=entry,
        channel=kinds.get(entry.channel_id, "whatsapp") if entry.channel_id is not None else "whatsapp",
        labels=tuple(reasons.get("label", [])),
        why=tuple(judged) or _pairs(reasons.get("findings", [])),
        signals=tuple(reasons.get("signals", [])),
    )


def _reasons(decision: decisions.Decision) -> dict[str, Any]:
    try:
        return decisions.reasons_of(decision)
    except CannotOpen:
        return {}


def _pairs(written: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Entity and reason, each pair once."""
    return tuple(dict.fromkeys((entity, reason) for entity, reason in written))


def _issuer() -> str | None:
    try:
        return sign_in.provider("customers").issuer
    except sign_in.NoProvider:
        return None
