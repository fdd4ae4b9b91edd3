"""Playing one conversation: every act through real HTTP, every message compared.

The one rule: what was decided and what was seen must be the same messages. Something
seen that nobody cleared is wrong, and so is something cleared that nobody saw.
"""

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator
from http.client import HTTPException

from compliance.labels import Verdict
from compliance.links import LinkState
from tenants.http import Client
from web.demo.installation import LOOPBACK
from web.demo.player.phone import Phone
from web.demo.player.portal import NotAsItShouldBe, Visit
from web.demo.player.record import Decided, Record
from web.demo.player.script import PORTAL, WHATSAPP, Message, Script, Step, differences
from web.demo.town import Town

LONGEST_WAIT_SECONDS = 10.0
PAUSE_SECONDS = 0.05


class TooSlow(TimeoutError):
    """The bot did not finish its work in time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """A step that was played: what was said, what the log says, what is wrong."""

    messages: tuple[Message, ...]
    log: tuple[str, ...]
    wrong: tuple[str, ...]


def play(script: Script, *, place: Town, organisation_id: uuid.UUID, phone: str) -> Iterator[Played]:
    """Play a conversation on this phone number, step by step; a step that cannot be taken is the last."""
    player = _Player(script, place, organisation_id, phone)
    try:
        for step in script.steps:
            try:
                played = player.take(step)
            except (OSError, HTTPException, LookupError, NotAsItShouldBe) as failure:
                yield Played((), tuple(player.record.news_of_log()), (f"{step.act}: {failure}",))
                return
            yield played
        yield Played((), (), tuple(player.leaks()))
    finally:
        player.leave()


class _Player:
    def __init__(self, script: Script, place: Town, organisation_id: uuid.UUID, phone: str) -> None:
        example = next(one for one in place.examples if one.slug == script.firm)
        self._script = script
        self._people = {person.subject: person for person in example.people}
        self._addresses = place.addresses
        self._orders = Client(allow=LOOPBACK)
        self._in_trouble: set[str] = set()
        self._phone = Phone(
            stand_in=place.addresses["cloud_api"],
            number=example.organisation["channel"]["phone_number_id"],
            phone=phone,
            name=script.customer,
        )
        self._visit = Visit(home=f"{place.program}/{script.firm}/portal/", language=script.language)
        self._explained: set[str] = set()
        self.record = Record(organisation_id)

    def take(self, step: Step) -> Played:
        """Take a step, wait until nothing more comes of it, and compare."""
        wrong: list[str] = []
        value = step.value
        match step.act:
            case "write":
                self._settle(self._phone.write(value))
            case "tap":
                self._settle(self._phone.tap(value))
            case "open_portal":
                self._open_portal(value["as"])
            case "send_in_portal":
                self._on_portal(lambda: self._visit.write(value))
            case "tap_in_portal":
                self._on_portal(lambda: self._visit.tap(value))
            case "read_portal":
                wrong += [] if value in self._visit.read().text else [f"expected {value!r} on the portal's page"]
            case "expect_ticket":
                wrong += self._missing_ticket(value)
            case "trouble":
                self._cause_trouble(value)
            case "relief":
                self._relieve(self._trouble_of(value))
            case unknown:
                raise LookupError(f"no such act: {unknown}")
        messages = self._news(wrong)
        wrong += differences(step, messages)
        return Played(tuple(messages), tuple(self.record.news_of_log()), tuple(wrong))

    def leaks(self) -> list[str]:
        """What must never be on WhatsApp and was: on the phone, or in a body that the stand-in received."""
        seen = [*self._phone.sent_to_it(), *(f"{one.words} {one.options} {one.url}" for one in self._phone.shown)]
        return [f"{text!r} was said on WhatsApp" for text in self._script.absent if any(text in one for one in seen)]

    def leave(self) -> None:
        """Leave the town as it was."""
        for address in [*self._in_trouble]:
            self._relieve(address)
        self._phone.close()
        self._orders.close()

    def _settle(self, external_id: str | None = None) -> None:
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self.record.is_settled(external_id):
            if time.monotonic() > end:
                raise TooSlow(f"no end of the bot's work within {LONGEST_WAIT_SECONDS:.0f} seconds")
            if external_id is not None:
                self._phone.listen(until=end)
            else:
                time.sleep(PAUSE_SECONDS)
        self._phone.listen(until=0)

    def _open_portal(self, subject: str) -> None:
        link = self._phone.link
        if link is None:
            raise NotAsItShouldBe("no message with a link came")
        token = link.rpartition("/")[2]
        self._visit.preview(link)
        self._visit.sign_in(link, self._people[subject])
        if self.record.link(token) is not LinkState.OPEN:
            raise NotAsItShouldBe("a preview or the sign-in alone spent the link")
        self._visit.open()
        if self.record.link(token) is not LinkState.SPENT:
            raise NotAsItShouldBe("the link was opened and is not spent")
        self._settle()
        self._visit.check_closed(link)
        self._visit.read()

    def _on_portal(self, act: Callable[[], None]) -> None:
        act()
        self._settle()
        self._visit.read()

    def _news(self, wrong: list[str]) -> list[Message]:
        """The messages of this step, each with what was decided about it, as their readers saw them."""
        on_phone = {one.callback: one for one in self._phone.shown}
        on_page = self._on_page(wrong)
        messages: list[Message] = []
        for decided in self.record.news():
            words: str | None = None
            options: tuple[str, ...] = ()
            if decided.is_inbound:
                words = decided.masked if decided.channel == WHATSAPP else self._own_words()
            elif decided.channel == PORTAL:
                words = on_page.get(decided.id)
            elif decided.outbound_id in on_phone:
                seen = on_phone[decided.outbound_id]
                words, options = seen.words, seen.to_tap
                self._explained.add(seen.callback)
            messages.append(_message(decided, words, options))
            if not decided.is_inbound and decided.verdict == Verdict.CLEARED and words is None:
                wrong.append(f"cleared for {decided.channel}, and nobody saw it")
        wrong += [f"nobody cleared {one.words!r}" for one in self._phone.shown if one.callback not in self._explained]
        return messages

    def _own_words(self) -> str | None:
        page = self._visit.page
        return page.ours[-1] if page is not None and page.ours else None

    def _on_page(self, wrong: list[str]) -> dict[uuid.UUID, str]:
        """What the portal's page says, by decision: the page shows what is owed to its reader and nothing else."""
        page = self._visit.page
        if page is None or self.record.conversation_id is None:
            return {}
        owed = self.record.on_portal()
        if len(owed) != len(page.theirs):
            wrong.append(f"the portal's page shows {len(page.theirs)} messages and owes {len(owed)}")
        return dict(zip(owed, page.theirs, strict=False))

    def _missing_ticket(self, wanted: dict[str, str]) -> list[str]:
        opened = self.record.tickets()
        if any(queue == wanted["queue"] and wanted.get("reason", reason) == reason for queue, reason in opened):
            return []
        return [f"expected a ticket in {wanted['queue']} got {opened or 'none'}"]

    def _cause_trouble(self, trouble: dict[str, object]) -> None:
        address = self._trouble_of(trouble)
        order = {name: value for name, value in trouble.items() if name not in ("system", "firm")}
        self._orders.request("PUT", address, json=order, timeout_seconds=5)
        self._in_trouble.add(address)

    def _relieve(self, address: str) -> None:
        self._orders.request("DELETE", address, timeout_seconds=5)
        self._in_trouble.discard(address)

    def _trouble_of(self, trouble: dict[str, object]) -> str:
        return f"{self._addresses[str(trouble['system'])]}/control/trouble/{trouble['firm']}"


def _message(decided: Decided, words: str | None, options: tuple[str, ...]) -> Message:
    return Message(
        decision_id=decided.id,
        at=decided.at,
        is_inbound=decided.is_inbound,
        channel=decided.channel,
        words=words,
        options=options,
        verdict=decided.verdict,
        reason=decided.reason,
        purpose=decided.purpose,
    )
