"""What opens something: a PIN, PUK, one-time code, password or card security code.

The value or its delivery is secret; the question how to get one is not.
"""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match
from compliance.recognisers.words import words

# Words that may stand between the name of a secret and its value.
_LINK = (
    r"(?:[\s:=.,\-#\"'»>()→*]|\b(?:ist|isch|lautet|heisst|war|wahr|is|was|are|reads|est|etait|c'?est|e|era|adalah|ialah|yaitu|nya|"
    r"fur|fuer|for|pour|per|untuk|die|der|das|the|le|la|il|neue[rs]?|new|nouveau|nuovo|baru|code|kode|codice|nummer|number|numero|"
    r"nomor|no|nr|saya|anda|ini|bei|mir|dini|karte|card|carte|carta|kartu|sim|handy|mobile|temporary|jetzt|now|jadi|"
    r"meine[rn]?|mein|my|your|ihre?|mon|ma|votre|mio|sua?|suo|kamu|of|de|du|ma|della|lah|verification|login)\b){1,9}?"
)
_NUMERIC = {
    "PUK": (r"\bpuk\d?(?:[ -]?(?:code|kode|nummer))?s?(?:nya)?\b", r"\d{4} ?\d{4}|\d{6,10}"),
    "PIN": (
        r"\b(?:handy|karten|sim|card|atm|kartu)?-?pin(?:[ -]?(?:code|kode|nummer|number))?(?:nya)?\b|\bgeheimzahl\b|\bcodice pin\b",
        r"\d{4,8}|\d(?:[ .\-]\d){3,5}",
    ),
    "OTP": (
        r"\botp(?:nya)?\b|\b(?:sms|m|mobile|push)?-?tan\b|\b(?:sms|bestatigungs|sicherheits|verifizierungs|verifikations|einmal|zugangs|login|"
        r"aktivierungs|freischalt|anmelde)-?(?:code|passwort|kode)\b|\b(?:verification|security|access|login|one[- ]time|activation|confirmation|"
        r"authentication|sms|unlock|2fa) (?:pass)?code\b|\bpasscode\b|\bcode (?:de |d')(?:verification|securite|confirmation|acces|activation|validation)\b|"
        r"\bcode (?:sms|unique|recu)\b|\bcodice (?:di )?(?:verifica|sicurezza|accesso|attivazione|conferma|sms|otp|ricevuto)\b|"
        r"\bkode (?:verifikasi|otp|keamanan|akses|aktivasi|konfirmasi|sms|rahasia)\b|"
        r"\b(?:der|dr|the|le|il|mein|mis|my|your|ihr|mon|votre|mio) (?:code|codice|kode) (?:ist|isch|lautet|is|est|e)\b|\bkodenya\b",
        r"\d{4,8}|\d{3}[ \-]\d{3}|[a-z]?\d{4,7}",
    ),
    "CARD_SECURITY_CODE": (
        r"\bcv[cv]2?\b|\bcsc\b|\bkartenprufnummer\b|\bprufziffer\b|\bprufnummer\b|\bcryptogramme(?: visuel)?\b|\bcode de securite\b|"
        r"\bcodice di sicurezza\b|\bsecurity code\b|\bsicherheitscode\b|\bkode keamanan\b",
        r"\d{3,4}",
    ),
}
_AFTER = {
    entity: re.compile(rf"(?:{name}){_LINK}(?<!\w)({value})(?!\w|[.,:/']\d)")
    for entity, (name, value) in _NUMERIC.items()
}
_BEFORE = re.compile(
    r"(?<![\w.,/])(\d{4} ?\d{4}|\d{3}[ \-]\d{3}|\d{4,10})\s(?:ist|isch|is|est|e|adalah|war|was|itu|comme|als|as|come|sebagai)\s"
    r"(?:(?:mein|meine|mis|min|ihr|ihre|my|your|the|mon|ma|votre|le|la|il|mio|suo|der|dr|die|whatsapp|[a-z]+)\s){0,2}?"
    r"(pin|puk|otp|tan|geheimzahl|code|codice|kode|cvv|cvc|passcode|passwort|password|pincode|bestatigungscode|sicherheitscode|[a-z]+code)\b"
)
_NO_SECRET_CODE = re.compile(
    r"promo|postal|zip|error|fehler|erreur|errore|rabatt|gutschein|discount|voucher|country|lander|qr|bar|swift|bic|article|artikel|sort|branch"
)
_PASSWORD = re.compile(
    r"\b(?:(?:login|wlan|wifi|wi-fi|account)?-?(?:passwort|password|passwd|passwoert|passwot|pasword|kennwort|losungswort|pw|pwd)|mot de passe|mdp|"
    r"kata sandi|katasandi|sandi|parola d'ordine|parola chiave|passphrase)(?:nya)?"
    r"(?:\s(?:saya|anda|ku|von mir|di accesso|baru|wifi|wlan|for .{1,20}|fur .{1,20}|pour .{1,20}|temporaneo|provisoire|temporaire))?"
    r"(\s?[:=]\s?|\s(?:ist|isch|lautet|heisst|is|est|c'est|e|adalah|ialah|yaitu|war|was|era|etait)(?:\sjetzt|\snow|\smaintenant|\sora)?[:\s]\s?|\s)[\"'»]?"
    r"(\S{4,40})"
)
_PASSWORD_ALONE = re.compile(r"(?:[\s.,;!)]|$)")
_COMMON = frozenset(
    words("""abgelaufen aendern andern changed change correct corretto dimenticato dimenticata empty errata errato expired expire expirado expire
    falsch falsche forgotten gesperrt geht geheim hilfe help immer incorrect incorrecte incorrecta invalid invalide invalido invalida leider
    locked lupa missing need needs nicht noch not oublie oubliee perdu perdue perso please bitte required richtig rejected reset salah safe
    scaduta scaduto schon secret segreta segreto secure sicher stark strong strength still terlalu tidak trop troppo unknown unbekannt ungultig
    vergesse vergessen verloren weak weg wichtig wieder working wrong zuruckgesetzt zurucksetzen zuruck benar blockiert blocked bloque
    bloccata bloccato refuse refusee error erreur funktioniert fonctionne funziona bisa hilang kadaluarsa lemah kuat aman kosong berubah
    sudah belum yang untuk what where wird wurde sollte muss must should always never also auch encore toujours jamais bien sempre ancora
    zwingend gleich same identique different anders neu nouveau nuovo baru optional obligatoire forgot vergassen""")
)


def _find(text: Text) -> Iterator[Match]:
    for entity, pattern in _AFTER.items():
        for match in pattern.finditer(text.folded):
            if not _NO_SECRET_CODE.search(text.folded, max(0, match.start() - 8), match.start(1)):
                yield Match(match.start(1), match.end(1), entity, 0.95, "value after the name of a secret")
    for match in _BEFORE.finditer(text.folded):
        if not _NO_SECRET_CODE.search(match.group()):
            yield Match(match.start(1), match.end(1), _entity(match.group(2)), 0.9, "value said to be a secret")
    for match in _PASSWORD.finditer(text.folded):
        value = match.group(2).rstrip(".,;:!?)\"'«»")
        start = match.start(2)
        if _is_password(
            text.plain[start : start + len(value)], match.group(1).strip(), text.folded[start + len(value) :]
        ):
            yield Match(start, start + len(value), "PASSWORD", 0.9, "value after the word password")


def _entity(name: str) -> str:
    if name in ("pin", "pincode", "geheimzahl"):
        return "PIN"
    return {
        "puk": "PUK",
        "passwort": "PASSWORD",
        "password": "PASSWORD",
        "cvv": "CARD_SECURITY_CODE",
        "cvc": "CARD_SECURITY_CODE",
    }.get(name, "OTP")


def _is_password(value: str, link: str, rest: str) -> bool:
    """Tell a value from a word about passwords: digits or signs in it, or a lone word that is no usual one."""
    if len(value) < 4 or value.lower() in _COMMON or value.startswith(("http", "www.")) or rest.startswith("?"):
        return False
    if any(c.isdigit() for c in value) and any(c.isalpha() for c in value):
        return True
    if not link:
        return False
    if value.isdigit() or any(c in "!$%&#*@+_" for c in value):
        return True
    return value.isalpha() and rest.lstrip(".,!\"'» \n") == ""


FAMILY = Family(
    name="secrets",
    entities=dict.fromkeys(("PIN", "PUK", "OTP", "PASSWORD", "CARD_SECURITY_CODE"), Label.SECRET),
    find=_find,
    languages=("de", "fr", "it", "en", "id"),
    cues=words("""pin puk puks pins pinn pinc pukc pukn puknya pinny handypin kartenpin geheimzahl otp otpn tan mtan smst push bestatigungscode sicherheitscode
        verifizierungscode verifikationscode einmalcode einmalpasswort zugangscode logincode aktivierungscode freischaltcode anmeldecode code codes codice
        kode kodenya passcode cvv cvc csc kartenprufnummer prufziffer prufnummer cryptogramme passwort password passwd pasword passphrase kennwort losungswort
        pw pwd mdp passe sandi sandinya katasandi parola wlan wifi smsc sms"""),
    examples=(
        ("PUK", "Ihr PUK ist «12345678»"),
        ("PIN", "min pin isch «4711»"),
        ("PIN", "«4711» is my pin"),
        ("PIN", "mon code PIN: «4 7 1 1»"),
        ("PIN", "pin saya «123456»"),
        ("OTP", "Your verification code is «482 913»"),
        ("OTP", "il codice di verifica è «482913»"),
        ("OTP", "kode OTP saya «482913»"),
        ("OTP", "Der Code lautet «482913»"),
        ("CARD_SECURITY_CODE", "cvv «123»"),
        ("CARD_SECURITY_CODE", "Kartenprüfnummer ist «123»"),
        ("PASSWORD", "mein Passwort ist «hund123»"),
        ("PASSWORD", "mot de passe: «Soleil!2024»"),
        ("PASSWORD", "my password is «sunshine»"),
        ("PASSWORD", "kata sandi saya adalah «rahasia99»"),
    ),
    counter_examples=(
        "wie bekomme ich einen neuen PIN?",
        "I need my PUK",
        "mein Passwort ist falsch",
        "j'ai oublié mon mot de passe",
        "my password is not working",
        "kata sandi saya salah",
        "L'offre 2025 coûte 89.00 francs, code promo ETE790",
        "code postal 1003",
        "my PIN must have how many digits?",
        "password non funziona",
        "Der Fehlercode ist 40412",
    ),
)
