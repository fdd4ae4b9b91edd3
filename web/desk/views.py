"""The pages of the desk: the queue, and one ticket beside it."""

import hashlib
import uuid
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bot import tickets
from bot.conversation import answer, close_ticket, decide, listing, release, watch
from bot.conversation.answer import check
from bot.outbox import AlreadySettled, Preview, Submission
from bot.tickets import TakenByAnother, Ticket, TicketClosed
from compliance import decisions
from compliance.decisions import Decision
from compliance.labels import Verdict
from compliance.vault import VaultEntry
from tenants import people
from tenants.database import load
from tenants.roles import Permission
from web import conversations, words
from web.access import here, needs, now
from web.desk.marks import marked

LONGEST = 4096
"""Characters of a text message on WhatsApp."""
DROPPED = "dropped"

blueprint = Blueprint("desk", __name__, url_prefix="/<organisation>/desk")


@blueprint.get("/")
@needs(Permission.ANSWER_TICKETS, Permission.RELEASE_HELD)
def queue() -> ResponseReturnValue:
    """The open tickets, and room for one of them."""
    return render_template("desk/desk.html", ticket=None, **_queue())


@blueprint.get("/queue")
@needs(Permission.ANSWER_TICKETS, Permission.RELEASE_HELD)
def queue_list() -> ResponseReturnValue:
    """The open tickets alone, when there are others than the page shows; else 204."""
    shown = _queue()
    if shown["queue_mark"] == request.args.get("mark"):
        return Response(status=204)
    return render_template("desk/queue.html", chosen=request.args.get("chosen", type=uuid.UUID), **shown)


@blueprint.get("/tickets/<uuid:ticket_id>")
@needs(Permission.ANSWER_TICKETS, Permission.RELEASE_HELD)
def ticket(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """One ticket: the conversation, the note, the answer."""
    return _page(load(Ticket, ticket_id), outcome=session.pop("outcome", None))


@blueprint.get("/tickets/<uuid:ticket_id>/thread")
@needs(Permission.ANSWER_TICKETS, Permission.RELEASE_HELD)
def ticket_thread(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """The messages, when there are others than the page shows; else 204."""
    found = load(Ticket, ticket_id)
    if watch.mark(found.conversation_id) == request.args.get("mark"):
        return Response(status=204)
    return render_template("conversation/thread.html", **_thread(found))


@blueprint.post("/tickets/<uuid:ticket_id>/take")
@needs(Permission.ANSWER_TICKETS)
def ticket_take(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Take a ticket."""
    found = load(Ticket, ticket_id, lock=True)
    try:
        tickets.take(found, person=here().person, now=now())
    except (TicketClosed, TakenByAnother) as error:
        return _page(found, trouble=_trouble(found, error)), 409
    return redirect(url_for("desk.ticket", ticket_id=ticket_id))


@blueprint.post("/tickets/<uuid:ticket_id>/check")
@needs(Permission.ANSWER_TICKETS)
def ticket_check(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """What the gate would say of what is being typed. Nothing is written or sent."""
    found = load(Ticket, ticket_id)
    text = _typed()
    review = check(found, text, person=here().person, now=now()) if text else None
    return render_template(
        "desk/review.html",
        ticket=found,
        one=listing.one(found.conversation_id),
        **_review(text, review),
    )


@blueprint.post("/tickets/<uuid:ticket_id>/answer")
@needs(Permission.ANSWER_TICKETS)
def ticket_answer(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Answer, by the gate. What was typed comes back whenever it went nowhere."""
    found = load(Ticket, ticket_id, lock=True)
    text = _typed()
    if not text:
        return _page(found, trouble=_("There is nothing to send yet: write an answer first.")), 422
    try:
        submission = answer(
            found, text, through_portal=request.form.get("way") == "portal", person=here().person, now=now()
        )
    except (TicketClosed, TakenByAnother) as error:
        return _page(found, typed=text, trouble=_trouble(found, error)), 409
    outcome = _outcome(submission)
    if submission.verdict is Verdict.REFUSED:
        return _page(found, typed=text, outcome=outcome)
    session["outcome"] = outcome
    return redirect(url_for("desk.ticket", ticket_id=ticket_id))


@blueprint.post("/tickets/<uuid:ticket_id>/release")
@needs(Permission.RELEASE_HELD)
def ticket_release(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Submit a held message anew."""
    found = _held(ticket_id)
    try:
        submission = release(found, person=here().person, now=now())
    except (TicketClosed, TakenByAnother) as error:
        return _page(found, trouble=_trouble(found, error)), 409
    session["outcome"] = _outcome(submission)
    return redirect(url_for("desk.ticket", ticket_id=ticket_id))


@blueprint.post("/tickets/<uuid:ticket_id>/drop")
@needs(Permission.RELEASE_HELD)
def ticket_drop(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Close a held message without sending it."""
    return _close(_held(ticket_id), reason=DROPPED)


@blueprint.post("/tickets/<uuid:ticket_id>/outcome")
@needs(Permission.ANSWER_TICKETS)
def ticket_outcome(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Say of a message with an unknown outcome whether it arrived; if it did not, it is sent again."""
    found = load(Ticket, ticket_id, lock=True)
    found_out = request.form.get("arrived")
    if found.reason != "unknown outcome" or found_out not in ("yes", "no"):
        abort(409)
    try:
        decide(found, arrived=found_out == "yes", person=here().person, now=now())
    except (TicketClosed, TakenByAnother) as error:
        return _page(found, trouble=_trouble(found, error)), 409
    except AlreadySettled:
        words_of_it = _("The channel has reported meanwhile what became of the message. Close the ticket.")
        return _page(found, trouble=words_of_it), 409
    flash(_("Noted that it arrived.") if found_out == "yes" else _("It is sent again."))
    return redirect(url_for("desk.queue"))


@blueprint.post("/tickets/<uuid:ticket_id>/close")
@needs(Permission.ANSWER_TICKETS)
def ticket_close(ticket_id: uuid.UUID) -> ResponseReturnValue:
    """Close a ticket with a reason. A held message is for who may release it."""
    found = load(Ticket, ticket_id, lock=True)
    reason = request.form.get("reason", "")
    if reason not in words.CLOSINGS or found.reason == "held":
        return _page(found, trouble=_("Choose why the ticket is closed.")), 422
    if found.taken_by not in (None, here().person):
        return _page(found, trouble=_trouble(found, TakenByAnother())), 409
    return _close(found, reason=reason)


def _close(found: Ticket, *, reason: str) -> ResponseReturnValue:
    try:
        close_ticket(found, person=here().person, reason=reason, now=now())
    except TicketClosed as error:
        return _page(found, trouble=_trouble(found, error)), 409
    flash(_("The ticket is closed."))
    return redirect(url_for("desk.queue"))


def _held(ticket_id: uuid.UUID) -> Ticket:
    found = load(Ticket, ticket_id, lock=True)
    if found.reason != "held":
        abort(409)
    return found


def _page(found: Ticket, *, typed: str = "", trouble: str | None = None, outcome: dict[str, Any] | None = None) -> str:
    visit = here()
    sees = visit.may(Permission.SEE_CONTENT)
    review = check(found, typed, person=visit.person, now=now()) if typed else None
    return render_template(
        "desk/desk.html",
        ticket=found,
        one=listing.one(found.conversation_id),
        note=tickets.note_of(found) if sees else "",
        typed=typed,
        trouble=trouble,
        outcome=outcome,
        **_review(typed, review),
        held_because=_rules_about(found) if found.reason == "held" else [],
        is_mine=found.taken_by == visit.person,
        is_anothers=found.taken_by is not None and found.taken_by != visit.person,
        longest=LONGEST,
        **_thread(found),
        **_queue(),
    )


def _review(text: str, review: Preview | None) -> dict[str, Any]:
    """What stops a text, if anything does, and where."""
    stops = review is not None and review.verdict is not Verdict.CLEARED
    return {
        "review": review if stops else None,
        "marks": marked(text, review.findings) if review is not None and stops else [],
    }


def _queue() -> dict[str, Any]:
    rows = tickets.open_tickets()
    state = repr([(row.id, row.taken_by, row.priority) for row in rows])
    return {
        "rows": rows,
        "queue_mark": hashlib.sha256(state.encode()).hexdigest()[:16],
        "names": people.names(),
        "now": now(),
        "me": here().person,
    }


def _thread(found: Ticket) -> dict[str, Any]:
    return {
        "entries": conversations.read(found.conversation_id, why="ticket"),
        "mark": watch.mark(found.conversation_id),
        "source": url_for("desk.ticket_thread", ticket_id=found.id),
    }


def _outcome(submission: Submission) -> dict[str, Any]:
    """What became of an answer, for its author: the verdict, and what was found."""
    reasons = decisions.reasons_of(load(Decision, submission.decision_id))
    return {
        "verdict": submission.verdict.value,
        "rules": [rule for rule, *_rest in reasons["judgements"]],
        "entities": sorted({entity for entity, _reason in reasons["findings"]}),
        "categories": reasons["label"],
    }


def _rules_about(found: Ticket) -> list[str]:
    """The rules that hold the message of a ticket."""
    kept = load(VaultEntry, found.about_id)
    return [rule for rule, *_rest in decisions.reasons_of(load(Decision, kept.decision_id))["judgements"]]


def _trouble(found: Ticket, error: TicketClosed | TakenByAnother) -> str:
    names = people.names()
    if isinstance(error, TicketClosed):
        who = names.get(found.closed_by or "", _("somebody"))
        return str(_("%(name)s has closed this ticket meanwhile. What you typed was not sent.", name=who))
    who = names.get(found.taken_by or "", _("somebody"))
    return str(_("%(name)s has this ticket. What you typed was not sent; tell your colleague.", name=who))


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n").strip()[:LONGEST]
