"""What is in a message: classify() names the protected places, the language and the signals of danger.

Pure and deterministic. A cheap look (digits, marks, beginnings of words) decides which families are asked at all.
"""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compliance import languages
from compliance.labels import Label, join
from compliance.normalisation import Text, normalise
from compliance.recognisers import ALARMS, FAMILIES
from compliance.recognisers.finding import Finding, heads

__all__ = ["CLASSIFIER_VERSION", "Finding", "Findings", "classify"]

CLASSIFIER_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a message holds."""

    findings: tuple[Finding, ...]
    label: Label
    """The join of the labels of all findings."""
    language: str | None
    signals: frozenset[str]


def classify(text: str, language: str | None = None) -> Findings:
    """Classify a text of any length; `language` is what is known of it, else it is detected."""
    normal = normalise(text)
    found = tuple(_best(_look(normal)))
    return Findings(
        findings=found,
        label=join({finding.label for finding in found}),
        language=language or languages.detect(normal.words),
        signals=frozenset(alarm.signal for alarm in ALARMS if alarm.sounds(normal)),
    )


def _look(text: Text) -> Iterable[Finding]:
    for family, cues in _FAMILIES:
        if text.digits < family.digits:
            continue
        if (cues or family.marks) and cues.isdisjoint(text.heads) and not any(m in text.plain for m in family.marks):
            continue
        for match in family.find(text):
            start, end = text.span(match.start, match.end)
            yield Finding(start, end, match.entity, family.entities[match.entity], match.score, match.reason)


def _best(found: Iterable[Finding]) -> Sequence[Finding]:
    """Keep the best of those that overlap: the surer one, then the longer one. What stands is in order."""
    ranked = sorted(found, key=lambda f: (-f.score, f.start - f.end, f.start, f.entity))
    if len(ranked) < 2:
        return ranked
    kept: list[Finding] = []
    ordered: list[tuple[int, int]] = []
    for finding in ranked:
        place = bisect.bisect_left(ordered, (finding.end, -1))
        if place and ordered[place - 1][1] > finding.start:
            continue
        ordered.insert(place, (finding.start, finding.end))
        kept.append(finding)
    return sorted(kept, key=lambda f: (f.start, f.end))


_FAMILIES = tuple((family, heads(family.cues)) for family in FAMILIES)
