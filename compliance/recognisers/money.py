"""Money of a person: a balance, invoice, salary, debt or transfer of somebody, with its amount.

Prices and tariffs are of nobody and stay free: without a word that says whose it is, nothing is found.
"""

import re
from collections.abc import Iterator

from compliance.labels import Label
from compliance.normalisation import Text
from compliance.recognisers.finding import Family, Match
from compliance.recognisers.words import words

_CURRENCY = r"(?:chf|sfr|fr\.?|eur|€|\$|usd|us\$|rp\.?|idr|£|gbp)"
_UNIT = r"(?:chf|sfr|franken|fr\b|frs\b|stutz|franchi|francs?|eur\b|euros?|€|\$|usd|dollars?|pounds?|£|rupiah|rb\b|ribu|juta|jt\b|mille|mila|tausend|k\b|\.-|\.–)"
_NUMBER = r"\d[\d'., ]{0,12}"
_AMOUNT = rf"(?:-?{_CURRENCY} ?-?{_NUMBER}(?: ?(?:rb|ribu|juta|jt|mio)\b)?|-?{_NUMBER}{_UNIT}(?: (?:chf|eur|franken|rupiah))?)"
_MINE = r"(?:mein\w{0,2}|mi[ns]|unser\w{0,2}|ihr\w{0,2}|dein\w{0,2}|sein\w{0,2}|mon|ma|mes|notre|nos|votre|vos|son|sa|mio|mia|miei|mie|nostr[oa]|suo|sua|il tuo|my|our|your|his|her)"
_OWN = (
    r"(?:\w{0,12}saldo|kontostand|(?:\w{1,10})?guthaben|lohn|nettolohn|monatslohn|gehalt|einkommen|rente|vermogen|schulden|ruckstand|\w{0,10}rechnung(?:sbetrag)?|"
    r"mahnung|\w{0,6}pramie|ausstand|kredit|darlehen|hypothek|solde|salaire|revenus?|rente|dettes?|facture|prime|credit|hypotheque|stipendio|reddito|pensione|debit[oi]|"
    r"fattura|bolletta|premio|prestito|mutuo|balance|salary|wages?|income|pension|debts?|invoice(?: amount)?|bill|loan|mortgage|premium|savings|overdraft|"
    r"gaji|tagihan|utang|hutang|pinjaman|cicilan|premi|tabungan|rekening)"
)
_GAP = r"[^.!?\n\d]{0,45}?"
_PATTERNS = (
    re.compile(rf"\b{_MINE}\s(?:[^\W\d]{{2,15}}\s){{0,2}}{_OWN}\b{_GAP}(?P<amount>{_AMOUNT})"),
    re.compile(
        rf"\b{_OWN}(?:nya)?\s(?:(?:rekening|tabungan|listrik|internet|saat ini|bulan ini|bulanan)\s){{0,2}}(?:saya|anda|kamu|aku|ku|dia|kami){_GAP}(?P<amount>{_AMOUNT})"
    ),
    re.compile(
        rf"\b(?:solde|saldo|balance|kontostand)\s(?:[^\W\d]{{1,12}}\s){{0,2}}(?:de mon compte|du compte|del (?:mio )?conto|of my account|meines kontos)?{_GAP}[:=]?\s?(?P<amount>{_AMOUNT})"
    ),
    re.compile(
        rf"\b{_MINE}\s(?:\w{{2,15}}\s)?(?:saldo|kontostand|solde|balance){_GAP}(?P<amount>\d[\d'., ]{{0,12}}\d)"
    ),
    re.compile(
        rf"\b(?:ich|i|i've|we|j'ai|je|nous avons|on m'a|ho|mi hanno|saya|aku|mir|me|mich|you|sie|wir)\b[^.!?\n]{{0,40}}?(?P<amount>{_AMOUNT})[^.!?\n]{{0,30}}?\b(?:uberwiesen|einbezahlt|"
        rf"einzahlt|eingezahlt|abgebucht|abgehoben|bezahlt|verdien\w*|schuld\w*|belastet|erhalten|verloren|vire|verse|paye|preleve|debite|retire|recu)\b"
    ),
    re.compile(
        r"\b(?:ich (?:verdiene|schulde)|i (?:earn|owe|transferred|paid|withdrew|deposited)|i've (?:paid|transferred)|(?:i|we) (?:got|was|were) charged|you owe|(?:sie|du) schulden|je (?:gagne|dois)|j'ai "
        r"(?:vire|verse|paye|retire|recu)|on m'a (?:preleve|debite)|vous devez|(?:io )?(?:guadagno|devo pagare)|ho (?:versato|pagato|prelevato|bonificato|ricevuto)|mi hanno (?:addebitato|prelevato)|"
        rf"(?:saya|aku) (?:sudah |telah |baru )?(?:transfer|bayar|membayar|mentransfer|berutang|menarik|setor|digaji)|you were charged|from my account|von meinem konto|de mon compte|dal mio conto|dari rekening saya)"
        rf"\b[^.!?\n\d]{{0,30}}?(?P<amount>{_AMOUNT})"
    ),
    re.compile(
        rf"(?P<amount>{_AMOUNT})[^.!?\n]{{0,30}}?\b(?:from my account|to my account|von meinem konto|auf mein(?:em)? konto|de mon compte|sur mon compte|dal mio conto|sul mio conto|dari rekening saya|ke rekening saya)\b"
    ),
)
_ANY = re.compile(rf"{_AMOUNT}|saldo|balance|solde|kontostand")
_OF_NOBODY = re.compile(
    r"kostet|kosten\b|coute|costa\b|costs?\b|price|preis|prix|prezzo|harga|tarif|wie ?viel|combien|quanto|how much|berapa|ab chf|pro monat fur alle"
)


def _find(text: Text) -> Iterator[Match]:
    if not _ANY.search(text.folded):
        return
    for pattern in _PATTERNS:
        for match in pattern.finditer(text.folded):
            start, end = match.span("amount")
            written = text.folded[start:end].rstrip(" .,'")
            if _OF_NOBODY.search(text.folded, match.start(), start) or re.fullmatch(r"(?:19|20)\d\d", written):
                continue
            yield Match(start, start + len(written), "AMOUNT", 0.8, "amount of money said to be somebody's own")


FAMILY = Family(
    name="money",
    entities={"AMOUNT": Label.ACCOUNT},
    find=_find,
    languages=("de", "fr", "it", "en", "id"),
    digits=1,
    cues=words("""saldo kontosaldo kontostand guthaben lohn nettolohn monatslohn gehalt einkommen rente vermogen schulden schulde ruckstand rechnung rechnungsbetrag
        mahnung handyrechnung pramie krankenkassenpramie ausstand kredit darlehen hypothek solde salaire revenu dette facture prime credit stipendio reddito pensione debito fattura
        bolletta premio prestito mutuo balance salary wage income pension debt invoice bill bills loan mortgage premium savings overdraft gaji tagihan utang hutang
        pinjaman cicilan premi tabungan rekening uberwiesen einbezahlt eingezahlt abgebucht abgehoben bezahlt verdiene schulde belastet vire verse paye preleve
        debite retire gagne devez dois guadagno versato pagato prelevato bonificato addebitato ricevuto earn owe transferred transfer paid withdrew deposited
        charged account konto compte conto bayar membayar mentransfer berutang menarik setor digaji"""),
    examples=(
        ("AMOUNT", "mein Saldo ist «CHF 1'200»"),
        ("AMOUNT", "your invoice amount «CHF 84.30»"),
        ("AMOUNT", "solde de mon compte: «1'540.20 francs»"),
        ("AMOUNT", "saldo rekening saya «Rp 2.500.000»"),
        ("AMOUNT", "il mio stipendio è di «4500 franchi»"),
        ("AMOUNT", "ich verdiene «5000 Franken» im Monat"),
        ("AMOUNT", "you took «50 CHF» from my account"),
        ("AMOUNT", "ich habe gestern «300 franken» überwiesen"),
    ),
    counter_examples=(
        "was kostet das Abo für CHF 49?",
        "The premium goes from CHF 2192.50 to CHF 41'628.00",
        "La prime passe de CHF 7618.00 à CHF 58'897.50 par mois",
        "L'offre 2025 coûte 1735.00 francs",
        "Das Abo gibt es ab 29 Franken",
        "how do I see my balance?",
    ),
)
