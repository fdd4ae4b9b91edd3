"""The provider's addresses: discovery, sign-in page, token, userinfo, logout.

The one rule: a person types a password only on the page that this module shows, and only a
form that this page gave out is taken.
"""

import hmac
import secrets
from collections.abc import Iterable

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, abort, jsonify, make_response, render_template, request

from web.demo.identity_provider.realm import Realm
from web.demo.identity_provider.records import Client, Person
from web.demo.identity_provider.words import LANGUAGES, WORDS
from web.demo.trouble import allow_trouble

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def create_identity_provider(*, issuer: str, clients: Iterable[Client], people: Iterable[Person]) -> Flask:
    """Make the app. `issuer` is the base address; each firm's own issuer is `{issuer}/{firm}`."""
    app = Flask(__name__)
    realms = _realms(issuer=issuer.rstrip("/"), clients=list(clients), people=list(people))
    allow_trouble(app)

    def realm_of(firm: str) -> Realm:
        if firm not in realms:
            abort(404)
        return realms[firm]

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/<firm>/.well-known/openid-configuration")
    def discovery(firm: str) -> Response:
        return jsonify(realm_of(firm).metadata())

    @app.get("/<firm>/jwks")
    def jwks(firm: str) -> Response:
        return jsonify(realm_of(firm).keys.as_dict(private=False))

    @app.route("/<firm>/authorize", methods=["GET", "POST"])
    def authorize(firm: str) -> Response:
        return _authorize(realm_of(firm), firm)

    @app.post("/<firm>/token")
    def token(firm: str) -> Response:
        return _answer(realm_of(firm).server.create_token_response())

    @app.route("/<firm>/userinfo", methods=["GET", "POST"])
    def userinfo(firm: str) -> Response:
        return _answer(realm_of(firm).server.create_endpoint_response("userinfo"))

    @app.route("/<firm>/logout", methods=["GET", "POST"])
    def logout(firm: str) -> Response:
        return _logout(realm_of(firm), firm)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not request.path.endswith(("/jwks", "/openid-configuration")):
            response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _realms(*, issuer: str, clients: list[Client], people: list[Person]) -> dict[str, Realm]:
    return {
        firm: Realm(
            issuer=f"{issuer}/{firm}",
            clients=[client for client in clients if client.firm == firm],
            people=[person for person in people if person.firm == firm],
        )
        for firm in {client.firm for client in clients}
    }


def _authorize(realm: Realm, firm: str) -> Response:
    asked = request.values
    strong = "mfa" in asked.get("acr_values", "").split()
    standing = realm.standing(
        session=request.cookies.get("identity", ""),
        client_id=asked.get("client_id", ""),
        max_age=asked.get("max_age", ""),
        strong=strong,
    )
    try:
        grant = realm.server.get_consent_grant(end_user=standing)
    except OAuth2Error as error:
        return _refuse(realm, error)
    if request.method == "GET":
        if standing and grant.prompt is None:
            return _answer(realm.server.create_authorization_response(grant_user=standing, grant=grant))
        return _form(realm, firm, client=grant.client, strong=strong)
    if not _from_our_form():
        return _form(realm, firm, client=grant.client, strong=strong, problem="again", status=400)
    if "cancel" in request.form:
        return _answer(realm.server.create_authorization_response(grant_user=None, grant=grant))
    sign_in = realm.sign_in(
        client=grant.client,
        login=request.form.get("login", ""),
        password=request.form.get("password", ""),
        second_factor=request.form.get("second_factor", "").strip() if strong else None,
    )
    if sign_in is None:
        return _form(realm, firm, client=grant.client, strong=strong, problem="wrong", status=401)
    response = _answer(realm.server.create_authorization_response(grant_user=sign_in, grant=grant))
    _give_cookie(response, "identity", realm.remember(sign_in), firm)
    return response


def _logout(realm: Realm, firm: str) -> Response:
    try:
        asked = realm.server.validate_endpoint_request("end_session")
    except OAuth2Error as error:
        return _refuse(realm, error)
    if asked.needs_confirmation and not (request.method == "POST" and _from_our_form()):
        return _page("sign_out.html", firm, done=False)
    response = realm.server.create_endpoint_response("end_session", asked) or _page("sign_out.html", firm, done=True)
    response.delete_cookie("identity", path=f"/{firm}/")
    return _answer(response)


def _form(realm: Realm, firm: str, *, client: Client, strong: bool, problem: str = "", status: int = 200) -> Response:
    people = [person for person in realm.people if person.audience is client.audience]
    login = request.form.get("login") or request.args.get("login_hint", "")
    return _page("sign_in.html", firm, people=people, login=login, strong=strong, problem=problem, status=status)


def _page(template: str, firm: str, *, status: int = 200, **what: object) -> Response:
    language = _language()
    proof = request.cookies.get("sign_in_form") or secrets.token_urlsafe(32)
    words = WORDS[language]
    page = render_template(
        template, firm=firm, language=language, words=words, proof=proof, address=request.url, **what
    )
    response = make_response(page, status)
    _give_cookie(response, "sign_in_form", proof, firm)
    return response


def _from_our_form() -> bool:
    expected, given = request.cookies.get("sign_in_form", ""), request.form.get("proof", "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())


def _give_cookie(response: Response, name: str, value: str, firm: str) -> None:
    response.set_cookie(name, value, path=f"/{firm}/", httponly=True, samesite="Lax", secure=request.is_secure)


def _refuse(realm: Realm, error: OAuth2Error) -> Response:
    """Send the error to the client where its address was proven right, else show it here (RFC 6749, 4.1.2.1)."""
    if getattr(error, "redirect_uri", None):
        return _answer(realm.server.handle_error_response(None, error))
    words = WORDS[_language()]
    page = render_template("error.html", language=_language(), words=words, error=error.error, detail=error.description)
    return make_response(page, 400)


def _language() -> str:
    asked = request.values.get("ui_locales", "").replace("-", " ").split()
    known = next((tag for tag in asked if tag in LANGUAGES), None)
    return known or request.accept_languages.best_match(LANGUAGES) or "en"


def _answer(response: Response) -> Response:
    """Give what Authlib, which is untyped, answered its type back."""
    return response
