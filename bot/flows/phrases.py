"""Words the engine knows by itself, in five languages: what it understands anywhere, and what it says.

The one rule: a person can be asked for in any of them at any time, whatever the conversation's language.
"""

import re
import unicodedata
from functools import lru_cache

HUMAN, HELP, STOP = "human", "help", "stop"

_WANTED: dict[str, frozenset[str]] = {
    HUMAN: frozenset(
        """human agent person operator representative somebody someone advisor adviser
        mensch menschen person mitarbeiter mitarbeiterin berater beraterin jemand jemandem jemanden
        humain personne conseiller conseillere quelqu agente collaborateur collaboratrice
        umano umana operatore operatrice persona consulente qualcuno addetto
        manusia petugas orang staf""".split()  # noqa: SIM905
    ),
    HELP: frozenset("help hilfe aide aiuto bantuan bantu".split()),  # noqa: SIM905
    STOP: frozenset("stop stopp halt unsubscribe abmelden abbestellen arret arreter desabonner basta berhenti".split()),  # noqa: SIM905
}
_FILLERS = frozenset(
    """please i want would like to speak talk with a an the can could may let me chat real connect give need get human
    bitte ich will mochte moechte wunsche mit einem einen einer eine ein den der die dem sprechen reden verbinden kann
    konnte sie mich mir echten echter richtigen brauche
    svp plait s il vous te je veux voudrais souhaite parler a avec un une le la l de d du au puis peux pourrais vrai
    vraie besoin j ai qu
    per favore voglio vorrei parlare con lo il una uno di del della posso potrei vero vera ho bisogno
    tolong saya mau ingin bicara berbicara dengan seorang bisa minta cs asli hubungkan butuh""".split()  # noqa: SIM905
) - {"human"}

_LANGUAGES: dict[str, str] = {
    **dict.fromkeys(("deutsch", "german", "allemand", "tedesco", "jerman", "auf deutsch"), "de"),
    **dict.fromkeys(("francais", "french", "franzosisch", "francese", "prancis", "en francais"), "fr"),
    **dict.fromkeys(("italiano", "italian", "italienisch", "italien", "italia", "in italiano"), "it"),
    **dict.fromkeys(("english", "englisch", "anglais", "inglese", "inggris", "in english"), "en"),
    **dict.fromkeys(("bahasa indonesia", "bahasa", "indonesian", "indonesisch", "indonesien", "indonesiano"), "id"),
}

SAYINGS: dict[str, dict[str, str]] = {
    "again": {
        "de": "Das habe ich nicht verstanden. Bitte noch einmal.",
        "fr": "Je n’ai pas compris. Veuillez réessayer.",
        "it": "Non ho capito. Riprovi per favore.",
        "en": "I did not understand that. Please try again.",
        "id": "Saya belum mengerti. Mohon coba lagi.",
    },
    "again.number": {
        "de": "Bitte schreiben Sie eine Zahl.",
        "fr": "Veuillez écrire un nombre.",
        "it": "Scriva un numero per favore.",
        "en": "Please write a number.",
        "id": "Mohon tulis sebuah angka.",
    },
    "again.date": {
        "de": "Bitte schreiben Sie ein Datum wie 31.12.2026.",
        "fr": "Veuillez écrire une date comme 31.12.2026.",
        "it": "Scriva una data come 31.12.2026.",
        "en": "Please write a date like 31.12.2026.",
        "id": "Mohon tulis tanggal seperti 31-12-2026.",
    },
    "again.email": {
        "de": "Bitte schreiben Sie eine gültige E-Mail-Adresse.",
        "fr": "Veuillez écrire une adresse e-mail valable.",
        "it": "Scriva un indirizzo e-mail valido.",
        "en": "Please write a valid e-mail address.",
        "id": "Mohon tulis alamat surel yang benar.",
    },
    "again.phone": {
        "de": "Bitte schreiben Sie eine gültige Telefonnummer.",
        "fr": "Veuillez écrire un numéro de téléphone valable.",
        "it": "Scriva un numero di telefono valido.",
        "en": "Please write a valid telephone number.",
        "id": "Mohon tulis nomor telepon yang benar.",
    },
    "again.choose": {
        "de": "Bitte wählen Sie eine der Möglichkeiten.",
        "fr": "Veuillez choisir une des possibilités.",
        "it": "Scelga una delle possibilità.",
        "en": "Please choose one of the options.",
        "id": "Mohon pilih salah satu.",
    },
    "unsupported": {
        "de": "Das kann ich hier leider nicht lesen. Bitte schreiben Sie es, oder schreiben Sie «Mensch».",
        "fr": "Je ne peux pas lire cela ici. Écrivez-le, ou écrivez « conseiller ».",
        "it": "Questo qui non posso leggerlo. Lo scriva, oppure scriva «operatore».",
        "en": "I cannot read that here. Please write it, or write “human”.",
        "id": "Saya tidak bisa membacanya di sini. Mohon tuliskan, atau tulis “petugas”.",
    },
    "help": {
        "de": "Ich bin ein Bot. Antworten Sie auf die Frage, oder schreiben Sie «Mensch» für eine Person.",
        "fr": "Je suis un robot. Répondez à la question, ou écrivez « conseiller » pour une personne.",
        "it": "Sono un bot. Risponda alla domanda, oppure scriva «operatore» per una persona.",
        "en": "I am a bot. Answer the question, or write “human” for a person.",
        "id": "Saya bot. Jawablah pertanyaannya, atau tulis “petugas” untuk berbicara dengan orang.",
    },
    "stop": {
        "de": "Gut, wir hören hier auf. Schreiben Sie jederzeit wieder.",
        "fr": "Bien, nous nous arrêtons ici. Écrivez-nous quand vous voulez.",
        "it": "Va bene, ci fermiamo qui. Ci riscriva quando vuole.",
        "en": "All right, we stop here. Write again at any time.",
        "id": "Baik, kita berhenti di sini. Silakan tulis lagi kapan saja.",
    },
    "list": {"de": "Auswählen", "fr": "Choisir", "it": "Scegliere", "en": "Choose", "id": "Pilih"},
}


def say(name: str, language: str) -> str:
    """The engine's own words, in this language, else in English."""
    by_language = SAYINGS[name]
    return by_language.get(language, by_language["en"])


@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """Fold case, accents, punctuation and spaces: `« Été! »` becomes `ete`."""
    plain = unicodedata.normalize("NFKD", text[:4_096].casefold().replace("ß", "ss"))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"\w+", plain))


def wish(text: str) -> str | None:
    """Tell whether a message asks for a human, for help or to stop, and for nothing else."""
    if len(text) > 120:
        return None
    tokens = folded(text).split()
    core = [token for token in tokens if token not in _FILLERS]
    if not core:
        return None
    for name, wanted in _WANTED.items():
        if all(token in wanted for token in core) and (name == HUMAN or len(core) == 1):
            return name
    return None


def language_wish(text: str) -> str | None:
    """The language that a message names, if that is all it says."""
    if len(text) > 60:
        return None
    asked = folded(text)
    if asked in _LANGUAGES:
        return _LANGUAGES[asked]
    core = " ".join(token for token in asked.split() if token not in _FILLERS and token not in ("auf", "en", "in"))
    return _LANGUAGES.get(core)
