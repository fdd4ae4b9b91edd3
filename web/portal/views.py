"""The portal's addresses.

One rule: a GET changes nothing for the customer. Looking at a link, which messengers do
for previews, spends nothing; the POST of who signed in does.
"""

import contextlib
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from bot.conversation import ForSomebodyElse, arrive
from compliance import audit, links
from compliance.links import LinkClosed, LinkState
from tenants import sign_in
from tenants.sign_in import NoProvider, ProviderUnreachable, SignInRefused
from web import headers, i18n
from web.portal import access, area
from web.portal.access import recalled, remembered

blueprint = Blueprint("portal", __name__, url_prefix="/<organisation>/portal")
access.install(blueprint)

LONGEST_CHARACTERS = 4096


@blueprint.url_defaults
def stay_with_the_firm(endpoint: str, values: dict[str, object]) -> None:
    """Links lead to the portal of the same firm."""
    if "firm" in g:
        values.setdefault("organisation", g.firm.slug)


@blueprint.context_processor
def frame() -> dict[str, object]:
    """What every page of the portal shows around itself."""
    signed_in = g.get("visitor") is not None
    return {
        "firm": g.get("firm"),
        "visitor": g.get("visitor"),
        "sign_out_url": url_for("portal.sign_out") if signed_in else None,
        "ask_url": area.chat_url("") if "portal_act" in g else None,
    }


@blueprint.get("/")
def home() -> Answer:
    """What is kept for this person and the conversation; for everybody else the way in."""
    if g.visitor is None:
        return _show("portal/arrive.html", waits=False)
    return _show("portal/home.html", **area.everything())


@blueprint.get("/l/<token>")
def link(token: str) -> Answer:
    """Say that a message waits. Spends nothing, needs no cookie."""
    state, found = links.look(token, now=access.now())
    if state is not LinkState.OPEN:
        if found is not None and request.method == "GET":
            audit.record("link refused", subject=("portal_link", found.id), details={"state": state.value})
        return _closed(state)
    page = "portal/open.html" if g.visitor is not None else "portal/arrive.html"
    return _show(page, waits=True, token=token, found=found, at_once=False)


@blueprint.post("/sign-in")
def begin() -> Answer:
    """Send the browser to the firm's identity provider."""
    back = current_app.config["GUICHET"].url.rstrip("/") + url_for("portal.finish")
    try:
        provider = sign_in.provider("customers")
        url, to_remember = sign_in.begin(provider, redirect_uri=back, language=i18n.language())
    except (ProviderUnreachable, NoProvider):
        return _provider_down()
    kept = remembered()
    kept["sign_in"] = to_remember
    kept.pop("link", None)
    if token := request.form.get("token"):
        kept["link"] = token
    return redirect(url, 303)


@blueprint.get("/callback")
def finish() -> Answer:
    """Take what the identity provider says. A remembered link is not spent here: the next page's POST does."""
    begun = remembered().pop("sign_in", None)
    if begun is None:
        return redirect(url_for("portal.home"))
    try:
        claims = sign_in.finish(sign_in.provider("customers"), remembered=begun, arguments=request.args.to_dict())
    except ProviderUnreachable:
        return _provider_down()
    except SignInRefused as refusal:
        audit.record("sign-in refused", subject=("portal", g.firm.slug), details={"why": str(refusal)})
        return _show("portal/refused.html", status=403, token=recalled().get("link"))
    access.admit(claims)
    return redirect(url_for("portal.open_link" if recalled().get("link") else "portal.home"))


@blueprint.get("/open")
def open_link() -> Answer:
    """Ask who signed in to open the message that the link was about."""
    token = recalled().get("link")
    if g.visitor is None or token is None:
        return redirect(url_for("portal.home"))
    return _show("portal/open.html", token=token, at_once=True)


@blueprint.post("/open")
def spend_link() -> Answer:
    """Spend the link for who signed in, and go on to what it was about."""
    token = request.form.get("token") or recalled().get("link")
    if g.visitor is None:
        return redirect(url_for("portal.home"), 303)
    remembered().pop("link", None)
    if token is None:
        return redirect(url_for("portal.home"), 303)
    try:
        arrive(token, customer=g.visitor.customer, assurance=g.visitor.assurance, now=access.now())
    except LinkClosed as closed:
        return _closed(closed.state)
    except ForSomebodyElse:
        return _show("portal/somebody_else.html", status=403)
    return redirect(url_for("portal.home"), 303)


@blueprint.post("/messages")
def write() -> Answer:
    """Write, or choose what was offered."""
    if g.visitor is None:
        return _signed_out()
    text = request.form.get("text", "").strip()[:LONGEST_CHARACTERS]
    option = request.form.get("option")
    if text or option:
        area.write(text, option=option)
    if _from_htmx():
        return make_response(render_template("portal/_thread.html", **area.thread(is_busy=True)))
    return redirect(url_for("portal.home"), 303)


@blueprint.get("/thread")
def thread() -> Answer:
    """The conversation, when it is another than the one that was seen."""
    if g.visitor is None:
        return _gone()
    if request.args.get("seen") == area.thread_mark():
        return Response(status=204)
    return make_response(render_template("portal/_thread.html", **area.thread()))


@blueprint.get("/kept")
def kept() -> Answer:
    """What is kept for this person, when it is something else than what was seen."""
    if g.visitor is None:
        return _gone()
    if request.args.get("seen") == area.kept_mark():
        return Response(status=204)
    return make_response(render_template("portal/_kept.html", **area.kept()))


@blueprint.post("/code")
def code() -> Answer:
    """Show a code that, sent in the chat, proves that who signed in holds the chat."""
    if g.visitor is None:
        return _signed_out()
    area.offer_code()
    return redirect(url_for("portal.home"), 303)


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    """End our session and ask the provider to end its own."""
    access.dismiss()
    back = current_app.config["GUICHET"].url.rstrip("/") + url_for("portal.home")
    flash(_("You are signed out."))
    try:
        theirs = sign_in.logout_url(sign_in.provider("customers"), back_to=back)
    except (ProviderUnreachable, NoProvider):
        theirs = None
    return redirect(theirs or url_for("portal.home"), 303)


def _show(template: str, *, status: int = 200, **what: Any) -> Answer:
    """Show a page. Browsers check where a form is redirected, and signing in and out lead to the firm's provider."""
    with contextlib.suppress(NoProvider):
        headers.allow_form_to(url=sign_in.provider("customers").issuer)
    return make_response(render_template(template, **what), status)


def _closed(state: LinkState) -> Answer:
    """The same page for what nobody ever sent and for what was forged."""
    return _show("portal/closed.html", status=410, state=state.value)


def _provider_down() -> Answer:
    return _show("portal/provider_down.html", status=503, token=request.form.get("token"))


def _signed_out() -> Answer:
    """Nothing that was typed is lost: the page keeps it, or shows it to be copied."""
    if _from_htmx():
        return _gone()
    return _show("portal/signed_out.html", status=401, written=request.form.get("text", ""))


def _gone() -> Answer:
    """Load the page anew: it will ask to sign in."""
    return Response(status=204, headers={"HX-Refresh": "true"})


def _from_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"
