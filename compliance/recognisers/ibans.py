"""International bank account numbers (ISO 13616): country, its length, check digits modulo 97."""

import re
from collections.abc import Iterator

from stdnum.iso7064 import mod_97_10

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match

# The lengths of the SWIFT IBAN registry.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "no",
        16: "be",
        18: "dk fk fi fo gl nl sd",
        19: "mk si",
        20: "at ba ee kz xk lt lu mn",
        21: "ch hr lv li",
        22: "bh bg cr ge de gb ie me rs va",
        23: "tl gi il iq om so ae",
        24: "ad cz md pk ro sa sk es se tn vg dz",
        25: "ao cv ly mz gw pt st",
        26: "is tr ir",
        27: "bf bi cf cg cm dj fr ga gf gp gr it km mc mg ml mq mr nc ne pf pm re sm sn td tf tg wf yt",
        28: "al az bj by ci cy do gt hn hu lb ma ni pl sv",
        29: "br eg ps qa ua",
        30: "jo kw mu ye",
        31: "mt sc",
        32: "lc",
        33: "ru",
    }.items()
    for country in countries.split()
}
_HEAD = re.compile(r"(?<![a-z0-9])([a-z]{2})[ .\-]{0,2}\d[ .\-]?\d")
_NEXT = re.compile(r"[ .\-_/\n]{0,3}([a-z0-9])")


def _find(text: Text) -> Iterator[Match]:
    for head in _HEAD.finditer(text.folded):
        length = _LENGTHS.get(head.group(1))
        if length is None:
            continue
        characters, end = "", head.start()
        while len(characters) < length and (following := _NEXT.match(text.folded, end)):
            characters += following.group(1)
            end = following.end()
        if len(characters) < length or text.folded[end : end + 1].isalnum():
            continue
        if mod_97_10.is_valid(characters[4:].upper() + characters[:4].upper()):
            yield Match(head.start(), end, "IBAN", 0.99, "IBAN, check digits right")


FAMILY = Family(
    name="ibans",
    entities={"IBAN": Label.ACCOUNT},
    find=_find,
    digits=9,
    examples=(
        ("IBAN", "mon IBAN est «CH93 0076 2011 6238 5295 7» merci"),
        ("IBAN", "«ch9300762011623852957»"),
        ("IBAN", "iban «DE89 3704 0044 0532 0130 00» bitte"),
        ("IBAN", "«FR14 2004 1010 0505 0001 3M02 606» et voilà"),
        ("IBAN", "«IT60-X054-2811-1010-0000-0123-456»"),
        ("IBAN", "«GB82 WEST 1234 5698 7654 32»"),
        ("IBAN", "«LI21 0881 0000 2324 013A A»"),
        ("IBAN", "«NO93 8601 1117 947»"),
        ("IBAN", "«СН93 0076 2011 6238 5295 7»"),
    ),
    counter_examples=("CH93 0076 2011 6238 5295 8", "ZZ93 0076 2011 6238 5295 7", "wie finde ich meine IBAN?"),
)
