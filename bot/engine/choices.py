"""The options of a `choose`, shown and understood.

The one rule: a typed answer is taken only when one option, and no other, is meant.
"""

import re
from dataclasses import dataclass
from typing import cast

from rapidfuzz import fuzz

from bot.engine.turn import Stopped, Turn
from bot.events import Option, Segment, words
from bot.flows.compiled import CompiledNode
from bot.flows.expressions import ExpressionFailed
from bot.flows.nodes import BUTTON_TITLE, BUTTONS, ROW_DESCRIPTION, ROW_TITLE, ROWS, Choose
from bot.flows.phrases import folded, say
from bot.flows.texts import written
from bot.flows.values import Labelled
from compliance.labels import PUBLIC, Label

INTERACTIVE_BODY = 1_024
NEARLY = 85.0
LEAD = 6.0

_NUMBERED = re.compile(r"\W{0,2}(?:n[or]?\.? ?)?(\d{1,3})\W{0,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as it is offered: its words in any language, and the value that it stands for."""

    id: str
    title: tuple[Segment, ...]
    description: tuple[Segment, ...]
    names: frozenset[str]
    value: Labelled


def choices_of(turn: Turn, node: CompiledNode) -> tuple[list[Choice], Label]:
    """The options now, and the label of there being these options. Raise Stopped."""
    definition = cast("Choose", node.definition)
    found, label = _listed(turn, node) if definition.choose.options_from is not None else ([], PUBLIC)
    for number, option in enumerate(definition.choose.options):
        place = f"options.{number}.label"
        names = {option.id, *option.synonyms}
        names |= {words(turn.render(node, place, language)) for language in node.texts[place].templates}
        found.append(
            Choice(
                option.id,
                turn.render(node, place),
                turn.render(node, f"options.{number}.description"),
                frozenset(folded(name) for name in names),
                Labelled(option.id),
            )
        )
    return found, label


def _listed(turn: Turn, node: CompiledNode) -> tuple[list[Choice], Label]:
    items = turn.evaluate(node.expressions["options_from"])
    label = items.label_at(())
    if items.value is None:
        return [], label
    if not isinstance(items.value, list):
        raise Stopped("not_a_list", "options_from")
    found: list[Choice] = []
    before = turn.roots.get("item")
    try:
        for item in items.value:
            value = Labelled(item, items.label, items.fields)
            turn.roots["item"] = value
            identity = written(node.expressions["id"].evaluate(roots=turn.roots).value)[:200]
            title = turn.render(node, "label")
            names = frozenset({folded(identity), folded(words(title))})
            found.append(Choice(identity, title, turn.render(node, "description"), names, value))
    except ExpressionFailed as error:
        raise Stopped(str(error), "id") from None
    finally:
        turn.roots.pop("item", None)
        if before is not None:
            turn.roots["item"] = before
    return found, label


def offer(turn: Turn, node: CompiledNode, choices: list[Choice], label: Label, lead: tuple[Segment, ...] = ()) -> None:
    """Say the prompt with its options. Raise Stopped."""
    body = (*lead, *turn.render(node, "prompt"))
    rows = choices if len(choices) <= ROWS else []
    if not rows or len(words(body)) > INTERACTIVE_BODY:
        turn.say(body=(*body, *_numbered(choices)))
        return
    options = tuple(_option(choice, label) for choice in rows)
    plain = all(not choice.description and len(words(choice.title)) <= BUTTON_TITLE for choice in rows)
    if len(rows) <= BUTTONS and plain:
        turn.say(body=body, kind="buttons", options=options)
        return
    opener = words(turn.render(node, "button")) or say("list", turn.language)
    turn.say(body=body, kind="list", options=options, button=opener[:BUTTON_TITLE])


def _option(choice: Choice, label: Label) -> Option:
    """A button or row; what does not fit the title stands in full in the description."""
    description = choice.description
    if len(words(choice.title)) > ROW_TITLE and not description:
        description = choice.title
    title = _cut(choice.title, ROW_TITLE)
    shown = title or (Segment(choice.id[:ROW_TITLE], choice.value.label, approved=False),)
    marked = tuple(Segment(part.text, part.label | label, part.approved) for part in shown)
    return Option(choice.id, marked, _cut(description, ROW_DESCRIPTION))


def _cut(segments: tuple[Segment, ...], limit: int) -> tuple[Segment, ...]:
    if len(words(segments)) <= limit:
        return segments
    kept: list[Segment] = []
    room = limit - 1
    for segment in segments:
        piece = segment.text[:room]
        room -= len(piece)
        kept.append(Segment(piece + ("…" if not room else ""), segment.label, segment.approved))
        if not room:
            break
    return tuple(kept)


def _numbered(choices: list[Choice]) -> list[Segment]:
    segments: list[Segment] = []
    for number, choice in enumerate(choices, start=1):
        segments += [Segment(f"\n{number}. "), *choice.title]
        if choice.description:
            segments += [Segment(" – "), *choice.description]
    return segments


def chosen_by_id(identity: str, choices: list[Choice]) -> Choice | None:
    """The option with this id."""
    return next((choice for choice in choices if choice.id == identity), None)


def chosen_by_name(text: str, choices: list[Choice]) -> Choice | None:
    """The option that is named exactly, by id, label or synonym."""
    asked = folded(text)
    named = [choice for choice in choices if asked and asked in choice.names]
    return named[0] if len(named) == 1 else None


def chosen_by_words(text: str, choices: list[Choice]) -> Choice | None:
    """The one option that typed words mean: named, by number, within a sentence, or nearly."""
    asked = folded(text[:400])
    if not asked:
        return None
    exact = chosen_by_name(text, choices)
    if exact is not None:
        return exact
    number = _NUMBERED.fullmatch(text.strip())
    if number:
        position = int(number.group(1))
        return choices[position - 1] if 1 <= position <= len(choices) else None
    within = [c for c in choices if any(len(name) > 2 and f" {name} " in f" {asked} " for name in c.names)]
    if within:
        return within[0] if len(within) == 1 else None
    return _nearly(asked, choices)


def _nearly(asked: str, choices: list[Choice]) -> Choice | None:
    if len(asked) < 4:
        return None
    scored = sorted(
        ((max((fuzz.ratio(asked, name) for name in c.names), default=0.0), n) for n, c in enumerate(choices)),
        reverse=True,
    )
    best = scored[0] if scored else (0.0, 0)
    second = scored[1][0] if len(scored) > 1 else 0.0
    return choices[best[1]] if best[0] >= NEARLY and best[0] - second >= LEAD else None
