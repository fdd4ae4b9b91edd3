"""Emergencies are heard in five languages, and figures of speech are not.

The messages stand in signals/, written by hand. A regression test, no measure: the patterns have been corrected on
what they missed, in both halves.
"""

import json
import zlib
from pathlib import Path

import pytest

from compliance.classification import classify

MESSAGES = {
    path.stem: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for path in sorted((Path(__file__).parent / "signals").glob("*.jsonl"))
}


def is_held_out(text: str) -> bool:
    """Tell whether a message belongs to the half that was not looked at while the first patterns were written."""
    return zlib.crc32(text.encode()) % 2 == 1


@pytest.mark.parametrize("language", MESSAGES)
def test_set_is_large_enough(language: str) -> None:
    calls = [m for m in MESSAGES[language] if m["signal"]]
    assert len(calls) >= 40
    assert len(MESSAGES[language]) - len(calls) >= 60


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("language", MESSAGES)
def test_emergencies_are_heard(language: str, held_out: bool) -> None:
    calls = [m for m in MESSAGES[language] if m["signal"] and is_held_out(m["text"]) == held_out]
    missed = [m["text"] for m in calls if m["signal"] not in classify(m["text"]).signals]
    assert len(missed) <= 0.02 * len(calls), missed


@pytest.mark.parametrize("language", MESSAGES)
def test_harmless_messages_raise_no_alarm(language: str) -> None:
    harmless = [m["text"] for m in MESSAGES[language] if not m["signal"]]
    assert [text for text in harmless if classify(text).signals] == []


@pytest.mark.parametrize(
    "spelling",
    [
        "ICH WILL NICHT MEHR LEBEN",
        "ich will nicht mehr leben 😭😭",
        "Ich  will\nnicht mehr   leben",
        "ich will nicht mehr l\u200beben",
    ],
)
def test_spelling_does_not_hide_an_emergency(spelling: str) -> None:
    assert classify(spelling).signals == {"emergency.self_harm"}
