"""Expressions of flows: CEL, run on a context of just what they read.

The one rule: a result carries the union of the labels of everything the expression could read,
whichever way it went. The syntax tree comes from cel-python, the running from
common-expression-language (twenty times faster); both must accept an expression.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cel

from bot.events import JSON
from bot.flows.reads import BadExpression, Reads, reads_of
from bot.flows.values import LIST_ITEMS, Labelled, Path, TooLarge, check_size, extent
from compliance.labels import PUBLIC

__all__ = ["BadExpression", "Expression", "ExpressionFailed", "compile_expression"]


class ExpressionFailed(ValueError):
    """An expression that could not be evaluated; its text is a code, never content."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression and the paths that it reads."""

    source: str
    reads: Reads
    program: cel.Program

    @property
    def roots(self) -> frozenset[str]:
        """The names of the variables that it reads."""
        return frozenset(path[0] for path in self.reads.paths)

    def evaluate(self, *, roots: Mapping[str, Labelled]) -> Labelled:
        """Evaluate on these variables; the result carries the labels of what was read. Raise ExpressionFailed."""
        if self.reads.plain is not None:
            return self._read(self.reads.plain, roots)
        label = PUBLIC
        context: dict[str, JSON] = {}
        for path in self.reads.paths:
            root = roots.get(path[0])
            if root is not None:
                label |= root.label_at(path[1:])
            _place(context, path, None if root is None else root.value)
        if self.reads.items < LIST_ITEMS and extent(context) > self.reads.items:
            raise ExpressionFailed("could_run_too_long")
        return Labelled(_as_json(self._run(context)), label)

    def is_true(self, *, roots: Mapping[str, Labelled]) -> Labelled:
        """Evaluate a condition. Raise ExpressionFailed when it is not true or false."""
        result = self.evaluate(roots=roots)
        if not isinstance(result.value, bool):
            raise ExpressionFailed("not_a_condition")
        return result

    def _read(self, path: Path, roots: Mapping[str, Labelled]) -> Labelled:
        root = roots.get(path[0])
        if root is None:
            if len(path) > 1:
                raise ExpressionFailed("missing_value")
            return Labelled(None)
        value = root.value
        for name in path[1:]:
            if not isinstance(value, dict) or name not in value:
                raise ExpressionFailed("missing_value")
            value = value[name]
        part = root.at(path[1:]) if root.fields else Labelled(value, root.label)
        return Labelled(_as_json(part.value), part.label, part.fields)

    def _run(self, context: dict[str, JSON]) -> JSON:
        try:
            return self.program.execute(context)
        except KeyError:
            raise ExpressionFailed("missing_value") from None
        except (RuntimeError, TypeError, ValueError, ArithmeticError, LookupError):
            raise ExpressionFailed("expression_failed") from None


@lru_cache(maxsize=20_000)
def compile_expression(source: str) -> Expression:
    """Compile an expression once. Raise BadExpression."""
    reads = reads_of(source)
    try:
        return Expression(source, reads, cel.compile(source))
    except (ValueError, RuntimeError, TypeError):
        raise BadExpression("not well formed") from None


def _place(context: dict[str, JSON], path: Path, value: JSON) -> None:
    """Copy the value at a path, and nothing beside it, into the context."""
    if len(path) == 1:
        context[path[0]] = value
        return
    place = context.setdefault(path[0], {})
    for name in path[1:-1]:
        value = value.get(name) if isinstance(value, dict) else None
        place = place.setdefault(name, {})
    if isinstance(value, dict) and path[-1] in value:
        place[path[-1]] = value[path[-1]]


def _as_json(value: JSON) -> JSON:
    if value is None or isinstance(value, (bool, str)):
        return _checked(value) if isinstance(value, str) and len(value) > 4096 else value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExpressionFailed("not_a_number")
        return value
    if isinstance(value, (list, dict)):
        return _checked(value)
    raise ExpressionFailed("not_a_value")


def _checked(value: JSON) -> JSON:
    try:
        check_size(value)
    except TooLarge as error:
        raise ExpressionFailed(str(error)) from None
    except (TypeError, ValueError):
        raise ExpressionFailed("not_a_value") from None
    return value
