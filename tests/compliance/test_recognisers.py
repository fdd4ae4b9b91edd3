"""Every family finds what it says that it finds, and nothing in its counter-examples."""

import pytest

from compliance.classification import classify
from compliance.normalisation import normalise
from compliance.recognisers import FAMILIES
from compliance.recognisers.finding import Family

EXAMPLES = [(family, entity, marked) for family in FAMILIES for entity, marked in family.examples]
COUNTER_EXAMPLES = [(family, text) for family in FAMILIES for text in family.counter_examples]


def _unmark(marked: str) -> tuple[str, int, int]:
    start = marked.index("«")
    end = marked.index("»") - 1
    return marked.replace("«", "", 1).replace("»", "", 1), start, end


@pytest.mark.parametrize(
    ("family", "entity", "marked"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else value.name
)
def test_example_is_found_where_it_stands(family: Family, entity: str, marked: str) -> None:
    text, start, end = _unmark(marked)
    found = [f for f in classify(text).findings if f.entity == entity]
    assert [(f.start, f.end) for f in found] == [(start, end)]
    assert found[0].label == family.entities[entity]
    assert found[0].reason
    assert not any(part in found[0].reason for part in text[start:end].split() if any(c.isdigit() for c in part))


@pytest.mark.parametrize(
    ("family", "text"), COUNTER_EXAMPLES, ids=lambda value: value if isinstance(value, str) else value.name
)
def test_counter_example_holds_nothing_of_the_family(family: Family, text: str) -> None:
    assert [f.entity for f in classify(text).findings if f.entity in family.entities] == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_cues_let_every_example_through(family: Family) -> None:
    for entity, marked in family.examples:
        text, _, _ = _unmark(marked)
        assert any(match.entity == entity for match in family.find(normalise(text)))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_family_shows_examples_of_both_kinds(family: Family) -> None:
    assert family.examples
    assert family.counter_examples
    assert all(entity in family.entities for entity, _ in family.examples)


def test_entities_belong_to_one_family() -> None:
    entities = [entity for family in FAMILIES for entity in family.entities]
    assert len(entities) == len(set(entities))
