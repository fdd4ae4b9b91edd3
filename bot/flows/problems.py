"""Problems of a flow, found before anybody meets them.

The one rule: each has a code, a severity, a node, a path within it and a sentence; a flow with an
error is not published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.flows.checks import protection, structure, variables, wording
from bot.flows.checks.subject import Capabilities, Found, Subject
from bot.flows.definition import Flow
from bot.flows.operations import Operation
from compliance.labels import PUBLIC, Label

ERROR, WARNING = "error", "warning"

SENTENCES: dict[str, tuple[str, str]] = {
    "dangling": (ERROR, "{route} leads to {target}, which does not exist."),
    "unreachable": (WARNING, "Nothing leads here."),
    "endless": (ERROR, "This comes round again without ever waiting: {nodes}."),
    "unknown_option": (ERROR, "There is a route for {option}, which is no option."),
    "option_without_route": (WARNING, "The option {option} leads nowhere: the conversation ends there."),
    "call_without_error": (WARNING, "If the call fails, there is no way on but a person."),
    "timeout_without_route": (WARNING, "After the time-out the conversation simply ends."),
    "bad_expression": (ERROR, "This expression cannot be used: {reason}."),
    "unknown_variable": (ERROR, "Nothing sets {variable}."),
    "unknown_field": (ERROR, "{variable} has no field {field}."),
    "unused_variable": (WARNING, "{variable} is set and never read."),
    "reserved_name": (ERROR, "{variable} is a name of the engine and cannot be set."),
    "unknown_operation": (ERROR, "There is no operation {operation}."),
    "unknown_parameter": (ERROR, "{operation} does not take {parameter}."),
    "missing_parameter": (ERROR, "{operation} needs {parameter}."),
    "person_not_customer": (ERROR, "{parameter} selects protected data: only customer.id may be given to it."),
    "call_before_sign_in": (ERROR, "{operation} needs {assurance}; put a portal node before it."),
    "missing_translation": (WARNING, "There is no text in {languages}."),
    "unknown_language": (WARNING, "This text is in {languages}, which the flow does not speak."),
    "empty_text": (ERROR, "The text is empty."),
    "text_too_long": (ERROR, "The text in {language} has {length} characters; {limit} are possible."),
    "title_too_long": (WARNING, "The title in {language} has {length} characters; {limit} are shown."),
    "no_notice": (ERROR, "What is protected needs a notice that may be said openly."),
    "said_openly": (
        ERROR,
        "This would say {categories} on an open channel; protect it or put a portal node before it.",
    ),
}
"""Severity and sentence of every code. Translations are keyed by the code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a flow, or may be."""

    code: str
    severity: str
    node: str
    path: str
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Write it for the editor and the command."""
        return {
            "code": self.code,
            "severity": self.severity,
            "node": self.node,
            "path": self.path,
            "sentence": self.sentence,
            "values": dict(self.values),
        }


def check(
    flow: Flow,
    operations: Mapping[str, Operation],
    capabilities: Capabilities | None = None,
    *,
    clearance: Label = PUBLIC,
) -> list[Problem]:
    """Find the problems of a flow, errors first.

    `capabilities` are those of the narrowest channel that it will speak on; `clearance` is what may
    be said on an open channel.
    """
    subject = Subject.of(flow, operations, capabilities, clearance)
    found: list[Found] = []
    for each in (structure, variables, wording, protection):
        found += each.find(subject)
    return _ordered(_problem(each) for each in dict.fromkeys(found))


def _problem(found: Found) -> Problem:
    severity, sentence = SENTENCES[found.code]
    values = dict(found.values)
    return Problem(found.code, severity, found.node, found.path, sentence.format(**values), values)


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.severity != ERROR)
