"""The engine: words understood anywhere, answers, time-outs, labels, limits, states."""

import ast
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine import STEPS, Sprint, State, UnknownState, begin, resume
from bot.engine.answers import NotAccepted, read_answer
from bot.engine.steps import ENTER
from bot.events import (
    Answered,
    Call,
    Chosen,
    Ended,
    Event,
    Expired,
    Failed,
    HandOff,
    OpenPortal,
    Received,
    Say,
    SignedIn,
    Started,
    TicketClosed,
    UnknownEvent,
    from_json,
)
from bot.flows import compiled
from bot.flows.compiled import CompiledFlow
from bot.flows.definition import load
from bot.flows.nodes import REGISTRY, AskConfig
from bot.flows.operations import Connector
from bot.flows.phrases import SAYINGS, language_wish, wish
from bot.flows.texts import LANGUAGES
from compliance.labels import PUBLIC, Assurance, Label

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)

OPERATIONS = Connector.model_validate(
    {
        "connector": "cards",
        "base_url": "http://localhost",
        "operations": {
            "puk": {
                "path": "/customers/{customer}/puk",
                "parameters": {"customer": {"required": True}},
                "person": "customer",
                "assurance": "signed_in",
                "result": {"code": {"label": ["secret"]}, "card": {"label": ["client"]}},
            },
            "shops": {"path": "/shops", "query": {"town": {"required": True}}, "result": {"first": {"optional": True}}},
        },
    }
).named


class Conversation:
    """A session and what was said in it."""

    def __init__(self, nodes: str, **rest: str) -> None:
        head = "".join(f"{name}: {value}\n" for name, value in rest.items())
        text = f"flow: test\nlanguages: [en, de, fr, it, id]\nstart: start\n{head}nodes:\n{nodes}"
        self.flow: CompiledFlow = compiled.compile(load(text), OPERATIONS)
        self.session = begin(flow=self.flow, language="en", channel="whatsapp", contact={"given_name": "Ana"})
        self.numbers = itertools.count(1)

    def hear(self, event: Event, *, after: timedelta = timedelta(), **origin: Any) -> Sprint:
        """Take an event."""
        sprint = resume(
            flow=self.flow,
            session=self.session,
            event=event,
            now=NOW + after,
            ids=lambda: str(next(self.numbers)),
            **origin,
        )
        self.session = sprint.session
        return sprint

    def says(self, event: Event, **rest: Any) -> list[str]:
        """What is said after an event, and the kinds of all other effects."""
        return [e.message.text if isinstance(e, Say) else type(e).__name__ for e in self.hear(event, **rest).effects]


MENU = """
  start:
    choose:
      prompt: {en: Which?, de: Welche?}
      options: [{id: a, label: Apples}, {id: b, label: Bread}]
      timeout: PT1H
    routes: {a: name, b: bye}
    otherwise: desk
    expired: late
  name: {ask: {text: {en: Your name?, de: Ihr Name?}, into: name}, next: bye}
  late: {end: {text: Too late}}
  desk: {handoff: {queue: desk}}
  bye: {end: {text: Bye}}
"""


def test_every_node_can_be_entered() -> None:
    assert set(ENTER) == set(REGISTRY)


def test_engine_and_flows_are_pure() -> None:
    allowed = ("bot.engine", "bot.flows", "bot.events", "compliance.labels")
    forbidden = {"sqlalchemy", "flask", "httpx", "rq", "redis", "os", "socket", "time", "random", "requests", "uuid"}
    modules = [*ROOT.glob("bot/engine/**/*.py"), *ROOT.glob("bot/flows/**/*.py"), ROOT / "bot" / "events.py"]
    assert len(modules) > 15
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                ours = name.split(".")[0] in ("bot", "compliance", "tenants", "web")
                assert not ours or name.startswith(allowed), (path, name)
                assert name.split(".")[0] not in forbidden, (path, name)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("human", "human"),
        ("I want to speak to a real person please", "human"),
        ("Ich möchte mit einem Menschen sprechen", "human"),
        ("MITARBEITER!!", "human"),
        ("Parler à un conseiller s'il vous plaît", "human"),
        ("quelqu'un", "human"),
        ("vorrei parlare con un operatore", "human"),
        ("saya mau bicara dengan petugas", "human"),
        ("help", "help"),
        ("Hilfe bitte", "help"),
        ("aide", "help"),
        ("aiuto!", "help"),
        ("bantuan", "help"),
        ("Stop", "stop"),
        ("berhenti", "stop"),
        ("My agent is Müller", None),
        ("insurance for my agent's car", None),
        ("help me with my invoice", None),
        ("please", None),
        ("", None),
        ("x" * 500, None),
    ],
)
def test_wishes_are_understood_in_five_languages(text: str, meaning: str | None) -> None:
    assert wish(text) == meaning


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Deutsch bitte", "de"),
        ("en français svp", "fr"),
        ("Italiano", "it"),
        ("English please", "en"),
        ("Bahasa Indonesia", "id"),
        ("I am in Germany", None),
        ("my french teacher", None),
    ],
)
def test_languages_are_understood(text: str, language: str | None) -> None:
    assert language_wish(text) == language


def test_the_engine_speaks_all_languages() -> None:
    assert all(set(words) == set(LANGUAGES) and all(words.values()) for words in SAYINGS.values())


@pytest.mark.parametrize("before", [[], ["Apples"]])
def test_a_person_can_be_asked_for_at_any_time(before: list[str]) -> None:
    talk = Conversation(MENU)
    talk.hear(Started("hi"))
    for text in before:
        talk.hear(Received(text))
    sprint = talk.hear(Received("Mensch bitte"))
    assert isinstance(sprint.effects[0], HandOff)
    assert sprint.waits is not None
    assert sprint.waits.kind == "ticket"


def test_a_person_can_be_asked_for_first() -> None:
    assert Conversation(MENU).says(Started("petugas")) == ["HandOff"]


def test_a_person_can_be_asked_for_while_a_call_is_pending_or_sign_in_is_wanted() -> None:
    calling = Conversation(SHOPS)
    calling.hear(Started())
    assert calling.says(Received("human")) == ["HandOff"]
    assert calling.says(Answered("1", {"first": "Bern"})) == []
    portal = Conversation("  start: {portal: {notice: Come}, next: bye}\n  bye: {end: {}}\n")
    portal.hear(Started())
    assert portal.says(Received("human")) == ["HandOff"]


def test_a_declared_handler_takes_the_word() -> None:
    talk = Conversation(
        MENU + "  info: {say: {text: Info}}\n  off: {end: {text: Off}}\n",
        handlers="{human: desk, help: info, stop: off}",
    )
    talk.hear(Started())
    assert talk.says(Received("help")) == ["Info", "Which?"]
    assert talk.says(Received("Brot")) != []
    sprint = talk.hear(Received("human"))
    assert isinstance(sprint.effects[0], HandOff)
    assert sprint.effects[0].queue == "desk"
    other = Conversation(MENU + "  off: {end: {text: Off}}\n", handlers="{stop: off}")
    other.hear(Started())
    assert other.says(Received("stop")) == ["Off", "Ended"]


def test_without_handlers_the_engine_helps_and_stops_by_itself() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    assert talk.says(Received("Hilfe")) == [SAYINGS["help"]["en"], "Which?"]
    assert talk.says(Received("stop")) == [SAYINGS["stop"]["en"], "Ended"]
    assert talk.session.is_ended


def test_another_language_repeats_the_question_in_it() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    assert talk.says(Received("auf Deutsch bitte")) == ["Welche?"]
    assert talk.session.language == "de"


def test_an_option_that_names_a_language_is_an_answer() -> None:
    talk = Conversation("""
  start: {choose: {prompt: Which?, options: [{id: en, label: English}, {id: de, label: Deutsch}], into: l}, next: tell}
  tell: {end: {text: '{{ l }}'}}
""")
    talk.hear(Started())
    assert talk.says(Received("Deutsch")) == ["de", "Ended"]


def test_free_text_may_name_a_language() -> None:
    talk = Conversation("  start: {ask: {text: What?, into: x}, next: tell}\n  tell: {end: {text: 'So: {{ x }}'}}\n")
    talk.hear(Started())
    assert talk.says(Received("Deutsch")) == ["So: Deutsch", "Ended"]


@pytest.mark.parametrize("text", ["a", "Apples", "apples please", "1", "1.", "aples", "ÄPPLES"])
def test_typed_choices_are_matched(text: str) -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    assert talk.says(Received(text)) == ["Your name?"]


@pytest.mark.parametrize("text", ["apples and bread", "3", "0", "pears", "?", "x" * 5_000])
def test_unclear_choices_are_asked_again(text: str) -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    assert talk.says(Received(text)) == [f"{SAYINGS['again.choose']['en']}\n\nWhich?"]


def test_after_its_retries_a_choice_goes_otherwise() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    talk.hear(Received("pears"))
    talk.hear(Received("plums"))
    assert talk.says(Received("peas")) == ["HandOff"]


def test_more_than_ten_options_are_numbered() -> None:
    options = ", ".join(f"{{id: o{i}, label: Number {i}}}" for i in range(12))
    talk = Conversation(
        f"  start: {{choose: {{prompt: Which?, options: [{options}], into: o}}, next: tell}}\n"
        "  tell: {end: {text: '{{ o }}'}}\n"
    )
    assert talk.says(Started())[0].startswith("Which?\n1. Number 0\n2. Number 1")
    assert talk.says(Received("12")) == ["o11", "Ended"]


def test_a_time_out_takes_its_route_once_it_is_due() -> None:
    talk = Conversation(MENU)
    sprint = talk.hear(Started())
    assert sprint.waits is not None
    assert sprint.waits.wake_at == NOW + timedelta(hours=1)
    assert talk.says(Expired("start"), after=timedelta(minutes=59)) == []
    assert talk.says(Expired("name"), after=timedelta(minutes=61)) == []
    assert talk.says(Expired("start"), after=timedelta(minutes=61)) == ["Too late", "Ended"]


def test_events_that_do_not_fit_change_nothing() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    for event in (Started("again"), Answered("1", {}), TicketClosed()):
        before = talk.session
        assert talk.says(event) == []
        assert talk.session == before


def test_a_person_closing_the_ticket_in_the_middle_ends_the_conversation() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    talk.hear(Received("human"))
    assert talk.says(TicketClosed()) == ["Ended"]


SHOPS = """
  start:
    call: {operation: cards.shops, with: {town: "'Bern'"}, into: shops}
    next: bye
    errors: {timeout: slow}
    error: desk
  slow: {end: {text: Slow}}
  desk: {handoff: {queue: desk}}
  bye: {end: {text: "{{ shops.first }}"}}
"""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answered("1", {"first": "Bern"}), ["Bern", "Ended"]),
        (Answered("1", {"other": 1}), ["Ended"]),
        (Answered("1", None, "timeout"), ["Slow", "Ended"]),
        (Answered("1", None, "unavailable"), ["HandOff"]),
        (Answered("1", ["wrong shape"]), ["HandOff"]),
        (Answered("1", {"first": 7}), ["HandOff"]),
        (Answered("1", {"first": "x" * 300_000}), ["HandOff"]),
    ],
)
def test_calls_lead_to_the_route_of_their_outcome(answer: Answered, said: list[str]) -> None:
    talk = Conversation(SHOPS)
    assert talk.says(Started()) == ["Call"]
    assert talk.says(answer) == said


def test_a_failed_call_without_a_route_leads_to_a_person() -> None:
    talk = Conversation(SHOPS.replace("    errors: {timeout: slow}\n    error: desk\n", ""))
    talk.hear(Started())
    assert talk.says(Answered("1", None, "timeout")) == ["Failed", "HandOff"]


PUK = """
  start: {portal: {notice: Come in, timeout: PT30M}, next: puk, expired: bye}
  puk: {call: {operation: cards.puk, with: {customer: customer.id}, into: puk}, next: tell, error: no}
  tell: {say: {text: "{{ puk.code }} {{ puk.card }}"}, next: more}
  more: {ask: {text: More?, into: more}, next: puk}
  no: {say: {text: No}, next: bye}
  bye: {end: {}}
"""


def signed_in() -> Conversation:
    """A conversation that reached the portal."""
    talk = Conversation(PUK)
    talk.hear(Started())
    talk.hear(SignedIn({"id": "C-1"}, Assurance.SIGNED_IN), channel="portal")
    return talk


def test_protected_data_is_asked_for_who_signed_in() -> None:
    talk = Conversation(PUK)
    assert [type(e) for e in talk.hear(Started()).effects] == [OpenPortal]
    sprint = talk.hear(SignedIn({"id": "C-1"}, Assurance.SIGNED_IN), channel="portal")
    call = sprint.effects[0]
    assert isinstance(call, Call)
    assert call.arguments == {"customer": "C-1"}
    assert sprint.session.assurance is Assurance.SIGNED_IN
    assert sprint.session.channel == "portal"


@pytest.mark.parametrize("source", ["message", "customer.id + ''", "contact.given_name", "'C-1'"])
def test_nothing_else_selects_protected_data_at_run_time(source: str) -> None:
    talk = Conversation(PUK.replace("customer: customer.id", f'customer: "{source}"'))
    talk.hear(Started())
    assert talk.says(SignedIn({"id": "C-1"}, Assurance.SIGNED_IN), channel="portal") == ["No", "Ended"]


def test_inserted_values_carry_their_field_and_the_way() -> None:
    sprint = signed_in().hear(Answered("1", {"code": "123", "card": "main"}))
    said = sprint.effects[0]
    assert isinstance(said, Say)
    labels = [part.label for part in said.message.body if not part.approved]
    assert labels == [Label.SECRET | Label.CLIENT, Label.CLIENT]
    assert Label.CLIENT in said.message.path


def test_assurance_falls_when_the_customer_writes_elsewhere() -> None:
    talk = signed_in()
    talk.hear(Answered("1", {"code": "123", "card": "main"}))
    sprint = talk.hear(Received("yes"), channel="whatsapp", assurance=Assurance.NUMBER_KNOWN)
    assert sprint.session.assurance is Assurance.NUMBER_KNOWN
    assert sprint.session.channel == "whatsapp"
    assert sprint.session.customer is None
    assert [type(e) for e in sprint.effects] == [Say, Ended]


def test_assurance_is_raised_by_signing_in_alone() -> None:
    talk = Conversation(MENU)
    sure = Assurance.SIGNED_IN_STRONGLY
    written = talk.hear(Started(), channel="portal", assurance=sure)
    assert written.session.assurance is Assurance.NUMBER_KNOWN
    talk.hear(SignedIn({"id": "C-1"}, Assurance.SIGNED_IN), channel="portal")
    written = talk.hear(Received("a"), channel="portal", assurance=sure)
    assert written.session.assurance is Assurance.SIGNED_IN


def test_what_was_branched_upon_is_forgotten_where_the_ways_meet() -> None:
    talk = Conversation("""
  start: {ask: {text: How?, into: how, label: [health]}, next: which}
  which: {decide: {cases: [{when: how == 'bad', next: bad}]}, otherwise: good}
  bad: {set: {x: "'b'"}, next: meet}
  good: {set: {x: "'g'"}, next: meet}
  meet: {say: {text: Same}, next: bye}
  bye: {end: {text: '{{ x }}'}}
""")
    talk.hear(Started())
    effects = talk.hear(Received("bad")).effects
    labels = [effect.message.label for effect in effects if isinstance(effect, Say)]
    assert labels == [PUBLIC, Label.HEALTH]


def test_what_was_branched_upon_stays_where_the_ways_never_meet() -> None:
    talk = Conversation("""
  start: {ask: {text: How?, into: how, label: [health]}, next: which}
  which: {decide: {cases: [{when: how == 'bad', next: desk}]}, otherwise: good}
  good: {say: {text: Good}, next: bye}
  desk: {handoff: {queue: desk}}
  bye: {end: {}}
""")
    talk.hear(Started())
    handed = talk.hear(Received("bad")).effects[0]
    assert isinstance(handed, HandOff)
    assert handed.label == Label.HEALTH


def test_what_is_not_known_of_a_contact_is_nothing() -> None:
    talk = Conversation("  start: {end: {text: 'Hello {{ contact.name }}!{{ contact.given_name }}'}}\n")
    assert talk.says(Started()) == ["Hello !Ana", "Ended"]


def test_a_loop_that_never_waits_is_stopped() -> None:
    talk = Conversation("  start: {set: {x: '1'}, next: again}\n  again: {set: {x: '2'}, next: start}\n")
    effects = talk.hear(Started()).effects
    assert [type(effect) for effect in effects] == [Failed, HandOff]
    assert isinstance(effects[0], Failed)
    assert effects[0].code == "too_many_steps"
    assert STEPS == 100


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ("  start: {set: {x: 1 / 0}, next: start}\n", "expression_failed"),
        ("  start: {set: {x: contact.gone.deeper}, next: start}\n", "missing_value"),
        ("  start: {decide: {cases: [{when: '1', next: start}]}, otherwise: start}\n", "not_a_condition"),
        ("  start: {say: {text: 'x{{ message + message }}'}}\n", "text_too_long"),
        (
            "  start: {choose: {prompt: Which?, options_from: message, label: '{{ item.x }}'}, next: start}\n",
            "not_a_list",
        ),
    ],
)
def test_what_fails_leads_to_a_person_and_tells_no_content(nodes: str, code: str) -> None:
    talk = Conversation(nodes)
    failed, handed = talk.hear(Started("a secret " * 300)).effects
    assert isinstance(failed, Failed)
    assert isinstance(handed, HandOff)
    assert failed.code == code
    assert "secret" not in failed.detail + handed.note


@pytest.mark.parametrize(
    ("kind", "language", "text", "value"),
    [
        ("text", "en", "  hello ", "hello"),
        ("number", "en", "1,234.5", 1234.5),
        ("number", "de", "1'234,50", 1234.5),
        ("number", "de", "1.234", 1234),
        ("number", "en", "1.234", 1.234),
        ("number", "en", "1,234", 1234),
        ("number", "id", "1.234.567", 1234567),
        ("number", "fr", "1 234", 1234),
        ("number", "de", "-7", -7),
        ("date", "de", "31.12.2026", "2026-12-31"),
        ("date", "id", "31-12-26", "2026-12-31"),
        ("date", "en", "2026-02-01", "2026-02-01"),
        ("date", "fr", "1/2/85", "1985-02-01"),
        ("email", "en", " a.b@Example.org ", "a.b@example.org"),
        ("phone", "de", "079 123 45 67", "+41791234567"),
        ("phone", "id", "+62 812-3456-7890", "+6281234567890"),
    ],
)
def test_answers_are_normalised(kind: Any, language: str, text: str, value: object) -> None:
    wanted = AskConfig(text="?", type=kind, into="x")
    assert read_answer(text=text, wanted=wanted, language=language, this_year=2026) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", "  "),
        ("text", "x" * 4_097),
        ("number", "twelve"),
        ("number", "1-2"),
        ("number", "1,2,3.4.5"),
        ("date", "31.2.2026"),
        ("date", "tomorrow"),
        ("date", "00.00.0000"),
        ("email", "a@b"),
        ("email", "a b@example.org"),
        ("phone", "123"),
        ("phone", "call me"),
    ],
)
def test_other_answers_are_not_accepted(kind: Any, text: str) -> None:
    with pytest.raises(NotAccepted):
        read_answer(text=text, wanted=AskConfig(text="?", type=kind, into="x"), language="en", this_year=2026)


@given(st.sampled_from(["text", "number", "date", "email", "phone"]), st.text(max_size=60))
def test_any_answer_is_read_or_not_accepted(kind: Any, text: str) -> None:
    try:
        read_answer(text=text, wanted=AskConfig(text="?", type=kind, into="x"), language="de", this_year=2026)
    except NotAccepted:
        return


EVENTS = st.one_of(
    st.builds(Received, st.text(max_size=30)),
    st.builds(Received, st.sampled_from(["a", "human", "help", "Deutsch", "stop", "1"])),
    st.builds(Received, st.just(""), st.sampled_from(["audio", "image", "unsupported"])),
    st.builds(Chosen, st.sampled_from(["a", "b", "gone"]), st.text(max_size=10)),
    st.builds(Expired, st.sampled_from(["start", "name"])),
    st.just(TicketClosed()),
    st.just(SignedIn({"id": "C-1"}, Assurance.SIGNED_IN)),
    st.builds(Answered, st.sampled_from(["1", "2"]), st.just({"code": "1", "card": "2"})),
)


@given(st.sampled_from([MENU, PUK, SHOPS]), st.lists(EVENTS, max_size=8))
def test_every_session_waits_or_has_ended_and_survives_its_json_form(nodes: str, events: list[Event]) -> None:
    talk = Conversation(nodes)
    for event in (Started("hi"), *events):
        sprint = talk.hear(event, after=timedelta(hours=2))
        assert (sprint.waits is None) == sprint.session.is_ended
        assert State.from_json(sprint.session.as_json()) == sprint.session


def test_a_state_of_another_version_is_refused() -> None:
    talk = Conversation(MENU)
    with pytest.raises(UnknownState):
        State.from_json({**talk.session.as_json(), "version": 99})


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(UnknownEvent):
        from_json({"type": "Exploded"})


def test_an_unsupported_kind_is_answered_kindly() -> None:
    talk = Conversation(MENU)
    talk.hear(Started())
    assert talk.says(Received("", kind="audio"))[0].startswith(SAYINGS["unsupported"]["en"])
