"""What a customer typed, read as the type that an `ask` wants.

The one rule: a value is normalised (ISO dates, E.164 numbers, plain numbers) or not accepted.
"""

import re
from datetime import date

import phonenumbers

from bot.events import JSON
from bot.flows.nodes import AskConfig

LENGTH = 4_096
COUNTRY = "CH"

_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
_NUMBER = re.compile(r"[-+]?\d[\d'’ .,\u00a0\u202f]{0,24}")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4}|\d{2})")


class NotAccepted(ValueError):
    """The answer is not of the wanted type or outside its bounds."""


def read_answer(*, text: str, wanted: AskConfig, language: str, this_year: int) -> JSON:
    """Read an answer. Raise NotAccepted."""
    stripped = text.strip()
    if not stripped or len(stripped) > LENGTH:
        raise NotAccepted
    match wanted.type:
        case "number":
            return _bounded(_number(stripped, language), wanted)
        case "date":
            return _date(stripped, this_year)
        case "email":
            return _email(stripped)
        case "phone":
            return _phone(stripped, wanted.country or COUNTRY)
    _bounded(len(stripped), wanted)
    return stripped


def _bounded(number: float, wanted: AskConfig) -> float:
    if (wanted.min is not None and number < wanted.min) or (wanted.max is not None and number > wanted.max):
        raise NotAccepted
    return number


def _number(text: str, language: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise NotAccepted
    plain = re.sub(r"['’\s\u00a0\u202f]", "", text)
    plain = _with_point(plain, decimal="." if language == "en" else ",")
    try:
        return int(plain) if re.fullmatch(r"[-+]?\d+", plain) else float(plain)
    except ValueError:
        raise NotAccepted from None


def _with_point(plain: str, decimal: str) -> str:
    """Write a number with a point: the last sign of two is the decimal one; a lone one by the language."""
    point, comma = plain.rfind("."), plain.rfind(",")
    if point >= 0 and comma >= 0:
        sign = "." if point > comma else ","
    elif point < 0 and comma < 0:
        return plain
    else:
        sign = "." if point >= 0 else ","
        groups = re.fullmatch(r"[-+]?\d{1,3}(?:[.,]\d{3})+", plain) is not None
        if groups and (sign != decimal or plain.count(sign) > 1):
            return plain.replace(sign, "")
    other = "," if sign == "." else "."
    return plain.replace(other, "").replace(sign, ".")


def _date(text: str, this_year: int) -> str:
    iso, day_first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif day_first:
        day, month, year = (int(part) for part in day_first.groups())
        if year < 100:
            year += 2000 if 2000 + year <= this_year + 10 else 1900
    else:
        raise NotAccepted
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise NotAccepted from None


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise NotAccepted
    name, _, domain = text.rpartition("@")
    return f"{name}@{domain.lower()}"


def _phone(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text[:40], country)
    except phonenumbers.NumberParseException:
        raise NotAccepted from None
    if not phonenumbers.is_valid_number(number):
        raise NotAccepted
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
