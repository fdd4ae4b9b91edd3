"""Intake: what a customer wrote is read, and what is sensitive is masked.

What was written on an open channel has already reached it; here it goes no further. The
masked words are what the rest of the house sees. Secrets are not kept at all (PCI DSS
3.3.1: no security codes or PINs, not even encrypted).
"""

import dataclasses
import uuid
from datetime import datetime

from compliance import audit, decisions, policy
from compliance.classification import CLASSIFIER_VERSION, Finding, classify
from compliance.decisions import MASKED, Decision
from compliance.labels import Assurance, Direction, Label, Verdict, may_pass
from tenants import keys
from tenants.database import db, new_id


@dataclasses.dataclass(frozen=True, slots=True)
class Intake:
    """What was read. `masked` is fit for every view; `kept` is sealed, for those entitled."""

    decision_id: uuid.UUID
    masked: str
    kept: str
    findings: tuple[Finding, ...]
    label: Label
    language: str | None
    signals: frozenset[str]
    is_masked: bool


def take_in(
    text: str,
    *,
    contact_id: uuid.UUID,
    conversation_id: uuid.UUID,
    channel_id: uuid.UUID,
    channel: str,
    assurance: Assurance,
    language: str | None,
    now: datetime,
) -> Intake:
    """Read what a customer wrote and write the decision about it."""
    ruling = policy.in_force(now=now)
    found = classify(text, language)
    clearance = ruling.document.clears(channel=channel, assurance=assurance)
    outside = tuple(finding for finding in found.findings if not may_pass(finding.label, clearance))
    decision = Decision(
        id=new_id(),
        contact_id=contact_id,
        conversation_id=conversation_id,
        channel_id=channel_id,
        direction=Direction.INBOUND.value,
        outcome=MASKED if outside else Verdict.CLEARED.value,
        fingerprint=None,
        policy_version=ruling.version,
        classifier_version=CLASSIFIER_VERSION,
        decided_at=now,
    )
    reasons = {
        "label": found.label.names,
        "findings": [[finding.entity, finding.reason] for finding in found.findings],
        "signals": sorted(found.signals),
        "judgements": [],
    }
    decision.sealed = decisions.seal_reasons(decision.id, contact_id, reasons)
    decision.mac = keys.mac(f"{decision.id}\n{decision.outcome}".encode(), purpose="intake")
    db.session.add(decision)
    audit.record(
        "received",
        subject=("decision", decision.id),
        details={"channel": channel, "masked": bool(outside)},
        about=contact_id,
        private={"label": reasons["label"], "signals": reasons["signals"]},
    )
    return Intake(
        decision_id=decision.id,
        masked=mask(text, outside),
        kept=mask(text, tuple(finding for finding in outside if finding.label & Label.SECRET)),
        findings=found.findings,
        label=found.label,
        language=found.language,
        signals=found.signals,
        is_masked=bool(outside),
    )


def mask(text: str, findings: tuple[Finding, ...]) -> str:
    """Put the name of what was found in place of it: `mon IBAN est [IBAN]`."""
    pieces: list[str] = []
    at = 0
    for finding in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        if finding.end <= at:
            continue
        pieces.append(text[at : max(at, finding.start)])
        pieces.append(f"[{finding.entity}]")
        at = finding.end
    pieces.append(text[at:])
    return "".join(pieces)
