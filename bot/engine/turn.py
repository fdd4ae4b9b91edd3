"""One sprint while it runs: what is read, said and remembered.

The one rule: everything that leaves carries the label of what was read for it and of the path.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine.state import Branch, Sprint, State
from bot.events import Effect, Ended, Failed, HandOff, Message, OpenPortal, Say, Segment, words
from bot.flows.compiled import CONTACT_PUBLIC, CUSTOMER, CompiledFlow, CompiledNode
from bot.flows.expressions import Expression, ExpressionFailed
from bot.flows.nodes import Handoff
from bot.flows.phrases import say
from bot.flows.texts import TEXT
from bot.flows.values import Labelled, Path
from compliance.labels import PUBLIC, Assurance, Label, join

STEPS = 100


class Stopped(Exception):
    """A limit was met or an expression failed; a person takes over. The text is a code."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Turn:
    """The working copy of a session during one sprint."""

    def __init__(self, *, flow: CompiledFlow, session: State, now: datetime, ids: Callable[[], str]) -> None:
        self.flow = flow
        self.now = now
        self.ids = ids
        self.before = session
        self.language = session.language
        self.channel = session.channel
        self.assurance = session.assurance
        self.customer = session.customer
        self.message = session.message
        self.node = session.node
        self.waits = session.waits
        self.variables = dict(session.variables)
        self.path = session.path
        self.retries = session.retries
        self.call = session.call
        self.wake_at = session.wake_at
        self.back = session.back
        self.effects: list[Effect] = []
        self.steps = 0
        self._roots: dict[str, Labelled] | None = None

    @property
    def roots(self) -> dict[str, Labelled]:
        """Every variable that an expression may read."""
        if self._roots is None:
            fields = {*self.before.contact, *self.flow.contact_fields} - CONTACT_PUBLIC
            personal: dict[Path, Label] = {(name,): Label.PERSONAL for name in fields}
            self._roots = {
                **self.flow.variables,
                **self.variables,
                "contact": Labelled(
                    dict.fromkeys(self.flow.contact_fields) | dict(self.before.contact), PUBLIC, personal
                ),
                "customer": Labelled(None if self.customer is None else dict(self.customer), CUSTOMER),
                "channel": Labelled(self.channel),
                "language": Labelled(self.language),
                "now": Labelled(self.now),
                "message": Labelled(self.message),
            }
        return self._roots

    @property
    def path_label(self) -> Label:
        """The join of what was branched upon."""
        return join(branch.label for branch in self.path) if self.path else PUBLIC

    @property
    def is_signed_in(self) -> bool:
        """Whether the customer is signed in, here and now."""
        return self.assurance >= Assurance.SIGNED_IN and self.customer is not None

    def evaluate(self, expression: Expression) -> Labelled:
        """Evaluate an expression. Raise Stopped."""
        try:
            return expression.evaluate(roots=self.roots)
        except ExpressionFailed as error:
            raise Stopped(str(error)) from None

    def holds(self, expression: Expression) -> Labelled:
        """Evaluate a condition. Raise Stopped."""
        try:
            return expression.is_true(roots=self.roots)
        except ExpressionFailed as error:
            raise Stopped(str(error)) from None

    def render(self, node: CompiledNode, place: str, language: str | None = None) -> tuple[Segment, ...]:
        """Render a text of a node. Raise Stopped."""
        text = node.texts.get(place)
        if text is None:
            return ()
        try:
            return text.render(language=language or self.language, roots=self.roots)
        except ExpressionFailed as error:
            raise Stopped(str(error), place) from None

    def assign(self, name: str, value: Labelled, *, apart_from: str | None = None) -> None:
        """Set a variable, under the label of the path (apart from what this very node branched upon)."""
        label = join(branch.label for branch in self.path if branch.node != apart_from)
        self.variables[name] = self.roots[name] = value.under(label)

    def speak(self, language: str) -> None:
        """Go on in another language of the flow."""
        if language in self.flow.languages:
            self.language = language
            self.roots["language"] = Labelled(language)

    def say(self, *, body: tuple[Segment, ...], kind: str = "text", **rest: object) -> None:
        """Say something. Raise Stopped when it is too long."""
        if not body:
            return
        message = self.compose(body=body, kind=kind, **rest)
        # A blank text cannot be sent; one that is blank because of a protected value must not show by its absence.
        if message.text.strip() or message.label:
            self.effects.append(Say(self.node, message))

    def say_own(self, name: str) -> None:
        """Say one of the engine's own sentences."""
        self.say(body=(Segment(say(name, self.language)),))

    def open_portal(self, notice: tuple[Segment, ...]) -> None:
        """Ask the customer to the portal."""
        self.effects.append(OpenPortal(self.node, self.compose(body=notice)))

    def compose(self, *, body: tuple[Segment, ...], kind: str = "text", **rest: object) -> Message:
        """Make a message under the label of the path. Raise Stopped when it is too long."""
        message = Message(kind=kind, body=body, language=self.language, path=self.path_label)
        message = replace(message, **rest) if rest else message  # type: ignore[arg-type]
        if len(message.text) > TEXT or len(words(message.notice)) > TEXT:
            raise Stopped("text_too_long")
        return message

    def branch(self, node: CompiledNode, label: Label) -> None:
        """Remember what a node branched upon until its branches meet."""
        if label:
            label |= join(branch.label for branch in self.path if branch.node == node.id)
            others = tuple(branch for branch in self.path if branch.node != node.id)
            self.path = (*others, Branch(node.id, label, node.until))

    def arrive(self, target: str) -> CompiledNode:
        """Come to a node: the branches that meet there are forgotten. Raise Stopped after too many steps."""
        self.steps += 1
        self.node = target
        if self.steps > STEPS:
            raise Stopped("too_many_steps")
        if self.path:
            self.path = tuple(branch for branch in self.path if branch.until != target)
        return self.flow.nodes[target]

    def wait(self, kind: str, timeout: timedelta | None = None, call: str | None = None) -> None:
        """Suspend here."""
        self.waits = kind
        self.wake_at = None if timeout is None else self.now + timeout
        self.call = call

    def follow(self, node: CompiledNode, *routes: str) -> str | None:
        """The target of the first of these routes that there is; without one the conversation is finished."""
        for route in routes:
            if route in node.routes:
                return node.routes[route]
        return self.finish()

    def finish(self) -> str | None:
        """Go back to where a conversation-wide word interrupted, or end."""
        if self.back is not None:
            target, self.back = self.back, None
            return target
        self.effects.append(Ended(self.node))
        self.wait("ended")
        return None

    def call_person(self) -> str | None:
        """Go to the flow's node for a person, or hand over at once."""
        self.back = None
        target = self.flow.handlers.get("human")
        if target is not None:
            return target
        self.hand_over(queue="default")
        return None

    def hand_over(self, *, queue: str, note: tuple[Segment, ...] = (), priority: int = 0) -> None:
        """Let a person take over, and wait until the ticket closes."""
        label = join([self.path_label, *(segment.label for segment in note)])
        self.effects.append(HandOff(self.node, queue, words(note), priority, label))
        self.wait("ticket")

    def fail(self, stopped: Stopped) -> None:
        """Say that it failed, without content, and let a person take over."""
        self.effects.append(Failed(self.node, stopped.code, stopped.detail))
        desk = self.flow.nodes.get(self.flow.handlers.get("human", ""))
        queue = desk.definition.handoff.queue if desk and isinstance(desk.definition, Handoff) else "default"
        self.back = None
        self.hand_over(queue=queue, note=(Segment(stopped.code),))

    def sprint(self) -> Sprint:
        """The outcome."""
        session = replace(
            self.before,
            language=self.language,
            channel=self.channel,
            assurance=self.assurance,
            customer=self.customer,
            message=self.message,
            node=self.node,
            waits=self.waits,
            variables=self.variables,
            path=self.path,
            retries=self.retries,
            call=self.call,
            wake_at=self.wake_at,
            back=self.back,
        )
        return Sprint(session, tuple(self.effects), session.wait)
