"""The catalogues of translations, kept in step with the sources.

One rule: catalogues are written by this module only, so that their order and their
headers never change by chance. `python -m web.catalogs` takes over new texts, drops old
ones, compiles, and names what lacks a translation. `python -m web.catalogs FILE` first
fills in translations from JSON, one object a text, plural forms as a list:

    {"Sign out": {"de": "Abmelden", "fr": "Se déconnecter", "it": "Esci", "id": "Keluar"},
     "%(num)d message": {"de": ["%(num)d Nachricht", "%(num)d Nachrichten"], …}}
"""

import fcntl
import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from web.i18n import LANGUAGES

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"
"""The language the sources are written in: its catalogue translates each text by itself."""

STEADY = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in every header, so that a catalogue changes only when a text does."""

Forms = str | list[str] | tuple[str, ...] | None
Words = Mapping[str, Mapping[str, str | list[str]]]


def path(language: str, *, suffix: str = "po") -> Path:
    """Give the place of a language's catalogue."""
    return FOLDER / language / "LC_MESSAGES" / f"messages.{suffix}"


def read(language: str) -> Catalog:
    """Read a catalogue; an empty one when there is none yet."""
    place = path(language)
    return read_po(io.BytesIO(place.read_bytes()), locale=language) if place.exists() else Catalog(locale=language)


def extract() -> Catalog:
    """Collect the texts of all sources."""
    mapping, options = parse_mapping_cfg(  # type: ignore[no-untyped-call]  # Babel has types, but not for this
        io.StringIO((ROOT / "babel.cfg").read_text())
    )
    found = Catalog()
    for file, _line, message, _comments, context in sorted(
        extract_from_dir(
            ROOT / "web", mapping, options, keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None}, strip_comment_tags=True
        ),
        key=lambda one: (one[0], one[1]),
    ):
        known = found.get(message, context)
        places = {*(known.locations if known else ()), (f"web/{file}", 0)}
        found.add(message, locations=sorted(places), context=context)
    return found


def update(words: Words) -> dict[str, list[str]]:
    """Bring every catalogue in step, fill in `words`, compile. Return what lacks a translation, by language."""
    with _alone():
        sources = extract()
        missing = {}
        for language in LANGUAGES:
            catalog = _merge(sources, known=read(language), language=language, words=words)
            write(catalog, language=language)
            missing[language] = [
                str(message.id) for message in catalog if message.id and not is_complete(message.string)
            ]
        return missing


def write(catalog: Catalog, *, language: str) -> None:
    """Write and compile one catalogue."""
    path(language).parent.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    write_po(text, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    path(language).write_bytes(text.getvalue())
    path(language, suffix="mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """Compile a catalogue as the program reads it."""
    binary = io.BytesIO()
    write_mo(binary, catalog)
    return binary.getvalue()


def is_complete(string: Forms) -> bool:
    """Every form of a text is there."""
    return all(string) if isinstance(string, list | tuple) else bool(string)


def _merge(sources: Catalog, *, known: Catalog, language: str, words: Words) -> Catalog:
    merged = Catalog(
        locale=language,
        project="Guichet",
        version="1",
        copyright_holder="Guichet",
        msgid_bugs_address="-",
        creation_date=STEADY,
        revision_date=STEADY,
        last_translator="Guichet",
        language_team="Guichet",
        header_comment="# Written by `python -m web.catalogs`.",
        fuzzy=False,
    )
    for message in sources:
        if not message.id:
            continue
        first = message.id if isinstance(message.id, str) else message.id[0]
        old = known.get(message.id, message.context)
        given = words.get(first, {}).get(language)
        if language == SOURCE:
            string: Forms = message.id
        elif given is not None:
            string = given
        else:
            string = old.string if old else None
        if not isinstance(message.id, str):
            string = _forms(string, count=merged.num_plurals)
        merged.add(message.id, string=string or "", locations=message.locations, context=message.context)
    return merged


def _forms(string: Forms, *, count: int) -> list[str]:
    """Give as many forms as gettext counts; a language without plurals (Indonesian) writes one for all."""
    forms = list(string) if isinstance(string, list | tuple) else [string or ""]
    return (forms + forms[-1:] * count)[:count]


@contextmanager
def _alone() -> Iterator[None]:
    """Let one writer at a time change the catalogues."""
    FOLDER.mkdir(exist_ok=True)
    with (ROOT / "babel.cfg").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Update; exit 1 while a translation is missing."""
    words: dict[str, dict[str, str | list[str]]] = {}
    for file in arguments:
        words |= json.loads(Path(file).read_text())
    missing = update(words)
    for language, texts in missing.items():
        for text in texts:
            sys.stdout.write(f"{language}: {text}\n")
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
