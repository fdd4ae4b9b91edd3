"""Protected data said openly: a first, conservative look, without what branches tell.

The one rule: a node counts as open unless every way to it has passed a portal since the customer
last had the word; whoever may write may do so on the open channel, and assurance falls.
"""

from collections.abc import Iterator

from bot.flows.checks.subject import Found, Subject, labelled
from bot.flows.nodes import Call, Handoff, Portal, Say
from bot.flows.values import Labelled
from compliance.labels import Assurance, Label, join

_WORD_IS_THEIRS = ("ask", "choose", "handoff")


def find(subject: Subject) -> Iterator[Found]:
    """Protected values in texts on open channels, calls before sign-in, protected texts without a notice."""
    known = subject.labels()
    openly = _open_nodes(subject)
    for name, node in subject.flow.nodes.items():
        if isinstance(node, Say) and node.say.protected is not None and node.say.notice is None:
            yield Found.at("no_notice", name, "notice")
        if isinstance(node, Call) and name in openly:
            operation = subject.operations.get(node.call.operation)
            if operation is not None and operation.assurance >= Assurance.SIGNED_IN:
                needed = operation.assurance.name.lower().replace("_", " ")
                called = node.call.operation
                yield Found.at("call_before_sign_in", name, "operation", operation=called, assurance=needed)
        for place in subject.places[name]:
            if _is_open(node, place.path, name in openly):
                beyond = _label(subject, name, place.path, known) & ~subject.clearance
                if beyond:
                    yield Found.at("said_openly", name, place.path, categories=", ".join(beyond.names))


def _label(subject: Subject, name: str, place: str, known: dict[str, Labelled]) -> Label:
    text = subject.texts.get((name, place))
    source = subject.expressions.get((name, "options_from"))
    scope = {**known, "item": labelled(source, known)} if source is not None else known
    return join(labelled(each, scope).label_at(()) for each in text.expressions) if text is not None else Label(0)


def _is_open(node: object, place: str, is_open: bool) -> bool:
    """Whether a text may be seen on an open channel."""
    if isinstance(node, Portal) or (isinstance(node, Say) and place == "notice"):
        return True
    if isinstance(node, Say) and node.say.protected is not None and place == "text":
        return False
    return is_open and not (isinstance(node, Handoff) and place == "note")


def _open_nodes(subject: Subject) -> set[str]:
    """Nodes that may be come to while the customer is on an open channel."""
    nodes = subject.flow.nodes
    seen: set[str] = set()
    stack = [subject.flow.start, *(target for _, target in subject.flow.handlers.routes())]
    # Wherever the customer has the word, what follows may be on the open channel again.
    stack += [t for node in nodes.values() if node.kind in _WORD_IS_THEIRS for _, t in node.routes()]
    while stack:
        name = stack.pop()
        if name not in nodes or name in seen:
            continue
        seen.add(name)
        stack += [t for route, t in nodes[name].routes() if not (nodes[name].kind == "portal" and route == "next")]
    return seen
