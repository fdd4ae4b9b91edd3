"""What each node does when the conversation comes to it, and when it goes on after waiting.

The one rule: a step returns the node to go to, or None when the session now waits or has ended.
"""

from collections.abc import Callable
from typing import Any, cast

from bot.engine.answers import NotAccepted, read_answer
from bot.engine.choices import Choice, choices_of, chosen_by_id, chosen_by_words, offer
from bot.engine.turn import Stopped, Turn
from bot.events import Answered, Call, Chosen, Received, Segment
from bot.flows import nodes
from bot.flows.compiled import CUSTOMER, CompiledNode
from bot.flows.operations import Operation, WrongShape
from bot.flows.phrases import say
from bot.flows.values import Labelled, TooLarge
from compliance.labels import PUBLIC, Label, join

Step = Callable[[Turn, CompiledNode], str | None]


def enter(turn: Turn, node: CompiledNode) -> str | None:
    """Come to a node."""
    turn.retries = 0
    return ENTER[node.kind](turn, node)


def _say(turn: Turn, node: CompiledNode) -> str | None:
    config = cast("nodes.Say", node.definition).say
    rest: dict[str, Any] = {}
    if config.protected is not None:
        rest = {"protected": config.protected, "notice": turn.render(node, "notice")}
    if config.url is not None:
        url = turn.render(node, "url")
        button = "".join(segment.text for segment in turn.render(node, "button")) or None
        rest |= {
            "kind": "link",
            "url": "".join(segment.text for segment in url),
            "url_label": join(segment.label for segment in url),
            "button": button,
        }
    turn.say(body=turn.render(node, "text"), **rest)
    return turn.follow(node, "next")


def _ask(turn: Turn, node: CompiledNode) -> str | None:
    turn.say(body=turn.render(node, "text"))
    turn.wait("answer", cast("nodes.Ask", node.definition).ask.timeout)
    return None


def _choose(turn: Turn, node: CompiledNode) -> str | None:
    choices, label = choices_of(turn, node)
    turn.branch(node, label)
    if not choices:
        return _otherwise(turn, node)
    offer(turn, node, choices, label)
    turn.wait("answer", cast("nodes.Choose", node.definition).choose.timeout)
    return None


def _decide(turn: Turn, node: CompiledNode) -> str | None:
    read = PUBLIC
    for number, case in enumerate(cast("nodes.Decide", node.definition).decide.cases):
        result = turn.holds(node.expressions[f"cases.{number}.when"])
        read |= result.label
        if result.value:
            turn.branch(node, read)
            return case.next
    turn.branch(node, read)
    return node.routes["otherwise"]


def _call(turn: Turn, node: CompiledNode) -> str | None:
    config = cast("nodes.Call", node.definition).call
    operation = cast("Operation", node.operation)
    turn.branch(node, operation.outcome)
    if not _may_call(turn, node, operation):
        return _returned(turn, node, None, "refused")
    values = {name: turn.evaluate(node.expressions[f"with.{name}"]) for name in config.with_}
    if any(given.required and values.get(name, _NOTHING).value is None for name, given in operation.accepted.items()):
        return _returned(turn, node, None, "invalid")
    label = join(value.label_at(()) for value in values.values())
    turn.branch(node, label)
    call = Call(turn.ids(), node.id, config.operation, {name: value.value for name, value in values.items()}, label)
    turn.effects.append(call)
    turn.wait("call", call=call.id)
    return None


_NOTHING = Labelled(None)


def _may_call(turn: Turn, node: CompiledNode, operation: Operation) -> bool:
    """Whether the customer is sure enough, and protected data is selected by who signed in alone."""
    if turn.assurance < operation.assurance:
        return False
    if operation.person is None:
        return True
    selected = node.expressions.get(f"with.{operation.person}")
    return turn.is_signed_in and selected is not None and selected.reads.plain == ("customer", "id")


def _set(turn: Turn, node: CompiledNode) -> str | None:
    for name in cast("nodes.Set", node.definition).set_:
        value = turn.evaluate(node.expressions[name])
        if name == "language":
            turn.branch(node, value.label_at(()))
            turn.speak(str(value.value))
        else:
            turn.assign(name, value)
    return turn.follow(node, "next")


def _portal(turn: Turn, node: CompiledNode) -> str | None:
    if turn.is_signed_in:
        return signed_in(turn, node)
    turn.open_portal(turn.render(node, "notice"))
    turn.wait("portal", cast("nodes.Portal", node.definition).portal.timeout)
    return None


def _handoff(turn: Turn, node: CompiledNode) -> str | None:
    config = cast("nodes.Handoff", node.definition).handoff
    turn.back = None
    turn.say(body=turn.render(node, "text"))
    turn.hand_over(queue=config.queue, note=turn.render(node, "note"), priority=config.priority)
    return None


def _end(turn: Turn, node: CompiledNode) -> str | None:
    turn.say(body=turn.render(node, "text"))
    turn.back = None
    return turn.finish()


ENTER: dict[str, Step] = {
    "say": _say,
    "ask": _ask,
    "choose": _choose,
    "decide": _decide,
    "call": _call,
    "set": _set,
    "portal": _portal,
    "handoff": _handoff,
    "end": _end,
}


def replied(turn: Turn, node: CompiledNode, event: Received | Chosen) -> str | None:
    """Go on with what the customer answered to an `ask` or `choose`, or ask again."""
    if isinstance(node.definition, nodes.Ask):
        return _answered(turn, node, node.definition.ask, event)
    choices, label = choices_of(turn, node)
    choice = chosen_by_id(event.option, choices) if isinstance(event, Chosen) else None
    if choice is None and (isinstance(event, Chosen) or event.kind == "text"):
        choice = chosen_by_words(event.text, choices)
    if choice is None:
        return _again(turn, node, event, choices, label)
    return _chosen(turn, node, choice)


def _answered(turn: Turn, node: CompiledNode, config: nodes.AskConfig, event: Received | Chosen) -> str | None:
    if isinstance(event, Received) and event.kind != "text":
        return _again(turn, node, event, [], PUBLIC)
    try:
        value = read_answer(text=event.text, wanted=config, language=turn.language, this_year=turn.now.year)
    except NotAccepted:
        return _again(turn, node, event, [], PUBLIC)
    turn.assign(config.into, Labelled(value, config.label))
    return turn.follow(node, "next")


def _chosen(turn: Turn, node: CompiledNode, choice: Choice) -> str | None:
    config = cast("nodes.Choose", node.definition).choose
    turn.branch(node, config.answer_label)
    if config.into is not None:
        turn.assign(config.into, choice.value.under(config.answer_label))
    return turn.follow(node, f"routes.{choice.id}", "next")


def _again(turn: Turn, node: CompiledNode, event: Received | Chosen, choices: list[Choice], label: Label) -> str | None:
    """Ask again, kindly, a few times; then take the route for that, or a person."""
    definition = node.definition
    config = definition.ask if isinstance(definition, nodes.Ask) else cast("nodes.Choose", definition).choose
    if turn.retries >= config.retries:
        return _otherwise(turn, node)
    turn.retries += 1
    kind = config.type if isinstance(config, nodes.AskConfig) else "choose"
    own = "again" if kind == "text" else f"again.{kind}"
    if isinstance(event, Received) and event.kind != "text":
        own = "unsupported"
    lead = turn.render(node, "again") if own != "unsupported" else ()
    lead = lead or (Segment(say(own, turn.language)),)
    if choices:
        offer(turn, node, choices, label, (*lead, Segment("\n\n")))
    else:
        turn.say(body=lead)
    turn.wait("answer", config.timeout)
    return None


def _otherwise(turn: Turn, node: CompiledNode) -> str | None:
    for route in ("otherwise", "invalid"):
        if route in node.routes:
            return node.routes[route]
    return turn.call_person()


def returned(turn: Turn, node: CompiledNode, event: Answered) -> str | None:
    """Go on with the result of a call."""
    operation = cast("Operation", node.operation)
    if event.error is not None:
        return _returned(turn, node, None, event.error)
    try:
        return _returned(turn, node, operation.shape(answer=event.result), None)
    except (WrongShape, TooLarge):
        return _returned(turn, node, None, "invalid")


def _returned(turn: Turn, node: CompiledNode, result: Labelled | None, error: str | None) -> str | None:
    config = cast("nodes.Call", node.definition).call
    turn.call = None
    if config.into is not None:
        turn.assign(config.into, result or turn.flow.variables[config.into], apart_from=node.id)
    if error is None:
        return turn.follow(node, "next")
    for route in (f"errors.{error}", "error"):
        if route in node.routes:
            return node.routes[route]
    raise Stopped("call_failed", error)


def signed_in(turn: Turn, node: CompiledNode) -> str | None:
    """Go on behind a portal; that somebody could sign in tells that they are a client."""
    turn.branch(node, CUSTOMER & Label.CLIENT)
    return turn.follow(node, "next")
