"""What a rule is given and what it answers."""

import dataclasses
from datetime import datetime
from typing import Protocol

from compliance.decisions import Draft, Judgement
from compliance.labels import Label


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a draft when it is judged."""

    draft: Draft
    label: Label
    """Declared and recognised, joined."""
    clearance: Label
    """What may be said on this channel at this assurance."""
    can_divert: bool
    """Whether a protected channel clears the label for somebody signed in."""
    window_hours: int
    is_protected: bool
    now: datetime


class Rule(Protocol):
    """One rule. `name` is its stable id in decisions and documents."""

    name: str

    def judge(self, facts: Facts) -> Judgement | None:
        """Say what must happen, or None when the rule has no objection."""
