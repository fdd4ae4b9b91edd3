"""What goes into the engine and what comes out of it: values that know neither database nor channel.

The one rule: everything here is a frozen value with one JSON form, so that a session can be
stored, replayed and compared.
"""

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeAlias

from compliance.labels import PUBLIC, Assurance, Label, join, parse

JSON: TypeAlias = Any
"""Whatever `json.loads` gives."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words: approved ones stand in the flow, the others were inserted from a value."""

    text: str
    label: Label = PUBLIC
    approved: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """A button or a row of a list."""

    id: str
    title: tuple[Segment, ...]
    description: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is said to the customer, before anybody decided whether it may be said there.

    `kind` is "text", "buttons", "list" or "link". `path` is the label of the conditions that led here.
    """

    kind: str
    body: tuple[Segment, ...]
    options: tuple[Option, ...] = ()
    button: str | None = None
    url: str | None = None
    language: str = "en"
    protected: Label | None = None
    notice: tuple[Segment, ...] = ()
    path: Label = PUBLIC
    url_label: Label = PUBLIC

    @property
    def text(self) -> str:
        """The words of the body."""
        return words(self.body)

    @property
    def label(self) -> Label:
        """The join of everything that was read to say this, and of what was branched upon."""
        segments = [*self.body]
        for option in self.options:
            segments += [*option.title, *option.description]
        return join([self.path, self.url_label, *(segment.label for segment in segments)])


@dataclass(frozen=True, slots=True)
class Started:
    """A new session begins; `text` is what the customer wrote, if anything."""

    text: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The customer wrote. Kind: text, image, audio, video, document, location, contacts, sticker, unsupported."""

    text: str
    kind: str = "text"
    media: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The customer tapped a button or a row: its id as it was sent, and its words."""

    option: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody signed in on the portal; `customer["id"]` is the subject."""

    customer: dict[str, str]
    assurance: Assurance


@dataclass(frozen=True, slots=True)
class Answered:
    """A call came back. Errors: "timeout", "unavailable", "refused", "invalid", "not_found" or an operation's own."""

    call: str
    result: JSON = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """The time-out of this node passed."""

    node: str


@dataclass(frozen=True, slots=True)
class TicketClosed:
    """The person who had taken over is done."""


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the customer."""

    node: str
    message: Message


@dataclass(frozen=True, slots=True)
class Call:
    """An operation to call; the session is suspended until it is Answered."""

    id: str
    node: str
    operation: str
    arguments: dict[str, JSON]
    label: Label = PUBLIC


@dataclass(frozen=True, slots=True)
class HandOff:
    """A person takes over."""

    node: str
    queue: str
    note: str = ""
    priority: int = 0
    label: Label = PUBLIC


@dataclass(frozen=True, slots=True)
class OpenPortal:
    """Sign-in is wanted; the notice goes to the open channel, a link is added to it outside."""

    node: str
    notice: Message


@dataclass(frozen=True, slots=True)
class Failed:
    """A limit was met or an expression failed. The detail never holds content."""

    node: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over."""

    node: str


Event = Started | Received | Chosen | SignedIn | Answered | Expired | TicketClosed
Effect = Say | Call | HandOff | OpenPortal | Failed | Ended

_TYPES: dict[str, type[Any]] = {
    each.__name__: each for each in (*typing.get_args(Event), *typing.get_args(Effect), Message, Segment, Option)
}


class UnknownEvent(ValueError):
    """JSON that names no event or effect."""


def words(segments: tuple[Segment, ...]) -> str:
    """Join the words of segments."""
    return "".join(segment.text for segment in segments)


def as_json(value: Event | Effect | Message) -> dict[str, JSON]:
    """Write an event, effect or message: `{"type": "Received", "text": "hi", …}`."""
    return {"type": type(value).__name__, **_fields(value)}


def from_json(stored: dict[str, JSON]) -> Any:
    """Read what `as_json` wrote. Raise UnknownEvent."""
    kind = _TYPES.get(str(stored.get("type")))
    if kind is None:
        raise UnknownEvent(str(stored.get("type"))[:40])
    return _read(kind, {name: value for name, value in stored.items() if name != "type"})


def _fields(value: Any) -> dict[str, JSON]:
    return {field.name: _write(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _write(value: Any) -> JSON:
    if isinstance(value, Label):
        return value.names
    if isinstance(value, Assurance):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    return _fields(value) if dataclasses.is_dataclass(value) else value


def _read(hint: Any, value: JSON) -> Any:
    if isinstance(hint, types.UnionType):
        return None if value is None else _read(typing.get_args(hint)[0], value)
    if hint is Label:
        return parse(value)
    if hint is Assurance:
        return Assurance[value.upper()]
    if typing.get_origin(hint) is tuple:
        return tuple(_read(typing.get_args(hint)[0], item) for item in value)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return typing.cast("Any", hint)(**{name: _read(hints[name], item) for name, item in value.items()})
    return value
