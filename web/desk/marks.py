"""A typed text with its findings marked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from compliance.labels import Label


class Found(Protocol):
    """What was recognised at a place of a text."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def entity(self) -> str: ...
    @property
    def label(self) -> Label: ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the text; with an entity where something was found in it."""

    text: str
    entity: str | None = None
    category: str | None = None


def marked(text: str, findings: Iterable[Found]) -> list[Stretch]:
    """Cut a text into stretches; of findings that overlap the first and longest is shown."""
    stretches: list[Stretch] = []
    at = 0
    for finding in sorted(findings, key=lambda one: (one.start, -one.end)):
        if finding.start < at:
            continue
        stretches.append(Stretch(text[at : finding.start]))
        category = next(iter(finding.label.names), None)
        stretches.append(Stretch(text[finding.start : finding.end], finding.entity, category))
        at = finding.end
    stretches.append(Stretch(text[at:]))
    return [stretch for stretch in stretches if stretch.text]
