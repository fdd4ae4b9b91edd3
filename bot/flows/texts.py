"""Texts of flows: in one or several languages, with `{{ expression }}` in them.

The one rule: the words of the flow are approved, what is inserted is not, and both stay apart
as segments until the gate has seen them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from bot.events import JSON, Segment
from bot.flows.expressions import BadExpression, Expression, compile_expression
from bot.flows.values import Labelled

TEXT = 4_096
LANGUAGES = ("de", "fr", "it", "en", "id")

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Words = str | dict[Language, str]
"""A text of a flow: `{de: …, fr: …}` or one string for all languages."""

_INSERT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A text in one language: fixed segments and expressions."""

    parts: tuple[Segment | Expression, ...]

    def render(self, *, roots: Mapping[str, Labelled]) -> tuple[Segment, ...]:
        """Insert the values. Raise ExpressionFailed."""
        return tuple(part if isinstance(part, Segment) else _inserted(part, roots) for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A compiled text in its languages."""

    templates: Mapping[str, Template]

    def render(self, *, language: str, roots: Mapping[str, Labelled]) -> tuple[Segment, ...]:
        """Render in this language, else in English, else in the first there is."""
        templates = self.templates
        template = templates.get(language) or templates.get("") or templates.get("en")
        return (template or next(iter(templates.values()))).render(roots=roots)

    @property
    def expressions(self) -> list[Expression]:
        """Every expression in it."""
        return [part for each in self.templates.values() for part in each.parts if isinstance(part, Expression)]


def compile_text(words: Words) -> Text:
    """Compile a text. Raise BadExpression."""
    by_language = {"": words} if isinstance(words, str) else words
    return Text({language: _template(text) for language, text in by_language.items()})


def _template(text: str) -> Template:
    parts: list[Segment | Expression] = []
    for position, piece in enumerate(_INSERT.split(text)):
        if position % 2:
            parts.append(compile_expression(piece.strip()))
        elif "{{" in piece:
            raise BadExpression("{{ without }}")
        elif piece:
            parts.append(Segment(piece))
    return Template(tuple(parts))


def _inserted(expression: Expression, roots: Mapping[str, Labelled]) -> Segment:
    result = expression.evaluate(roots=roots)
    return Segment(written(result.value), result.label_at(()), approved=False)


def written(value: JSON) -> str:
    """Write a value as words: `2.0` as 2, a list with commas, nothing for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list):
        return ", ".join(written(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(written(item) for item in value.values())
    return str(value)
