"""The rules of the gate, one class each; the strictest that speaks wins."""

from compliance.labels import Verdict
from compliance.rules.base import Facts, Rule
from compliance.rules.clearance import ChannelClearance, KeptForPortal
from compliance.rules.window import ServiceWindow

RULES: tuple[Rule, ...] = (ChannelClearance(), KeptForPortal(), ServiceWindow())

STRICTNESS = (Verdict.CLEARED, Verdict.DIVERTED, Verdict.HELD, Verdict.REFUSED)

__all__ = ["RULES", "STRICTNESS", "Facts", "Rule"]
