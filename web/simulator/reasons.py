"""Why a verdict is what it is, and what followed from it, in words for who looks on."""

from flask_babel import gettext as _

from web.simulator.inspector import Row
from web.words import ENTITIES, RULES, SIGNALS, in_words

NAMED = 3
"""So many findings are named in a line; the detail names them all."""


def because(row: Row) -> str:
    """Why, in one line."""
    if row.entry.decision_id is None:
        return ""
    if row.signals:
        return ", ".join(in_words(signal, SIGNALS) for signal in row.signals)
    if row.entry.is_inbound:
        found = list(dict.fromkeys(in_words(entity, ENTITIES) for entity, _reason in row.why))
        if not found:
            return str(_("Nothing protected in it."))
        named = ", ".join(found[:NAMED])
        if row.entry.outcome == "masked":
            return str(_("Found: %(entities)s. Kept encrypted, hidden from who is not entitled.", entities=named))
        return str(_("Found: %(entities)s. May be said here.", entities=named))
    if row.why:
        return " ".join(dict.fromkeys(in_words(rule, RULES) for rule, _reason in row.why))
    return str(_("May be said here.") if row.labels else _("Approved words, or nothing protected in them."))


def followed(row: Row) -> str:
    """What followed from the verdict."""
    if row.entry.is_inbound:
        if row.signals:
            return str(_("The approved emergency text, at once, and a person was called."))
        if row.entry.outcome == "masked":
            return str(_("Masked, told once, and shown the way to the portal."))
        return str(_("The bot went on with it."))
    return {
        "cleared": str(_("Sent as it is.")),
        "diverted": str(_("Kept for the portal; a notice with a one-time link went instead.")),
        "held": str(_("A person decides; the customer was told that somebody looks.")),
        "refused": str(_("Never said; the approved words went instead.")),
    }.get(row.entry.outcome, "")
