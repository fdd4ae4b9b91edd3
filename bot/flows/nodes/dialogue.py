"""Nodes that talk with the customer: say, ask, choose."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from bot.flows.nodes.base import BUTTON_TITLE, BUTTONS, ROW_DESCRIPTION, ROW_TITLE, Expr, Name, Node, NodeId, Place
from bot.flows.operations import LabelNames, Strict
from bot.flows.texts import TEXT, Words
from compliance.labels import PUBLIC


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
