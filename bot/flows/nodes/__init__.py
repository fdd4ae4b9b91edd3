"""The nodes of the flow language, one class each.

The one rule: a node says itself which routes, texts and expressions it has, so that compiling,
checking, drawing and documenting walk all of them alike.
"""

from bot.flows.nodes.base import BUTTON_TITLE, BUTTONS, ROW_DESCRIPTION, ROW_TITLE, ROWS, Name, Node, NodeId, Place
from bot.flows.nodes.course import Call, Decide, End, Handoff, Portal, Set
from bot.flows.nodes.dialogue import Ask, AskConfig, Choose, Say

__all__ = [
    "BUTTONS",
    "BUTTON_TITLE",
    "REGISTRY",
    "ROWS",
    "ROW_DESCRIPTION",
    "ROW_TITLE",
    "AnyNode",
    "Ask",
    "AskConfig",
    "Call",
    "Choose",
    "Decide",
    "End",
    "Handoff",
    "Name",
    "Node",
    "NodeId",
    "Place",
    "Portal",
    "Say",
    "Set",
]

REGISTRY: dict[str, type[Node]] = {
    node.kind: node for node in (Say, Ask, Choose, Decide, Call, Set, Portal, Handoff, End)
}
AnyNode = Say | Ask | Choose | Decide | Call | Set | Portal | Handoff | End
