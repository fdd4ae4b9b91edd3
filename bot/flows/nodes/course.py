"""Nodes that steer the course of a conversation: decide, call, set, portal, handoff, end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from bot.flows.nodes.base import Expr, Name, Node, NodeId, Place
from bot.flows.operations import Strict
from bot.flows.texts import Words


class CaseConfig(Strict):
    when: Expr
    next: NodeId


class DecideConfig(Strict):
    cases: Annotated[list[CaseConfig], Field(min_length=1)]


class Decide(Node):
    """Takes the first case whose condition holds.

    {decide: {cases: [{when: "size(found.candidates) == 0", next: none}]}, otherwise: which}
    """

    kind: ClassVar[str] = "decide"
    decide: DecideConfig
    otherwise: NodeId

    def routes(self) -> Iterator[tuple[str, str]]:
        """A route a case, then otherwise."""
        for number, case in enumerate(self.decide.cases):
            yield f"cases.{number}", case.next
        yield from super().routes()

    def expressions(self) -> Iterator[tuple[str, str]]:
        """The conditions."""
        for number, case in enumerate(self.decide.cases):
            yield f"cases.{number}.when", case.when


class CallConfig(Strict):
    operation: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    with_: dict[str, Expr] = Field(default={}, alias="with")
    into: Name | None = None


class Call(Node):
    """Calls an operation of a connector. Errors have routes of their own, or `error` for all.

    {call: {operation: cards.puk, with: {customer: customer.id}, into: puk}, next: deliver, error: desk,
      errors: {not_found: none}}
    """

    kind: ClassVar[str] = "call"
    waits: ClassVar[bool] = True
    call: CallConfig
    next: NodeId | None = None
    error: NodeId | None = None
    errors: dict[str, NodeId] = {}

    def routes(self) -> Iterator[tuple[str, str]]:
        """Next, error, and a route an error."""
        yield from super().routes()
        for error, target in self.errors.items():
            yield f"errors.{error}", target

    def expressions(self) -> Iterator[tuple[str, str]]:
        """What is given to the operation."""
        for name, source in self.call.with_.items():
            yield f"with.{name}", source

    def assigns(self) -> Iterator[str]:
        """The variable of the result."""
        if self.call.into is not None:
            yield self.call.into


class Set(Node):
    """Sets variables, each to an expression; `language` switches the language.

    {set: {total: "price * 2", language: "'fr'"}, next: confirm}
    """

    kind: ClassVar[str] = "set"
    set_: Annotated[dict[Name, Expr], Field(min_length=1, alias="set")]
    next: NodeId | None = None

    def expressions(self) -> Iterator[tuple[str, str]]:
        """One a variable."""
        yield from self.set_.items()

    def assigns(self) -> Iterator[str]:
        """The variables."""
        yield from self.set_


class PortalConfig(Strict):
    notice: Words
    timeout: timedelta | None = None


class Portal(Node):
    """Leads to the portal; the flow goes on there once the customer has signed in.

    {portal: {notice: {en: "For your PUK we meet in the secure area."}, timeout: PT30M}, next: lookup,
      expired: desk}
    """

    kind: ClassVar[str] = "portal"
    waits: ClassVar[bool] = True
    portal: PortalConfig
    next: NodeId | None = None
    expired: NodeId | None = None

    def texts(self) -> Iterator[Place]:
        """The notice for the open channel."""
        yield Place("notice", self.portal.notice)


class HandoffConfig(Strict):
    queue: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = "default"
    note: Words = ""
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    text: Words | None = None


class Handoff(Node):
    """Hands over to a person; goes on at `next` when the ticket closes, else the conversation ends there.

    {handoff: {queue: cards, note: {en: wants a PUK}, text: {en: "A colleague answers you here."}}, next: bye}
    """

    kind: ClassVar[str] = "handoff"
    waits: ClassVar[bool] = True
    handoff: HandoffConfig
    next: NodeId | None = None

    def texts(self) -> Iterator[Place]:
        """What the customer is told and the note for the person."""
        if self.handoff.text is not None:
            yield Place("text", self.handoff.text)
        yield Place("note", self.handoff.note, 1_000)


class EndConfig(Strict):
    text: Words | None = None


class End(Node):
    """Ends the conversation, with a last word if wanted.

    {end: {text: {en: Good bye}}}
    """

    kind: ClassVar[str] = "end"
    end: EndConfig

    def texts(self) -> Iterator[Place]:
        """The last word."""
        if self.end.text is not None:
            yield Place("text", self.end.text)
