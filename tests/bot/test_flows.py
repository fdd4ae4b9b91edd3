"""Flow documents: reading, the registry of nodes, problems, operations."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.events import JSON
from bot.flows import compiled
from bot.flows.definition import BadFlow, Flow, load
from bot.flows.dominators import meeting_points
from bot.flows.nodes import REGISTRY
from bot.flows.operations import Connector, WrongShape
from bot.flows.problems import SENTENCES, check
from bot.flows.reference import described, reference
from bot.flows.values import TooLarge
from compliance.labels import PUBLIC, Assurance, Label
from tests.bot import scenario

CARDS = Connector.model_validate(
    {
        "connector": "cards",
        "base_url": "http://localhost",
        "operations": {
            "puk": {
                "path": "/customers/{customer}/puk",
                "parameters": {"customer": {"required": True}},
                "person": "customer",
                "assurance": "signed_in",
                "errors": {404: "not_found"},
                "result": {"code": {"label": ["secret"]}, "card": {"label": ["client"], "optional": True}},
            },
            "shops": {
                "path": "/shops",
                "query": {"town": {}},
                "result": {"shops": {"type": "list", "items": {"id": {}}}},
            },
        },
    }
).named

PUK = """
flow: puk
languages: [en]
start: secure
nodes:
  secure: {portal: {notice: We meet in the secure area.}, next: lookup, expired: desk}
  lookup: {call: {operation: cards.puk, with: {customer: customer.id}, into: puk}, next: deliver, error: desk}
  deliver: {say: {text: "Your PUK is {{ puk.code }}"}, next: bye}
  desk: {handoff: {queue: cards}}
  bye: {end: {}}
"""


def codes(text: str, clearance: Label = PUBLIC) -> set[tuple[str, str]]:
    """The problems of a flow: code and node."""
    return {(problem.code, problem.node) for problem in check(load(text), CARDS, clearance=clearance)}


@pytest.mark.parametrize("kind", REGISTRY)
def test_every_node_has_a_scenario(kind: str) -> None:
    assert (scenario.FOLDER / f"{kind}.yaml").is_file()


@pytest.mark.parametrize("path", sorted(scenario.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_scenario_plays_as_written(path: Path) -> None:
    written = scenario.read(path)
    assert scenario.play(written) == written["turns"]


@pytest.mark.parametrize("path", sorted(scenario.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_scenario_flow_survives_json(path: Path) -> None:
    flow = Flow.model_validate(scenario.read(path)["flow"])
    assert Flow.model_validate(flow.as_json()) == flow


@pytest.mark.parametrize("kind", REGISTRY)
def test_every_node_says_what_it_does_and_shows_an_example(kind: str) -> None:
    words, example = described(REGISTRY[kind])
    assert words.endswith(".")
    node = REGISTRY[kind].model_validate(YAML(typ="safe", pure=True).load(example))
    assert node.kind == kind


def test_documentation_holds_the_reference() -> None:
    assert reference() in (Path(__file__).parents[2] / "docs" / "flows.md").read_text()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("queue: cards", "qeue: cards", "node desk, handoff.qeue: is not known here"),
        ("start: secure", "start: secret", "start: there is no node 'secret'"),
        ("flow: puk", "flow: 'Two words'", "flow: "),
        ("bye: {end: {}}", "bye: {stop: {}}", "node bye: has no kind"),
        ("bye: {end: {}}", "bye: {end: {}, say: {text: hi}}", "node bye: has several kinds"),
        ("into: puk", "into: 'a b'", "node lookup, call.into: "),
        ("notice: We", "timeout: soon, notice: We", "node secure, portal.timeout: "),
        ("languages: [en]", "languages: [english]", "languages.0: "),
    ],
)
def test_a_fault_names_node_and_field(before: str, after: str, reason: str) -> None:
    with pytest.raises(BadFlow) as raised:
        load(PUK.replace(before, after))
    assert any(each.startswith(reason) for each in raised.value.reasons), raised.value.reasons


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "a: [1",
        "a: &x [1]\nb: *x",
        "a: 1\na: 2",
        "a: !!python/object:os.system {}",
        "[" * 5_000,
        "x" * 2_000_000,
        "\x00",
        "flow: many\nstart: n0\nnodes: {" + ", ".join(f"n{i}: {{end: {{}}}}" for i in range(1_001)) + "}",
    ],
)
def test_hostile_documents_are_refused_plainly(text: str) -> None:
    with pytest.raises(BadFlow):
        load(text)


def test_a_good_flow_has_no_problems() -> None:
    assert codes(PUK) == set()


PROBLEMS = [
    ("next: bye", "next: gone", "dangling", "deliver"),
    ("next: lookup", "next: bye", "unreachable", "lookup"),
    ("bye: {end: {}}", "bye: {set: {x: '1'}, next: bye}", "endless", "bye"),
    ("expired: desk", "", "timeout_without_route", "secure"),
    (", error: desk", "", "call_without_error", "lookup"),
    ("{{ puk.code }}", "{{ puk. }}", "bad_expression", "deliver"),
    ("{{ puk.code }}", "{{ pin.code }}", "unknown_variable", "deliver"),
    ("{{ puk.code }}", "{{ puk.cod }}", "unknown_field", "deliver"),
    ("{{ puk.code }}", "4711", "unused_variable", "lookup"),
    ("bye: {end: {}}", "bye: {set: {now: '1'}}", "reserved_name", "bye"),
    ("cards.puk", "cards.pin", "unknown_operation", "lookup"),
    ("customer: customer.id", "customer: customer.id, x: '1'", "unknown_parameter", "lookup"),
    ("with: {customer: customer.id}, ", "", "missing_parameter", "lookup"),
    ("customer: customer.id", "customer: message", "person_not_customer", "lookup"),
    ("customer: customer.id", "customer: \"customer.id + ''\"", "person_not_customer", "lookup"),
    ("start: secure", "start: lookup", "call_before_sign_in", "lookup"),
    ("start: secure", "start: lookup", "said_openly", "deliver"),
    ("notice: We meet in the secure area.", "notice: 'Hello {{ contact.name }}'", "said_openly", "secure"),
    ("notice: We meet in the secure area.", "notice: {de: Hallo}", "missing_translation", "secure"),
    ("notice: We meet in the secure area.", "notice: {en: Hi, de: Hallo}", "unknown_language", "secure"),
    ("notice: We meet in the secure area.", "notice: ''", "empty_text", "secure"),
    ("notice: We meet in the secure area.", f"notice: {'x' * 4_097}", "text_too_long", "secure"),
    ('code }}"', 'code }}", protected: [secret]', "no_notice", "deliver"),
]


@pytest.mark.parametrize(("before", "after", "code", "node"), PROBLEMS)
def test_problem_is_found_on_its_node(before: str, after: str, code: str, node: str) -> None:
    text = PUK.replace(before, after)
    if code == "timeout_without_route":
        text = text.replace("area.}", "area., timeout: PT5M}")
    assert (code, node) in codes(text)


CHOICE = """
flow: choice
languages: [en]
start: which
nodes:
  which:
    choose: {prompt: Which?, options: [{id: a, label: A}, {id: b, label: B}]}
    routes: {a: bye, b: bye}
    otherwise: bye
  bye: {end: {}}
"""


OPTION_PROBLEMS = [
    ("b: bye", "b: bye, c: bye", "unknown_option"),
    (", b: bye", "", "option_without_route"),
    ("label: A}", "label: A title that is much longer than a button}", "title_too_long"),
]


@pytest.mark.parametrize(("before", "after", "code"), OPTION_PROBLEMS)
def test_problem_of_options_is_found(before: str, after: str, code: str) -> None:
    assert (code, "which") in codes(CHOICE.replace(before, after))


def test_every_code_is_tested() -> None:
    assert {each[2] for each in (*PROBLEMS, *OPTION_PROBLEMS)} == set(SENTENCES)


def test_protected_values_may_be_said_where_they_are_cleared() -> None:
    text = PUK.replace("We meet in the secure area.", "'Hello {{ contact.name }}'")
    assert codes(text, clearance=Label.PERSONAL) == set()


def test_after_the_customer_spoke_the_channel_may_be_open_again() -> None:
    text = PUK.replace("next: deliver", "next: sure") + "  sure: {ask: {text: Sure?, into: sure}, next: deliver}\n"
    assert ("said_openly", "deliver") in codes(text)


def test_protected_text_with_a_notice_is_no_leak() -> None:
    text = PUK.replace("start: secure", "start: lookup").replace(
        'code }}"', 'code }}", protected: [secret], notice: It waits.'
    )
    assert ("said_openly", "deliver") not in codes(text)


def test_compiling_a_flow_with_errors_is_refused() -> None:
    with pytest.raises(BadFlow, match="no operation"):
        compiled.compile(load(PUK), {})


def test_branches_meet_at_the_immediate_post_dominator() -> None:
    assert meeting_points(edges={"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == {
        "a": "d",
        "b": "d",
        "c": "d",
        "d": None,
    }


def test_branches_that_may_end_or_never_wait_do_not_meet() -> None:
    assert meeting_points(edges={"a": ["b", "c"], "b": ["d", ""], "c": ["d"], "d": []})["a"] is None
    assert meeting_points(edges={"a": ["b", "c"], "b": ["b"], "c": ["d"], "d": []})["a"] is None


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"code": "1", "card": "x", "owner": "Ana"}, {"code": "1", "card": "x"}),
        ({"code": "1"}, {"code": "1", "card": None}),
        ({"code": None}, {"code": None, "card": None}),
    ],
)
def test_undeclared_fields_are_dropped(answer: JSON, kept: JSON) -> None:
    shaped = CARDS["cards.puk"].shape(answer=answer)
    assert shaped.value == kept
    assert shaped.label_at(("code",)) == Label.SECRET
    assert shaped.label_at(()) == Label.SECRET | Label.CLIENT


@pytest.mark.parametrize("answer", [None, [], "x", {}, {"code": 7}, {"code": ["1"]}, {"code": True}])
def test_answers_of_another_shape_are_refused(answer: JSON) -> None:
    with pytest.raises(WrongShape):
        CARDS["cards.puk"].shape(answer=answer)


def test_too_long_lists_are_refused() -> None:
    with pytest.raises(TooLarge, match="list_too_long"):
        CARDS["cards.shops"].shape(answer={"shops": [{"id": "1"}] * 1_001})


def test_connector_documents_survive_json() -> None:
    document: dict[str, Any] = {
        "connector": "cards",
        "base_url": "http://localhost",
        "operations": {name.split(".")[1]: operation for name, operation in CARDS.items()},
    }
    connector = Connector.model_validate(document)
    assert Connector.model_validate_json(connector.model_dump_json(exclude_unset=True)) == connector
    assert connector.operations["puk"].assurance is Assurance.SIGNED_IN
