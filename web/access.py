"""Who may enter: one guard on every view for staff.

One rule: a view for staff runs inside `acting_as` for the organisation of its address, in
the name of who is signed in there, and only when one of the permissions that it needs is
theirs. What is not theirs to know of (another organisation's things) is not there: 404.

Run as a program it prints `docs/access.md`, the table of routes and roles.
"""

import functools
import secrets
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tenants import organisations, people, sign_in
from tenants.context import Actor
from tenants.database import NotFound, acting_as, as_platform
from tenants.organisations import NoOrganisation
from tenants.people import NotAMember
from tenants.roles import Permission, Role, may
from web import words
from web.app import create_app, show_shell
from web.config import Settings
from web.i18n import prefer

DOOR = Actor("system", "door")
"""Who looks at a browser's session before it is known whose it is."""

PUBLIC: Mapping[str, str] = {
    "health": "says whether the program runs, and nothing else",
    "metrics": "counts only; asks for its token, or answers this machine alone",
    "assets": "files that every page needs",
    "webhooks": "each call is proven by its signature",
    "door": "where people sign in; knows nobody yet",
    "portal": "customers: each view asks who signed in there, or for a one-time link",
    "simulator": "exists where the stand-in runs, never beside real customers",
}
"""Surfaces whose views ask for no role, and why that is right."""

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class Firm:
    """The organisation of a request."""

    id: uuid.UUID
    slug: str
    name: str
    language: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, and where."""

    firm: Firm
    user_id: uuid.UUID
    name: str
    role: Role

    @property
    def person(self) -> str:
        """The person, as acts name them."""
        return str(self.user_id)

    def may(self, permission: Permission) -> bool:
        """Tell whether the person has a permission here."""
        return may(self.role, permission)


class _Undone(Exception):
    """An answer that reports a failure: what the view wrote is taken back."""

    def __init__(self, response: Response) -> None:
        self.response = response


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Guard a view of staff: one of these permissions is needed. Its address has an `<organisation>`."""

    def guard(view: View) -> View:
        @functools.wraps(view)
        def guarded(*, organisation: str, **arguments: Any) -> ResponseReturnValue:
            visit = arrive(firm_of(organisation))
            if visit is None:
                return _to_the_door(organisation)
            if not any(visit.may(permission) for permission in permissions):
                return _not_open(visit, permissions)
            return _run(view, visit, arguments)

        guarded.needs = permissions  # type: ignore[attr-defined]  # read by `table`
        return guarded

    return guard


def here() -> Visit:
    """Who is here. Only behind `needs`."""
    visit: Visit = g.visit
    return visit


def visitor_may(permission: Permission) -> bool:
    """Tell whether the person of this request has a permission; False where nobody is signed in."""
    visit: Visit | None = g.get("visit")
    return visit is not None and visit.may(permission)


def firm_of(slug: str) -> Firm:
    """The organisation of an address; abort with 404 where there is none."""
    with as_platform(DOOR):
        try:
            found = organisations.find(slug)
        except NoOrganisation:
            abort(404)
        firm = Firm(found.id, found.slug, found.name, found.default_language, found.telephone)
    prefer(organisation=firm.language)
    return firm


def arrive(firm: Firm) -> Visit | None:
    """Who is signed in here by this browser's cookie. People who no longer work here are not."""
    token = request.cookies.get(cookie_name(firm.slug), "")
    if not token:
        return None
    with acting_as(firm.id, DOOR):
        session = sign_in.session_of(token, audience="staff", now=now())
        if session is None or session.user_id is None:
            return None
        try:
            user, role = people.member(user_id=session.user_id)
        except NotAMember:
            return None
        return Visit(firm=firm, user_id=user.id, name=user.name, role=role)


def cookie_name(slug: str) -> str:
    """The cookie of an organisation: one browser may be signed in at several."""
    name = f"guichet-staff-{slug}"
    return f"__Host-{name}" if is_secure() else name


def is_secure() -> bool:
    """Browsers come over https."""
    settings: Settings = current_app.config["GUICHET"]
    return settings.is_secure


def now() -> datetime:
    """The time of this request: one for all that happens in it."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def install(state: BlueprintSetupState) -> None:
    """Let links of staff pages keep their organisation, and teach templates words and permissions."""
    state.app.url_default_functions.setdefault(None, []).append(fill_in_organisation)
    state.app.jinja_env.globals.update(words=words, visitor_may=visitor_may, Permission=Permission)
    state.app.jinja_env.filters.update(words.FILTERS)


def fill_in_organisation(endpoint: str, values: dict[str, Any]) -> None:
    """Give links to other pages of staff the organisation of this one."""
    visit: Visit | None = g.get("visit")
    if visit and "organisation" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "organisation"):
        values["organisation"] = visit.firm.slug


def role_word(role: Role) -> str:
    """A role, as it is to be read."""
    words = {Role.ADMIN: _("Administrator"), Role.AGENT: _("Agent"), Role.OFFICER: _("Compliance officer")}
    return str(words[role])


def is_safe_next(target: str, *, slug: str) -> bool:
    """Tell whether to go to an address after signing in: a path of this organisation, not another site's."""
    return target.startswith(f"/{slug}/") and "\\" not in target and not any(ord(sign) < 33 for sign in target)


def unguarded(app: Flask) -> list[str]:
    """Endpoints that neither ask for a permission nor are public for a stated reason."""
    return sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not _needs_of(app, rule.endpoint) and rule.endpoint.partition(".")[0] not in PUBLIC
    )


def table(app: Flask) -> str:
    """Render docs/access.md."""
    roles = list(Role)
    lines = [
        "# Who may open what",
        "",
        "Every route, and who may use it. This page is generated: `python -m web.access > docs/access.md`.",
        "",
        "## Staff",
        "",
        "| route | needs | " + " | ".join(role.value for role in roles) + " |",
        "|---|---|" + "---|" * len(roles),
    ]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        permissions = _needs_of(app, rule.endpoint)
        if permissions:
            marks = ("✓" if any(may(role, one) for one in permissions) else "–" for role in roles)
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            wanted = " or ".join(one.value for one in permissions)
            lines.append(f"| {methods} `{rule.rule}` | {wanted} | " + " | ".join(marks) + " |")
    lines += ["", "## Without a role", "", "| surface | why |", "|---|---|"]
    lines += [f"| {name} | {why} |" for name, why in PUBLIC.items()]
    return "\n".join(lines) + "\n"


def _run(view: View, visit: Visit, arguments: Mapping[str, Any]) -> ResponseReturnValue:
    _show(visit)
    try:
        with acting_as(visit.firm.id, Actor("person", visit.person)):
            response: Response = current_app.make_response(current_app.ensure_sync(view)(**arguments))
            if response.status_code >= 400:
                raise _Undone(response)
            return response
    except _Undone as undone:
        return undone.response
    except NotFound:
        abort(404)


def _show(visit: Visit) -> None:
    g.visit = visit
    person = _Person(visit.name, role_word(visit.role))
    show_shell(
        organisation=visit.firm, person=person, sign_out_url=url_for("door.sign_out", organisation=visit.firm.slug)
    )


def _to_the_door(slug: str) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        # What htmx asks for is a piece of a page: the page itself must go.
        response = Response(status=204)
        response.headers["HX-Redirect"] = url_for("door.sign_in", organisation=slug)
        return response
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("door.sign_in", organisation=slug, next=target))


def _not_open(visit: Visit, permissions: tuple[Permission, ...]) -> ResponseReturnValue:
    _show(visit)
    others = [role_word(role) for role in Role if any(may(role, one) for one in permissions)]
    return render_template("door/not_open.html", role=role_word(visit.role), others=others), 403


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    role: str


def _needs_of(app: Flask, endpoint: str) -> tuple[Permission, ...]:
    found: tuple[Permission, ...] = getattr(app.view_functions[endpoint], "needs", ())
    return found


def written() -> str:
    """Render docs/access.md without a server: routes need no database."""
    return table(create_app(Settings(secret_key=secrets.token_hex())))


if __name__ == "__main__":
    sys.stdout.write(written())
