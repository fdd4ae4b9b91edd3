"""Dates of birth: a date beside a word of birth, so that appointments stay free."""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match
from compliance.recognisers.words import words

_BIRTH = re.compile(
    r"\b(?:geboren|gebore|geburtsdatum|geburtstag|geburi|geb\b|geb\.|jahrgang|nee? le|nee? en|ne\(e\) le|date de naissance|naissance|ddn|"
    r"nat[oa] (?:il|a|nel)|data di nascita|nascita|born|birth ?date|birthday|date of birth|dob|d\.o\.b|lahir|tgl lahir|ttl|kelahiran)"
)
_MONTH = r"(?:jan|feb|fev|mar|mai|mae|may|apr|avr|jun|juin|jul|juil|aug|aout|agu|agos|sep|set|okt|oct|ott|nov|dez|dec|des|dic|gen|mag|giu|lug)[a-z]*"
_DATE = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}[ ./\-]{{1,2}}\d{{1,2}}[ ./\-]{{1,2}}(?:\d{{4}}|\d\d)|(?:19|20)\d\d[./\-]\d{{1,2}}[./\-]\d{{1,2}}|"
    rf"\d{{1,2}}(?:\.|er|st|nd|rd|th)?[ \-]?(?:de |of )?{_MONTH}\.?,?[ \-](?:19|20)?\d\d|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d)(?!\d)"
)


def _find(text: Text) -> Iterator[Match]:
    for word in _BIRTH.finditer(text.folded):
        after = _DATE.search(text.folded, word.end(), word.end() + 60)
        before = None if after else _DATE.search(text.folded, max(0, word.start() - 30), word.start())
        if found := after or before:
            yield Match(found.start(), found.end(), "BIRTH_DATE", 0.93, "date beside a word of birth")


FAMILY = Family(
    name="birth_dates",
    entities={"BIRTH_DATE": Label.PERSONAL},
    find=_find,
    languages=("de", "fr", "it", "en", "id"),
    digits=3,
    cues=words(
        "geboren gebore geburtsdatum geburtstag geb ne nee naissance ddn nato nata nascita born birth birthdate birthday dob lahir kelahiran ttl o"
    ),
    examples=(
        ("BIRTH_DATE", "ich bin am «12.03.1985» geboren"),
        ("BIRTH_DATE", "geb. «1.2.78»"),
        ("BIRTH_DATE", "née le «3 mars 1990»"),
        ("BIRTH_DATE", "nato il «15/08/1971»"),
        ("BIRTH_DATE", "my date of birth is «June 5th, 1991»"),
        ("BIRTH_DATE", "tgl lahir «17-08-1990»"),
    ),
    counter_examples=("Termin am 12.03.2025", "rendez-vous le 3 mars 2026", "wann bist du geboren?", "né avec 2 chats"),
)
