"""What every channel speaks: items that came in, receipts and errors of what went out.

The one rule: nothing here knows a channel's wire. A channel turns its wire into these
values and back; the conversation sees nothing else.
"""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

Json: TypeAlias = Any
"""A parsed JSON value: checked where it is read, never trusted for its shape."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One name under which a channel knows a person: kind phone | bsuid | parent_bsuid | …"""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a webhook, with what is needed of its surroundings.

    `kind` is message | status | reaction | edit | revoke | echo | account | identity |
    preference | call | unknown. `external_id` is equal for two deliveries of the same item
    and unique within (organisation, channel). `route` says whose it is: ("phone_number_id",
    id), ("waba", id), or ("none", "") where the item names nobody. `body` holds what is kept.
    """

    kind: str
    external_id: str
    route: tuple[str, str]
    sender: tuple[Identity, ...]
    sent_at: datetime
    body: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Media:
    """A file on the channel's side; `id` fetches it for as long as the channel keeps it."""

    id: str
    mime_type: str | None = None
    sha256: str | None = None
    filename: str | None = None
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map that somebody sent."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer wrote, free of the channel's wire. The profile name is never kept.

    `kind` is text | choice | image | audio | video | document | location | contacts |
    sticker | unsupported. `text` holds a caption or the title of a choice as well.
    """

    kind: str
    text: str
    option: str | None = None
    media: Media | None = None
    place: Place | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An error a channel reported later, by code; its words are not kept: they may quote the message."""

    code: int
    title: str


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message that was sent. `rank` is 0 for failed and for words unknown to us."""

    external_id: str
    status: str
    rank: int
    at: datetime
    callback_data: str | None
    pricing: dict[str, Json] | None
    errors: tuple[Fault, ...]
    recipient: tuple[Identity, ...]


class Act(enum.StrEnum):
    """What to do about a message that was not confirmed."""

    RETRY = "retry"
    """Not accepted; try again with back-off."""
    PAIR_RETRY = "pair_retry"
    """Not accepted: too many to this person; others may go on."""
    PAUSE = "pause"
    """Not accepted, and nothing will be: pause the channel, tell a person."""
    FINAL = "final"
    """Not accepted, and this message never will be."""
    TEMPLATE = "template"
    """Outside the service window: only a template may go."""
    LATER = "later"
    """Not before a day has passed."""
    NO_MARKETING = "no_marketing"
    """This person wants no marketing."""
    UNKNOWN = "unknown"
    """It may have been accepted: never send it again blindly."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The channel accepted the message under this id. `status` is the channel's first word on it."""

    external_id: str
    status: str
    recipient: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class SendError:
    """Why a message was not confirmed. `detail_safe` names facts and codes, never content."""

    act: Act
    code: int | None
    detail_safe: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry, so that a flow is checked and a message shaped before it is sent."""

    buttons: int
    button_title_characters: int
    list_rows: int
    row_title_characters: int
    row_description_characters: int
    text_characters: int
    interactive_text_characters: int
    links: bool
    media: bool
    receipts: bool
    protected: bool
    service_window_hours: int | None


class Response(Protocol):
    """An answer of the network, as the one HTTP client gives it."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Any: ...
    @property
    def body(self) -> bytes: ...


class Transport(Protocol):
    """The part of the one HTTP client that a sender needs."""

    def post(self, url: str, *, json: Json, headers: dict[str, str], timeout_seconds: float) -> Response: ...


RANKS = {"sent": 1, "delivered": 2, "read": 3, "played": 4}


def advance(current: str | None, new: str) -> str | None:
    """Choose which status stands: never a downgrade, and a failure only where nothing arrived."""
    if current is None:
        return new if new in RANKS or new == "failed" else None
    if new == "failed":
        return "failed" if RANKS.get(current, 0) <= RANKS["sent"] else current
    return new if RANKS.get(new, 0) > _standing(current) else current


def _standing(status: str) -> int:
    # A failed message that turns out to have been delivered was delivered; "sent" says nothing new after a failure.
    return RANKS["sent"] if status == "failed" else RANKS.get(status, 0)
