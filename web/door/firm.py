"""Signing in with the firm's own OpenID provider."""

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from compliance import audit
from tenants import people, sign_in
from tenants.database import acting_as
from tenants.sign_in import Claims, NoProvider, ProviderUnreachable, SignInRefused
from web import access
from web.access import DOOR, Firm
from web.door.limits import TRIES_BY_ADDRESS, by_address, limiter
from web.door.views import Known, at_work, blueprint, let_in, refuse_for_now, show, wanted
from web.i18n import language

UNDER_WAY = "sign_in"
"""Where the browser's own session keeps what a sign-in under way must remember."""


@blueprint.get("/<organisation>/sign-in/firm")
@limiter.limit(TRIES_BY_ADDRESS, key_func=by_address, on_breach=refuse_for_now)
def leave_for_firm(organisation: str) -> ResponseReturnValue:
    """Lead to the firm's sign-in."""
    firm = access.firm_of(organisation)
    back = url_for("door.come_back", organisation=firm.slug, _external=True)
    try:
        with acting_as(firm.id, DOOR):
            url, remembered = sign_in.begin(sign_in.provider("staff"), redirect_uri=back, language=language())
    except (NoProvider, ProviderUnreachable):
        return show(firm, error=_unreachable(firm)), 503
    session[UNDER_WAY] = {"firm": firm.slug, "remembered": remembered, "next": wanted(firm)}
    return redirect(url)


@blueprint.get("/<organisation>/sign-in/callback")
@limiter.limit(TRIES_BY_ADDRESS, key_func=by_address, on_breach=refuse_for_now)
def come_back(organisation: str) -> ResponseReturnValue:
    """Take the answer of the firm's sign-in."""
    firm = access.firm_of(organisation)
    begun = session.pop(UNDER_WAY, None)
    if begun is None or begun["firm"] != firm.slug:
        return show(firm, error=_("This sign-in was begun elsewhere or took too long. Please try again.")), 400
    try:
        with acting_as(firm.id, DOOR):
            provider = sign_in.provider("staff")
            claims = sign_in.finish(provider, remembered=begun["remembered"], arguments=request.args.to_dict())
    except (NoProvider, ProviderUnreachable):
        return show(firm, error=_unreachable(firm)), 503
    except SignInRefused:
        _note_failure(firm)
        words = _("%(firm)s did not confirm this sign-in. Please try again.", firm=firm.name)
        return show(firm, error=words), 403
    known = _known(firm, claims)
    if known is None:
        words = _(
            "%(firm)s knows you, but you have no access to Guichet yet. Ask the person who manages it in your firm.",
            firm=firm.name,
        )
        return show(firm, error=words), 403
    return let_in(firm, known, by="firm", target=begun["next"])


def _known(firm: Firm, claims: Claims) -> Known | None:
    """The person whom the firm's provider names by e-mail address; it vouches for its own people's addresses."""
    with acting_as(firm.id, DOOR):
        user = people.by_email(claims.customer.get("email", ""))
        known = at_work(user.id) if user is not None else None
        if known is None:
            who = user.id if user is not None else "unknown"
            audit.record("sign-in failed", subject=("person", who), details={"by": "firm"})
        return known


def _note_failure(firm: Firm) -> None:
    with acting_as(firm.id, DOOR):
        audit.record("sign-in failed", subject=("person", "unknown"), details={"by": "firm"})


def _unreachable(firm: Firm) -> str:
    words: str = _(
        "The sign-in of %(firm)s does not answer just now. Use your password, or try again soon.", firm=firm.name
    )
    return words
