"""The state of a session: a small frozen value with one JSON form.

The one rule: it holds all that the next sprint needs besides the flow, the event, the clock and ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.events import JSON, Effect
from bot.flows.compiled import CompiledFlow
from bot.flows.values import Labelled
from compliance.labels import PUBLIC, Assurance, Label, join, parse

VERSION = 1


class UnknownState(ValueError):
    """A stored state of a version that this engine does not know."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What was branched upon at a node, remembered until the branches meet again (None: to the end)."""

    node: str
    label: Label
    until: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a session waits for: "answer", "call", "portal" or "ticket"; until when, and for which call."""

    kind: str
    node: str
    wake_at: datetime | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A session between two sprints. `waits`: "start", "answer", "call", "portal", "ticket" or "ended"."""

    flow: str
    language: str
    channel: str
    assurance: Assurance = Assurance.NUMBER_KNOWN
    node: str = ""
    waits: str = "start"
    variables: Mapping[str, Labelled] = field(default_factory=dict)
    contact: Mapping[str, JSON] = field(default_factory=dict)
    customer: Mapping[str, str] | None = None
    message: str = ""
    path: tuple[Branch, ...] = ()
    retries: int = 0
    call: str | None = None
    wake_at: datetime | None = None
    back: str | None = None
    version: int = VERSION

    @property
    def path_label(self) -> Label:
        """The join of what was branched upon on the way here."""
        return join(branch.label for branch in self.path) if self.path else PUBLIC

    @property
    def is_ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.waits == "ended"

    @property
    def wait(self) -> Wait | None:
        """What it waits for, if it does."""
        if self.waits in ("start", "ended"):
            return None
        return Wait(self.waits, self.node, self.wake_at, self.call)

    def as_json(self) -> dict[str, JSON]:
        """Write it for storage."""
        return {
            "version": self.version,
            "flow": self.flow,
            "language": self.language,
            "channel": self.channel,
            "assurance": self.assurance.name.lower(),
            "node": self.node,
            "waits": self.waits,
            "variables": {name: value.as_json() for name, value in self.variables.items()},
            "contact": dict(self.contact),
            "customer": None if self.customer is None else dict(self.customer),
            "message": self.message,
            "path": [[branch.node, branch.label.names, branch.until] for branch in self.path],
            "retries": self.retries,
            "call": self.call,
            "wake_at": None if self.wake_at is None else self.wake_at.isoformat(),
            "back": self.back,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "State":
        """Read what `as_json` wrote. Raise UnknownState."""
        if stored.get("version") != VERSION:
            raise UnknownState(str(stored.get("version"))[:20])
        return cls(
            **{
                **stored,
                "assurance": Assurance[stored["assurance"].upper()],
                "variables": {name: Labelled.from_json(value) for name, value in stored["variables"].items()},
                "path": tuple(Branch(node, parse(names), until) for node, names, until in stored["path"]),
                "wake_at": None if stored["wake_at"] is None else datetime.fromisoformat(stored["wake_at"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Sprint:
    """What one event led to."""

    session: State
    effects: tuple[Effect, ...]
    waits: Wait | None


def begin(
    *,
    flow: CompiledFlow,
    language: str,
    channel: str,
    contact: Mapping[str, JSON] | None = None,
    assurance: Assurance = Assurance.NUMBER_KNOWN,
) -> State:
    """Make a new session; it runs from its first event on (Started)."""
    spoken = language if language in flow.languages else flow.languages[0]
    return State(
        flow=flow.flow.flow,
        language=spoken,
        channel=channel,
        contact=dict(contact or {}),
        assurance=min(assurance, Assurance.CODE_CONFIRMED),
    )
