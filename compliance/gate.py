"""The gate: nothing goes out but through here.

`review` judges a draft and writes the decision; what is cleared is sealed and
fingerprinted. `recall` opens it again at send time, checks everything once more, and is
the only place that makes a `Cleared`. When anything fails inside, the message is held.
"""

import dataclasses
import hashlib
import json
import uuid
import weakref
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NoReturn, final

from compliance import audit, decisions, policy
from compliance.classification import CLASSIFIER_VERSION, Finding, classify
from compliance.decisions import Decision, Draft, Judgement, Piece
from compliance.labels import PUBLIC, Assurance, Direction, Label, Verdict, join, may_pass
from compliance.policy import PolicyInForce
from compliance.rules import RULES, STRICTNESS, Facts, emergencies
from tenants import context, keys
from tenants.database import NotFound, db, load, new_id

_SEAL = object()


class Forged(TypeError):
    """A Cleared was to be made elsewhere than in the gate."""


class NotRecalled(PermissionError):
    """What was cleared may not be sent now; the reason is a plain fact, never content."""


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Cleared:
    """A message that may be sent now. Senders take nothing else."""

    outbound_id: str
    organisation_id: uuid.UUID
    channel_id: uuid.UUID
    recipient: Mapping[str, str]
    payload: Mapping[str, Any]
    seal: dataclasses.InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise Forged("only the gate clears")
        _genuine.add(self)

    def __init_subclass__(cls) -> None:
        raise Forged("nothing is cleared in another way")

    def _refuse(self, *arguments: object) -> NoReturn:
        raise Forged("what is cleared is neither copied nor stored")

    __reduce__ = __reduce_ex__ = __copy__ = __deepcopy__ = __replace__ = _refuse


_genuine: weakref.WeakSet[Cleared] = weakref.WeakSet()


def check_is_genuine(message: Cleared) -> None:
    """Raise Forged unless the gate made this very message: senders ask before they send."""
    if message not in _genuine:
        raise Forged("the gate did not make this")


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """The outcome for the author: the verdict, what was found, why. `sealed` only where it was cleared."""

    decision_id: uuid.UUID
    verdict: Verdict
    label: Label
    findings: tuple[Finding, ...]
    judgements: tuple[Judgement, ...]
    sealed: bytes | None


def review(draft: Draft, *, now: datetime) -> Review:
    """Judge a draft and write the decision. Never raises for what the draft says: it holds instead."""
    decision_id = new_id()
    savepoint = db.session.begin_nested()
    try:
        outcome = _decide(decision_id, draft, now)
        db.session.flush()
    except Exception as error:  # the one place that catches everything: what cannot be judged is held
        savepoint.rollback()
        failure = Judgement(rule="gate", verdict=Verdict.HELD, reason=f"could not be judged ({type(error).__name__})")
        held = Review(decision_id, Verdict.HELD, draft.declared, (), (failure,), None)
        _write(held, draft, policy_version=0, now=now)
        db.session.flush()
        return held
    savepoint.commit()
    return outcome


def preview(draft: Draft, *, now: datetime) -> Review:
    """Judge a draft and write nothing."""
    verdict, label, findings, judgements = _judge(draft, policy.in_force(now=now), now)
    return Review(uuid.UUID(int=0), verdict, label, findings, judgements, None)


def recall(
    *,
    outbound_id: uuid.UUID,
    decision_id: uuid.UUID,
    sealed: bytes,
    conversation_id: uuid.UUID,
    channel_id: uuid.UUID,
    last_inbound_at: datetime | None,
    now: datetime,
) -> Cleared:
    """Open what was cleared, for sending now in this conversation on this channel. Raise NotRecalled."""
    try:
        decision = load(Decision, decision_id)
    except NotFound as error:
        raise NotRecalled("there is no such decision") from error
    fingerprint = hashlib.sha256(sealed).digest()
    if decision.outcome != Verdict.CLEARED.value or decision.fingerprint != fingerprint:
        raise NotRecalled("the payload is not what was cleared")
    if decision.mac != _mac(decision):
        raise NotRecalled("the decision does not bear the gate's mark")
    if (decision.conversation_id, decision.channel_id) != (conversation_id, channel_id):
        raise NotRecalled("it was cleared for another place")
    try:
        opened = json.loads(keys.unseal(sealed, place=f"outbound:{decision_id}", contact_id=decision.contact_id))
    except keys.CannotOpen as error:
        raise NotRecalled("the payload does not open") from error
    _check_still_allowed(decision, opened, last_inbound_at, now)
    return Cleared(
        outbound_id=str(outbound_id),
        organisation_id=context.current_organisation(),
        channel_id=decision.channel_id,
        recipient=MappingProxyType(opened["recipient"]),
        payload=MappingProxyType(opened["payload"]),
        seal=_SEAL,
    )


def _check_still_allowed(
    decision: Decision, opened: Mapping[str, Any], last_inbound_at: datetime | None, now: datetime
) -> None:
    if opened["purpose"] == "emergency" and emergencies.is_approved(opened["payload"]["text"]):
        return
    try:
        ruling = policy.in_force(now=now)
    except policy.NoPolicy as error:
        raise NotRecalled("no policy is in force") from error
    if opened["channel"] not in policy.PROTECTED_CHANNELS:
        window = timedelta(hours=ruling.document.window_hours)
        if last_inbound_at is None or now - last_inbound_at >= window:
            raise NotRecalled("the service window has closed")
    clearance = ruling.document.clears(channel=opened["channel"], assurance=Assurance(opened["assurance"]))
    if not may_pass(Label(opened["label"]), clearance):
        raise NotRecalled("the policy in force no longer clears this")


def _decide(decision_id: uuid.UUID, draft: Draft, now: datetime) -> Review:
    ruling = policy.in_force(now=now)
    verdict, label, findings, judgements = _judge(draft, ruling, now)
    sealed = _seal(decision_id, draft, label) if verdict is Verdict.CLEARED else None
    outcome = Review(decision_id, verdict, label, findings, judgements, sealed)
    _write(outcome, draft, policy_version=ruling.version, now=now)
    return outcome


def _judge(
    draft: Draft, ruling: PolicyInForce, now: datetime
) -> tuple[Verdict, Label, tuple[Finding, ...], tuple[Judgement, ...]]:
    _check_is_read(draft)
    if draft.purpose == "emergency" and emergencies.is_approved("".join(piece.text for piece in draft.pieces)):
        spoken = Judgement(rule="emergency", verdict=Verdict.CLEARED, reason="an approved emergency text")
        return Verdict.CLEARED, PUBLIC, (), (spoken,)
    findings = _recognised(draft.pieces, draft.language)
    label = draft.declared | join(finding.label for finding in findings)
    facts = Facts(
        draft=draft,
        label=label,
        clearance=ruling.document.clears(channel=draft.channel, assurance=draft.assurance),
        can_divert=any(
            may_pass(label, ruling.document.clears(channel=channel, assurance=Assurance.SIGNED_IN_STRONGLY))
            for channel in policy.PROTECTED_CHANNELS
        ),
        window_hours=ruling.document.window_hours,
        is_protected=draft.channel in policy.PROTECTED_CHANNELS,
        now=now,
    )
    judgements = tuple(judgement for rule in RULES if (judgement := rule.judge(facts)) is not None)
    verdict = max((j.verdict for j in judgements), key=STRICTNESS.index, default=Verdict.CLEARED)
    return verdict, label, findings, judgements


class Unread(ValueError):
    """A payload has words that are not among the pieces that are read."""


def _check_is_read(draft: Draft) -> None:
    """Raise Unread unless every word of the payload is among the pieces: what is judged is what is sent."""
    read = "".join(piece.text for piece in draft.pieces)
    for words in _words({**draft.payload, "kind": "", "language": ""}):
        if words not in read:
            raise Unread


def _words(part: Any) -> Iterator[str]:
    """Every string of a payload but the names of its parts."""
    if isinstance(part, Mapping):
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _words(one)
    elif part is not None:
        yield str(part)


def _recognised(pieces: tuple[Piece, ...], language: str) -> tuple[Finding, ...]:
    """Read all words. What lies wholly within approved words keeps the labels fixed at their approval."""
    if all(piece.approved for piece in pieces):
        return ()
    text = "".join(piece.text for piece in pieces)
    inserted: list[tuple[int, int]] = []
    at = 0
    for piece in pieces:
        if not piece.approved:
            inserted.append((at, at + len(piece.text)))
        at += len(piece.text)
    return tuple(
        finding
        for finding in classify(text, language).findings
        if any(finding.start < end and start < finding.end for start, end in inserted)
    )


def _seal(decision_id: uuid.UUID, draft: Draft, label: Label) -> bytes:
    content = {
        "payload": dict(draft.payload),
        "recipient": dict(draft.recipient),
        "channel": draft.channel,
        "assurance": int(draft.assurance),
        "label": label.value,
        "purpose": draft.purpose,
    }
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    return keys.seal(plain, place=f"outbound:{decision_id}", contact_id=draft.contact_id)


def _write(outcome: Review, draft: Draft, *, policy_version: int, now: datetime) -> None:
    reasons = {
        "label": outcome.label.names,
        "findings": [[finding.entity, finding.reason] for finding in outcome.findings],
        "judgements": [[j.rule, j.verdict.value, j.reason] for j in outcome.judgements],
        "purpose": draft.purpose,
        "author": draft.author.kind,
    }
    decision = Decision(
        id=outcome.decision_id,
        contact_id=draft.contact_id,
        conversation_id=draft.conversation_id,
        channel_id=draft.channel_id,
        direction=Direction.OUTBOUND.value,
        outcome=outcome.verdict.value,
        fingerprint=hashlib.sha256(outcome.sealed).digest() if outcome.sealed is not None else None,
        policy_version=policy_version,
        classifier_version=CLASSIFIER_VERSION,
        sealed=decisions.seal_reasons(outcome.decision_id, draft.contact_id, reasons),
        decided_at=now,
    )
    decision.mac = _mac(decision)
    db.session.add(decision)
    audit.record(
        "decided",
        subject=("decision", outcome.decision_id),
        details={"verdict": outcome.verdict.value, "channel": draft.channel, "policy": policy_version},
        about=draft.contact_id,
        private={"label": reasons["label"], "judgements": reasons["judgements"]},
    )


def _mac(decision: Decision) -> bytes:
    """The gate's mark over all that a sender relies on."""
    parts = (
        str(context.current_organisation()),
        str(decision.id),
        str(decision.contact_id),
        str(decision.conversation_id),
        str(decision.channel_id),
        decision.direction,
        decision.outcome,
        (decision.fingerprint or b"").hex(),
    )
    return keys.mac("\n".join(parts).encode(), purpose="gate")
