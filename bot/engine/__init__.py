"""The engine: from a session and an event to what happens next.

The one rule: it is pure. The clock and ids come in, effects go out; nothing is sent, stored or fetched.
"""

from collections.abc import Callable
from datetime import datetime

from bot.engine.choices import choices_of, chosen_by_id, chosen_by_name
from bot.engine.state import Branch, Sprint, State, UnknownState, Wait, begin
from bot.engine.steps import enter, replied, returned, signed_in
from bot.engine.turn import STEPS, Stopped, Turn
from bot.events import Answered, Chosen, Ended, Event, Expired, Received, SignedIn, Started, TicketClosed
from bot.flows.compiled import CompiledFlow, CompiledNode
from bot.flows.nodes import Ask, Choose, Handoff
from bot.flows.phrases import HELP, HUMAN, STOP, language_wish, wish
from compliance.labels import Assurance

__all__ = ["STEPS", "Branch", "Sprint", "State", "UnknownState", "Wait", "begin", "resume"]


def resume(
    *,
    flow: CompiledFlow,
    session: State,
    event: Event,
    now: datetime,
    ids: Callable[[], str],
    channel: str | None = None,
    assurance: Assurance | None = None,
) -> Sprint:
    """Take one event as far as it leads.

    `channel` and `assurance` are those of the event's origin; they count for what the customer did
    (Started, Received, Chosen, SignedIn) and only lower the assurance: SignedIn alone raises it.
    """
    turn = Turn(flow=flow, session=session, now=now, ids=ids)
    if session.is_ended or (session.waits != "start" and session.node not in flow.nodes):
        return Sprint(session, (), None)
    try:
        _note_origin(turn, event, channel, assurance)
        target = _react(turn, event)
        while target is not None:
            target = enter(turn, turn.arrive(target))
    except Stopped as stopped:
        turn.fail(stopped)
    return turn.sprint()


def _note_origin(turn: Turn, event: Event, channel: str | None, assurance: Assurance | None) -> None:
    if isinstance(event, SignedIn):
        turn.channel = channel or turn.channel
        turn.assurance = event.assurance
        turn.customer = dict(event.customer)
    elif isinstance(event, (Started, Received, Chosen)):
        turn.channel = channel or turn.channel
        if assurance is not None and assurance < turn.assurance:
            turn.assurance = assurance
        if turn.assurance < Assurance.SIGNED_IN:
            turn.customer = None


def _react(turn: Turn, event: Event) -> str | None:
    """The node to go to because of an event, or None when it changes nothing."""
    node = turn.flow.nodes.get(turn.node)
    match event:
        case Started():
            return _start(turn, event) if turn.waits == "start" else None
        case Received() | Chosen():
            return _hear(turn, node, event) if node is not None else None
        case SignedIn():
            return signed_in(turn, node) if node is not None and turn.waits == "portal" else None
        case Answered():
            fits = node is not None and turn.waits == "call" and event.call == turn.call
            return returned(turn, node, event) if node is not None and fits else None
        case Expired():
            return _expire(turn, node, event) if node is not None else None
        case TicketClosed():
            return _come_back(turn, node) if node is not None and turn.waits == "ticket" else None


def _come_back(turn: Turn, node: CompiledNode) -> str | None:
    """Go on after a person; a conversation that was taken from the middle of a flow is finished."""
    return turn.follow(node, "next") if isinstance(node.definition, Handoff) else turn.finish()


def _start(turn: Turn, event: Started) -> str | None:
    turn.message = event.text or ""
    turn.node = turn.flow.start
    turn.speak(language_wish(turn.message) or "")
    match wish(turn.message):
        case "human":
            return turn.call_person()
        case "stop":
            return _stop(turn)
    return turn.flow.start


def _hear(turn: Turn, node: CompiledNode, event: Received | Chosen) -> str | None:
    if turn.waits == "ticket":
        return None
    if isinstance(event, Received) and event.kind == "text":
        turn.message = event.text
        named = _names_an_option(turn, node, event.text)
        wanted = wish(event.text)
        if wanted == HUMAN:
            return turn.call_person()
        if wanted is not None and not named:
            return _interrupt(turn, node, wanted)
        language = language_wish(event.text)
        if language in turn.flow.languages and not named and _may_repeat(turn, node):
            turn.speak(language or "")
            return node.id
    match turn.waits:
        case "answer":
            return replied(turn, node, event)
        case "portal":
            return node.id
    return None


def _may_repeat(turn: Turn, node: CompiledNode) -> bool:
    """Whether asking again in another language does not swallow an answer: free text may name a language."""
    free = isinstance(node.definition, Ask) and node.definition.ask.type == "text"
    return turn.waits in ("answer", "portal") and not free


def _names_an_option(turn: Turn, node: CompiledNode, text: str) -> bool:
    if turn.waits != "answer" or not isinstance(node.definition, Choose):
        return False
    choices, _ = choices_of(turn, node)
    return chosen_by_name(text, choices) is not None or chosen_by_id(text.strip(), choices) is not None


def _interrupt(turn: Turn, node: CompiledNode, wanted: str) -> str | None:
    if wanted == STOP:
        return _stop(turn)
    if turn.waits not in ("answer", "portal"):
        return None
    target = turn.flow.handlers.get(HELP)
    if target is None:
        turn.say_own("help")
        return node.id
    turn.back = node.id
    return target


def _stop(turn: Turn) -> str | None:
    turn.back = None
    target = turn.flow.handlers.get(STOP)
    if target is not None:
        return target
    turn.say_own("stop")
    turn.effects.append(Ended(turn.node))
    turn.wait("ended")
    return None


def _expire(turn: Turn, node: CompiledNode, event: Expired) -> str | None:
    due = turn.wake_at is not None and turn.wake_at <= turn.now
    if event.node != turn.node or turn.waits not in ("answer", "portal") or not due:
        return None
    turn.back = None
    return turn.follow(node, "expired")
