"""A customer's phone, at the stand-in of the Cloud API."""

import json
import time
from dataclasses import dataclass
from typing import Any

from tenants.http import Client
from web.demo.installation import LOOPBACK

LONGEST_POLL_SECONDS = 0.25
PAGE = 500
LINK = "link →"


class PhoneRefused(ConnectionError):
    """The stand-in did not take an order."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the firm as the phone shows it. `callback` is the program's own name for it."""

    callback: str
    words: str
    options: tuple[str, ...]
    url: str | None

    @property
    def to_tap(self) -> tuple[str, ...]:
        """What can be tapped: the options, or the link."""
        return (*self.options, LINK) if self.url else self.options


class Phone:
    """One customer's phone and its thread with one number."""

    def __init__(self, *, stand_in: str, number: str, phone: str, name: str) -> None:
        self._client = Client(allow=LOOPBACK)
        self._control = f"{stand_in}/_control"
        self._number = number
        self._who = phone
        self._seen = 0
        self._shown: dict[str, Shown] = {}
        self._order("phones", {"who": phone, "phone": phone, "name": name})

    @property
    def shown(self) -> list[Shown]:
        """Everything that the firm said, in the order in which it came."""
        return list(self._shown.values())

    @property
    def link(self) -> str | None:
        """The newest link."""
        return next((one.url for one in reversed(self.shown) if one.url), None)

    def write(self, text: str) -> str:
        """Write to the firm; return the message's id."""
        return self._say({"kind": "text", "text": text})

    def tap(self, option: str) -> str:
        """Tap an option of the newest message that has it; return the message's id."""
        return self._say({"kind": "choice", "option": option})

    def listen(self, *, until: float) -> None:
        """Wait a little, until something changes on the phone; `until` by the monotonic clock, 0 for not at all."""
        wait = min(LONGEST_POLL_SECONDS, max(0.0, until - time.monotonic())) if until else 0.0
        asked = {"number": self._number, "after": str(self._seen), "wait": f"{wait:.2f}"}
        thread = self._ask(f"phones/{self._who}/thread", asked)
        self._seen = thread["last"]
        for entry in thread["entries"]:
            if entry["direction"] == "outbound":
                self._shown.setdefault(entry["id"], _shown(entry))

    def sent_to_it(self) -> list[str]:
        """Every body that was sent to this phone, as the stand-in received it."""
        bodies: list[str] = []
        after = 0
        while True:
            part = self._ask("sends", {"after": str(after), "limit": str(PAGE), "counts": "0"})["sends"]
            bodies += [json.dumps(sent["body"], ensure_ascii=False) for sent in part if sent["who"] == self._who]
            after += len(part)
            if len(part) < PAGE:
                return bodies

    def close(self) -> None:
        """Put the phone away."""
        self._client.close()

    def _say(self, said: dict[str, str]) -> str:
        answer = self._order(f"phones/{self._who}/messages", {"number": self._number, **said})
        return str(answer["id"])

    def _order(self, what: str, order: dict[str, str]) -> Any:
        answer = self._client.post(f"{self._control}/{what}", json=order, timeout_seconds=5)
        return _read(answer.status, answer.body)

    def _ask(self, what: str, asked: dict[str, str]) -> Any:
        answer = self._client.get(f"{self._control}/{what}", params=asked, timeout_seconds=5)
        return _read(answer.status, answer.body)


def _shown(entry: dict[str, Any]) -> Shown:
    words = [entry.get("header"), entry["text"], entry.get("footer")]
    options = tuple(
        " · ".join(filter(None, [option["title"], option.get("description")])) for option in entry.get("options", ())
    )
    return Shown(
        callback=entry.get("callback") or "",
        words="\n".join(filter(None, words)),
        options=options,
        url=entry.get("url"),
    )


def _read(status: int, body: bytes) -> Any:
    answer = json.loads(body)
    if status != 200:
        raise PhoneRefused(f"{status}: {answer.get('error')}")
    return answer
