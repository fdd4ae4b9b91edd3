"""How an alarm listens: a sentence with words of danger and without an excuse."""

import re
from collections.abc import Callable, Iterable

from compliance.normalisation import Text

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
_EXCUSE = re.compile(_GENERAL + "|" + _PAST)


def sounds_when(danger: Iterable[str], unless: Iterable[str] = ()) -> Callable[[Text], bool]:
    """Make an alarm of words of danger (folded) that an excuse in the same sentence silences."""
    dangers = re.compile("|".join(f"(?:{pattern})" for pattern in danger))
    excuses = re.compile("|".join((_EXCUSE.pattern, *unless)))

    def sounds(text: Text) -> bool:
        if not dangers.search(text.folded):
            return False
        return any(
            dangers.search(sentence.group()) and not excuses.search(sentence.group())
            for sentence in _SENTENCE.finditer(text.folded)
        )

    return sounds
