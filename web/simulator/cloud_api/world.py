"""The world of the stand-in: apps, numbers, phones, messages. All of it in memory.

The one rule: every change of a message gets the next `seq`, so that whoever asks for what
came after a number misses nothing.
"""

import base64
import hashlib
import os
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Settings:
    """How the stand-in behaves towards numbers and apps for which nothing else was said."""

    sent_seconds: float = 0.02
    delivered_seconds: float = 0.15
    read_seconds: float | None = 0.6
    """None: nobody ever reads."""
    window: str = "answer"
    """Outside 24 hours, 131047 comes in the answer, later in a status ("status"), or never ("off")."""
    pair_limit: bool = True
    per_second: int | None = 80
    era: str = "v26"
    """v20: numbers only, conversation pricing; v23 and later: business-scoped user ids."""
    retry_seconds: float = 1.0
    """The first wait after a webhook was not taken; it doubles up to an hour."""
    senders: int = 2
    webhook_timeout_seconds: float = 10.0


@dataclass(slots=True)
class App:
    """A subscriber of webhooks, and how badly they reach it."""

    id: str
    secret: str
    verify_token: str = ""
    callback_url: str = ""
    batch: int = 1
    linger_seconds: float = 0.0
    duplicates: float = 0.0
    """The share of webhooks that come twice."""
    jitter_seconds: float = 0.0
    """Each webhook is held for a random part of this: they overtake one another."""
    late: int = 0
    late_seconds: float = 0.0
    """So many of the next webhooks come this much later, as after failed attempts."""
    verified: bool = False


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `count` sends of a number."""

    kind: str
    count: int = 1
    code: int = 131000
    http: int = 500
    seconds: float = 30.0


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then one each `seconds`."""

    burst: float
    seconds: float
    level: float = 0.0
    at: float = 0.0

    def take(self, at: float) -> bool:
        """Take one, if there is one. The level counts what was taken and has not flowed back."""
        self.level = max(0.0, self.level - (at - self.at) / self.seconds)
        self.at = at
        if self.level > self.burst - 1 + 1e-9:
            return False
        self.level += 1
        return True


@dataclass(slots=True)
class Number:
    """A firm's number and the rules that hold for it."""

    id: str
    waba: str
    display: str
    token: str
    app: str
    name: str = ""
    rules: Settings = field(default_factory=Settings)
    statuses: bool = True
    registered: bool = True
    storage: Json = None
    faults: deque[Fault] = field(default_factory=deque)
    bucket: Bucket | None = None
    pairs: dict[str, Bucket] = field(default_factory=dict)


@dataclass(slots=True)
class Phone:
    """A customer: known by a number, by a user id, or by both."""

    who: str
    phone: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    name: str = ""
    username: str | None = None
    reachable: bool = True


@dataclass(slots=True)
class Message:
    """A message as the phone shows it. `direction` is seen from the firm."""

    id: str
    seq: int
    number: str
    who: str
    direction: str
    kind: str
    at: float
    body: dict[str, Json]
    shown: dict[str, Json]
    callback: str | None = None
    statuses: list[tuple[str, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "seq": self.seq,
            "number": self.number,
            "direction": self.direction,
            "kind": self.kind,
            "at": self.at,
            **self.shown,
            "callback": self.callback,
            "status": self.statuses[-1][0] if self.statuses else None,
            "statuses": [{"status": status, "at": at} for status, at in self.statuses],
        }


@dataclass(slots=True)
class File:
    """An uploaded or received file."""

    id: str
    mime_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


def clock() -> float:
    """The stand-in is Meta's side: its time is nobody's argument."""
    return time.time()


class World:
    """Everything the stand-in knows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.changed = threading.Condition(threading.RLock())
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self.changed:
            self.seq = 0
            self.apps: dict[str, App] = {}
            self.numbers: dict[str, Number] = {}
            self.phones: dict[str, Phone] = {}
            self.templates: dict[str, list[dict[str, Json]]] = {}
            self.files: dict[str, File] = {}
            self.links: dict[str, tuple[str, float]] = {}
            self._addresses: dict[str, Phone] = {}
            self.forget_messages()

    def forget_messages(self) -> None:
        """Forget what was said; keep who is registered."""
        with self.changed:
            self.messages: dict[str, Message] = {}
            self.threads: dict[tuple[str, str], list[Message]] = {}
            self.last_inbound: dict[tuple[str, str], float] = {}
            self.typing: set[tuple[str, str]] = set()
            self.accepted: Counter[str] = Counter()
            self.sends: list[dict[str, Json]] = []
            self.refused: Counter[str] = Counter()
            for number in self.numbers.values():
                number.bucket = None
                number.pairs.clear()
            self.changed.notify_all()

    def add_phone(self, phone: Phone) -> Phone:
        with self.changed:
            self.phones[phone.who] = phone
            for address in (phone.phone, phone.bsuid, phone.parent_bsuid):
                if address:
                    self._addresses[address] = phone
        return phone

    def phone_at(self, address: str) -> Phone | None:
        """Find who is reached there. An unheard-of number is somebody; an unheard-of user id is nobody."""
        with self.changed:
            known = self._addresses.get(address)
            if known is None and address.isdigit():
                known = self.add_phone(Phone(who=address, phone=address, bsuid=bsuid_of(address), name=address))
            return known

    def add_message(self, message: Message) -> Message:
        with self.changed:
            self.seq += 1
            message.seq = self.seq
            self.messages[message.id] = message
            self.threads.setdefault((message.who, message.number), []).append(message)
            if message.direction == "inbound":
                self.last_inbound[message.who, message.number] = message.at
            else:
                self.typing.discard((message.who, message.number))
            self.changed.notify_all()
        return message

    def add_status(self, message: Message, status: str, at: float) -> None:
        with self.changed:
            message.statuses.append((status, at))
            self.seq += 1
            message.seq = self.seq
            self.changed.notify_all()

    def thread(self, who: str, *, number: str | None, after: int, wait_seconds: float) -> tuple[list[Message], int]:
        """List what changed on a phone after a `seq`, waiting for something if there is nothing yet."""
        until = time.monotonic() + wait_seconds
        with self.changed:
            while True:
                lines = [(who, number)] if number else [key for key in self.threads if key[0] == who]
                said = [message for line in lines for message in self.threads.get(line, ())]
                found = [message for message in said if message.seq > after]
                left = until - time.monotonic()
                if found or left <= 0:
                    return sorted(found, key=lambda message: message.at), self.seq
                self.changed.wait(left)

    def may_send(self, number: Number, who: str, at: float) -> int | None:
        """Apply the limits of the number; return the code of the one that is met."""
        rules = number.rules
        with self.changed:
            if rules.per_second is not None:
                number.bucket = number.bucket or Bucket(rules.per_second, 1 / rules.per_second)
                if not number.bucket.take(at):
                    return 130429
            if rules.pair_limit and not number.pairs.setdefault(who, Bucket(45, 6.0)).take(at):
                return 131056
        return None

    def is_window_open(self, number: Number, who: str, at: float) -> bool:
        return at - self.last_inbound.get((who, number.id), 0) < 24 * 3600

    def take_fault(self, number: Number) -> Fault | None:
        with self.changed:
            if not number.faults:
                return None
            fault = number.faults[0]
            fault.count -= 1
            if fault.count <= 0:
                number.faults.popleft()
            return replace(fault)


def new_wamid() -> str:
    return "wamid." + base64.b64encode(b"\x1c\x18" + os.urandom(31)).decode()


def bsuid_of(address: str) -> str:
    """A user id for a phone that was given none: always the same for the same number."""
    return "CH." + str(int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "big"))
