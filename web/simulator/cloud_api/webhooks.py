"""Webhooks as Meta sends them: signed over their exact bytes, repeated until they are taken.

This is Meta's side of the wire, so it does not go through the project's own HTTP client:
that one guards what *we* reach, and re-serialises what must be signed as it is.
"""

import hashlib
import hmac
import http.client
import json
import random
import secrets
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from web.simulator.cloud_api.timetable import Timetable
from web.simulator.cloud_api.world import App, Json, World, clock

_RETRY_MOST_SECONDS = 3600.0
_GIVE_UP_SECONDS = 7 * 24 * 3600.0


@dataclass(slots=True)
class Change:
    """One change under way to a subscriber."""

    waba: str
    field: str
    value: dict[str, Json]
    at: int
    first_at: float
    attempt: int = 0


class Subscriber:
    """Delivers the changes of one app, over a few kept-alive connections."""

    def __init__(self, app: App, world: World, timetable: Timetable) -> None:
        self.app = app
        self.counts: Counter[str] = Counter()
        self._world = world
        self._timetable = timetable
        self._waiting: deque[Change] = deque()
        self._woken = threading.Condition()
        self._handshake = threading.Lock()
        self._stopped = False
        self._under_way = 0
        self._chance = random.Random(1)  # noqa: S311  a repeatable bad day, not a secret
        for index in range(world.settings.senders):
            threading.Thread(target=self._run, name=f"webhooks-{app.id}-{index}", daemon=True).start()

    def put(self, waba: str, field: str, value: dict[str, Json]) -> None:
        """Send a change, as late, as often and as out of order as the app's bad day has it."""
        change = Change(waba, field, value, at=int(clock()), first_at=time.monotonic())
        delay = self._chance.random() * self.app.jitter_seconds
        if self.app.late > 0:
            self.app.late -= 1
            delay += self.app.late_seconds
        self._timetable.after(delay, lambda: self._queue(change))
        if self.app.duplicates and self._chance.random() < self.app.duplicates:
            again = replace(change)
            self._timetable.after(self._chance.random() * self.app.jitter_seconds, lambda: self._queue(again))

    def shake_hands(self) -> bool:
        """Ask the subscriber to echo a challenge, as before the first webhook."""
        challenge = str(secrets.randbelow(10**10))
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": self.app.verify_token}
        target = urlsplit(self.app.callback_url)
        path = f"{target.path or '/'}?{'&'.join(part for part in (target.query, urlencode(query)) if part)}"
        connection = self._connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            self.app.verified = answer.status == 200 and answer.read().decode("utf-8", "replace") == challenge
        except (OSError, http.client.HTTPException):
            self.app.verified = False
        finally:
            connection.close()
        self.counts["handshakes" if self.app.verified else "handshakes_failed"] += 1
        return self.app.verified

    @property
    def pending(self) -> int:
        return len(self._waiting) + self._under_way

    def forget(self) -> None:
        """Drop what has not been sent."""
        with self._woken:
            self._waiting.clear()
            self.counts.clear()

    def stop(self) -> None:
        with self._woken:
            self._stopped = True
            self._woken.notify_all()

    def _queue(self, change: Change) -> None:
        with self._woken:
            self._waiting.append(change)
            self._woken.notify()

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while True:
            changes = self._take()
            if not changes:
                if connection is not None:
                    connection.close()
                return
            if connection is None and self.app.callback_url:
                connection = self._connect()
            if connection is None or not self._deliver(connection, changes):
                if connection is not None:
                    connection.close()
                    connection = None
                self._again(changes)
            with self._woken:
                self._under_way -= len(changes)

    def _take(self) -> list[Change]:
        with self._woken:
            while not self._waiting and not self._stopped:
                self._woken.wait()
            if self._stopped:
                return []
            if self.app.linger_seconds and len(self._waiting) < self.app.batch:
                self._woken.wait_for(lambda: len(self._waiting) >= self.app.batch, self.app.linger_seconds)
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), max(1, self.app.batch)))]
            self._under_way += len(taken)
        return taken or self._take()

    def _deliver(self, connection: http.client.HTTPConnection, changes: list[Change]) -> bool:
        with self._handshake:
            if not self.app.verified and not self.shake_hands():
                return False
        raw = body_of(changes)
        target = urlsplit(self.app.callback_url)
        path = target.path or "/"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign(raw, self.app.secret),
        }
        try:
            connection.request("POST", f"{path}?{target.query}" if target.query else path, raw, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.counts["broken"] += 1
            return False
        self.counts["posts"] += 1
        self.counts[f"http_{answer.status}"] += 1
        if answer.status == 200:
            self.counts["delivered"] += len(changes)
            return True
        return False

    def _again(self, changes: list[Change]) -> None:
        for change in changes:
            delay = min(self._world.settings.retry_seconds * 2**change.attempt, _RETRY_MOST_SECONDS)
            change.attempt += 1
            if self._stopped or time.monotonic() + delay - change.first_at > _GIVE_UP_SECONDS:
                self.counts["given_up"] += 1
                continue
            self.counts["retries"] += 1
            self._timetable.after(delay, lambda change=change: self._queue(change))  # type: ignore[misc]

    def _connect(self) -> http.client.HTTPConnection:
        target = urlsplit(self.app.callback_url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        timeout_seconds = self._world.settings.webhook_timeout_seconds
        return kind(target.hostname or "", target.port, timeout=timeout_seconds)


def body_of(changes: list[Change]) -> bytes:
    """Write the bytes as Meta does: one line, `\\uXXXX` for what is not ASCII, `\\/` for a slash."""
    entries: list[dict[str, Json]] = []
    for change in changes:
        if not entries or entries[-1]["id"] != change.waba:
            time_ = {} if "metadata" in change.value else {"time": change.at}
            entries.append({"id": change.waba, **time_, "changes": []})
        entries[-1]["changes"].append({"value": change.value, "field": change.field})
    body = {"object": "whatsapp_business_account", "entry": entries}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
