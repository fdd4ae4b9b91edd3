"""Numbers of a client relationship: the name of a reference, then a value of its shape."""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match
from compliance.recognisers.words import words

_NAMES = {
    "POLICY_NUMBER": r"polic\w{0,3}|polizz\w{1,2}|polis(?:nya)?|policen(?:nummer|nr|-nr)|polizzen?nummer|versicherungs(?:nummer|nr|polic\w*)|versicherten(?:nummer|nr)|insurance number|numero d'assur\w+|no d'assur\w+|numero assicurat\w+",
    "CONTRACT_NUMBER": r"vertrag(?:s(?:nummer|nr|-nr))?|abo(?:nummer|nr)|contract|contrat|contratto|kontrak",
    "CUSTOMER_NUMBER": r"kunden?(?:nummer|nr|-nr|konto|-id)|mitglieds?(?:nummer|nr)|customer|client|cliente|membership|member|pelanggan|nasabah|abonne",
    "ACCOUNT_NUMBER": r"account|konto(?:nummer|nr|-nr)?|compte|conto|rekening|norek",
    "CLAIM_NUMBER": r"schaden(?:s?nummer|s?nr|fall(?:nummer|nr)?|-nr)|claim|sinistre|sinistro|klaim",
    "CASE_NUMBER": r"fall(?:nummer|nr)|dossier(?:nummer|nr)?|akten?zeichen|ticket(?:nummer|nr)?|case|pratica|kasus|referenz(?:nummer|nr)?|reference|riferimento|rechnungs(?:nummer|nr|-nr)|invoice|facture|fattura",
    "MANDATE_NUMBER": r"mandats?(?:nummer|nr)?|mandate|mandato",
}
_ANY = re.compile(
    r"\b(?:"
    + "|".join(f"(?P<{entity}>{names})" for entity, names in _NAMES.items())
    + r")(?P<link>(?:[\s:#.=()°º\-\"']|\b(?:nummer|number|numero|numro|num|nomor|no|nr|n|id|ist|isch|lautet|is|est|e|adalah|saya|my|ref|reference|code)\b){1,7}?)"
    r"(?P<value>(?<!\w)(?=[a-z0-9./\-]{0,12}\d)[a-z0-9][a-z0-9./\-]{2,20}[a-z0-9](?: \d{2,6}){0,3})(?!\w)"
)
_NOT_A_REFERENCE = re.compile(
    r"(?:19|20)\d\d|\d{1,2}[./\-]\d{1,2}[./\-]?(?:\d\d){0,2}|(?:19|20)\d\d[./\-]\d\d.*|\d+[.,]\d\d|.*(?:chf|eur|usd).*|\d{1,2}/\d{4}|\d+(?:h|km|gb|mb|mbit|std|min|kg|x\d+)|\d{1,2}[.:]\d\d|\d+-?(?:jahr|month|tag|day|year)\w*"
)
_SAYS_NUMBER = re.compile(r"(?:nummer|nr|number|numero|nomor|\bno\b|\bn\b|\bid\b|#|°|º|:|\bref)")
_NEEDS_NUMBER = frozenset(
    (
        "account",
        "konto",
        "compte",
        "conto",
        "rekening",
        "client",
        "cliente",
        "customer",
        "case",
        "invoice",
        "facture",
        "fattura",
        "reference",
        "member",
    )
)


def _find(text: Text) -> Iterator[Match]:
    for match in _ANY.finditer(text.folded):
        entity = next(entity for entity in _NAMES if match[entity])
        value, name = match["value"], match[entity]
        if sum(c.isdigit() for c in value) < 3 or _NOT_A_REFERENCE.fullmatch(value):
            continue
        said = bool(_SAYS_NUMBER.search(text.folded, max(0, match.start() - 14), match.start("value")))
        if not said and (name in _NEEDS_NUMBER or sum(c.isdigit() for c in value) < 5):
            continue
        if text.folded[match.end() : match.end() + 5].strip().startswith(("chf", "fr", "eur", "€", "%", "$", "rp")):
            continue
        score = 0.9 if said else 0.75
        yield Match(
            match.start("value"), match.end("value"), entity, score, "value after the name of a client reference"
        )


FAMILY = Family(
    name="client_references",
    entities={**dict.fromkeys(_NAMES, Label.CLIENT), "ACCOUNT_NUMBER": Label.ACCOUNT},
    find=_find,
    languages=("de", "fr", "it", "en", "id"),
    digits=3,
    cues=words("""police polizze polizza polis policen polizzen policy versicherungsnummer versichertennummer insurance assure vertrag vertragsnummer abonummer
        contract contrat contratto kontrak kunde kundennummer mitgliedsnummer mitglied customer client member pelanggan nasabah account kontonummer konto compte
        conto rekening schaden claim sinistre klaim fallnummer fall dossier akte aktenzeichen ticket case pratica kasus referenz reference riferimento
        rechnungsnummer invoice facture fattura mandat mandate numero assicurato"""),
    examples=(
        ("POLICY_NUMBER", "meine Policennummer ist «12.345.678»"),
        ("POLICY_NUMBER", "police n° «AB-1234567»"),
        ("POLICY_NUMBER", "nomor polis saya «PL-2024-00123»"),
        ("CUSTOMER_NUMBER", "Kundennr. «4711883»"),
        ("CUSTOMER_NUMBER", "numero cliente: «998877»"),
        ("ACCOUNT_NUMBER", "my account number is «12345678»"),
        ("ACCOUNT_NUMBER", "nomor rekening saya «1234567890»"),
        ("CUSTOMER_NUMBER", "mon numéro de client est «998877»"),
        ("CONTRACT_NUMBER", "contrat no «5566778»"),
        ("CLAIM_NUMBER", "claim number «CL2024-5567»"),
        ("CLAIM_NUMBER", "Schadennummer «S-99887»"),
    ),
    counter_examples=(
        "Wo steht meine Policennummer?",
        "Vertrag 2024 kündigen",
        "Vertrag vom 24.10.2026",
        "contract 24 months",
        "Between 2020 and 2008 we sold 134684800 policies",
        "Police für 500 CHF",
        "code promo client ETE203",
    ),
)
