"""Numbers that states give to persons: check digits where there are any, else plausible parts or context."""

import re
from collections.abc import Iterator

from stdnum import ean, luhn
from stdnum.de import idnr
from stdnum.fr import nir
from stdnum.it import codicefiscale

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.digits import near, numbers
from compliance.recognisers.finding import Family, Match, heads
from compliance.recognisers.words import words


def _find(text: Text) -> Iterator[Match]:
    if text.digits >= 11:
        yield from _swiss(text)
        yield from _french(text)
        yield from _german(text)
        yield from _indonesian(text)
    yield from _italian(text)
    yield from _american(text)
    if not _DOCUMENT_HEADS.isdisjoint(text.heads):
        yield from _documents(text)


_AHV_CONTEXT = re.compile(r"\bahv|\bavs\b|sozialversicherung|assurance sociale|assicurazione sociale|\boasi\b")


def _swiss(text: Text) -> Iterator[Match]:
    # AHVG art. 50c: 756, nine digits, and the check digit of EAN-13.
    for digits, start, end in numbers(text, (13, 20)):
        if len(digits) == 13 and digits.startswith("756"):
            if ean.is_valid(digits):
                yield Match(start, end, "AHV", 0.99, "AHV number, check digit right")
            elif near(text, _AHV_CONTEXT, start, end):
                yield Match(start, end, "AHV", 0.8, "AHV number named as such, check digit wrong")
        elif len(digits) == 20 and digits.startswith("80756"):
            yield Match(start, end, "INSURANCE_CARD", 0.95, "Swiss insurance card: country and issuer code")


_NIR = re.compile(
    r"(?<![a-z0-9])[12378](?:[ .\-]?\d){2}[ .\-]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .\-]?\d[ .\-]?[\dab](?:[ .\-]?\d){8}(?![a-z0-9])"
)


def _french(text: Text) -> Iterator[Match]:
    for match in _NIR.finditer(text.folded):
        if nir.is_valid(re.sub(r"[ .\-]", "", match.group()).upper()):
            yield Match(match.start(), match.end(), "NIR", 0.97, "NIR, key right")


_TAX_CONTEXT = re.compile(r"steuer|identifikationsnummer|\bidnr|\btin\b")


def _german(text: Text) -> Iterator[Match]:
    for digits, start, end in numbers(text, (11,)):
        if digits[0] == "0" or text.plain[max(0, start - 1) : start] in ("+", "("):
            continue
        context = near(text, _TAX_CONTEXT, start, end)
        if idnr.is_valid(digits):
            yield Match(start, end, "STEUER_ID", 0.97 if context else 0.7, "Steuer-ID, check digit right")


_FISCAL_CODE = re.compile(
    r"(?<![a-z0-9])[a-z]{3}[ .\-]?[a-z]{3}[ .\-]?(?:[\dlmnp-v][ .\-]?){2}[a-ehlmprst][ .\-]?(?:[\dlmnp-v][ .\-]?){2}[a-z][ .\-]?"
    r"(?:[\dlmnp-v][ .\-]?){3}[a-z](?![a-z0-9])"
)


def _italian(text: Text) -> Iterator[Match]:
    for match in _FISCAL_CODE.finditer(text.folded):
        if codicefiscale.is_valid(re.sub(r"[ .\-]", "", match.group()).upper()):
            yield Match(match.start(), match.end(), "CODICE_FISCALE", 0.99, "codice fiscale, check letter right")


_NIK_CONTEXT = re.compile(r"\bnik\b|\bktp\b|nomor induk|kartu keluarga|\bno kk\b|identit")
_NPWP_CONTEXT = re.compile(r"npwp|pajak|wajib")
_NPWP = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}(?!\d)")
# Kemendagri's codes of provinces: Sumatra, Riau islands, Java, Bali and Nusa Tenggara, Kalimantan, Sulawesi,
# Maluku, Papua.
_PROVINCES = frozenset(
    words(
        "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96"
    )
)


def _indonesian(text: Text) -> Iterator[Match]:
    for match in _NPWP.finditer(text.plain):
        right = luhn.is_valid(re.sub(r"\D", "", match.group())[:9])
        yield Match(match.start(), match.end(), "NPWP", 0.97 if right else 0.85, "NPWP in its usual form")
    for digits, start, end in numbers(text, (15, 16)):
        if len(digits) == 16 and _is_nik(digits):
            context = near(text, _NIK_CONTEXT, start, end)
            if context or text.plain[start:end].isdigit() or end - start == 19:
                yield Match(start, end, "NIK", 0.98 if context else 0.75, "NIK: province and date of birth plausible")
        elif near(text, _NPWP_CONTEXT, start, end):
            right = luhn.is_valid(digits[-15:][:9])
            yield Match(start, end, "NPWP", 0.97 if right else 0.85, "NPWP named as such")
        elif len(digits) == 16 and near(text, _NIK_CONTEXT, start, end):
            yield Match(start, end, "NIK", 0.85, "NIK named as such")


def _is_nik(digits: str) -> bool:
    """Tell whether province, birth date (women: day + 40) and serial number are plausible (Perpres 65/2010)."""
    day, month = int(digits[6:8]), int(digits[8:10])
    return (
        digits[:2] in _PROVINCES
        and digits[2:4] != "00"
        and digits[4:6] != "00"
        and 1 <= day % 40 <= 31
        and day <= 71
        and 1 <= month <= 12
        and digits[12:] != "0000"
    )


_SSN = re.compile(r"(?<![\d\-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d\-])")
_SSN_CONTEXT = re.compile(r"social security|\bssn\b|\bsocial\b")
_DOCUMENT = re.compile(
    r"(?:passport|pass(?:nummer|-?nr)|reisepass\w*|passeport|passaporto|paspor|identitatskarte|personalausweis\w*|"
    r"carte d'identite|carta d'identita|driver'?s? licen[sc]e|fuhrerausweis\w*|permis de conduire|patente|\bsim)"
    r"(?:[ :#.'-]|\b(?:number|no|nr|num|numero|nummer|nomor|is|ist|lautet|est|adalah|e|n)\b){0,8}"
    r"((?=[a-z0-9]*\d{4})[a-z0-9]{6,15})\b"
)
_DOCUMENT_HEADS = heads(
    words(
        "pass passport passnummer reisepass passeport passaporto paspor identitatskarte personalausweis identite identita driver drivers driving license "
        "licence fuhrerausweis permis patente sim"
    )
)


def _american(text: Text) -> Iterator[Match]:
    for match in _SSN.finditer(text.plain):
        context = near(text, _SSN_CONTEXT, match.start(), match.end())
        if context or match.group(1) == "-":
            yield Match(
                match.start(), match.end(), "US_SSN", 0.95 if context else 0.8, "shape of a US social security number"
            )


def _documents(text: Text) -> Iterator[Match]:
    for match in _DOCUMENT.finditer(text.folded):
        yield Match(
            match.start(1), match.end(1), "IDENTITY_DOCUMENT", 0.9, "number after the name of an identity document"
        )


FAMILY = Family(
    name="national_numbers",
    entities=dict.fromkeys(
        ("AHV", "INSURANCE_CARD", "NIR", "STEUER_ID", "CODICE_FISCALE", "NIK", "NPWP", "US_SSN", "IDENTITY_DOCUMENT"),
        Label.PERSONAL,
    ),
    find=_find,
    digits=6,
    examples=(
        ("AHV", "meine AHV-Nr. ist «756.9217.0769.85»"),
        ("AHV", "no avs «7569217076985»"),
        ("AHV", "«756 9217 0769 85»"),
        ("AHV", "«756–9217–0769–85»"),
        ("NIR", "mon numéro de sécu: «1 85 05 78 006 084 91»"),
        ("STEUER_ID", "Steuer-ID «36 574 261 809»"),
        ("CODICE_FISCALE", "il mio codice fiscale è «RSSMRA85T10A562S»"),
        ("CODICE_FISCALE", "cf «rssmra85t10a562s»"),
        ("NIK", "NIK saya «3171012509850003»"),
        ("NIK", "«3171016509850003»"),
        ("NPWP", "npwp «01.312.166.0-091.000»"),
        ("US_SSN", "her SSN is «123-45-6789»"),
        ("IDENTITY_DOCUMENT", "my driver's license number is «A125325867»"),
        ("IDENTITY_DOCUMENT", "Passnummer «X1234567»"),
    ),
    counter_examples=(
        "756.9217.0769.86",
        "Wo finde ich meine AHV-Nummer?",
        "Artikel 12345678901 ist ausverkauft",
        "9999012509850003",
        "Termin 12.03.2025, Raum 4-100",
    ),
)
