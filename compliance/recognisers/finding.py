"""What a recogniser says, and what a family of recognisers declares about itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from compliance.labels import Label
from compliance.normalisation import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """A place of the original text that says something protected."""

    start: int
    end: int
    entity: str
    label: Label
    score: float
    reason: str
    """Why, as a short fact. It never repeats the text."""


@dataclass(frozen=True, slots=True)
class Match:
    """A find in the normalised text; classification gives it its label and its place in the original."""

    start: int
    end: int
    entity: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Recognisers that look for the same kind of thing.

    It is asked only when the text has that many `digits` and, where `cues` or `marks` are named, one of
    them: a cue is how a word begins (four letters are compared), a mark is a character.
    Examples show what is to be found between « and » and name its entity; counter-examples hold nothing of
    this family. Both are run as tests.
    """

    name: str
    entities: Mapping[str, Label]
    find: Callable[[Text], Iterator[Match]]
    languages: tuple[str, ...] = ()
    """The languages whose words it knows; none when it goes by structure alone."""
    digits: int = 0
    cues: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...]
    counter_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Danger now, to the writer or to somebody near; it is about the message, so it names no place."""

    signal: str
    sounds: Callable[[Text], bool]


def heads(cues: Iterable[str]) -> frozenset[str]:
    """What is compared of cues: as much as `Text.heads` keeps of a word."""
    return frozenset(cue[:4] for cue in cues)
