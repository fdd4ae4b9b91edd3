"""The example firms are sound, and their scripted conversations hold in the engine alone.

What the policy adds (disclosure, notices, emergencies) is played by the demo; here the flows speak.
"""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.engine import State, begin, resume
from bot.events import (
    Answered,
    Call,
    Chosen,
    Event,
    HandOff,
    Message,
    OpenPortal,
    Received,
    Say,
    SignedIn,
    Started,
    words,
)
from bot.flows import compiled
from bot.flows.definition import Flow, load, read_document
from bot.flows.operations import Connector, Operation
from bot.flows.problems import check
from bot.flows.texts import LANGUAGES
from compliance.labels import Assurance, Verdict
from compliance.policy import Notices, PolicyDocument
from compliance.rules import emergencies
from tenants.roles import Role
from web.demo.examples import load_example
from web.demo.firms import TOKENS, create_firms
from web.demo.identity_provider import Audience
from web.examples import slugs

EXAMPLES = Path(__file__).parents[2] / "web" / "examples"
FIRMS = sorted(folder.name for folder in EXAMPLES.iterdir() if (folder / "organisation.yaml").is_file())
CONVERSATIONS = sorted(EXAMPLES.glob("*/conversations/*.yaml"))
WITHOUT_GATE = [path for path in CONVERSATIONS if "verdict: diverted" not in path.read_text(encoding="utf-8")]
ACTS = {"write", "tap", "open_portal", "send_in_portal", "tap_in_portal", "read_portal"}
ACTS |= {"expect_ticket", "trouble", "relief"}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(*path: str) -> dict[str, Any]:
    return read_document(EXAMPLES.joinpath(*path).read_text(encoding="utf-8"))


def operations_of(firm: str) -> dict[str, Operation]:
    named: dict[str, Operation] = {}
    for path in (EXAMPLES / firm / "connectors").glob("*.yaml"):
        named |= Connector.model_validate(read_document(path.read_text(encoding="utf-8"))).named
    return named


def flow_of(firm: str) -> Flow:
    return load((EXAMPLES / firm / "flows" / "start.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def firms() -> FlaskClient:
    return create_firms().test_client()


@pytest.mark.parametrize("firm", FIRMS)
def test_a_flow_has_no_problems(firm: str) -> None:
    assert check(flow_of(firm), operations_of(firm)) == []


@pytest.mark.parametrize("firm", FIRMS)
def test_a_flow_speaks_every_language_of_its_firm(firm: str) -> None:
    organisation, flow = read(firm, "organisation.yaml"), flow_of(firm)
    assert flow.languages == organisation["languages"]
    for node in flow.nodes.values():
        for place in node.texts():
            if isinstance(place.words, dict) and place.path != "note":
                assert set(place.words) == set(flow.languages), place


@pytest.mark.parametrize("firm", FIRMS)
def test_a_firm_names_what_the_platform_needs(firm: str) -> None:
    organisation = read(firm, "organisation.yaml")
    assert organisation["slug"] == firm
    assert organisation["default_language"] in organisation["languages"]
    assert {person["role"] for person in organisation["people"]} == set(Role)
    assert [brand["is_served"] for brand in organisation["brands"]].count(True) == 1
    for brand in organisation["brands"]:
        assert brand["is_served"] or set(brand["elsewhere"]) == set(organisation["languages"])


@pytest.mark.parametrize("firm", FIRMS)
def test_nothing_protected_is_cleared_for_whatsapp(firm: str) -> None:
    policy = PolicyDocument.model_validate(read(firm, "policy.yaml"))
    assert not any(policy.clears(channel="whatsapp", assurance=assurance) for assurance in Assurance)
    assert not policy.clears(channel="portal", assurance=Assurance.CODE_CONFIRMED)


@pytest.mark.parametrize("name", Notices.model_fields)
@pytest.mark.parametrize("firm", FIRMS)
def test_every_notice_offers_portal_telephone_and_person(firm: str, name: str) -> None:
    organisation = read(firm, "organisation.yaml")
    texts = read(firm, "policy.yaml")["notices"][name]
    assert set(texts) >= set(organisation["languages"])
    portal = ("geschützten Bereich", "espace sécurisé", "area protetta", "secure area", "area aman")
    person = ("Mensch", "conseiller", "operatore", "human", "petugas", "Person", "personne", "persona", "person")
    for text in texts.values():
        assert organisation["telephone"] in text
        assert any(word in text.replace("Area", "area") for word in portal), text
        assert any(word in text for word in person), text


@pytest.mark.parametrize("country", ["CH", "ID", "DE", "FR", "IT", "XX"])
@pytest.mark.parametrize("signal", emergencies.SIGNALS)
def test_an_emergency_text_exists_in_every_language(country: str, signal: str) -> None:
    texts = {emergencies.text(country=country, signals=frozenset({signal}), language=each) for each in LANGUAGES}
    assert len(texts) == len(LANGUAGES)
    assert all(text and any(character.isdigit() for character in text) for text in texts)
    assert all(text and emergencies.is_approved(text) for text in texts)


def test_each_customer_of_the_telco_is_known_to_its_system(firms: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['telco']}"}
    customers = [customer["subject"] for customer in read("telco", "organisation.yaml")["customers"]]
    assert customers == ["anna", "luc", "giulia", "emma"]
    for customer in customers:
        assert len(firms.get(f"/telco/customers/{customer}/puk", headers=headers).get_json()["code"]) == 8


@pytest.mark.parametrize("firm", FIRMS)
def test_an_example_loads_with_the_demos_addresses(firm: str) -> None:
    assert firm in slugs()
    addresses = {"firms": "http://127.0.0.1:1/", "identity_provider": "http://127.0.0.1:2"}
    example = load_example(slug=firm, addresses=addresses)
    assert example.organisation["identity_provider"]["issuer"] == f"http://127.0.0.1:2/{firm}"
    assert all(connector.base_url == f"http://127.0.0.1:1/{firm}" for connector in example.connectors)
    assert len({person.subject for person in example.people}) == len(example.people)
    back = {audience: f"http://127.0.0.1:3/{audience}" for audience in Audience}
    clients = example.clients(back=back, after_logout=back)
    assert {client.client_secret for client in clients} <= set(example.secrets.values())


@pytest.mark.parametrize("firm", FIRMS)
def test_a_firm_has_at_least_four_conversations(firm: str) -> None:
    assert sum(path.parts[-3] == firm for path in CONVERSATIONS) >= 4


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_a_conversation_is_written_as_the_player_reads_it(path: Path) -> None:
    script = read_document(path.read_text(encoding="utf-8"))
    assert set(script) <= {"guichet_conversation", "conversation", "title", "customer", "absent", "steps"}
    assert script["conversation"] == path.stem
    for step in script["steps"]:
        assert len(ACTS & set(step)) == 1
        assert set(step) <= ACTS | {"expect", "never"}
        for wanted in step.get("expect", []):
            assert set(wanted) <= {"on", "contains", "verdict", "by"}
            assert wanted["on"] in ("whatsapp", "portal")
            assert wanted["verdict"] in set(Verdict)
            assert wanted.get("by", "flow") in ("flow", "policy", "emergency")


def test_each_conversation_has_a_customer_of_its_own() -> None:
    phones = [read_document(path.read_text(encoding="utf-8"))["customer"]["phone"] for path in CONVERSATIONS]
    assert len(set(phones)) == len(phones)


@pytest.mark.parametrize("path", WITHOUT_GATE, ids=lambda path: path.stem)
def test_a_conversation_holds_in_the_engine(path: Path, firms: FlaskClient) -> None:
    script = read_document(path.read_text(encoding="utf-8"))
    play = Play(firm=path.parts[-3], language=script["customer"]["language"], firms=firms)
    for step in script["steps"]:
        play.take(step)
        for wanted in step.get("expect", []):
            if wanted.get("by", "flow") == "flow":
                assert play.heard(wanted), (wanted, play.news)
    for text in script.get("absent", []):
        assert not any(text in said for channel, said in play.said if channel == "whatsapp")


@pytest.mark.parametrize(
    "typed", ["PT Modal Bahari 3174096112900001", "nomor saya 0812345678", "CH9300762011623852957"]
)
def test_what_holds_a_long_number_is_not_looked_up(typed: str, firms: FlaskClient) -> None:
    for before in ([], ["halo"], ["halo", "cek perusahaan"]):
        play = Play(firm="regulator", language="id", firms=firms)
        for each in [*before, typed]:
            play.take({"write": each})
        assert play.calls == 0


@pytest.mark.parametrize(
    ("wish", "language", "expected"),
    [
        ("Ich finde meine Rechnung nicht", "de", "Für Ihre Rechnung"),
        ("J’ai besoin du code PUK !", "fr", "Pour votre PUK"),
        ("ho dimenticato il pin", "it", "Un nuovo PIN lo imposta Lei"),
        ("my bill please", "en", "For your invoice"),
        ("I have a problem with billy", "en", "How can I help"),
    ],
)
def test_who_said_what_they_want_is_not_asked_again(
    wish: str, language: str, expected: str, firms: FlaskClient
) -> None:
    play = Play(firm="telco", language=language, firms=firms)
    play.take({"write": wish})
    play.take({"tap": "main"})
    assert play.heard({"on": "whatsapp", "contains": expected}), play.news


@pytest.mark.parametrize("language", ["de", "fr", "it", "en"])
def test_two_misunderstandings_lead_to_a_person(language: str, firms: FlaskClient) -> None:
    play = Play(firm="telco", language=language, firms=firms)
    for typed in ("…", "xyzzy", "plugh"):
        play.take({"write": typed})
    assert [ticket.queue for ticket in play.tickets] == ["service"]


class Play:
    """A conversation with the engine alone; its calls go to the firms' systems."""

    def __init__(self, *, firm: str, language: str, firms: FlaskClient) -> None:
        self.firm, self.firms = firm, firms
        self.operations = operations_of(firm)
        self.flow = compiled.compile(flow_of(firm), self.operations)
        self.session: State = begin(flow=self.flow, language=language, channel="whatsapp")
        self.counter = itertools.count()
        self.said: list[tuple[str, str]] = []
        self.news: list[tuple[str, str]] = []
        self.tickets: list[HandOff] = []
        self.calls = 0

    def take(self, step: dict[str, Any]) -> None:
        self.news = []
        act, value = next((name, step[name]) for name in step if name in ACTS)
        match act:
            case "write" | "send_in_portal":
                begun = self.session.waits != "start"
                self.happen(Received(text=value) if begun else Started(text=value))
            case "tap" | "tap_in_portal":
                self.happen(Chosen(option=value, text=value))
            case "open_portal":
                assert any("link" in said for _, said in self.said), "no link to open"
                self.happen(SignedIn(customer={"id": value["as"]}, assurance=Assurance.SIGNED_IN))
            case "read_portal":
                assert any(channel == "portal" and value in said for channel, said in self.said)
            case "expect_ticket":
                assert [ticket.queue for ticket in self.tickets] == [value["queue"]]
            case "trouble" | "relief":
                trouble = {name: value[name] for name in value if name not in ("system", "firm")}
                answer = self.firms.put(f"/control/trouble/{value['firm']}", json=trouble)
                assert answer.status_code == 200

    def heard(self, wanted: dict[str, Any]) -> bool:
        needed = [wanted["contains"]] if isinstance(wanted["contains"], str) else wanted["contains"]
        return any(channel == wanted["on"] and all(text in said for text in needed) for channel, said in self.news)

    def happen(self, event: Event) -> None:
        channel = "portal" if isinstance(event, SignedIn) else None
        sprint = resume(
            flow=self.flow, session=self.session, event=event, now=NOW,
            ids=lambda: f"id-{next(self.counter)}", channel=channel,
        )  # fmt: skip
        self.session = sprint.session
        for effect in sprint.effects:
            match effect:
                case Say():
                    self.say(effect.message)
                case OpenPortal():
                    self.say(effect.notice, " [link]")
                case HandOff():
                    self.tickets.append(effect)
                case Call():
                    self.happen(self.answer(effect))

    def say(self, message: Message, more: str = "") -> None:
        titles = [f"{words(option.title)} {words(option.description)}" for option in message.options]
        said = (self.session.channel, "\n".join([message.text, *titles]) + more)
        assert self.session.channel == "portal" or not message.label, message
        self.said.append(said)
        self.news.append(said)

    def answer(self, call: Call) -> Answered:
        self.calls += 1
        operation = self.operations[call.operation]
        path = operation.path.format(**call.arguments)
        query = {name: str(call.arguments[name]) for name in operation.query}
        headers = {"Authorization": f"Bearer {TOKENS.get(self.firm, '')}"}
        answer = self.firms.get(f"/{self.firm}{path}", query_string=query, headers=headers)
        if answer.status_code != 200:
            return Answered(call=call.id, result=None, error="unavailable")
        return Answered(call=call.id, result=answer.get_json(), error=None)
