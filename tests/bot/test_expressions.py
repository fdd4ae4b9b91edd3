"""Expressions: what they read, their labels, their bounds, and where CEL's two libraries must agree."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import JSON
from bot.flows.expressions import BadExpression, ExpressionFailed, compile_expression
from bot.flows.reads import reads_of
from bot.flows.texts import compile_text, written
from bot.flows.values import Labelled
from compliance.labels import PUBLIC, Label

ROOTS = {
    "a": Labelled({"b": 1, "c": {"d": "x"}}, PUBLIC, {("b",): Label.ACCOUNT, ("c", "d"): Label.SECRET}),
    "xs": Labelled([{"n": 1}, {"n": 2}], PUBLIC, {("n",): Label.CLIENT}),
    "i": Labelled(0, Label.PERSONAL),
    "s": Labelled("été"),
    "now": Labelled(datetime(2026, 11, 2, 9, tzinfo=UTC)),
    "nothing": Labelled(None, Label.HEALTH),
}

CONFORMANCE: list[tuple[str, JSON]] = [
    ("1 == 1.0", True),
    ("1 < 1.5", True),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 3", 1),
    ("1.5 + 1.5", 3.0),
    ("size('é')", 2),
    ("size(xs)", 2),
    ("'a' + 'b'", "ab"),
    ("'b' in ['a', 'b']", True),
    ("'k' in {'k': 1}", True),
    ("xs[1].n", 2),
    ("xs.exists(x, x.n == 2)", True),
    ("xs.all(x, x.n > 1)", False),
    ("xs.exists_one(x, x.n == 2)", True),
    ("xs.map(x, x.n * 2)", [2, 4]),
    ("xs.filter(x, x.n > 1)", [{"n": 2}]),
    ("true ? 1 : 2", 1),
    ("false && a.b == 2", False),
    ("true || a.b == 2", True),
    ("has(a.b)", True),
    ("has(a.z)", False),
    ("nothing == null", True),
    ("string(1)", "1"),
    ("int('7')", 7),
    ("double('1.5')", 1.5),
    ("'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')", True),
    ("'abc'.matches('^a.c$')", True),
    ("now < timestamp('2027-01-01T00:00:00Z')", True),
    ("now.getFullYear()", 2026),
    ("now + duration('3600s')", "2026-11-02T10:00:00+00:00"),
    ("a['b']", 1),
]


@pytest.mark.parametrize(("source", "value"), CONFORMANCE)
def test_conformance(source: str, value: JSON) -> None:
    result = compile_expression(source).evaluate(roots=ROOTS).value
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("a.b", {("a", "b")}),
        ("a['c'].d", {("a", "c", "d")}),
        ("a.b + a.c.d", {("a", "b"), ("a", "c", "d")}),
        ("a.c.d == 'x' || a.c == s", {("a", "c"), ("s",)}),
        ("xs[0].n", {("xs",)}),
        ("xs[i].n", {("xs",), ("i",)}),
        ("xs.map(x, x.n + a.b)", {("xs",), ("a", "b")}),
        ("a.c.d.size()", {("a", "c", "d")}),
        ("has(a.b)", {("a", "b")}),
        ("{'k': a.b}.k", {("a", "b")}),
        ("1 + 1", set()),
    ],
)
def test_paths_that_are_read(source: str, paths: set[tuple[str, ...]]) -> None:
    assert set(reads_of(source).paths) == paths


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("a.b", Label.ACCOUNT),
        ("a.c", Label.SECRET),
        ("a", Label.ACCOUNT | Label.SECRET),
        ("a.b > 0 ? 'x' : a.c.d", Label.ACCOUNT | Label.SECRET),
        ("true || a.b == 1", Label.ACCOUNT),
        ("has(a.b)", Label.ACCOUNT),
        ("size(xs)", Label.CLIENT),
        ("xs.filter(x, x.n == i)", Label.CLIENT | Label.PERSONAL),
        ("nothing == null", Label.HEALTH),
        ("s", PUBLIC),
    ],
)
def test_a_result_carries_what_could_be_read(source: str, label: Label) -> None:
    assert compile_expression(source).evaluate(roots=ROOTS).label_at(()) == label


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a" * 1_001, "longer than"),
        ("(" * 30 + "1" + ")" * 30, "brackets"),
        ("[" * 300, "brackets"),
        ("!" * 990 + "true", "deeply"),
        ("1 +", "well formed"),
        ("", "well formed"),
        ("a.b(", "well formed"),
        ("nope(1)", "unknown function"),
        ("a.lowerAscii()", "unknown function"),
        (".a", "form"),
        ("A{b: 1}", "form"),
        ("xs.map(x, xs.map(y, xs.map(z, z)))", "iteration"),
        ("xs.map(x, xs.map(y, [xs, xs, xs, xs]))", "too long"),
        ("xs.map(x, xs.map(x, x))", "bound twice"),
        ("xs.map(1, 2)", "needs a name"),
        ("xs.all(x)", "needs a name"),
    ],
)
def test_bad_expressions_are_refused_before_they_run(source: str, reason: str) -> None:
    with pytest.raises(BadExpression, match=reason):
        compile_expression(source)


@pytest.mark.parametrize(
    "source", ["1 / 0", "a.z", "s.b", "missing.b", "int('x')", "1 + 1.0", "1 + 'a'", "b'x'", "1.0 / 0.0"]
)
def test_failures_have_a_code_and_no_content(source: str) -> None:
    with pytest.raises(ExpressionFailed, match=r"^[a-z_]+$"):
        compile_expression(source).evaluate(roots=ROOTS)


def test_a_condition_must_be_true_or_false() -> None:
    with pytest.raises(ExpressionFailed, match="not_a_condition"):
        compile_expression("1").is_true(roots=ROOTS)


def test_results_are_bounded() -> None:
    roots = {"s": Labelled("x" * 16_000), "xs": Labelled(list(range(100)))}
    with pytest.raises(ExpressionFailed, match="result_too_large"):
        compile_expression("xs.map(x, s)").evaluate(roots=roots)
    with pytest.raises(ExpressionFailed, match="list_too_long"):
        compile_expression("xs + xs").evaluate(roots={"xs": Labelled(list(range(600)))})


@pytest.mark.parametrize("source", ["xs.exists(x, xs.exists(y, y == x))", "xs.map(x, xs)", "xs.map(x, s + s)"])
def test_what_could_run_long_runs_on_short_lists_only(source: str) -> None:
    short = {"xs": Labelled([1, 2]), "s": Labelled("a")}
    compile_expression(source).evaluate(roots=short)
    with pytest.raises(ExpressionFailed, match="could_run_too_long"):
        compile_expression(source).evaluate(roots={**short, "xs": Labelled(list(range(1_000)))})


@given(st.text(alphabet="abx.()[]{}'\"+-!?:&|=<> 0123in,", max_size=40))
def test_any_text_is_an_expression_or_refused(source: str) -> None:
    try:
        expression = compile_expression(source)
    except BadExpression:
        return
    try:
        expression.evaluate(roots=ROOTS)
    except ExpressionFailed:
        return


def test_what_runs_reads_nothing_beyond_its_paths() -> None:
    for source, _ in CONFORMANCE:
        expression = compile_expression(source)
        bound = {"x"}
        assert set(expression.program.variables()) - bound == set(expression.roots)


def test_texts_keep_fixed_and_inserted_words_apart() -> None:
    segments = compile_text({"en": "You owe {{ a.b }} CHF.", "fr": "…"}).render(language="en", roots=ROOTS)
    assert [(each.text, each.label, each.approved) for each in segments] == [
        ("You owe ", PUBLIC, True),
        ("1", Label.ACCOUNT, False),
        (" CHF.", PUBLIC, True),
    ]


@pytest.mark.parametrize(("language", "text"), [("fr", "salut"), ("it", "hello"), ("en", "hello")])
def test_texts_fall_back_to_english(language: str, text: str) -> None:
    segments = compile_text({"fr": "salut", "en": "hello"}).render(language=language, roots={})
    assert segments[0].text == text


def test_an_open_insert_is_refused() -> None:
    with pytest.raises(BadExpression):
        compile_text("Hello {{ a")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (2.0, "2"), (2.5, "2.5"), ([1, "a"], "1, a"), ({"k": 1}, "1"), (7, "7")],
)
def test_values_are_written_plainly(value: JSON, text: str) -> None:
    assert written(value) == text
