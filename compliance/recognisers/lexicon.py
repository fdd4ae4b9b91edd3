"""Words that are protected only of somebody: a term, and beside it a cue who is meant.

"Does basic insurance pay for physiotherapy?" names nobody; "my son needs physiotherapy" does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from compliance.normalisation import WORD, Text
from compliance.recognisers.finding import Match
from compliance.recognisers.words import words

# Whose it is, in the five languages and Swiss German: possessives, and verbs of having and being in the persons
# who speak or are spoken of.
_OWN = frozenset(
    words("""mein meine meinem meinen meiner meines mi mis min mini minere minem unser unsere unserem unserer mon ma mes notre nos mio mia miei mie nostro nostra
    my our his her saya aku ku kami ihre ihr ihrem ihrer ihren seine seinem seiner your votre vos suo sua suoi sue anda""")
)
_SPEAKER = frozenset(
    words(
        """ich i ig mir mich j je m moi nous ho mi sono me we he she wir er il elle lui lei saya aku kami dia ia hani habi bini had im"""
    )
)
_KIN = frozenset(
    words("""sohn tochter kind kinder baby mann frau mutter vater mama papa bruder schwester grossmutter grossvater oma opa partner partnerin freundin freund mueter
    vatter chind bueb meitli fils fille enfant enfants bebe mari femme mere pere frere soeur grand conjoint conjointe copine copain figlio figlia bambino bambina
    bimbo bimba marito moglie madre padre fratello sorella nonno nonna compagno compagna son daughter child kid kids children husband wife mother father mom mum dad
    brother sister grandma grandpa partner girlfriend boyfriend anak suami istri ibu ayah bapak adik kakak nenek kakek mertua herr frau monsieur madame signor
    signora mr mrs ms pak bu""")
)
_BEING = frozenset(
    words("""habe hab han ha hat haben hatte hatten bin bist ist sind war leide leidet litt nehme nimmt bekam brauche braucht wurde diagnostiziert festgestellt warte
    ai as a avons est suis souffre souffrons prends prend avait etait diagnostique ho ha hai abbiamo sono e soffro soffre prendo prende avevo diagnosticato have had has
    got am is was are suffer suffers suffering take takes taking diagnosed been need needs m ve s sakit menderita punya didiagnosis mengidap kena terkena sedang hamil
    minum mengalami operiert tut mal male hurts hurt""")
)
_GENERAL = re.compile(
    r"\b(?:thema|frage zu|fragen zu|infos?|informationen|questions? (?:about|on|sur)|informations? (?:about|on|sur)|informazioni su|domanda su\w*|informasi|tentang|krankenkasse|cassa malati|caisse maladie|zahlt|bezahlt|ubernimmt|ubernehmt|deckt|gedeckt|versichert|abgedeckt|kosten fur|rembours\w*|pris en charge|prend en charge|couvr\w*|couvert\w*|copr\w*|copert\w*|rimbors\w*|"
    r"covers?|covered|pay for|reimburse\w*|ditanggung|menanggung|tanggung|apakah asuransi|was ist|what is|qu'est-ce que|cos'e|apa itu)\b"
)
_SENTENCE = re.compile(r"[^.!?;\n]+")

# A word, and where it begins and ends.
Token = tuple[str, int, int]


class Lexicon:
    """Terms of one category. A term ending in `*` is a beginning; one in `*…*` may stand inside a word;
    an underscore is a space."""

    def __init__(self, entities: Mapping[str, str]) -> None:
        self._words: dict[str, str] = {}
        self._beginnings: dict[str, list[tuple[str, str]]] = {}
        self._phrases: list[tuple[str, re.Pattern[str], str]] = []
        inside: list[str] = []
        self.cues: list[str] = []
        for entity, terms in entities.items():
            for term in terms.split():
                word = term.replace("_", " ")
                if " " in word:
                    head = re.split(r"\W", word)[0][:4]
                    self._phrases.append((head, re.compile(r"\b" + word.replace("*", r"\w*") + r"\b"), entity))
                    self.cues.append(head)
                elif word.startswith("*"):
                    inside.append(word.strip("*"))
                elif word.endswith("*"):
                    self._beginnings.setdefault(word[:3], []).append((word[:-1], entity))
                    self.cues.append(word[:-1])
                else:
                    self._words[word] = entity
                    self.cues.append(word)
        self._inside = re.compile("|".join(inside)) if inside else None
        self._entity = next(iter(entities))

    def find(self, text: Text) -> Iterator[Match]:
        """Find terms whose sentence says of whom they are."""
        phrases = [(pattern, entity) for head, pattern, entity in self._phrases if head in text.heads]
        phrases = [(pattern, entity) for pattern, entity in phrases if pattern.search(text.folded)]
        if not phrases and not any(map(self._entity_of, text.words)):
            return
        for sentence in _SENTENCE.finditer(text.folded):
            tokens = [
                (m.group(), m.start(), m.end()) for m in WORD.finditer(text.folded, sentence.start(), sentence.end())
            ]
            if len(tokens) > 1:
                yield from self._in_sentence(text, tokens, phrases, sentence.start(), sentence.end())

    def _in_sentence(
        self, text: Text, tokens: list[Token], phrases: Sequence[tuple[re.Pattern[str], str]], begin: int, end: int
    ) -> Iterator[Match]:
        general: bool | None = None
        terms = [
            (i, start, stop, entity)
            for i, (word, start, stop) in enumerate(tokens)
            if (entity := self._entity_of(word))
        ]
        for pattern, entity in phrases:
            for match in pattern.finditer(text.folded, begin, end):
                first = next(i for i, word in enumerate(tokens) if word[2] > match.start())
                terms.append((first, match.start(), match.end(), entity))
        for place, start, stop, entity in terms:
            reason = _who(tokens, place)
            if reason is None:
                continue
            if general is None:
                general = bool(_GENERAL.search(text.folded, begin, end))
            if general and reason != "of a named relative":
                continue
            yield Match(start, stop, entity, 0.8, f"word of this category, {reason}")

    def _entity_of(self, word: str) -> str | None:
        if entity := self._words.get(word):
            return entity
        for beginning, entity in self._beginnings.get(word[:3], ()):
            if word.startswith(beginning):
                return entity
        if self._inside is not None and len(word) > 6 and self._inside.search(word):
            return self._entity
        return None


def _who(tokens: Sequence[Token], place: int) -> str | None:
    """Say who is meant, looking at the tokens around the term; None when it may be anybody."""
    around = [w[0] for w in tokens[max(0, place - 6) : place + 5]]
    at = min(place, 6)
    kin = any(w in _KIN for i, w in enumerate(around) if i != at) or (around[at] in _KIN)
    own = any(w in _OWN for w in around[max(0, at - 2) : at + 3])
    being = any(w in _BEING for i, w in enumerate(around) if i != at) or around[at] in _BEING
    speaker = any(w in _SPEAKER for w in around)
    if kin and (being or own):
        return "of a named relative"
    if own and (
        (at > 0 and any(w in _OWN for w in around[max(0, at - 2) : at]))
        or around[at + 1 : at + 2] in (["saya"], ["aku"], ["anda"])
    ):
        return "with a possessive"
    if speaker and being:
        return "said of the writer"
    return None
