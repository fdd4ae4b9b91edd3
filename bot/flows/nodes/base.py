"""What every node has, and the limits of what it may hold.

The one rule: limits of titles are those of WhatsApp, the narrowest channel with buttons.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from bot.flows.operations import Strict
from bot.flows.texts import TEXT, Words

BUTTONS, ROWS = 3, 10
BUTTON_TITLE, ROW_TITLE, ROW_DESCRIPTION = 20, 24, 72

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
NodeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
Expr = Annotated[str, Field(max_length=1_000)]
Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A text of a node: where it stands, its words, how long it may be."""

    path: str
    words: Words
    limit: int = TEXT


class Node(Strict):
    """What all nodes have: a place in the drawing and a remark."""

    kind: ClassVar[str]
    waits: ClassVar[bool] = False
    at: Position | None = None
    remark: str | None = None

    def routes(self) -> Iterator[tuple[str, str]]:
        """Every way out: the name of the route and the node that it leads to."""
        for name in ("next", "otherwise", "error", "expired", "invalid"):
            target = getattr(self, name, None)
            if isinstance(target, str):
                yield name, target

    def texts(self) -> Iterator[Place]:
        """Every text."""
        yield from ()

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Every expression outside texts, with where it stands."""
        yield from ()

    def assigns(self) -> Iterator[str]:
        """The variables that it sets."""
        yield from ()
