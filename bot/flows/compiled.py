"""A flow made ready to run: once a version.

The one rule: compiling succeeds for any flow without errors among its problems, and the engine
never parses anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.definition import BadFlow, Flow
from bot.flows.dominators import meeting_points
from bot.flows.expressions import BadExpression, Expression, compile_expression
from bot.flows.nodes import Ask, Call, Choose, Handoff, Node, Portal
from bot.flows.operations import Operation
from bot.flows.texts import Text, compile_text
from bot.flows.values import Labelled
from compliance.labels import PUBLIC, Label

CUSTOMER = Label.CLIENT | Label.PERSONAL
ROOTS: dict[str, Label] = {
    "contact": PUBLIC,
    "customer": CUSTOMER,
    "channel": PUBLIC,
    "language": PUBLIC,
    "now": PUBLIC,
    "message": PUBLIC,
}
"""The variables that every flow may read. A contact's fields are labelled one by one."""

CONTACT_PUBLIC = frozenset({"given_name", "language"})
"""Fields of a contact that are no personal data by themselves; all others are PERSONAL."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledNode:
    """A node with its texts and expressions compiled, and where its branches meet again."""

    id: str
    kind: str
    definition: Node
    routes: Mapping[str, str]
    texts: Mapping[str, Text]
    expressions: Mapping[str, Expression]
    until: str | None
    operation: Operation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledFlow:
    """A flow ready to run."""

    flow: Flow
    start: str
    languages: tuple[str, ...]
    handlers: Mapping[str, str]
    nodes: Mapping[str, CompiledNode]
    variables: Mapping[str, Labelled]
    contact_fields: frozenset[str]


def compile(flow: Flow, operations: Mapping[str, Operation]) -> CompiledFlow:  # noqa: A001 (the trade's word)
    """Compile a flow with the operations that it may call. Raise BadFlow."""
    reasons: list[str] = []
    meeting = meeting_points(edges={name: ways_out(node) for name, node in flow.nodes.items()})
    nodes = {name: _node(name, node, operations, meeting[name], reasons) for name, node in flow.nodes.items()}
    for name, node in nodes.items():
        reasons += [
            f"node {name}, {route}: there is no node {target!r}"
            for route, target in node.routes.items()
            if target not in nodes
        ]
    reasons += [f"handlers.{word}: there is no node {to!r}" for word, to in flow.handlers.routes() if to not in nodes]
    if reasons:
        raise BadFlow(reasons)
    unset = {variable: value for node in nodes.values() for variable, value in _unset(node)}
    return CompiledFlow(
        flow, flow.start, tuple(flow.languages), dict(flow.handlers.routes()), nodes, unset, _contact_fields(nodes)
    )


def ways_out(node: Node) -> list[str]:
    """Where a node may lead; "" where it may end the conversation."""
    targets = [target for _, target in node.routes()]
    return [*targets, ""] if may_end(node) else targets


def may_end(node: Node) -> bool:
    """Tell whether the conversation may end or stay with a person here, for want of a route."""
    names = {name for name, _ in node.routes()}
    match node:
        case Choose():
            options = {f"routes.{option.id}" for option in node.choose.options}
            complete = options <= names or "next" in names
            dynamic = node.choose.options_from is None or "next" in names
            return not ("otherwise" in names and complete and dynamic) or _may_lapse(node.choose.timeout, names)
        case Ask():
            return not {"next", "invalid"} <= names or _may_lapse(node.ask.timeout, names)
        case Call():
            return not {"next", "error"} <= names
        case Portal():
            return "next" not in names or _may_lapse(node.portal.timeout, names)
        case Handoff():
            return "next" not in names
    return "next" not in names and "otherwise" not in names


def _may_lapse(timeout: object, names: set[str]) -> bool:
    return timeout is not None and "expired" not in names


def _node(
    name: str, node: Node, operations: Mapping[str, Operation], until: str | None, reasons: list[str]
) -> CompiledNode:
    texts: dict[str, Text] = {}
    expressions: dict[str, Expression] = {}
    for place in node.texts():
        try:
            texts[place.path] = compile_text(place.words)
        except BadExpression as error:
            reasons.append(f"node {name}, {place.path}: {error}")
    for path, source in node.expressions():
        try:
            expressions[path] = compile_expression(source)
        except BadExpression as error:
            reasons.append(f"node {name}, {path}: {error}")
    operation = operations.get(node.call.operation) if isinstance(node, Call) else None
    if isinstance(node, Call) and operation is None:
        reasons.append(f"node {name}, operation: there is no operation {node.call.operation}")
    return CompiledNode(name, node.kind, node, dict(node.routes()), texts, expressions, until, operation)


def _unset(node: CompiledNode) -> list[tuple[str, Labelled]]:
    """Its variables before they are set: that they are still missing tells as much as their values."""
    definition = node.definition
    label = PUBLIC
    if isinstance(definition, Ask):
        label = definition.ask.label
    elif isinstance(definition, Choose):
        label = definition.choose.answer_label
    elif node.operation is not None:
        label = node.operation.outcome
    return [(variable, Labelled(None, label)) for variable in definition.assigns()]


def _contact_fields(nodes: Mapping[str, CompiledNode]) -> frozenset[str]:
    read = [each for node in nodes.values() for each in node.expressions.values()]
    read += [each for node in nodes.values() for text in node.texts.values() for each in text.expressions]
    return frozenset(path[1] for each in read for path in each.reads.paths if path[0] == "contact" and len(path) > 1)
