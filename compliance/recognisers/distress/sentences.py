"""How an alarm listens: a sentence with words of danger and without an excuse."""

import re
from collections.abc import Callable, Iterable

from compliance.normalisation import Text
from compliance.recognisers.finding import heads

# Escapes and classes are no words.
_ESCAPE = re.compile(r"\\.|\[[^]]*\]")
_LITERAL = re.compile(r"[a-z]{2,}")
# People break lines within a sentence, and leave out full stops between lines: both readings count.
_PARAGRAPHS = re.compile(r"[^.!?;]+[?]?")
_SENTENCE = re.compile(r"[^.!?;\n]+[?]?")
# General questions, long ago, study, insurance: nobody is in danger in such a sentence.
_GENERAL = (
    r"\b(?:allgemein|generell|en general|in generale|in general|secara umum|grundversicherung|versicherung|versichert|lebensversicherung|vertrag\w*|deckt|zahlt|uberni?mmt|\bagb|gedeckt|"
    r"assurances?|rembours\w*|couvr\w*|couvert\w*|prise? en charge|cga|assicurazion\w*|copre|copert\w*|rimbors\w*|condizioni|insurance|covers?|covered|coverage|in the terms|asuransi|ditanggung|"
    r"menanggung|polis|was bedeutet|was ist ein|que signifie|qu'est[- ]ce qu\w*|cosa significa|cos'e|what does|what is an?|apa arti|apa itu|bedeutet|praventi\w*|prevention|prevenzione|"
    r"pencegahan|kurs|cours|corso|corsi|courses?|kursus|arbeit uber|expose|tesi|essay|skripsi|studie|study|who pays|wer zahlt|qui paie|chi paga|siapa yang bayar|was tun bei|que faire en cas|"
    r"cosa fare in caso|what to do in case|apa yang harus dilakukan jika|abo|abonnement\w*|abbonament\w*|subscription|langganan|kontrak|contract|contrat|contratto)\b"
)
_PAST = (
    r"\bvor (?:\d+|ein\w*|zwei|drei|vier|funf|sechs|zehn|vielen) (?:tag\w*|woche\w*|monat\w*|jahr\w*)|\bil y a (?:\d+|un|une|deux|trois|quatre|cinq|quelques|plusieurs) (?:jour|semaine|mois|an)|"
    r"\b(?:\w+) (?:giorni|settiman[ae]|mes[ei]|ann[oi]) fa\b|\b(?:days?|weeks?|months?|years?) ago\b|\b(?:hari|minggu|bulan|tahun) (?:yang )?lalu\b|\bletzte[nrsm]? (?:woche|monat|jahr|sommer|winter|samstag)|"
    r"\b(?:l'an|l'annee|la semaine|le mois|samedi) (?:dernier|derniere|passe)|\b(?:l'anno|il mese|la settimana|sabato) (?:scors[oa])|\blast (?:week|month|year|summer|winter|saturday)|\bals kind\b|"
    r"\b(?:damals|fruher einmal|autrefois|as a child|da bambino|waktu kecil)\b|\b(?:keine?n?|no|pas de|nessun\w*) (?:brustschmerz\w*|chest pain|douleur|dolor\w*)"
)
_EXCUSE = _GENERAL + "|" + _PAST


def sounds_when(danger: Iterable[str], *, cues: Iterable[str], unless: Iterable[str] = ()) -> Callable[[Text], bool]:
    """Make an alarm of words of danger (folded) that an excuse in the same sentence silences.

    A pattern is tried only when one of the `cues` that stand in it, or could begin in it, is in the text.
    """
    patterns = tuple(danger)
    compiled = [re.compile(pattern) for pattern in patterns]
    tried_for: dict[str, frozenset[int]] = {}
    literals = [set(_LITERAL.findall(_ESCAPE.sub(" ", pattern))) for pattern in patterns]
    for head in heads(cues):
        having = [
            i
            for i, words in enumerate(literals)
            if any(w.startswith(head) or (len(w) > 2 and head.startswith(w)) for w in words)
        ]
        tried_for[head] = frozenset(having or range(len(patterns)))
    known = frozenset(tried_for)
    excuses = re.compile("|".join((_EXCUSE, *unless)))

    def sounds(text: Text) -> bool:
        present = known & text.heads
        if not present:
            return False
        due = sorted(frozenset[int]().union(*(tried_for[head] for head in present)))
        heard = [compiled[index] for index in due if compiled[index].search(text.folded)]
        return bool(heard) and any(
            any(pattern.search(sentence) for pattern in heard) and not excuses.search(sentence)
            for sentence in _SENTENCE.findall(text.folded) + _PARAGRAPHS.findall(text.folded)
        )

    return sounds
