"""The reference of the nodes, made from their docstrings: `python -m bot.flows.reference`.

The one rule: `docs/flows.md` holds exactly this between its two marks, and a test says so.
"""

import inspect
import sys
import textwrap

from bot.flows.nodes import REGISTRY, Node

BEGIN, END = "<!-- nodes: begin -->", "<!-- nodes: end -->"


def reference() -> str:
    """The table of nodes and an example of each, in Markdown."""
    rows = ["| node | does | routes |", "|---|---|---|"]
    examples: list[str] = []
    for kind, node in REGISTRY.items():
        words, example = described(node)
        rows.append(f"| `{kind}` | {words} | {', '.join(_routes(node)) or '–'} |")
        examples += [f"\n`{kind}`\n", "```yaml", example, "```"]
    return "\n".join([BEGIN, "", *rows, *examples, "", END])


def described(node: type[Node]) -> tuple[str, str]:
    """What a node does, and its example, from its docstring."""
    lines = [line for line in inspect.cleandoc(node.__doc__ or "").splitlines() if line]
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith("{"))
    return " ".join(lines[:first]), textwrap.dedent("\n".join(lines[first:]))


def _routes(node: type[Node]) -> list[str]:
    names = {"routes": "`routes`", "errors": "`errors`"}
    known = ("next", "otherwise", "error", "expired", "invalid")
    fields = [field.alias or name for name, field in node.model_fields.items()]
    return [names.get(name, f"`{name}`") for name in fields if name in names or name in known]


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
