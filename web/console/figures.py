"""The figures of the overview: counts only, of the last twenty-four hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance import decisions
from compliance.labels import Direction

HOURS = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour brought."""

    at: datetime
    inbound: int
    outbound: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the last day brought. `stopped` counts by outcome what did not go out as it was."""

    hours: Sequence[Hour]
    stopped: dict[str, int]
    masked: int

    @property
    def inbound(self) -> int:
        return sum(hour.inbound for hour in self.hours)

    @property
    def outbound(self) -> int:
        return sum(hour.outbound for hour in self.hours)

    @property
    def is_empty(self) -> bool:
        return not self.inbound and not self.outbound and not any(self.stopped.values())


def last_day(*, now: datetime) -> Figures:
    """Count the messages of the last day by hour and outcome."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    hours = [newest - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    inbound = dict.fromkeys(hours, 0)
    outbound = dict.fromkeys(hours, 0)
    stopped = dict.fromkeys(("diverted", "held", "refused"), 0)
    masked = 0
    for at, direction, outcome, number in decisions.by_hour(since=hours[0]):
        if direction == Direction.INBOUND.value:
            inbound[at] = inbound.get(at, 0) + number
            masked += number if outcome == decisions.MASKED else 0
        elif outcome in stopped:
            stopped[outcome] += number
        else:
            outbound[at] = outbound.get(at, 0) + number
    return Figures([Hour(at, inbound[at], outbound[at]) for at in hours], stopped, masked)
