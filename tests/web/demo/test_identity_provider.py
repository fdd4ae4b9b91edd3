"""The whole flow through Authlib's client, then what an attacker would try."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import html5lib
import httpx2
import pytest
import time_machine
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from web.demo.identity_provider import Audience, Client, Person, create_identity_provider

BASE = "http://127.0.0.1:9000"
ISSUER = f"{BASE}/telco"
BACK = "http://127.0.0.1:8000/portal/back"
SECRET = "not so secret"
VERIFIER = generate_token(64)

ANNA = Person(
    firm="telco", subject="anna", login="anna", password="summer", name="Anna Muster",
    email="anna@example.com", language="de", second_factor="246810",
)  # fmt: skip
AGENT = Person(
    firm="telco", subject="agent", login="agent", password="winter", name="Ada Agent",
    email="agent@example.com", language="en", audience=Audience.STAFF,
)  # fmt: skip


@pytest.fixture
def app() -> Flask:
    portal = Client(
        firm="telco", client_id="portal", client_secret=SECRET, redirect_uris=(BACK,),
        post_logout_redirect_uris=("http://127.0.0.1:8000/bye",),
    )  # fmt: skip
    other = Client(firm="telco", client_id="other", client_secret="other", redirect_uris=(BACK,))
    regulator = Client(firm="regulator", client_id="portal", client_secret=SECRET, redirect_uris=(BACK,))
    return create_identity_provider(issuer=BASE, clients=[portal, other, regulator], people=[ANNA, AGENT])


@pytest.fixture
def browser(app: Flask) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=httpx2.WSGITransport(app=app), base_url=BASE) as browser:
        yield browser


@pytest.fixture
def portal(app: Flask) -> Iterator[OAuth2Client]:
    with relying_party(app) as party:
        yield party


def relying_party(app: Flask, client_id: str = "portal", secret: str = SECRET, **more: str) -> OAuth2Client:
    transport = httpx2.WSGITransport(app=app)
    return OAuth2Client(
        client_id, secret, scope="openid profile email", redirect_uri=BACK,
        code_challenge_method="S256", transport=transport, **more,
    )  # fmt: skip


def ask(portal: OAuth2Client, **more: str) -> str:
    address, _ = portal.create_authorization_url(f"{ISSUER}/authorize", code_verifier=VERIFIER, **more)
    return str(address)


def sign_in(browser: httpx2.Client, address: str, **typed: str) -> httpx2.Response:
    page = browser.get(address)
    assert page.status_code == 200, page.text
    proof = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert proof
    return browser.post(address, data={"proof": proof[1], "login": "anna", "password": "summer"} | typed)


def exchange(portal: OAuth2Client, response: httpx2.Response, **more: str) -> dict[str, object]:
    answer = {"authorization_response": response.headers["location"], "code_verifier": VERIFIER} | more
    token: dict[str, object] = portal.fetch_token(f"{ISSUER}/token", **answer)
    return token


def claims_of(browser: httpx2.Client, token: dict[str, object]) -> CodeIDToken:
    keys = KeySet.import_key_set(browser.get(f"{ISSUER}/jwks").json())
    decoded = jwt.decode(str(token["id_token"]), keys, algorithms=["RS256"])
    return CodeIDToken(decoded.claims, decoded.header, params={"access_token": token["access_token"]})


def error_of(response: httpx2.Response) -> str:
    assert response.status_code == 302, response.text
    return parse_qs(urlsplit(response.headers["location"]).query)["error"][0]


def post_token(browser: httpx2.Client, response: httpx2.Response, **changed: str) -> httpx2.Response:
    code = parse_qs(urlsplit(response.headers["location"]).query)["code"][0]
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changed
    return browser.post(f"{ISSUER}/token", data=sent, auth=("portal", SECRET))


def test_discovery_names_the_firms_own_issuer_and_addresses(browser: httpx2.Client) -> None:
    found = browser.get("/telco/.well-known/openid-configuration").json()
    assert found["issuer"] == ISSUER
    assert all(found[name].startswith(ISSUER + "/") for name in found if name.endswith(("_endpoint", "_uri")))
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert browser.get("/regulator/.well-known/openid-configuration").json()["issuer"] == f"{BASE}/regulator"
    assert browser.get("/unknown/.well-known/openid-configuration").status_code == 404


def test_each_firm_signs_with_its_own_public_key(browser: httpx2.Client) -> None:
    telco, regulator = (browser.get(f"/{firm}/jwks").json()["keys"] for firm in ("telco", "regulator"))
    assert telco[0]["kid"] != regulator[0]["kid"]
    assert "d" not in telco[0]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_customer_signs_in(app: Flask, browser: httpx2.Client, method: str) -> None:
    with relying_party(app, token_endpoint_auth_method=method) as portal:
        token = exchange(portal, sign_in(browser, ask(portal, nonce="n-1", state="s-1")), state="s-1")
        claims = claims_of(browser, token)
        claims.options = {"iss": {"value": ISSUER}, "aud": {"value": "portal"}, "nonce": {"value": "n-1"}}
        claims.validate()
        assert (claims["sub"], claims["acr"], claims["amr"]) == ("anna", "pwd", ["pwd"])
        assert portal.get(f"{ISSUER}/userinfo").json()["email"] == "anna@example.com"


def test_without_a_nonce_the_token_has_none(browser: httpx2.Client, portal: OAuth2Client) -> None:
    assert "nonce" not in claims_of(browser, exchange(portal, sign_in(browser, ask(portal))))


def test_a_second_factor_is_asked_for_and_told(browser: httpx2.Client, portal: OAuth2Client) -> None:
    address = ask(portal, acr_values="mfa")
    assert sign_in(browser, address).status_code == 401
    assert sign_in(browser, address, second_factor="000000").status_code == 401
    claims = claims_of(browser, exchange(portal, sign_in(browser, address, second_factor="246810")))
    assert claims["acr"] == "mfa"
    assert "mfa" in claims["amr"]


def test_a_session_needs_no_second_password_unless_login_is_demanded(
    browser: httpx2.Client, portal: OAuth2Client
) -> None:
    sign_in(browser, ask(portal))
    assert "code=" in browser.get(ask(portal)).headers["location"]
    assert "code=" in browser.get(ask(portal, prompt="none")).headers["location"]
    assert browser.get(ask(portal, prompt="login")).status_code == 200
    assert browser.get(ask(portal, max_age="0")).status_code == 200
    assert browser.get(ask(portal, acr_values="mfa")).status_code == 200


def test_prompt_none_without_a_session_is_login_required(browser: httpx2.Client, portal: OAuth2Client) -> None:
    response = browser.get(ask(portal, prompt="none", state="s"))
    assert error_of(response) == "login_required"
    assert "state=s" in response.headers["location"]


def test_the_hint_fills_the_name_in(browser: httpx2.Client, portal: OAuth2Client) -> None:
    assert 'value="anna"' in browser.get(ask(portal, login_hint="anna")).text


@pytest.mark.parametrize(
    ("asked", "words"), [("de", "Anmelden"), ("fr-CH", "Connexion"), ("id", "Masuk"), ("xx", "Sign in")]
)
def test_the_page_speaks_the_language_asked_for(
    browser: httpx2.Client, portal: OAuth2Client, asked: str, words: str
) -> None:
    assert f"<h1>{words}</h1>" in browser.get(ask(portal, ui_locales=asked)).text


def test_cancelling_goes_back_with_access_denied(browser: httpx2.Client, portal: OAuth2Client) -> None:
    assert error_of(sign_in(browser, ask(portal), cancel="yes")) == "access_denied"


def test_logging_out_ends_the_session_and_the_tokens(browser: httpx2.Client, portal: OAuth2Client) -> None:
    token = exchange(portal, sign_in(browser, ask(portal)))
    asked = {
        "id_token_hint": str(token["id_token"]),
        "post_logout_redirect_uri": "http://127.0.0.1:8000/bye",
        "state": "x",
    }
    assert browser.get("/telco/logout", params=asked).headers["location"] == "http://127.0.0.1:8000/bye?state=x"
    assert portal.get(f"{ISSUER}/userinfo").status_code == 401
    assert browser.get(ask(portal)).status_code == 200


def test_logging_out_without_a_proof_asks_first(browser: httpx2.Client, portal: OAuth2Client) -> None:
    sign_in(browser, ask(portal))
    asked = {"client_id": "portal", "post_logout_redirect_uri": "http://127.0.0.1:8000/bye"}
    page = browser.get("/telco/logout", params=asked)
    assert page.status_code == 200
    assert "code=" in browser.get(ask(portal)).headers["location"]
    proof = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert proof
    gone = browser.post("/telco/logout", params=asked, data={"proof": proof[1]})
    assert gone.headers["location"] == "http://127.0.0.1:8000/bye"
    assert browser.get(ask(portal)).status_code == 200


@pytest.mark.parametrize("changed", [{"post_logout_redirect_uri": "http://evil.example/"}, {"client_id": "other"}])
def test_logging_out_never_leads_to_an_unknown_address(
    browser: httpx2.Client, portal: OAuth2Client, changed: dict[str, str]
) -> None:
    asked = {"client_id": "portal", "post_logout_redirect_uri": "http://127.0.0.1:8000/bye"} | changed
    page = browser.get("/telco/logout", params=asked)
    proof = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert proof
    assert browser.post("/telco/logout", params=asked, data={"proof": proof[1]}).status_code == 200


def test_a_wrong_password_says_so_and_gives_nothing(browser: httpx2.Client, portal: OAuth2Client) -> None:
    response = sign_in(browser, ask(portal), password="autumn")
    assert response.status_code == 401
    assert 'role="alert"' in response.text


def test_staff_cannot_sign_in_where_customers_do(browser: httpx2.Client, portal: OAuth2Client) -> None:
    assert sign_in(browser, ask(portal), login="agent", password="winter").status_code == 401


def test_a_form_from_elsewhere_is_not_taken(browser: httpx2.Client, portal: OAuth2Client) -> None:
    address = ask(portal)
    browser.get(address)
    forged = {"proof": "guessed", "login": "anna", "password": "summer"}
    assert browser.post(address, data=forged).status_code == 400


@pytest.mark.parametrize("verifier", ["another" * 9, "short", ""])
def test_a_wrong_verifier_is_refused_and_burns_the_code(
    browser: httpx2.Client, portal: OAuth2Client, verifier: str
) -> None:
    response = sign_in(browser, ask(portal))
    assert post_token(browser, response, code_verifier=verifier).json()["error"] in ("invalid_grant", "invalid_request")
    assert post_token(browser, response).json()["error"] == "invalid_grant"


def test_a_reused_code_is_refused_and_revokes_what_it_brought(browser: httpx2.Client, portal: OAuth2Client) -> None:
    response = sign_in(browser, ask(portal))
    token = post_token(browser, response).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert browser.get("/telco/userinfo", headers=headers).status_code == 200
    assert post_token(browser, response).json()["error"] == "invalid_grant"
    assert browser.get("/telco/userinfo", headers=headers).status_code == 401


def test_a_code_lives_sixty_seconds(browser: httpx2.Client, portal: OAuth2Client) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        response = sign_in(browser, ask(portal))
        clock.shift(61)
        assert post_token(browser, response).json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_client_and_address(browser: httpx2.Client, portal: OAuth2Client) -> None:
    response = sign_in(browser, ask(portal))
    assert post_token(browser, response, redirect_uri=BACK + "/").json()["error"] == "invalid_grant"
    response = sign_in(browser, ask(portal, prompt="login"))
    code = parse_qs(urlsplit(response.headers["location"]).query)["code"][0]
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    assert browser.post(f"{ISSUER}/token", data=sent, auth=("other", "other")).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("address", [BACK + "/", BACK + "?x=1", "http://evil.example/portal/back", BACK.upper(), ""])
def test_an_address_that_is_not_exactly_known_is_never_gone_to(
    browser: httpx2.Client, app: Flask, address: str
) -> None:
    asked = {"response_type": "code", "client_id": "portal", "scope": "openid", "redirect_uri": address}
    challenge = {"code_challenge": create_s256_code_challenge(VERIFIER), "code_challenge_method": "S256"}
    response = browser.get("/telco/authorize", params=asked | challenge)
    assert response.status_code == 400
    assert "location" not in response.headers


@pytest.mark.parametrize(
    "challenge", [{}, {"code_challenge": VERIFIER}, {"code_challenge": VERIFIER, "code_challenge_method": "plain"}]
)
def test_only_s256_will_do(browser: httpx2.Client, challenge: dict[str, str]) -> None:
    asked = {"response_type": "code", "client_id": "portal", "scope": "openid", "redirect_uri": BACK}
    assert error_of(browser.get("/telco/authorize", params=asked | challenge)) == "invalid_request"


def test_a_nonce_serves_once(browser: httpx2.Client, portal: OAuth2Client) -> None:
    sign_in(browser, ask(portal, nonce="once"))
    assert error_of(browser.get(ask(portal, nonce="once"))) == "invalid_request"


@pytest.mark.parametrize("response_type", ["token", "id_token", "code id_token"])
def test_only_the_code_flow_is_spoken(browser: httpx2.Client, response_type: str) -> None:
    asked = {"response_type": response_type, "client_id": "portal", "scope": "openid", "redirect_uri": BACK}
    assert error_of(browser.get("/telco/authorize", params=asked)) == "unsupported_response_type"


def test_an_unknown_client_and_a_wrong_secret_are_refused(browser: httpx2.Client, portal: OAuth2Client) -> None:
    response = sign_in(browser, ask(portal))
    sent = {"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK, "code_verifier": VERIFIER}
    for auth in (("portal", "wrong"), ("nobody", SECRET)):
        refused = browser.post(f"{ISSUER}/token", data=sent, auth=auth)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert post_token(browser, response).status_code == 200


def test_trouble_takes_one_firm_down_and_not_the_other(browser: httpx2.Client) -> None:
    assert browser.put("/control/trouble/telco", json={"down": True}).status_code == 200
    assert browser.get("/telco/.well-known/openid-configuration").status_code == 503
    assert browser.get("/regulator/.well-known/openid-configuration").status_code == 200
    browser.delete("/control/trouble/telco")
    assert browser.get("/telco/.well-known/openid-configuration").status_code == 200


def test_trouble_is_not_caused_by_a_form(browser: httpx2.Client) -> None:
    assert browser.put("/control/trouble/telco", data={"down": "true"}).status_code == 415
    assert browser.put("/control/trouble/telco", json={"up": True}).status_code == 400


def test_pages_are_not_framed_kept_or_scripted(browser: httpx2.Client, portal: OAuth2Client) -> None:
    headers = browser.get(ask(portal)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_pages_are_valid(browser: httpx2.Client, portal: OAuth2Client) -> None:
    strong = browser.get(ask(portal, acr_values="mfa")).text
    for page in (strong, sign_in(browser, ask(portal), password="x").text, browser.get("/telco/logout").text):
        html5lib.HTMLParser(strict=True).parse(page)
        assert "<label" in page or "<form" in page
