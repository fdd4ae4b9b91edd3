"""Channel clearance: nothing is said where its categories are not cleared."""

from compliance.decisions import Judgement
from compliance.labels import Verdict, may_pass
from compliance.rules.base import Facts


class ChannelClearance:
    """What lies outside the clearance is diverted to the portal, or refused where no portal may show it."""

    name = "channel-clearance"

    def judge(self, facts: Facts) -> Judgement | None:
        if may_pass(facts.label, facts.clearance):
            return None
        outside = ", ".join((facts.label & ~facts.clearance).names)
        verdict = Verdict.DIVERTED if facts.can_divert else Verdict.REFUSED
        return Judgement(rule=self.name, verdict=verdict, reason=f"{outside} may not be said on {facts.draft.channel}")


class KeptForPortal:
    """What its author declared protected goes to the portal, even where the policy would let it pass."""

    name = "kept-for-portal"

    def judge(self, facts: Facts) -> Judgement | None:
        if facts.is_protected or not facts.draft.keep_for_portal:
            return None
        verdict = Verdict.DIVERTED if facts.can_divert else Verdict.REFUSED
        return Judgement(rule=self.name, verdict=verdict, reason="declared as protected by its author")
