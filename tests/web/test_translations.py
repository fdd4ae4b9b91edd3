"""Every text of every surface stands in five languages."""

import re

import pytest
from babel.messages import Catalog, Message

from web import catalogs
from web.i18n import LANGUAGES

PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%%|\{\w*\}")


@pytest.fixture(scope="module")
def sources() -> Catalog:
    return catalogs.extract()


def texts(catalog: Catalog) -> dict[object, Message]:
    return {(message.context, message.id): message for message in catalog if message.id}


def forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_in_step_with_the_sources(language: str, sources: Catalog) -> None:
    written = texts(catalogs.read(language)).keys()
    wanted = texts(sources).keys()
    assert sorted(map(str, wanted - written)) == [], "new: run python -m web.catalogs"
    assert sorted(map(str, written - wanted)) == [], "gone: run python -m web.catalogs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_fuzzy(language: str) -> None:
    catalog = catalogs.read(language)
    lacking = [message.id for message in texts(catalog).values() if not catalogs.is_complete(message.string)]
    fuzzy = [message.id for message in texts(catalog).values() if message.fuzzy]
    assert (lacking, fuzzy) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    for message in texts(catalogs.read(language)).values():
        wanted = {match.group() for form in forms(message.id) for match in PLACEHOLDER.finditer(form)}
        for form in filter(None, forms(message.string)):
            used = {match.group() for match in PLACEHOLDER.finditer(form)}
            # A singular may say "one" instead of the figure.
            assert used == wanted or (len(forms(message.id)) > 1 and used < wanted), (message.id, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_of_this_text(language: str) -> None:
    assert catalogs.path(language, suffix="mo").read_bytes() == catalogs.compiled(catalogs.read(language))


def test_languages_do_not_simply_repeat_the_source() -> None:
    for language in set(LANGUAGES) - {catalogs.SOURCE}:
        same = [
            message.id
            for message in texts(catalogs.read(language)).values()
            if message.string == message.id and len(str(message.id)) > 24
        ]
        assert same == [], language
