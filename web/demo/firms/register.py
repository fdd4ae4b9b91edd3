"""The example regulator's public register: look a firm up by a name as people write it.

The one rule: `exact` is said only when one entry alone is meant; anything less is a choice for
the asker, and a name on the warning list is always among the candidates it resembles.
"""

import functools
import re
import unicodedata
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz
from ruamel.yaml import YAML

CANDIDATES = 5
NEARLY = 78.0
SURE = 96.0

_SPOKEN = (
    (r"\bperseroan terbatas\b", "pt"),
    (r"\bkoperasi simpan pinjam\b|\bkoperasi\b|\bkop\b|\bkospin\b", "ksp"),
    (r"\bbank (?:perkreditan|perekonomian) rakyat syariah\b|\bbpr syariah\b|\bbpr s\b", "bprs"),
    (r"\bbank (?:perkreditan|perekonomian) rakyat\b", "bpr"),
    (r"\bterbuka\b", "tbk"),
    (r"\bindo\b", "indonesia"),
    (r"\bfin\b", "finance"),
    (r"\bas\b|\basr\b", "asuransi"),
    (r"\bdapen\b", "dana pensiun"),
)
_FORMS = frozenset({"pt", "tbk", "ksp", "bpr", "bprs", "cv", "ud", "persero"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A firm in the register or on the warning list."""

    id: str
    name: str
    status: str
    kind: str
    kind_id: str
    kind_en: str
    since: int
    reference: str
    words: str = field(repr=False)
    forms: frozenset[str] = field(repr=False)

    def as_json(self, *, score: float) -> dict[str, Any]:
        """The entry as the register answers it."""
        shown = asdict(self)
        return {name: value for name, value in shown.items() if name not in ("words", "forms")} | {
            "score": round(score)
        }


def find(*, name: str) -> dict[str, Any]:
    """Answer `{"outcome": "exact" | "candidates" | "none", "entry": {…} | null, "candidates": [{…, "score"}]}`."""
    words, forms = _folded(name)
    scored = sorted(((_score(entry, words, forms), entry) for entry in _entries()), key=lambda pair: -pair[0])
    near = [(score, entry) for score, entry in scored if score >= NEARLY][:CANDIDATES] if len(words) > 2 else []
    candidates = [entry.as_json(score=score) for score, entry in near]
    same = [entry for _, entry in near if entry.words == words]
    meant = [entry for entry in same if forms & entry.forms] or same
    if len(meant) == 1 and near[0][0] >= SURE:
        score = next(score for score, entry in near if entry is meant[0])
        return {"outcome": "exact", "entry": meant[0].as_json(score=score), "candidates": candidates}
    return {"outcome": "candidates" if candidates else "none", "entry": None, "candidates": candidates}


def _score(entry: Entry, words: str, forms: frozenset[str]) -> float:
    """How near a name is, 0 to 100: letters in order, words in any order, part of a name; a fitting form helps."""
    if not words:
        return 0.0
    whole = max(fuzz.ratio(words, entry.words), fuzz.token_sort_ratio(words, entry.words))
    part = fuzz.token_set_ratio(words, entry.words) * 0.88 if len(words.split()) > 1 or len(words) > 6 else 0.0
    glued = fuzz.ratio(words.replace(" ", ""), entry.words.replace(" ", ""))
    near = max(whole, glued, part)
    return min(100.0, near + 2.0) if forms & entry.forms - {"pt", "tbk"} else near


def _folded(name: str) -> tuple[str, frozenset[str]]:
    """A name without case, accents, punctuation and legal forms, and those forms."""
    plain = unicodedata.normalize("NFKD", name[:200]).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", plain)
    plain = " ".join(re.findall(r"\w+", plain))
    for spoken, short in _SPOKEN:
        plain = re.sub(spoken, short, plain)
    words = plain.split()
    return " ".join(word for word in words if word not in _FORMS), frozenset(words) & _FORMS


@functools.cache
def _entries() -> tuple[Entry, ...]:
    document = YAML(typ="safe", pure=True).load(Path(__file__).with_name("register.yaml"))
    entries = []
    for number, firm in enumerate(document["firms"], start=1):
        kind = document["kinds"][firm["kind"]]
        words, forms = _folded(firm["name"])
        entries.append(Entry(f"f{number}", **firm, kind_id=kind["id"], kind_en=kind["en"], words=words, forms=forms))
    return tuple(entries)
