"""Who visits the portal, and the act in which a request runs.

One rule: a visitor sees what is about the person who signed in, and every act is theirs.
A customer's session has nothing to do with that of a person at a desk: another row,
another audience, another place in the cookie.
"""

import dataclasses
import uuid
from collections.abc import Mapping, MutableMapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, request, session

from compliance import vault
from compliance.labels import Assurance
from tenants import organisations, sign_in
from tenants.context import Actor
from tenants.database import acting_as, as_platform
from web import i18n

COOKIE = "portal"
"""Where the signed cookie keeps, per organisation, what the portal remembers of a browser."""

LOOKING = Actor("system", "portal")
STRANGER = Actor("customer", "not signed in")


@dataclasses.dataclass(frozen=True, slots=True)
class Firm:
    """The firm whose portal it is, as its pages show it."""

    id: uuid.UUID
    slug: str
    name: str
    telephone: str
    hours: str
    languages: tuple[str, ...]
    default_language: str
    stylesheet: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who signed in."""

    customer: dict[str, str]
    reader: bytes
    assurance: Assurance


def install(blueprint: Blueprint) -> None:
    """Let every request of the portal run as one act of its visitor."""
    blueprint.before_request(enter)
    blueprint.after_request(keep)
    blueprint.teardown_request(leave)


def enter() -> None:
    """Find the firm and the visitor, and begin the act."""
    slug = (request.view_args or {}).pop("organisation", "")
    g.firm = _firm(slug)
    i18n.prefer(organisation=g.firm.default_language, offered=g.firm.languages)
    g.visitor = _visitor(g.firm)
    actor = STRANGER
    if g.visitor is not None:
        # The blind index names the same person in every entry, and nobody without the organisation's key.
        actor = Actor("customer", g.visitor.reader.hex())
        i18n.prefer(person=g.visitor.customer.get("language"))
    act = ExitStack()
    act.enter_context(acting_as(g.firm.id, actor))
    g.portal_act = act


def keep(response: Response) -> Response:
    """End the act before the answer leaves: what was refused stays in the log too. What failed is undone later."""
    if response.status_code < 500 and (act := g.pop("portal_act", None)) is not None:
        act.close()
    return response


def leave(error: BaseException | None) -> None:
    """Undo an act that failed."""
    act = g.pop("portal_act", None)
    if act is not None:
        failure = error or RuntimeError("the request ended without an answer")
        act.__exit__(type(failure), failure, failure.__traceback__)


def now() -> datetime:
    """The time of this request."""
    return datetime.now(UTC)


def recalled() -> Mapping[str, Any]:
    """What this browser's cookie holds for this firm, to be read."""
    kept: Mapping[str, Any] = session.get(COOKIE, {}).get(g.firm.slug, {})
    return kept


def remembered() -> MutableMapping[str, Any]:
    """What this browser's cookie holds for this firm, to be changed."""
    kept: MutableMapping[str, Any] = session.setdefault(COOKIE, {}).setdefault(g.firm.slug, {})
    session.modified = True
    return kept


def admit(claims: sign_in.Claims) -> None:
    """Begin a session for who signed in. Tokens for forms are made anew, so that none from before is good."""
    kept = remembered()
    kept.pop("sign_in", None)
    kept["session"] = sign_in.open_session(audience="customers", claims=claims, now=now())
    session.pop("csrf_token", None)


def dismiss() -> None:
    """End the session, and forget what this browser was told here."""
    opened = sign_in.session_of(recalled().get("session", ""), audience="customers", now=now())
    if opened is not None:
        sign_in.end_session(opened, now=now())
    session.setdefault(COOKIE, {}).pop(g.firm.slug, None)
    session.pop("csrf_token", None)
    session.modified = True


def _firm(slug: str) -> Firm:
    with as_platform(LOOKING):
        try:
            found = organisations.find(slug)
        except organisations.NoOrganisation:
            abort(404)
        return Firm(
            id=found.id,
            slug=found.slug,
            name=found.name,
            telephone=found.telephone,
            hours=found.hours,
            languages=tuple(found.languages),
            default_language=found.default_language,
        )


def _visitor(firm: Firm) -> Visitor | None:
    token = recalled().get("session")
    if not token:
        return None
    with acting_as(firm.id, LOOKING):
        opened = sign_in.session_of(token, audience="customers", now=now())
        if opened is None:
            return None
        customer = sign_in.customer_of(opened)
        assurance = Assurance.SIGNED_IN_STRONGLY if opened.is_strong else Assurance.SIGNED_IN
        return Visitor(customer=customer, reader=vault.reader_of(customer["id"]), assurance=assurance)
