"""What the player prints: each message with verdict and reason, then what is wrong.

The one rule: never colour, and a shape with every verdict (the look of the house).
"""

from collections.abc import Iterable

import click

from compliance.decisions import MASKED
from compliance.labels import Verdict
from web.demo.player.play import Played
from web.demo.player.script import PORTAL, Message, Script

SHAPES = {Verdict.CLEARED.value: "●", Verdict.DIVERTED.value: "◆", Verdict.HELD.value: "■", Verdict.REFUSED.value: "⬣"}
TAG = "▒"
"""What was masked is no verdict: a tag in place of a shape."""
MARGIN = " " * 11


def print_conversation(script: Script, steps: Iterable[Played]) -> None:
    """Print a conversation that was played, in one piece."""
    lines = [f"{script.firm} · {script.name} · {script.title}"]
    for played in steps:
        for message in played.messages:
            lines += message_lines(message, firm=script.firm)
        if played.log:
            lines.append(f"{MARGIN}log: {' · '.join(played.log)}")
    wrong = [difference for played in steps for difference in played.wrong]
    lines += [f"{script.name}: wrong: {difference}" for difference in wrong] or [f"{script.name}: ok"]
    click.echo("\n".join(lines) + "\n")


def message_lines(message: Message, *, firm: str) -> list[str]:
    """A message: time, firm, direction, channel, verdict, words; below it the reason."""
    direction = "in " if message.is_inbound else "out"
    shape = TAG if message.verdict == MASKED else SHAPES[message.verdict]
    words = " ".join([*(message.words or "").split(), *(f"[{option}]" for option in message.options)])
    if message.words is None:
        words = "(withheld)"
    elif message.channel == PORTAL:
        words = f"(protected) {words}"
    return [
        f"  {message.at:%H:%M:%S} {firm:<9} {direction} {message.channel:<8} {shape} {message.verdict:<8} {words}",
        f"{MARGIN}{message.reason}",
    ]
