"""The service window: free text only for so many hours after the customer's last message.

WhatsApp refuses it after 24 hours with error 131047; we do not try.
"""

from datetime import timedelta

from compliance.decisions import Judgement
from compliance.labels import Verdict
from compliance.rules.base import Facts


class ServiceWindow:
    """Outside the window a person must decide how to reach the customer."""

    name = "service-window"

    def judge(self, facts: Facts) -> Judgement | None:
        if facts.is_protected or is_open(facts):
            return None
        return Judgement(
            rule=self.name,
            verdict=Verdict.HELD,
            reason=f"the customer last wrote more than {facts.window_hours} hours ago",
        )


def is_open(facts: Facts) -> bool:
    """Tell whether the window is open."""
    last = facts.draft.last_inbound_at
    return last is not None and facts.now - last < timedelta(hours=facts.window_hours)
