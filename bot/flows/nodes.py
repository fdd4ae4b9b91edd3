"""The nodes of the flow language, one class each.

The one rule: a node says itself which routes, texts and expressions it has, so that compiling,
checking, drawing and documenting walk all of them alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from bot.flows.operations import LabelNames, Strict
from bot.flows.texts import TEXT, Words
from compliance.labels import PUBLIC

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


class SayConfig(Strict):
    text: Words
    url: str | None = None
    button: Words | None = None
    protected: LabelNames | None = None
    notice: Words | None = None


class Say(Node):
    """Says something. `protected` keeps the content for the portal and sends `notice` instead; `url` adds a link.

    {say: {text: {en: "Your PUK is {{ puk.code }}"}, protected: [secret],
      notice: {en: "It waits on the portal."}}, next: bye}
    """

    kind: ClassVar[str] = "say"
    say: SayConfig
    next: NodeId | None = None

    def texts(self) -> Iterator[Place]:
        """The text, the notice, the link and its button."""
        yield Place("text", self.say.text)
        if self.say.notice is not None:
            yield Place("notice", self.say.notice)
        if self.say.url is not None:
            yield Place("url", self.say.url, 2_000)
        if self.say.button is not None:
            yield Place("button", self.say.button, BUTTON_TITLE)


class AskConfig(Strict):
    text: Words
    type: Literal["text", "number", "date", "email", "phone"] = "text"
    into: Name
    label: LabelNames = PUBLIC
    min: float | None = None
    max: float | None = None
    pattern: Annotated[str, Field(max_length=200)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    again: Words | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    timeout: timedelta | None = None


class Ask(Node):
    """Asks for text, a number, a date, an e-mail address or a telephone number, and asks again kindly.

    `label` names the categories that the answer will carry.

        {ask: {text: {en: "What is your name?"}, type: text, into: name, label: [personal], timeout: PT24H},
          next: thanks, invalid: desk, expired: bye}
    """

    kind: ClassVar[str] = "ask"
    waits: ClassVar[bool] = True
    ask: AskConfig
    next: NodeId | None = None
    invalid: NodeId | None = None
    expired: NodeId | None = None

    def texts(self) -> Iterator[Place]:
        """The question and the words for asking again."""
        yield Place("text", self.ask.text)
        if self.ask.again is not None:
            yield Place("again", self.ask.again)

    def assigns(self) -> Iterator[str]:
        """The variable of the answer."""
        yield self.ask.into


class OptionConfig(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    label: Words
    description: Words | None = None
    synonyms: list[str] = []


class ChooseConfig(Strict):
    prompt: Words
    options: list[OptionConfig] = []
    options_from: Expr | None = None
    id: Expr = "item.id"
    label: Words | None = None
    description: Words | None = None
    button: Words | None = None
    into: Name | None = None
    answer_label: LabelNames = PUBLIC
    again: Words | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    timeout: timedelta | None = None

    @model_validator(mode="after")
    def _has_options(self) -> Self:
        if not self.options and self.options_from is None:
            raise ValueError("needs options or options_from")
        if self.options_from is not None and self.label is None:
            raise ValueError("options_from needs a label")
        if len({option.id for option in self.options}) < len(self.options):
            raise ValueError("has two options with one id")
        return self


class Choose(Node):
    """Offers options: three become buttons, ten a list, more a numbered text. Typed answers are matched.

    What is typed may be the number, the id, the label in any language, a synonym, or nearly so.
    `options_from` takes them from a list; the chosen item goes `into` a variable.

        {choose: {prompt: {en: Which card?}, options: [{id: main, label: {en: Main card}}, {id: other,
          label: {en: Another}}]}, routes: {main: secure}, otherwise: desk}
    """

    kind: ClassVar[str] = "choose"
    waits: ClassVar[bool] = True
    choose: ChooseConfig
    routes_: dict[str, NodeId] = Field(default={}, alias="routes")
    next: NodeId | None = None
    otherwise: NodeId | None = None
    expired: NodeId | None = None

    def routes(self) -> Iterator[tuple[str, str]]:
        """A route an option, then the general ones."""
        for option, target in self.routes_.items():
            yield f"routes.{option}", target
        yield from super().routes()

    def texts(self) -> Iterator[Place]:
        """The prompt and every title and description."""
        config = self.choose
        yield Place("prompt", config.prompt, 1_024)
        title = BUTTON_TITLE if len(config.options) <= BUTTONS and config.options_from is None else ROW_TITLE
        for number, option in enumerate(config.options):
            yield Place(f"options.{number}.label", option.label, title)
            if option.description is not None:
                yield Place(f"options.{number}.description", option.description, ROW_DESCRIPTION)
        for name, limit in (("label", TEXT), ("description", TEXT), ("button", BUTTON_TITLE), ("again", 1_024)):
            words = getattr(config, name)
            if words is not None:
                yield Place(name, words, limit)

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Where dynamic options come from and their ids."""
        if self.choose.options_from is not None:
            yield "options_from", self.choose.options_from
            yield "id", self.choose.id

    def assigns(self) -> Iterator[str]:
        """The variable of the answer."""
        if self.choose.into is not None:
            yield self.choose.into


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


REGISTRY: dict[str, type[Node]] = {
    node.kind: node for node in (Say, Ask, Choose, Decide, Call, Set, Portal, Handoff, End)
}
AnyNode = Say | Ask | Choose | Decide | Call | Set | Portal | Handoff | End
