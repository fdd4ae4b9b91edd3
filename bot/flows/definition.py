"""A flow as a document: YAML for people and git, JSON in the database, one typed model.

The one rule: whatever is not understood is refused with the node and the field, in plain words.
"""

import io
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_serializer, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

from bot.flows.nodes import REGISTRY, AnyNode, Node, NodeId
from bot.flows.operations import Strict
from bot.flows.texts import Language, Words

NODES = 1_000
DOCUMENT = 1024 * 1024


class BadFlow(ValueError):
    """A document that is no flow; `reasons` names node and field for each fault."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Handlers(Strict):
    """Nodes that answer words understood anywhere in the conversation."""

    human: NodeId | None = None
    help: NodeId | None = None
    stop: NodeId | None = None

    def routes(self) -> list[tuple[str, str]]:
        """The declared ones: word and node."""
        return [(name, target) for name in ("human", "help", "stop") if (target := getattr(self, name))]


class Flow(Strict):
    """A flow document."""

    guichet: Literal[1] = 1
    flow: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    title: Words = ""
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)] = ["en"]
    start: NodeId
    handlers: Handlers = Handlers()
    nodes: dict[NodeId, AnyNode]

    @field_validator("nodes", mode="before")
    @classmethod
    def _read_nodes(cls, nodes: object) -> object:
        if not isinstance(nodes, dict) or not nodes:
            raise ValueError("must be a mapping of names to nodes")
        if len(nodes) > NODES:
            raise ValueError(f"more than {NODES} nodes")
        return {str(name): _node(str(name), body) for name, body in nodes.items()}

    @field_serializer("nodes")
    def _write_nodes(self, nodes: dict[str, Node]) -> dict[str, Any]:
        return {name: node.model_dump(mode="json", by_alias=True, exclude_unset=True) for name, node in nodes.items()}

    @model_validator(mode="after")
    def _start_exists(self) -> Self:
        if self.start not in self.nodes:
            raise ValueError(f"start: there is no node {self.start!r}")
        return self

    def as_json(self) -> dict[str, Any]:
        """The document as JSON, with what was written and no defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def load(text: str) -> Flow:
    """Read a flow from YAML or JSON. Raise BadFlow."""
    document = read_document(text)
    try:
        return Flow.model_validate(document)
    except ValidationError as error:
        raise BadFlow([_plainly(fault) for fault in error.errors()]) from None


def read_document(text: str) -> dict[str, Any]:
    """Read one YAML or JSON mapping, without aliases and of bounded size. Raise BadFlow."""
    if len(text.encode("utf-8", "replace")) > DOCUMENT:
        raise BadFlow([f"the document is larger than {DOCUMENT // 1024} KiB"])
    yaml = YAML(typ="safe", pure=True)
    try:
        if any(isinstance(event, AliasEvent) for event in yaml.parse(io.StringIO(text))):
            raise BadFlow(["aliases (*name) are not accepted"])
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise BadFlow([f"not well-formed YAML{place}"]) from None
    except RecursionError:
        raise BadFlow(["the document is nested too deeply"]) from None
    if not isinstance(document, dict):
        raise BadFlow(["the document must be a mapping"])
    return document


def _node(name: str, body: object) -> Node:
    if isinstance(body, Node):
        return body
    if not isinstance(body, dict):
        raise ValueError(f"node {name}: must be a mapping")
    kinds = [kind for kind in REGISTRY if kind in body]
    if len(kinds) != 1:
        found = "several kinds" if kinds else "no kind"
        raise ValueError(f"node {name}: has {found}; one of {', '.join(REGISTRY)} is needed")
    try:
        return REGISTRY[kinds[0]].model_validate(body)
    except ValidationError as error:
        raise ValueError("\n".join(f"node {name}, {_plainly(fault)}" for fault in error.errors())) from None


def _plainly(fault: Any) -> str:
    """One fault of pydantic in plain words: `field: what is wrong`."""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if message.startswith("node ") or not fault["loc"]:
        return message
    path = ".".join(str(part) for part in fault["loc"] if str(part) != "nodes")
    words = {"extra_forbidden": "is not known here", "missing": "is missing"}.get(fault["type"], message)
    return f"{path}: {words}"
