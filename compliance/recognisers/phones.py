"""Telephone numbers of persons; free, shared-cost and short numbers are a firm's hotline and stay free."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberType

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.digits import near
from compliance.recognisers.finding import Family, Match

_RUN = re.compile(r"(?<![\w.,:/+\-])(?:\+ ?|\(\+?)?\d(?:[ ()./\-']{0,3}\d){5,16}(?:x\d{2,6})?(?![\w]|[.,:]\d)")
_NOT_A_PHONE = re.compile(
    r"\d{1,2}[./\- ]\d{1,2}[./\- ](?:19|20)\d\d.*|(?:19|20)\d\d[./\-]\d\d?[./\-]\d\d?.*|\d{1,2}[./]\d{1,2}[./]\d\d|"
    r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d\d)?|\d+[.,]\d{1,2}|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|0+"
)
_CONTEXT = re.compile(
    r"\b(?:telef|tel\b|tel\.|phone|mobil|handy|natel|call\b|called|calling|reach|answering at|ring me|text me|fax\b|whatsapp|anruf|ruf\b|"
    r"ruft|erreich|numero|nummer|nomor|number|appel|joindre|portable|chiam|cellulare|hubungi|telp|telpon|hp\b|no hp|wa\b|ponsel|office)"
)
_OTHER_NUMBER = re.compile(
    r"vertrag|polic|polis|police|kunde|client|contra|kontrak|claim|schaden|sinistr|order|bestell|commande|ordine|"
    r"rechnung|invoice|factur|fattur|ticket|referen|referenz|account|konto|compte|conto|rekening|sendung|chf|eur\b|rp\b|usd|"
    r"\bart\b|artikel|peraturan|tarif|version|versi|punkte|points|poin\b|imei|serial|driver|licen"
)
_REGIONS = {"de": ("CH", "DE", "AT"), "fr": ("CH", "FR"), "it": ("CH", "IT"), "en": ("GB", "US"), "id": ("ID",)}
_EVERYWHERE = ("CH", "DE", "AT", "FR", "IT", "GB", "ID")
_HOTLINES = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


def _find(text: Text) -> Iterator[Match]:
    for run in _RUN.finditer(text.plain):
        start, end, written = run.start(), run.end(), run.group().split("x")[0]
        if _NOT_A_PHONE.fullmatch(written) or not 6 <= sum(c.isdigit() for c in written) <= 17:
            continue
        yield from _judge(text, written, start, end)


def _judge(text: Text, written: str, start: int, end: int) -> Iterator[Match]:
    digits = re.sub(r"\D", "", written)
    international = "+" in written or digits.startswith("00")
    context = near(text, _CONTEXT, start, end, before=30, after=12)
    if not international and near(text, _OTHER_NUMBER, start, end, before=25, after=4):
        return
    kind = _kind(written, digits, international)
    if kind in _HOTLINES:
        return
    if kind is not None:
        yield Match(
            start, end, "PHONE", 0.97 if international or context else 0.85, "valid telephone number of its country"
        )
    elif international and 9 <= len(digits) <= 15:
        yield Match(start, end, "PHONE", 0.8, "international prefix and the length of a telephone number")
    elif re.fullmatch(r"(?:(?:\+|00)?1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}", written) or (
        digits[0] == "0" and context and len(digits) >= 8
    ):
        yield Match(start, end, "PHONE", 0.8, "shape of a telephone number")
    elif context and 7 <= len(digits) <= 15 and not digits.startswith(("0800", "0848", "0900", "1500")):
        yield Match(start, end, "PHONE", 0.65, "number named as a telephone number")


def _kind(written: str, digits: str, international: bool) -> int | None:
    """Give the type of a valid number; None when it is valid nowhere that we serve."""
    if international:
        candidates = [
            ("+" + digits.removeprefix("00"), "ZZ"),
            (("+" + digits.removeprefix("00")).replace("(0)", ""), "ZZ"),
        ]
        if "(0)" in written:
            candidates.append(("+" + re.sub(r"\D", "", written.replace("(0)", "")).removeprefix("00"), "ZZ"))
    elif digits[0] == "0":
        candidates = [(digits, region) for region in _EVERYWHERE]
    elif digits.startswith(("41", "49", "43", "62", "44", "39", "33", "423")) and len(digits) >= 10:
        candidates = [("+" + digits, "ZZ")]
    elif digits[0] == "3" and len(digits) == 10 and not re.fullmatch(r"\d{3}-\d{3}-\d{4}", written):
        candidates = [(digits, "IT")]
    elif digits[0] == "8" and 10 <= len(digits) <= 12:
        candidates = [(digits, "ID")]
    elif digits[0] in "237" and len(digits) == 7 and re.fullmatch(r"\d{3} \d{2} \d{2}", written):
        candidates = [(digits, "LI")]
    else:
        return None
    found = None
    for candidate, region in candidates:
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            found = phonenumbers.number_type(number)
            if found in _HOTLINES or not digits.startswith(("08", "09")):
                return found
    return found


FAMILY = Family(
    name="phones",
    entities={"PHONE": Label.PERSONAL},
    find=_find,
    digits=6,
    examples=(
        ("PHONE", "ruf mich an: «079 123 45 67»"),
        ("PHONE", "meine nummer ist «+41 79 123 45 67»"),
        ("PHONE", "«0041791234567»"),
        ("PHONE", "mon portable «06 12 34 56 78» merci"),
        ("PHONE", "il mio cellulare è «347 123 4567»"),
        ("PHONE", "nomor hp saya «0812-3456-7890»"),
        ("PHONE", "call me on «07911 123456»"),
        ("PHONE", "my number is «(212) 555-0142»"),
        ("PHONE", "«+49 (0)171 1234567»"),
        ("PHONE", "«+62 812 3456 7890»"),
        ("PHONE", "Handy «0664 1234567»"),
        ("PHONE", "Tel. «+423 237 74 00»"),
    ),
    counter_examples=(
        "Ruf 157 an",
        "Gratisnummer 0800 800 800",
        "Termin am 03.11.2025 um 16:30",
        "CHF 58'897.50",
        "Article 95/5601 page 858",
        "Version 18.23.208",
        "Between 2020 and 2008 we sold 134684800 policies",
        "hotline 0848 848 848",
        "di 08.03.2026 10.30",
        "Rp 150.000.000",
    ),
)
