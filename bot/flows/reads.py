"""What an expression reads and how long it could run, found in its syntax tree before it runs.

The one rule: neither library can be interrupted, so whatever could run long is refused here.
A list counts as 1,000 items; the work of nested iteration is multiplied out.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree
from lark.exceptions import LarkError

from bot.flows.values import LIST_ITEMS, Path

LENGTH = 1_000
ITERATIONS = 2
BRACKETS = 24
WORK = 4_000_000

MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
FUNCTIONS = frozenset(
    """size has string int uint double bool timestamp duration matches contains startsWith endsWith
    getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds""".split()  # noqa: SIM905
)


class BadExpression(ValueError):
    """An expression that is refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The paths that are read (none contains another) and whether the whole expression is one path."""

    paths: tuple[Path, ...]
    plain: Path | None = None


@dataclass(frozen=True, slots=True)
class _Size:
    work: int = 1
    items: int = 1
    inner: int = 1
    bulk: int = 1


@dataclass(slots=True)
class _Walk:
    paths: set[Path] = field(default_factory=set)
    bound: dict[str, int] = field(default_factory=dict)


def reads_of(source: str) -> Reads:
    """Parse and bound an expression. Raise BadExpression."""
    if len(source) > LENGTH:
        raise BadExpression(f"longer than {LENGTH} characters")
    if _bracket_depth(source) > BRACKETS:
        raise BadExpression(f"brackets nested deeper than {BRACKETS}")
    try:
        tree = _parser().parse(source)
        walk = _Walk()
        size = _measure(tree, walk, 0)
        plain = _path(tree, walk)
    except (CELParseError, LarkError, ValueError) as error:
        raise error if isinstance(error, BadExpression) else BadExpression("not well formed") from None
    except RecursionError:
        raise BadExpression("nested too deeply") from None
    if max(size.work, size.bulk) > WORK:
        raise BadExpression("could run too long")
    paths = walk.paths
    shortest = (path for path in paths if not any(path[:length] in paths for length in range(1, len(path))))
    return Reads(tuple(sorted(shortest)), plain)


@cache
def _parser() -> CELParser:
    return CELParser()


def _bracket_depth(source: str) -> int:
    depth = deepest = 0
    for character in source:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def _children(tree: Tree[Any]) -> list[Any]:
    return [child for child in tree.children if child is not None]


def _unwrap(tree: Any) -> Any:
    while isinstance(tree, Tree):
        children = _children(tree)
        if len(children) != 1 or not isinstance(children[0], Tree) or tree.data in ("list_lit", "map_lit", "exprlist"):
            break
        tree = children[0]
    return tree


def _path(tree: Any, walk: _Walk) -> Path | None:
    """The path that this tree names, if it is a plain member path from a root."""
    tree = _unwrap(tree)
    if not isinstance(tree, Tree):
        return None
    children = _children(tree)
    if tree.data == "ident":
        return None if str(children[0]) in walk.bound else (str(children[0]),)
    if tree.data == "member_dot":
        above = _path(children[0], walk)
        return (*above, str(children[1])) if above else None
    if tree.data == "member_index" and (name := _string(children[1])) is not None:
        above = _path(children[0], walk)
        return (*above, name) if above else None
    return None


def _string(tree: Any) -> str | None:
    literal = _unwrap(tree)
    if isinstance(literal, Tree) and literal.data == "literal":
        token = literal.children[0]
        if isinstance(token, Token) and token.type == "STRING_LIT" and "\\" not in token and token[0] in "'\"":
            return str(token)[1:-1]
    return None


def _measure(tree: Any, walk: _Walk, loops: int) -> _Size:
    tree = _unwrap(tree)
    if not isinstance(tree, Tree):
        return _Size()
    path = _path(tree, walk)
    if path is not None:
        walk.paths.add(path)
        return _Size(1, LIST_ITEMS, LIST_ITEMS, LIST_ITEMS)
    children = _children(tree)
    match str(tree.data):
        case "literal":
            return _Size()
        case "ident":
            return _Size(1, walk.bound[str(children[0])], LIST_ITEMS, LIST_ITEMS)
        case "member_dot":
            return _measure(children[0], walk, loops)
        case "dot_ident" | "dot_ident_arg" | "member_object":
            raise BadExpression("uses a form that flows do not know")
        case "ident_arg":
            return _called(str(children[0]), children[1:], walk, loops)
        case "member_dot_arg":
            name = str(children[1])
            if name in MACROS:
                return _iterated(name, children, walk, loops)
            return _called(name, [children[0], *children[2:]], walk, loops)
    sizes = [_measure(child, walk, loops) for child in children if isinstance(child, Tree)]
    return _joined(sizes)


def _called(name: str, arguments: list[Any], walk: _Walk, loops: int) -> _Size:
    if name not in FUNCTIONS:
        raise BadExpression(f"unknown function {name[:40]}")
    return _joined([_measure(argument, walk, loops) for argument in arguments])


def _joined(sizes: list[_Size]) -> _Size:
    return _Size(
        1 + sum(size.work for size in sizes),
        max(1, sum(size.items for size in sizes)),
        max([1, *(max(size.inner, size.items) for size in sizes)]),
        1 + sum(size.bulk for size in sizes),
    )


def _iterated(name: str, children: list[Any], walk: _Walk, loops: int) -> _Size:
    if loops >= ITERATIONS:
        raise BadExpression(f"iteration nested deeper than {ITERATIONS}")
    target = _measure(children[0], walk, loops)
    arguments = _children(children[2]) if len(children) > 2 else []
    variable = _unwrap(arguments[0]) if arguments else None
    if len(arguments) < 2 or not isinstance(variable, Tree) or variable.data != "ident":
        raise BadExpression(f"{name} needs a name and an expression")
    bound = str(_children(variable)[0])
    if bound in walk.bound:
        raise BadExpression(f"{bound[:40]} is bound twice")
    if any(path[0] == bound for path in walk.paths):
        raise BadExpression(f"{bound[:40]} is a variable of the flow")
    walk.bound[bound] = target.inner
    body = _joined([_measure(argument, walk, loops + 1) for argument in arguments[1:]])
    del walk.bound[bound]
    work = target.work + target.items * body.work
    if name == "map":
        return _Size(work, target.items, max(target.inner, body.items), target.items * body.bulk)
    return _Size(work, target.items if name == "filter" else 1, target.inner, target.bulk)
