"""What one may write first: the opening words of the example firms' scripted conversations."""

import functools
from dataclasses import dataclass

from web import examples


@dataclass(frozen=True, slots=True)
class Opener:
    """Words to begin with, and their language."""

    text: str
    language: str


@functools.cache
def openers(slug: str) -> tuple[Opener, ...]:
    """The openers of a firm, each once; none for a firm that is no example."""
    if slug not in examples.slugs():
        return ()
    found: dict[str, Opener] = {}
    for conversation in examples.read(slug=slug, addresses={}).conversations:
        for step in conversation["steps"]:
            if text := step.get("write"):
                found.setdefault(text, Opener(text, conversation["customer"]["language"]))
    return tuple(found.values())


@functools.cache
def known_customers(slug: str) -> tuple[tuple[str, str], ...]:
    """The example firm's customers: telephone and name."""
    if slug not in examples.slugs():
        return ()
    customers = examples.read(slug=slug, addresses={}).organisation["customers"]
    return tuple((customer["phone"], customer["name"]) for customer in customers)
