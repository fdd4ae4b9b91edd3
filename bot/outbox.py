"""The outbox: the one door by which anything is said, by bot, agent, program or campaign.

`submit` asks the gate and does what it says: what is cleared waits for delivery; what is
diverted waits in the vault, and a notice with a link goes instead; what is held waits
for a person; what is refused is replaced by the approved fallback.
"""

import dataclasses
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot import tickets
from bot.events import Message, Segment, as_json
from compliance import audit, gate, links, policy, vault
from compliance.decisions import Draft, Piece
from compliance.labels import PUBLIC, Assurance, Verdict
from tenants import context, keys
from tenants.context import Actor
from tenants.database import Base, Owned, db, new_id
from tenants.queue import Doorbell, ring_after_commit

OPEN = {"de": "Öffnen", "fr": "Ouvrir", "it": "Aprire", "en": "Open", "id": "Buka"}
"""The words on a link to the portal."""
UNFINISHED = ("waiting", "sending", "unknown")


class Outbound(Owned, Base):
    """A cleared message on its way. The payload never changes: the program has no right to."""

    __tablename__ = "outbound"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    decision_id: Mapped[uuid.UUID]
    outcome: Mapped[str]
    sealed: Mapped[bytes]
    fingerprint: Mapped[bytes] = mapped_column(sa.Computed("sha256(sealed)", persisted=True))
    conversation_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    author_kind: Mapped[str]
    author_id: Mapped[str]
    reader: Mapped[bytes | None]
    """Who may read it on the portal; None on open channels."""
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    status: Mapped[str | None]
    error_code: Mapped[int | None]
    error: Mapped[str | None]
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["organisation_id", "decision_id", "outcome", "fingerprint"],
            ["decision.organisation_id", "decision.id", "decision.outcome", "decision.fingerprint"],
            name="fk_outbound_cleared_by_decision",
        ),
        sa.UniqueConstraint("organisation_id", "decision_id"),
        sa.CheckConstraint("outcome = 'cleared'", name="only_cleared"),
        sa.CheckConstraint(
            sa.column("state").in_([*UNFINISHED, "accepted", "failed", "stopped"]), name="state_is_known"
        ),
        sa.Index(
            "ix_outbound_unfinished",
            "organisation_id",
            "channel_id",
            "conversation_id",
            "id",
            postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"),
        ),
        sa.Index("ix_outbound_conversation", "organisation_id", "conversation_id", "id"),
        sa.Index("ix_outbound_external_id", "organisation_id", "external_id"),
        sa.Index("ix_outbound_claimed_at", "organisation_id", "channel_id", "claimed_at"),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Destination:
    """Where a message is to go: the conversation, the channel, how sure we are who is there."""

    conversation_id: uuid.UUID
    contact_id: uuid.UUID
    channel_id: uuid.UUID
    channel: str
    recipient: Mapping[str, str]
    assurance: Assurance
    last_inbound_at: datetime | None
    reader: bytes | None
    """Who is meant, as far as known: whoever may read on the portal what is kept for them."""
    portal_url: str
    """Where the firm's portal stands; a link's token is added to it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Submission:
    """What became of a message, for its author."""

    verdict: Verdict
    decision_id: uuid.UUID
    reasons: tuple[str, ...]


def delivery_bell(organisation_id: uuid.UUID, channel_id: uuid.UUID) -> Doorbell:
    """The bell that wakes the delivery of a channel."""
    return Doorbell(job="bot.jobs.deliver", queue="delivery", arguments=(str(organisation_id), str(channel_id)))


def submit(message: Message, *, to: Destination, author: Actor, now: datetime, purpose: str = "reply") -> Submission:
    """Ask the gate, and do what it says."""
    draft = draft_of(message, to=to, author=author, purpose=purpose)
    review = gate.review(draft, now=now)
    reasons = tuple(judgement.reason for judgement in review.judgements)
    if review.sealed is not None:
        _queue(review.decision_id, review.sealed, to=to, author=author, now=now)
    elif review.verdict is Verdict.DIVERTED:
        # A notice holds nothing that could be read later; who said it knows what to say instead.
        if purpose == "reply":
            _keep(review.decision_id, message, "diverted", to=to, now=now)
            _say_instead("diverted", message, to=to, now=now, with_link=True)
    elif review.verdict is Verdict.HELD:
        entry = _keep(review.decision_id, message, "held", to=to, now=now)
        tickets.open_ticket(
            conversation_id=to.conversation_id, contact_id=to.contact_id, reason="held", about_id=entry.id, now=now
        )
        if purpose == "reply":
            _say_instead("held", message, to=to, now=now)
    elif purpose == "reply":
        _say_instead("refused", message, to=to, now=now)
    return Submission(review.verdict, review.decision_id, reasons)


Preview = gate.Review
"""What the gate would say."""


def preview(message: Message, *, to: Destination, author: Actor, now: datetime) -> Preview:
    """What the gate would say of a message, without sending or writing anything."""
    return gate.preview(draft_of(message, to=to, author=author, purpose="reply"), now=now)


def portal_link(message: Message, *, to: Destination, now: datetime) -> Message:
    """The message with a one-time link to the portal added."""
    token = links.make(contact_id=to.contact_id, conversation_id=to.conversation_id, now=now)
    button = policy.in_language(OPEN, message.language)
    return dataclasses.replace(message, kind="link", url=f"{to.portal_url}/l/{token}", button=button)


def invite(notice: Message, *, to: Destination, now: datetime) -> None:
    """Invite to the portal, in the flow's own words where the gate clears them, else in the policy's."""
    _say_instead("diverted", dataclasses.replace(notice, notice=notice.body), to=to, now=now, with_link=True)


def tell(words: str, *, language: str) -> Message:
    """A message of approved words."""
    return Message(kind="text", body=(Segment(words),), language=language)


def draft_of(message: Message, *, to: Destination, author: Actor, purpose: str) -> Draft:
    """The gate's view of a message: every word of it, and the payload as it will be rendered."""
    return Draft(
        contact_id=to.contact_id,
        conversation_id=to.conversation_id,
        channel_id=to.channel_id,
        channel=to.channel,
        assurance=to.assurance,
        recipient=to.recipient,
        payload=payload_of(message),
        pieces=_pieces(message, approved_url=purpose == "notice"),
        path_label=message.path | message.url_label,
        keep_for_portal=message.protected or PUBLIC,
        author=author,
        purpose=purpose,
        language=message.language,
        last_inbound_at=to.last_inbound_at,
    )


def payload_of(message: Message) -> dict[str, Any]:
    """The neutral payload that a channel turns into its wire format."""
    payload: dict[str, Any] = {"kind": message.kind, "text": message.text, "language": message.language}
    if message.options:
        payload["options"] = [
            {
                "id": option.id,
                "title": "".join(segment.text for segment in option.title),
                "description": "".join(segment.text for segment in option.description),
            }
            for option in message.options
        ]
    if message.button is not None:
        payload["button"] = message.button
    if message.url is not None:
        payload["url"] = message.url
    return payload


def content_of(outbound: Outbound) -> dict[str, Any]:
    """The payload of a message, for a view of somebody entitled."""
    opened = keys.unseal(outbound.sealed, place=f"outbound:{outbound.decision_id}", contact_id=outbound.contact_id)
    payload: dict[str, Any] = json.loads(opened)["payload"]
    return payload


def waiting_channels(*, now: datetime) -> list[uuid.UUID]:
    """The channels on which something is due or was left behind *sending*: what the sweep rings for."""
    return list(
        db.session.scalars(
            sa.select(Outbound.channel_id)
            .where(
                sa.or_(
                    sa.and_(Outbound.state == "waiting", Outbound.not_before <= now),
                    Outbound.state == "sending",
                )
            )
            .distinct()
        )
    )


def decide_unknown(outbound: Outbound, *, arrived: bool, now: datetime) -> None:
    """Settle an unknown outcome as a person found it: it arrived, or it did not and is sent again.

    Raise AlreadySettled.
    """
    if outbound.state != "unknown":
        raise AlreadySettled
    outbound.state = "accepted" if arrived else "waiting"
    outbound.finished_at = now if arrived else None
    outbound.not_before = now
    audit.record("outcome decided", subject=("outbound", outbound.id), details={"arrived": arrived})
    ring_after_commit(delivery_bell(context.current_organisation(), outbound.channel_id))


class AlreadySettled(PermissionError):
    """The outcome of the message is known by now."""


def _pieces(message: Message, *, approved_url: bool) -> tuple[Piece, ...]:
    """All words of a message. The link of a notice is ours and random; any other is content."""
    segments: list[Segment] = [*message.body]
    for option in message.options:
        segments += [Segment("\n"), Segment(option.id, approved=False), Segment("\n"), *option.title]
        segments += [Segment("\n"), *option.description]
    if message.button is not None:
        segments += [Segment("\n"), Segment(message.button)]
    if message.url is not None:
        segments += [Segment("\n"), Segment(message.url, approved=approved_url)]
    return tuple(Piece(segment.text, segment.label, segment.approved) for segment in segments)


def _queue(decision_id: uuid.UUID, sealed: bytes, *, to: Destination, author: Actor, now: datetime) -> None:
    db.session.add(
        Outbound(
            id=new_id(),
            decision_id=decision_id,
            outcome=Verdict.CLEARED.value,
            sealed=sealed,
            conversation_id=to.conversation_id,
            contact_id=to.contact_id,
            channel_id=to.channel_id,
            author_kind=author.kind,
            author_id=author.id,
            reader=to.reader if to.channel in policy.PROTECTED_CHANNELS else None,
            created_at=now,
            not_before=now,
        )
    )
    db.session.flush()
    ring_after_commit(delivery_bell(context.current_organisation(), to.channel_id))


def _keep(decision_id: uuid.UUID, message: Message, reason: str, *, to: Destination, now: datetime) -> vault.VaultEntry:
    return vault.keep(
        contact_id=to.contact_id,
        conversation_id=to.conversation_id,
        decision_id=decision_id,
        reason=reason,
        reader=to.reader,
        content={"message": as_json(message), "payload": payload_of(message)},
        now=now,
    )


def _say_instead(notice: str, message: Message, *, to: Destination, now: datetime, with_link: bool = False) -> None:
    """Say approved words in place of a message: the flow's own where the gate clears them, else the policy's."""
    try:
        words: policy.Texts = getattr(policy.in_force(now=now).document.notices, notice)
    except policy.NoPolicy:
        audit.record("notice not said", subject=("contact", to.contact_id))
        return
    choices = [tell(policy.in_language(words, message.language), language=message.language)]
    if notice == "diverted" and message.notice:
        choices.insert(0, dataclasses.replace(choices[0], body=message.notice, path=message.path))
    for instead in choices:
        said = portal_link(instead, to=to, now=now) if with_link else instead
        submission = submit(said, to=to, author=Actor("system", notice), purpose="notice", now=now)
        if submission.verdict is Verdict.CLEARED:
            return
        audit.record("notice not said", subject=("decision", submission.decision_id))
