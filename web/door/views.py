"""Signing in with a password, and signing out."""

import uuid
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded, RequestLimit

from compliance import audit
from tenants import organisations, people, sign_in
from tenants.context import Actor
from tenants.database import acting_as, as_platform
from tenants.people import NotAMember
from tenants.roles import Role
from tenants.sign_in import NoProvider
from web import access
from web.access import DOOR, Firm
from web.app import show_shell
from web.door import limits
from web.door.limits import TRIES_BY_ADDRESS, TRIES_BY_EMAIL, by_address, by_email, limiter, opens_again_at

blueprint = Blueprint("door", __name__)
blueprint.record_once(access.install)
blueprint.record_once(limits.install)

HOME = {Role.ADMIN: "console.overview", Role.AGENT: "desk.queue", Role.OFFICER: "oversight.decisions"}
"""Where a role begins."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who proved who they are, and works here."""

    user_id: uuid.UUID
    role: Role


@blueprint.get("/")
def start() -> ResponseReturnValue:
    """Go where this browser was last signed in, or to the door."""
    slug = session.get("organisation")
    return redirect(url_for("door.home", organisation=slug) if slug else url_for("door.choose"))


@blueprint.get("/sign-in")
def choose() -> ResponseReturnValue:
    """Ask for the organisation."""
    slug = request.args.get("organisation", "").strip().lower()
    if not slug:
        return render_template("door/choose.html", slug=slug, error=None)
    with as_platform(DOOR):
        found = next((one.slug for one in organisations.every() if slug in (one.slug, one.name.lower())), None)
    if found is not None:
        return redirect(url_for("door.sign_in", organisation=found))
    words = _("There is no organisation of this name here. Look at the link in your invitation.")
    return render_template("door/choose.html", slug=slug, error=words), 422


@blueprint.get("/<organisation>/")
def home(organisation: str) -> ResponseReturnValue:
    """Go to where the person's role begins."""
    firm = access.firm_of(organisation)
    visit = access.arrive(firm)
    if visit is None:
        return redirect(url_for("door.sign_in", organisation=organisation))
    return redirect(url_for(HOME[visit.role], organisation=organisation))


@blueprint.get("/<organisation>/sign-in", endpoint="sign_in")
def show_ways(organisation: str) -> ResponseReturnValue:
    """Show the ways to sign in."""
    return show(access.firm_of(organisation))


def refuse_for_now(limit: RequestLimit) -> Response:
    """Say when to try again."""
    firm = access.firm_of((request.view_args or {})["organisation"])
    at = opens_again_at(limit)
    words = _("There were too many tries. Please try again after %(time)s.", time=format_time(at, "short"))
    page = show(firm, error=words, email=request.form.get("email", ""))
    wait_seconds = max(1, int((at - access.now()).total_seconds()))
    return Response(page, 429, {"Retry-After": str(wait_seconds)}, content_type="text/html; charset=utf-8")


@blueprint.errorhandler(RateLimitExceeded)
def answer_with_the_page(error: RateLimitExceeded) -> ResponseReturnValue:
    """Answer with the page that `refuse_for_now` made."""
    return error.get_response()


@blueprint.post("/<organisation>/sign-in")
@limiter.limit(TRIES_BY_ADDRESS, key_func=by_address, on_breach=refuse_for_now)
@limiter.limit(TRIES_BY_EMAIL, key_func=by_email, on_breach=refuse_for_now)
def sign_in_with_password(organisation: str) -> ResponseReturnValue:
    """Sign in with a password. Whether the person exists shows neither in the answer nor in its time."""
    firm = access.firm_of(organisation)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with acting_as(firm.id, DOOR):
        user = people.by_email(email)
        fits = people.password_fits(user, password)
        known = at_work(user.id) if user is not None and fits else None
        if known is None:
            who = user.id if user is not None else "unknown"
            audit.record("sign-in failed", subject=("person", who), details={"by": "password"})
    if known is None:
        words = _("E-mail address and password do not fit together.")
        return show(firm, error=words, email=email), 422
    return let_in(firm, known, by="password")


@blueprint.post("/<organisation>/sign-out")
def sign_out(organisation: str) -> ResponseReturnValue:
    """End the session."""
    firm = access.firm_of(organisation)
    visit = access.arrive(firm)
    token = request.cookies.get(access.cookie_name(firm.slug), "")
    if visit is not None:
        with acting_as(firm.id, Actor("person", visit.person)):
            found = sign_in.session_of(token, audience="staff", now=access.now())
            if found is not None:
                sign_in.end_session(found, now=access.now())
            audit.record("signed out", subject=("person", visit.person))
    session.clear()
    flash(_("You are signed out."))
    response = redirect(url_for("door.sign_in", organisation=firm.slug))
    response.delete_cookie(access.cookie_name(firm.slug), path="/")
    return response


def show(firm: Firm, *, error: str | None = None, email: str = "") -> str:
    """The page with the ways to sign in."""
    show_shell(organisation=firm, person=None, sign_out_url=None)
    return render_template(
        "door/sign_in.html", firm=firm, error=error, email=email, next=wanted(firm), has_provider=_has_provider(firm)
    )


def let_in(firm: Firm, known: Known, *, by: str, target: str | None = None) -> ResponseReturnValue:
    """Open a session with a new token, so that none that was planted before is worth anything."""
    target = target or wanted(firm)
    old = request.cookies.get(access.cookie_name(firm.slug), "")
    with acting_as(firm.id, Actor("person", str(known.user_id))):
        before = sign_in.session_of(old, audience="staff", now=access.now()) if old else None
        if before is not None:
            sign_in.end_session(before, now=access.now())
        token = sign_in.open_session(audience="staff", user_id=known.user_id, now=access.now())
        audit.record("signed in", subject=("person", known.user_id), details={"by": by})
    session.clear()
    session["organisation"] = firm.slug
    response = redirect(target or url_for(HOME[known.role], organisation=firm.slug))
    response.set_cookie(
        access.cookie_name(firm.slug),
        token,
        max_age=int(sign_in.VALID["staff"].total_seconds()),
        path="/",
        secure=access.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def at_work(user_id: uuid.UUID) -> Known | None:
    """The person, when they work for the acting organisation."""
    try:
        user, role = people.member(user_id=user_id)
    except NotAMember:
        return None
    return Known(user.id, role)


def wanted(firm: Firm) -> str | None:
    """Where the person was on the way to."""
    target = request.values.get("next", "")
    return target if access.is_safe_next(target, slug=firm.slug) else None


def _has_provider(firm: Firm) -> bool:
    with acting_as(firm.id, DOOR):
        try:
            sign_in.provider("staff")
        except NoProvider:
            return False
    return True
