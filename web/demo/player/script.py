"""A scripted conversation as the player reads it, and what it makes of what was said.

The one rule: a step that expects anything names every message that comes of it.
"""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

WHATSAPP, PORTAL = "whatsapp", "portal"


@dataclasses.dataclass(frozen=True, slots=True)
class Expectation:
    """What a message of a step must be. `by` is who speaks: flow, policy, emergency."""

    on: str
    contains: tuple[str, ...]
    verdict: str
    by: str

    def __str__(self) -> str:
        return f"{self.verdict} on {self.on}: {' … '.join(self.contains) or 'anything'}"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One act, and what it leads to. `expect` is None where the script leaves that open."""

    act: str
    value: Any
    expect: tuple[Expectation, ...] | None
    never: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """A conversation of one customer with one firm."""

    firm: str
    name: str
    title: str
    phone: str
    customer: str
    language: str
    absent: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A message as its reader saw it, with what was decided about it.

    `words` are the masked ones where something was masked; None where nobody saw any,
    because it was withheld.
    """

    decision_id: uuid.UUID
    at: datetime
    is_inbound: bool
    channel: str
    words: str | None
    options: tuple[str, ...]
    verdict: str
    reason: str
    purpose: str

    @property
    def all_words(self) -> str:
        """Everything on it that can be read."""
        return "\n".join([self.words or "", *self.options])


def read_script(document: Mapping[str, Any], *, firm: str) -> Script:
    """Read the document of a conversation."""
    customer = document["customer"]
    return Script(
        firm=firm,
        name=document["conversation"],
        title=document["title"],
        phone=customer["phone"],
        customer=customer["name"],
        language=customer["language"],
        absent=_several(document.get("absent", ())),
        steps=tuple(_step(step) for step in document["steps"]),
    )


def differences(step: Step, messages: Sequence[Message]) -> list[str]:
    """What is different from what the step wants, in words."""
    said = [message for message in messages if not message.is_inbound]
    found = [f"never {text!r} got it" for text in step.never if any(text in one.all_words for one in said)]
    if step.expect is None:
        return found
    found += [
        f"expected {wanted} got {_shown(said)}"
        for wanted in step.expect
        if not any(fits(message, wanted) for message in said)
    ]
    found += [
        f"expected nothing more got {_shown([message])}"
        for message in said
        if not any(fits(message, wanted) for wanted in step.expect)
    ]
    return found


def fits(message: Message, wanted: Expectation) -> bool:
    """Whether a message is what is expected. An emergency text is one by the gate's word, not by its own."""
    return (
        message.channel == wanted.on
        and message.verdict == wanted.verdict
        and (message.purpose == "emergency") == (wanted.by == "emergency")
        and all(text in message.all_words for text in wanted.contains)
    )


def _step(written: Mapping[str, Any]) -> Step:
    (act,) = written.keys() - {"expect", "never"}
    expect = None
    if "expect" in written:
        expect = tuple(
            Expectation(
                on=wanted["on"],
                contains=_several(wanted.get("contains", ())),
                verdict=wanted["verdict"],
                by=wanted.get("by", "flow"),
            )
            for wanted in written["expect"]
        )
    return Step(act=act, value=written[act], expect=expect, never=_several(written.get("never", ())))


def _several(written: str | Sequence[str]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(map(str, written))


def _shown(said: Sequence[Message]) -> str:
    return " and ".join(f"{one.verdict} on {one.channel}: {one.all_words!r}" for one in said) or "nothing"
