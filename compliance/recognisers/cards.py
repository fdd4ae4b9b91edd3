"""Payment card numbers: an issuer's range (ISO/IEC 7812) and the Luhn digit."""

import re
from collections.abc import Iterator

from stdnum import luhn

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.digits import near, numbers
from compliance.recognisers.finding import Family, Match

_CONTEXT = re.compile(r"kart|card|carte|carta|kredit|credit|visa|master|amex|\bcc\b|\bpan\b|debit")
_NOT_A_CARD = re.compile(
    r"sendung|tracking|colis|paket|pacco|parcel|resi\b|imei|iccid|\bean\b|\bnik\b|\bktp\b|nomor induk"
)


def _find(text: Text) -> Iterator[Match]:
    for digits, start, end in numbers(text, range(13, 20)):
        if not _is_issued(digits) or len(set(digits)) == 1 or not luhn.is_valid(digits):
            continue
        context = near(text, _CONTEXT, start, end)
        if not context and (len(digits) == 13 or near(text, _NOT_A_CARD, start, end)):
            continue
        yield Match(start, end, "CARD", 0.99 if context else 0.9, "card number: issuer's range and Luhn digit right")


def _is_issued(digits: str) -> bool:
    """Tell whether a network issues numbers of this beginning and length."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)  # Visa
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16  # Mastercard
    if two in (34, 37):
        return length == 15  # American Express
    if two in (36, 38, 39) or 300 <= three <= 305:
        return 14 <= length <= 19  # Diners Club
    if four == 6011 or two == 65 or 644 <= three <= 649 or two == 62 or two == 81:
        return 16 <= length <= 19  # Discover, UnionPay
    if 3528 <= four <= 3589:
        return 16 <= length <= 19  # JCB
    if two in (50, 63, 67) or 56 <= two <= 58:
        return length in (13, 15, 16, 18, 19)  # Maestro
    return False


FAMILY = Family(
    name="cards",
    entities={"CARD": Label.ACCOUNT},
    find=_find,
    digits=13,
    examples=(
        ("CARD", "meine Karte «4111 1111 1111 1111» geht nicht"),
        ("CARD", "«5500005555555559» ist gesperrt"),
        ("CARD", "carte «4111-1111-1111-1111» perdue"),
        ("CARD", "amex «3782 822463 10005» declined"),
        ("CARD", "12 «4111.1111.1111.1111»"),
        ("CARD", "kartu saya «４１１１ １１１１ １１１１ １１１１»"),
        ("CARD", "4\u200b111111111111111".replace("4\u200b", "«4\u200b") + "»"),
    ),
    counter_examples=(
        "4111 1111 1111 1112 has a wrong digit",
        "Sendung 99.00.123456.12345678",
        "Rechnung 1234567890123456",
        "0000 0000 0000 0000",
        "colis 4111111111111111 en route",
    ),
)
