"""Names of persons, where they are introduced: "my name is …", a greeting's end, a title before a surname.

A given name alone identifies nobody; two words or a title are needed.
"""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.languages import FUNCTION_WORDS
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match
from compliance.recognisers.words import words

_INTRODUCTION = re.compile(
    r"\b(?:ich heisse|ich hei[s]e|i heisse|heisse ich|mein name ist|min name isch|mein vollstandiger name ist|name lautet|(?:vor- und )?(?:nach)?name\s?:|hier ist|hier spricht|"
    r"auf den namen|lautend auf|unter dem namen|je m'? ?appelle|mon nom (?:complet )?est|c'est au nom de|au nom de|nom\s?:|"
    r"mi chiamo|il mio nome e|a nome di|intestat[oa] a|nome\s?:|ici|my (?:full )?name is|my name's|my names|name is|on the name|i am called|"
    r"under the name(?: of)?|in the name of|name\s?:|nama (?:lengkap )?(?:saya|aku)(?: adalah)?|nama\s?:|perkenalkan saya|atas nama|a\.n\.|ini dengan|saya dengan|dengan saya)[ :,]{1,3}"
)
_FAREWELL = re.compile(
    r"\b(?:freundliche gru(?:ss|s)e|liebe gru(?:ss|s)e|beste gru(?:ss|s)e|viele gru(?:ss|s)e|herzliche gru(?:ss|s)e|mit freundlichen gru(?:ss|s)en|lg|mfg|"
    r"cordialement|meilleures salutations|bien a vous|sinceres salutations|cordiali saluti|distinti saluti|kind regards|best regards|regards|sincerely|"
    r"salam hormat|hormat saya|salam)[ ,\n!.]{1,4}"
)
_TITLE = re.compile(
    r"\b(?:frau|herrn?|fr\.|hr\.|madame|monsieur|mme\.?|mr\.?|mrs\.?|ms\.?|miss|mlle|m\.|signora?|sig\.ra|sig\.|dott\.ssa|dott\.|dr\.?|prof\.?|pak|bapak|bu|ibu)\s"
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['\-.][^\W\d_]+)*\.?")
_PARTICLES = frozenset(words("von van de di da del della dello la le der den du zu bin binti al el st ter"))
_LAST = re.compile(
    r"^\W{0,3}([^\W\d_]{2,20} (?:[^\W\d_]{2,20} )?[^\W\d_]{2,20}) (?:a l'appareil|am apparat|speaking|calling)\b"
)
# The whole message is an introduction; without capitals it might be anything ("sono stanco morto").
_WHOLE = re.compile(
    r"(?:(?:[Hh]i|[Hh]ello|[Cc]iao|[Ss]alve|[Bb]uongiorno|[Bb]onjour|[Hh]alo|[Hh]allo)[ ,!]{1,2})?"
    r"(?:[Tt]his is |[Ss]ono |[Pp]arla |[Jj]e suis |[Ss]aya |[Ii]'m |)"
    r"([A-Z][a-z'\-]{1,20} (?:[A-Z][a-z'\-]{1,20} )?[A-Z][a-z'\-]{1,20})(?: here| speaking| kak| pak| bu|)[.!]?$"
)
_ENDS = frozenset(
    words("""minggu senin selasa rabu kamis jumat sabtu muda tua rumah tangga kota gruss grusse gruse beste viele herzliche freundliche freundlichen kind best regards salutations saluti sincerely salam hormat seit since depuis ab am im aber und et e and dan ich i saya je habe hab have has had ai ho want wants need needs mochte brauche hat a wohne wohnhaft born geboren ne nee nato
    nata lahir speaking calling here apparat mau ingin tanya minta bitte please merci svp grazie danke tolong wrong falsch changed misspelt misspelled incorrect incorrectly
    spelled spelt printed not nicht pas non bukan salah angerufen called calls ruft appele chiamato speaking registered different on card karte account konto policy polis polizza police
    vertrag contract contrat contratto sir madam damen herren team all everyone alle zusammen tous toutes tutti geehrte geehrter liebe lieber vielen dank thanks thank you hello hallo bonjour
    ciao halo willkommen bienvenue welcome benvenuti number nummer numero nomor customer kunde client cliente service support bank doctor doktor arzt docteur dottore medecin who what
    already still just only very happy sad angry new old true false spouse wife husband mr mrs frau herr president minister admin cs operator teller direktur guru dokter polisi
    hier ici qui there baik bapak kamu anda maaf min mengapa bilang kata selamat terima kasih permisi halo pagi siang malam""")
)


def _find(text: Text) -> Iterator[Match]:
    for cue in _INTRODUCTION.finditer(text.folded):
        yield from _name(text, cue.end(), at_least=2, score=0.93, reason="name after an introduction")
    for cue in _FAREWELL.finditer(text.folded):
        yield from _name(text, cue.end(), at_least=2, score=0.85, reason="name after a farewell")
    for cue in _TITLE.finditer(text.folded):
        if cue.group() in ("dr ", "m ", "fr ", "hr ") and text.plain[cue.start()].islower():
            continue  # Swiss German articles, and units
        yield from _name(text, cue.end(), at_least=1, score=0.85, reason="name after a title", titled=True)
    match = _LAST.match(text.folded) or _WHOLE.match(text.plain)
    if match and not any(word in FUNCTION_WORDS or word in _ENDS for word in match.group(1).lower().split()):
        yield Match(match.start(1), match.end(1), "PERSON", 0.85, "name of the person on the line")


def _name(text: Text, place: int, *, at_least: int, score: float, reason: str, titled: bool = False) -> Iterator[Match]:
    start, end, count, capitals = place, place, 0, 0
    for _ in range(5):
        token = _TOKEN.match(text.plain, place)
        if token is None:
            break
        word = token.group().lower().rstrip(".")
        is_capital = token.group()[0].isupper()
        particle = word in _PARTICLES and count + (not titled) > 0
        if (
            (word in _ENDS or word in FUNCTION_WORDS)
            and not particle
            and not (is_capital and count and word not in _ENDS)
        ):
            break
        if count and capitals == count and not is_capital and not particle:
            break
        if len(word) == 1 and not token.group().endswith("."):
            break
        if not particle:
            count, capitals, end = count + 1, capitals + is_capital, token.end() - token.group().endswith(".")
        if count == (2 if titled and not capitals else 3):
            break
        place = token.end()
        if text.plain[place : place + 1] != " ":
            break
        place += 1
    if count >= at_least and (capitals == count or not titled or count > 1) and (not titled or capitals or count == 2):
        yield Match(start, end, "PERSON", score, reason)


FAMILY = Family(
    name="names",
    entities={"PERSON": Label.PERSONAL},
    find=_find,
    languages=("de", "fr", "it", "en", "id"),
    cues=words("""heisse name names namen nachname vorname hier lautend unter vollstandiger appelle nom parla mi chiamo nome intestato ici under called this saya here kak nama
        perkenalkan atas an dengan sono suis apparat appareil speaking calling freundliche freundlichen liebe beste viele herzliche lg mfg cordialement meilleures bien sinceres cordiali
        distinti kind best regards sincerely salam hormat frau herr herrn fr hr madame monsieur mme mr mrs ms miss mlle m signor signora sig dott dr prof pak bapak bu ibu"""),
    examples=(
        ("PERSON", "ich heisse «Anna Muster» und wohne hier"),
        ("PERSON", "my name is «whitney forbes»"),
        ("PERSON", "Bonjour, je m'appelle «Lisa Diesbach»"),
        ("PERSON", "mi chiamo «Orlando Boiardo»"),
        ("PERSON", "nama saya «Budi Santoso»"),
        ("PERSON", "Frau «Renner» hat angerufen"),
        ("PERSON", "pak «rama kurniawan» mau tanya polis"),
        ("PERSON", "Freundliche Grüsse «Jeremias Blum»"),
        ("PERSON", "mon nom est «Jean de la Fontaine»"),
    ),
    counter_examples=(
        "ich heisse Sie willkommen",
        "my name is wrong on the card",
        "ich heisse Anna",
        "Sehr geehrte Damen und Herren",
        "Frau oder Herr?",
        "dear Mr President",
        "Beste Grüsse",
        "Kind Regards",
        "La dr Wecker lütte",
        "pengingat untuk kunjungan ibu minggu depan",
        "sono stanco morto",
        "kind regards",
    ),
)
