"""classify() as others rely on it: pure, never failing, pointing into the text as it was written."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.classification import CLASSIFIER_VERSION, classify
from compliance.labels import PUBLIC, Label
from compliance.normalisation import normalise

CARD = "4111 1111 1111 1111"


def test_nothing_is_found_in_nothing() -> None:
    found = classify("")
    assert (found.findings, found.label, found.language, found.signals) == ((), PUBLIC, None, frozenset())
    assert CLASSIFIER_VERSION


def test_label_joins_all_findings() -> None:
    found = classify("mein IBAN ist CH93 0076 2011 6238 5295 7 und mein PIN ist 4711, mail anna@muster.ch")
    assert found.label == Label.ACCOUNT | Label.SECRET | Label.PERSONAL
    assert [f.entity for f in found.findings] == ["IBAN", "PIN", "EMAIL"]


def test_overlapping_finds_leave_the_best() -> None:
    found = classify("meine kartennummer: 4111111111111111").findings
    assert [(f.entity, f.start, f.end) for f in found] == [("CARD", 20, 36)]


@pytest.mark.parametrize(
    "written",
    [
        CARD,
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "４１１１１１１１１１１１１１１１",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111\u00a01111\u202f1111\u20071111",
        "4111–1111—1111‑1111",
        "4111·1111·1111·1111",
        "٤١١١١١١١١١١١١١١١",
        "4111\n1111\n1111\n1111",
        "\U0001d7d2\U0001d7cf\U0001d7cf\U0001d7cf1111 1111 1111",
    ],
)
def test_disguised_number_is_found_where_it_was_written(written: str) -> None:
    text = f"ﬁx 🙂 voilà {written} ❤️ ok"
    (found,) = classify(text).findings
    assert found.entity == "CARD"
    assert text[found.start : found.end] == written


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wo finde ich meine rechnung?", "de"),
        ("hoi, wo isch de nöchscht shop?", "de"),
        ("ou est ma facture svp", "fr"),
        ("dove trovo la mia fattura?", "it"),
        ("where can i find my invoice", "en"),
        ("di mana tagihan saya?", "id"),
        ("ok", None),
        ("👍", None),
        ("4711", None),
        ("Kde najdu svou fakturu?", None),
    ],
)
def test_language_is_detected_or_left_open(text: str, language: str | None) -> None:
    assert classify(text).language == language


def test_known_language_is_kept() -> None:
    assert classify("ok", language="it").language == "it"


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_classified_and_every_place_is_inside(text: str) -> None:
    found = classify(text)
    assert found == classify(text)
    end = 0
    for finding in found.findings:
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once.plain).plain == once.plain
    assert len(once.plain) == len(once.folded)


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "1",
        "4111 ",
        "a@",
        "a.",
        "@",
        "mein pin ist ",
        "frau ",
        "my ",
        "chf 1",
        "(",
        "+41 ",
        "ch93 ",
        "ich habe ",
        "police nr ",
        "\u200b",
        "ß",
        "password: ",
        "at ",
        "a at b dot ",
        "12.",
        "je m'appelle ",
        "1/1/",
        "will nicht mehr ",
    ],
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length] + "!"
        begin = time.perf_counter()
        classify(text)
        return time.perf_counter() - begin

    seconds(2_000)
    short, long = min(seconds(8_000) for _ in range(2)), seconds(64_000)
    assert long < max(0.25, 8 * short * 3), f"{short:.3f} s for 8,000 characters, {long:.3f} s for 64,000"
