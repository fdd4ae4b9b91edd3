"""One spelling for many: text as recognisers read it, with the way back to the text as it was written.

Recognisers see plain characters only; every place they name points into the original.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in three spellings; `plain` (with capitals) and `folded` (without) have the same length."""

    original: str
    plain: str
    folded: str
    words: tuple[str, ...]
    """The words of `folded`, in order: Latin letters only."""
    heads: frozenset[str]
    """The first four letters of every word; shorter words whole."""
    digits: int
    """How many digits there are."""
    origins: Sequence[int] | None = None
    """Where each plain character stood; None when it stands where it stood."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Translate a span of the plain text into one of the original."""
        if self.origins is None or start >= end:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def normalise(text: str) -> Text:
    """Fold compatibility forms, accents, odd separators and look-alikes; drop what is not seen."""
    if text.isascii():
        return _text(text, text, None)
    if not _UNEVEN.search(text):
        return _text(text, text.translate(_TABLE), None)
    pieces: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        replacement = _TABLE[ord(character)]
        pieces.append(replacement)
        origins.extend([place] * len(replacement))
    return _text(text, "".join(pieces), origins)


def _text(original: str, plain: str, origins: Sequence[int] | None) -> Text:
    folded = plain.lower()
    words = WORD.findall(folded)
    return Text(
        original=original,
        plain=plain,
        folded=folded,
        words=tuple(words),
        heads=frozenset([word[:4] for word in words]),
        digits=len(plain) - len(plain.translate(_WITHOUT_DIGITS)),
        origins=origins,
    )


# Characters that one plain character stands for, so that no map is needed: ASCII, the letters of our languages,
# usual punctuation, common emoji. Whatever else there is takes the way with the map.
_UNEVEN = re.compile(
    "[^\x00-\x7f¡-§«°´·»¿À-ÅÇ-ÏÑ-ÖØ-ÝŠšŽžà-åç-ïñ-öø-ýÿ‘’‚“”„–—•€☀-➿\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff]"
)
_WITHOUT_DIGITS = dict.fromkeys(map(ord, "0123456789"))
# What looks like a plain character and is another one (Unicode Technical Standard 39, confusables), as far as it
# helps to hide an identifier.
_ALIKE = {
    **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃⸺", "-"),
    **dict.fromkeys("·•∙․‧⋅。．・", "."),
    **dict.fromkeys("‘’‚‛ʼʹ′´`＇", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("⁄∕⧸／", "/"),
    **dict.fromkeys("，‚", ","),
    **dict.fromkeys("：∶ː", ":"),
    **dict.fromkeys("ߋОоΟο", "o"),
    **dict.fromkeys("ІіΙι", "i"),
    **dict(zip("аеорсухАВЕКМНРСТХΑΒΕΖΗΚΜΝΡΤΥΧ", "aeopcyxABEKMHPCTXABEZHKMNPTYX", strict=True)),
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
}


@functools.lru_cache(maxsize=4096)
def _replacement(code: int) -> str:
    character = chr(code)
    if character in _ALIKE:
        return _ALIKE[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    if category in ("Cf", "Mn", "Me") or character in "\u115f\u1160\u3164\uffa0":
        return ""
    unfolded = unicodedata.normalize("NFKD", character)
    return "".join(_ALIKE.get(c, c) for c in unfolded if unicodedata.category(c) not in ("Mn", "Me", "Cf"))


class _Table(dict[int, str]):
    """Replacements, learned as characters are met; a million characters exist, a few hundred are written."""

    def __missing__(self, code: int) -> str:
        replacement = _replacement(code)
        if len(self) < 4096:
            self[code] = replacement
        return replacement


_TABLE = _Table()
