"""What an expression reads and how long it could run, found in its syntax tree before it runs.

The one rule: neither library can be interrupted, so whatever could run long is refused before it
runs. Work and size of the result are estimated for values of 1,000 items; an expression that
would be too much then, but not for fewer, says for how many it may run.
"""

from collections import Counter
from collections.abc import Mapping
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
WORK = 2_000_000
BULK = 1_000_000
SIZES = (LIST_ITEMS, 300, 100, 30)
ATOMS_AN_ITEM = 32

MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
FUNCTIONS = frozenset(
    """size has string int uint double bool timestamp duration matches contains startsWith endsWith
    getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds""".split()  # noqa: SIM905
)


class BadExpression(ValueError):
    """An expression that is refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The paths that are read (none contains another), the path if it is one, and for how many items it may run."""

    paths: tuple[Path, ...]
    plain: Path | None = None
    items: int = LIST_ITEMS


@dataclass(frozen=True, slots=True)
class _Size:
    """An estimate: steps, items, items of its items, and atoms of the result (by bound name; "" for all else)."""

    work: int = 1
    items: int = 1
    inner: int = 1
    bulk: Mapping[str, int] = field(default_factory=lambda: {"": 1})


@dataclass(slots=True)
class _Walk:
    most: int
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
        items, walk = _bounded(tree)
        plain = _path(tree, walk)
    except (CELParseError, LarkError, ValueError) as error:
        raise error if isinstance(error, BadExpression) else BadExpression("not well formed") from None
    except RecursionError:
        raise BadExpression("nested too deeply") from None
    paths = walk.paths
    shortest = (path for path in paths if not any(path[:length] in paths for length in range(1, len(path))))
    return Reads(tuple(sorted(shortest)), plain, items)


def _bounded(tree: Any) -> tuple[int, _Walk]:
    """For how many items the expression may run."""
    for items in SIZES:
        walk = _Walk(items)
        size = _measure(tree, walk, 0)
        if size.work <= WORK and sum(size.bulk.values()) <= BULK:
            return items, walk
    raise BadExpression("could run too long")


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
        return _Size(1, walk.most, walk.most, {"": walk.most * ATOMS_AN_ITEM})
    children = _children(tree)
    match str(tree.data):
        case "literal":
            return _Size()
        case "ident":
            return _Size(1, walk.bound[str(children[0])], walk.most, {str(children[0]): 1})
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
        dict(sum((Counter(size.bulk) for size in sizes), Counter({"": 1}))),
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
        return _Size(work, target.items, max(target.inner, body.items), _mapped(body, target, bound))
    return _Size(work, target.items if name == "filter" else 1, target.inner, target.bulk)


def _mapped(body: _Size, target: _Size, bound: str) -> dict[str, int]:
    """All items together are as bulky as the list; what else the body holds is repeated for each."""
    bulk: Counter[str] = Counter()
    for name, atoms in body.bulk.items():
        if name != bound:
            bulk[name] += atoms * target.items
            continue
        for outer, outer_atoms in target.bulk.items():
            bulk[outer] += atoms * outer_atoms
    return dict(bulk)
