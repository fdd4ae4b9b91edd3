"""What the checks look at, prepared once.

The one rule: a check reads this and yields findings; it knows no sentence and no severity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from bot.flows.compiled import CONTACT_PUBLIC, CUSTOMER, ROOTS
from bot.flows.definition import Flow
from bot.flows.expressions import BadExpression, Expression, compile_expression
from bot.flows.nodes import BUTTON_TITLE, ROW_DESCRIPTION, ROW_TITLE, Ask, Call, Choose, Place
from bot.flows.operations import Operation
from bot.flows.texts import TEXT, Text, compile_text
from bot.flows.values import Labelled, Path
from compliance.labels import PUBLIC, Label


class Capabilities(Protocol):
    """What a channel can carry, as far as texts are concerned."""

    @property
    def button_title_characters(self) -> int: ...
    @property
    def row_title_characters(self) -> int: ...
    @property
    def row_description_characters(self) -> int: ...
    @property
    def text_characters(self) -> int: ...
    @property
    def interactive_text_characters(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Narrow:
    """What every flow must fit where no channel is named."""

    button_title_characters: int = BUTTON_TITLE
    row_title_characters: int = ROW_TITLE
    row_description_characters: int = ROW_DESCRIPTION
    text_characters: int = TEXT
    interactive_text_characters: int = 1_024


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, before it is put into words."""

    code: str
    node: str
    path: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def at(cls, code: str, node: str, path: str = "", **values: object) -> "Found":
        """Make a finding with the values of its sentence."""
        return cls(code, node, path, tuple((name, str(value)) for name, value in values.items()))


@dataclass(frozen=True, eq=False)
class Subject:
    """A flow with everything compiled that can be."""

    flow: Flow
    operations: Mapping[str, Operation]
    capabilities: Capabilities
    clearance: Label
    places: Mapping[str, tuple[Place, ...]]
    texts: Mapping[tuple[str, str], Text]
    expressions: Mapping[tuple[str, str], Expression]
    bad: tuple[Found, ...]

    @classmethod
    def of(
        cls, flow: Flow, operations: Mapping[str, Operation], capabilities: Capabilities | None, clearance: Label
    ) -> "Subject":
        """Prepare a flow."""
        places = {name: tuple(node.texts()) for name, node in flow.nodes.items()}
        texts: dict[tuple[str, str], Text] = {}
        expressions: dict[tuple[str, str], Expression] = {}
        bad: list[Found] = []
        for name, node in flow.nodes.items():
            for place in places[name]:
                try:
                    texts[name, place.path] = compile_text(place.words)
                except BadExpression as error:
                    bad.append(Found.at("bad_expression", name, place.path, reason=error))
            for path, source in node.expressions():
                try:
                    expressions[name, path] = compile_expression(source)
                except BadExpression as error:
                    bad.append(Found.at("bad_expression", name, path, reason=error))
        return cls(flow, operations, capabilities or Narrow(), clearance, places, texts, expressions, tuple(bad))

    @cached_property
    def reads(self) -> dict[str, list[tuple[str, Expression]]]:
        """Every expression of each node, those within texts too, with where it stands."""
        found: dict[str, list[tuple[str, Expression]]] = {name: [] for name in self.flow.nodes}
        for (name, path), expression in self.expressions.items():
            found[name].append((path, expression))
        for (name, place), text in self.texts.items():
            found[name] += [(place, expression) for expression in text.expressions]
        return found

    def labels(self) -> dict[str, Labelled]:
        """The label of every variable, whichever way it was set (values are left out)."""
        contact_fields = {(path[1],) for path in self._paths() if path[0] == "contact" and len(path) > 1}
        personal: dict[Path, Label] = {path: Label.PERSONAL for path in contact_fields if path[0] not in CONTACT_PUBLIC}
        known = {name: Labelled(None, label) for name, label in ROOTS.items()}
        known |= {"contact": Labelled(None, PUBLIC, personal), "customer": Labelled(None, CUSTOMER)}
        known |= {name: Labelled(None) for node in self.flow.nodes.values() for name in node.assigns()}
        before: dict[str, Labelled] = {}
        while before != known:
            before = dict(known)
            for name in self.flow.nodes:
                for variable, value in self._assigned(name, known):
                    known[variable] = _joined(known[variable], value)
        return known

    def _paths(self) -> list[Path]:
        return [path for each in self.reads.values() for _, expression in each for path in expression.reads.paths]

    def _assigned(self, name: str, known: Mapping[str, Labelled]) -> list[tuple[str, Labelled]]:
        node = self.flow.nodes[name]
        if isinstance(node, Ask):
            return [(node.ask.into, Labelled(None, node.ask.label))]
        if isinstance(node, Choose) and node.choose.into is not None:
            source = self.expressions.get((name, "options_from"))
            items = labelled(source, known) if source is not None else Labelled(None)
            return [(node.choose.into, items.under(node.choose.answer_label))]
        if isinstance(node, Call) and node.call.into is not None:
            operation = self.operations.get(node.call.operation)
            return [(node.call.into, Labelled(None, PUBLIC, operation.labels if operation else {}))]
        return [
            (variable, labelled(self.expressions[name, variable], known))
            for variable in (node.assigns() if node.kind == "set" else ())
            if (name, variable) in self.expressions
        ]


def labelled(expression: Expression, known: Mapping[str, Labelled]) -> Labelled:
    """The label of an expression, by field where it is a plain path."""
    nothing = Labelled(None)
    if expression.reads.plain is not None:
        path = expression.reads.plain
        return known.get(path[0], nothing).at(path[1:])
    label = PUBLIC
    for path in expression.reads.paths:
        label |= known.get(path[0], nothing).label_at(path[1:])
    return Labelled(None, label)


def _joined(one: Labelled, other: Labelled) -> Labelled:
    fields = {
        path: one.fields.get(path, PUBLIC) | other.fields.get(path, PUBLIC) for path in {*one.fields, *other.fields}
    }
    return Labelled(None, one.label | other.label, fields)
