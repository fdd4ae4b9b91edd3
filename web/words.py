"""The words of the trade in the reader's language: verdicts, states, reasons, acts.

One rule: codes are stored, words are shown; a code that has no words yet is shown as it is.
"""

import re
from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

CHANNELS = {"whatsapp": _("WhatsApp"), "portal": _("Portal")}

OUTCOMES = {
    "cleared": _("Cleared"),
    "diverted": _("Diverted"),
    "held": _("Held"),
    "refused": _("Refused"),
    "masked": _("Masked"),
}

DIRECTIONS = {"inbound": _("From the customer"), "outbound": _("To the customer")}

AUTHORS = {
    "customer": _("Customer"),
    "person": _("Agent"),
    "system": _("Bot"),
    "operator": _("Operator"),
}

STATES = {
    "waiting": _("on its way"),
    "sending": _("on its way"),
    "unknown": _("outcome unknown"),
    "accepted": _("sent"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "read": _("read"),
    "failed": _("not delivered"),
    "stopped": _("stopped before sending"),
    "kept": _("kept in the portal"),
}

STANDINGS = {"person": _("With a person"), "bot": _("With the bot"), "rest": _("At rest")}

ASSURANCES = [
    _("nothing known"),
    _("number known"),
    _("confirmed by code"),
    _("signed in"),
    _("signed in with two factors"),
]

REASONS = {
    "handoff": _("Wants a person"),
    "emergency": _("Emergency"),
    "held": _("Held message"),
    "not delivered": _("Not delivered"),
    "turn failed": _("Could not be answered"),
    "unknown outcome": _("Outcome unknown"),
}

REASONS_EXPLAINED = {
    "handoff": _("The bot is silent until you close this."),
    "emergency": _("The emergency text was said at once. The bot is silent until you close this."),
    "held": _("This message has not gone out. Somebody entitled reads it and releases or drops it."),
    "not delivered": _(
        "The channel did not take this message, and will not take it again as it is. "
        "Reach the customer in another way, then close this with the reason."
    ),
    "turn failed": _(
        "The program could not work out an answer, three times. The customer waits: answer, or close with a reason."
    ),
    "unknown outcome": _(
        "The message was handed over, but no answer came back: it may have arrived. It is not sent again, since the "
        "customer might get it twice. Look for a reaction of the customer, ask, or close this with the reason."
    ),
}

CLOSINGS = {
    "answered": _("Answered"),
    "led to the portal": _("Led to the portal"),
    "settled by telephone": _("Settled by telephone"),
    "nothing to do": _("Nothing to do"),
}
"""Reasons with which a person closes a ticket."""

CLOSED = CLOSINGS | {
    "released": _("Released"),
    "dropped": _("Dropped"),
    "arrived": _("It arrived"),
    "sent again": _("Sent again"),
}
"""Reasons with which a ticket may have been closed."""

RULES = {
    "channel-clearance": _("What was found may not be said on this channel."),
    "kept-for-portal": _("Its author meant it for the portal."),
    "service-window": _("The customer last wrote too long ago: WhatsApp takes no free text any more."),
    "emergency": _("An approved emergency text."),
    "gate": _("It could not be judged, so it was held."),
}

ENTITIES = {
    "ACCOUNT_NUMBER": _("account number"),
    "AHV": _("AHV number"),
    "AMOUNT": _("amount of a person"),
    "BIRTH_DATE": _("date of birth"),
    "CARD": _("card number"),
    "CARD_SECURITY_CODE": _("security code of a card"),
    "CASE_NUMBER": _("case number"),
    "CLAIM_NUMBER": _("claim number"),
    "CODICE_FISCALE": _("codice fiscale"),
    "CONTRACT_NUMBER": _("contract number"),
    "CRIME": _("criminal matter"),
    "CUSTOMER_NUMBER": _("customer number"),
    "DIAGNOSIS": _("diagnosis"),
    "EMAIL": _("e-mail address"),
    "IBAN": _("IBAN"),
    "IDENTITY_DOCUMENT": _("identity document"),
    "INSURANCE_CARD": _("insurance card"),
    "MANDATE_NUMBER": _("mandate number"),
    "NIK": _("NIK"),
    "NIR": _("NIR"),
    "NPWP": _("NPWP"),
    "ORIGIN": _("origin"),
    "OTP": _("one-time code"),
    "PASSWORD": _("password"),
    "PERSON": _("name"),
    "PHONE": _("telephone number"),
    "PIN": _("PIN"),
    "POLICY_NUMBER": _("policy number"),
    "POLITICS": _("political opinion"),
    "PREGNANCY": _("pregnancy"),
    "PUK": _("PUK"),
    "RELIGION": _("religion"),
    "SEXUAL_LIFE": _("sexual life"),
    "SOCIAL_ASSISTANCE": _("social assistance"),
    "STEUER_ID": _("Steuer-ID"),
    "SYMPTOM": _("symptom"),
    "TREATMENT": _("treatment"),
    "US_SSN": _("social security number"),
}

SIGNALS = {
    "emergency.medical": _("medical emergency"),
    "emergency.self_harm": _("danger of self-harm"),
    "emergency.violence": _("violence"),
}

ACTS = {
    "binding ended": _("Person no longer known"),
    "bound to a person": _("Person known"),
    "came late": _("Came late"),
    "configuration changed": _("Configuration changed"),
    "configuration created": _("Configuration added"),
    "configuration deleted": _("Configuration removed"),
    "confirmation offered": _("Code offered"),
    "decided": _("Decided"),
    "exported": _("Exported"),
    "flow failed": _("Flow failed"),
    "identity ended": _("Identity ended"),
    "identity noted": _("Identity noted"),
    "kept in the vault": _("Kept in the vault"),
    "link made": _("Link made"),
    "link refused": _("Link refused"),
    "link spent": _("Link used"),
    "notice not said": _("Notice not said"),
    "outcome decided": _("Outcome decided"),
    "outcome settled": _("Outcome settled"),
    "outcome unknown": _("Outcome unknown"),
    "read": _("Read"),
    "reading refused": _("Reading refused"),
    "received": _("Received"),
    "sent": _("Sent"),
    "sign-in failed": _("Sign-in failed"),
    "sign-in refused": _("Sign-in refused"),
    "signed in": _("Signed in"),
    "signed out": _("Signed out"),
    "status": _("Delivery reported"),
    "system answered": _("System answered"),
    "system asked": _("System asked"),
    "ticket closed": _("Ticket closed"),
    "ticket opened": _("Ticket opened"),
    "ticket taken": _("Ticket taken"),
    "turn failed": _("Turn failed"),
}

SUBJECTS = {
    "audit_entry": _("entry of the log"),
    "brand": _("brand"),
    "channel": _("channel"),
    "connector": _("connection"),
    "contact": _("contact"),
    "conversation": _("conversation"),
    "decision": _("decision"),
    "decisions": _("decisions"),
    "flow_version": _("flow"),
    "identity_provider": _("sign-in of the firm"),
    "inbound_event": _("event"),
    "log": _("log"),
    "membership": _("role of a person"),
    "outbound": _("message"),
    "person": _("person"),
    "policy": _("policy"),
    "portal_link": _("link"),
    "secret": _("secret"),
    "ticket": _("ticket"),
    "vault_entry": _("kept message"),
}

EVENTS = {
    "message": _("Message"),
    "status": _("Delivery report"),
    "reaction": _("Reaction"),
    "edit": _("Edit"),
    "revoke": _("Revocation"),
    "echo": _("Echo of another app"),
    "account": _("News of the account"),
    "identity": _("Change of identity"),
    "preference": _("Preference"),
    "call": _("Call"),
    "unknown": _("Not understood"),
    "answered": _("Answer of a system"),
    "signed_in": _("Sign-in"),
    "expired": _("Time-out"),
    "ticket_closed": _("Ticket closed"),
}


_HOLE = re.compile(r"\[([A-Z][A-Z_]+)\]")


def in_words(code: object, table: Mapping[str, object]) -> str:
    """A code in the reader's language."""
    return str(table.get(str(code), code))


def assurance_word(step: int) -> str:
    """How sure we are who is there."""
    return str(ASSURANCES[step])


def age_words(seconds: float) -> str:
    """How long something waits, short: 40 s, 12 min, 3 h, 2 d."""
    if seconds >= 86_400:
        words = gettext("%(number)s d", number=int(seconds // 86_400))
    elif seconds >= 3_600:
        words = gettext("%(number)s h", number=int(seconds // 3_600))
    elif seconds >= 60:
        words = gettext("%(number)s min", number=int(seconds // 60))
    else:
        words = gettext("%(number)s s", number=max(0, int(seconds)))
    return str(words)


def pieces(text: str) -> list[tuple[str, str | None]]:
    """A masked text as stretches: words, or what stands in place of what was hidden and its name."""
    found: list[tuple[str, str | None]] = []
    at = 0
    for hole in _HOLE.finditer(text):
        if hole[1] not in ENTITIES:
            continue
        found += [(text[at : hole.start()], None), (hole[1], in_words(hole[1], ENTITIES))]
        at = hole.end()
    return [(words, name) for words, name in (*found, (text[at:], None)) if words]


FILTERS = {"in_words": in_words, "age_words": age_words, "pieces": pieces, "assurance_word": assurance_word}
