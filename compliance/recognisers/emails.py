"""E-mail addresses, also with "at" and "dot" spelt out."""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match

_WRITTEN = re.compile(
    r"(?<![\w.+%\-])[\w.+%'\-]{1,64} ?@ ?[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){0,4}\.[a-z]{2,24}(?![a-z])"
)
_AT = r"(?:\s?[(\[{]\s?(?:at|arobas\w?|chiocciola|et)\s?[)\]}]\s?|\s(?:at|arobase?|chiocciola|kringel|klammeraffe|affenschwanz|@)\s)"
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|punkt|point|punto|titik)\s?[)\]}]\s?|\s(?:dot|punkt|point|punto|titik|ponto)\s)"
_NAME = r"[a-z0-9_\-]{1,40}"
_SPELT = re.compile(
    rf"(?<![\w.+\-]){_NAME}(?:{_DOT}{_NAME}){{0,3}}{_AT}{_NAME}(?:{_DOT}{_NAME}){{0,2}}{_DOT}"
    r"(?:com|ch|de|fr|it|net|org|at|li|id|co|uk|io|eu|me|info)(?![a-z])"
)
_OF_A_FIRM = re.compile(
    r"(?:info|support|contact|kontakt|service|kundendienst|help|office|hello|sales|noreply|no-reply)@"
)


def _find(text: Text) -> Iterator[Match]:
    for match in _WRITTEN.finditer(text.folded):
        if not _OF_A_FIRM.match(match.group().replace(" ", "")):
            yield Match(match.start(), match.end(), "EMAIL", 0.99, "e-mail address")
    for match in _SPELT.finditer(text.folded):
        yield Match(match.start(), match.end(), "EMAIL", 0.9, "e-mail address, spelt out")


FAMILY = Family(
    name="emails",
    entities={"EMAIL": Label.PERSONAL},
    find=_find,
    cues=("at", "arobase", "arob", "arobas", "chiocciola", "kringel", "klammeraffe", "affenschwanz", "et"),
    marks=("@",),
    examples=(
        ("EMAIL", "Schreib an «anna.muster@bluewin.ch» danke"),
        ("EMAIL", "mon mail: «jean+pub@exemple.fr»."),
        ("EMAIL", "«anna (at) muster.ch»"),
        ("EMAIL", "«anna.muster at gmail dot com»"),
        ("EMAIL", "«jean arobase orange point fr»"),
        ("EMAIL", "«anna＠muster．ch»"),
    ),
    counter_examples=(
        "we meet at noon",
        "@anna schreibt",
        "send it to info@example.ch",
        "I am at 5.30 there",
        "the shop at the corner",
    ),
)
