"""Texts: whether they are there in every language and fit where they are shown."""

from collections.abc import Iterator

from bot.events import Segment
from bot.flows.checks.subject import Capabilities, Found, Subject
from bot.flows.nodes import BUTTON_TITLE, ROW_DESCRIPTION, ROW_TITLE, Place
from bot.flows.texts import TEXT, Template

_INTERACTIVE = 1_024


def find(subject: Subject) -> Iterator[Found]:
    """Missing and unknown languages, empty texts, texts over the limits."""
    for name, places in subject.places.items():
        for place in places:
            yield from _languages(subject, name, place)
            text = subject.texts.get((name, place.path))
            for language, template in text.templates.items() if text else ():
                if not template.parts and place.path != "note":
                    yield Found.at("empty_text", name, place.path)
                yield from _length(subject.capabilities, name, place, language or "every language", template)


def _languages(subject: Subject, name: str, place: Place) -> Iterator[Found]:
    # A note is read by the firm's own people.
    if isinstance(place.words, str) or place.path == "note":
        return
    missing = [language for language in subject.flow.languages if not place.words.get(language)]
    if missing:
        yield Found.at("missing_translation", name, place.path, languages=", ".join(missing))
    unknown = [language for language in place.words if language not in subject.flow.languages]
    if unknown:
        yield Found.at("unknown_language", name, place.path, languages=", ".join(unknown))


def _length(capabilities: Capabilities, name: str, place: Place, language: str, template: Template) -> Iterator[Found]:
    """Fixed words alone are counted: what is inserted is not known yet."""
    length = sum(len(part.text) for part in template.parts if isinstance(part, Segment))
    limit = _limit(capabilities, place)
    if length > limit:
        code = "text_too_long" if place.limit >= _INTERACTIVE or place.path == "note" else "title_too_long"
        yield Found.at(code, name, place.path, language=language, length=length, limit=limit)


def _limit(capabilities: Capabilities, place: Place) -> int:
    match place.limit:
        case x if x == BUTTON_TITLE:
            return capabilities.button_title_characters or BUTTON_TITLE
        case x if x == ROW_TITLE:
            return capabilities.row_title_characters or ROW_TITLE
        case x if x == ROW_DESCRIPTION:
            return capabilities.row_description_characters or ROW_DESCRIPTION
        case x if x == _INTERACTIVE:
            return capabilities.interactive_text_characters or _INTERACTIVE
        case x if x == TEXT:
            return capabilities.text_characters
    return place.limit
