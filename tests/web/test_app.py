"""The app's rules for every request."""

import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.gallery import gallery_app
from tests.web.html import problems
from web import bodies, metrics
from web.config import Settings

PAGES = ["/gallery", "/gallery/form", "/gallery/door", "/gallery/portal", "/gallery/simulator", "/gallery/toast"]
STATUSES = [400, 403, 404, 405, 413, 429, 500]


@pytest.fixture(scope="module")
def app() -> Flask:
    return gallery_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return browser_of(app)


def browser_of(app: Flask) -> FlaskClient:
    """A client that asks for pages, as browsers do."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
    return client


@pytest.fixture
def secure() -> FlaskClient:
    app = gallery_app(Settings(secret_key="only for tests", url="https://guichet.example"))
    return app.test_client()


def token(client: FlaskClient) -> str:
    match = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/gallery/form").text)
    assert match
    return match.group(1)


@pytest.mark.parametrize("page", [*PAGES, *(f"/gallery/fail/{status}" for status in STATUSES)])
@pytest.mark.parametrize("language", ["de", "fr", "it", "en", "id"])
def test_pages_are_valid_in_every_language(client: FlaskClient, page: str, language: str) -> None:
    answer = client.get(f"{page}?language={language}")
    assert problems(answer.text) == []
    assert answer.status_code == (int(page[-3:]) if page[-3:].isdigit() else 200)


@pytest.mark.parametrize("page", [*PAGES, "/nowhere", "/healthz", "/gallery/fail/500"])
def test_every_answer_refuses_what_is_inline_or_from_elsewhere(client: FlaskClient, page: str) -> None:
    headers = client.get(page).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers
    assert "Strict-Transport-Security" not in headers


def test_https_brings_hsts_and_secure_cookies(secure: FlaskClient) -> None:
    answer = secure.get("/gallery/form?language=fr", base_url="https://guichet.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-guichet=") for cookie in cookies)
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_a_form_without_its_token_is_refused_and_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/gallery/sign-out", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "open for too long" in answer.text


def test_a_form_with_its_token_passes_as_field_and_as_header(client: FlaskClient) -> None:
    given = token(client)
    assert client.post("/gallery/sign-out", data={"csrf_token": given}).status_code == 200
    assert client.post("/gallery/sign-out", headers={"X-CSRFToken": given}).status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_a_change_sent_by_another_site_is_refused_even_with_a_token(
    client: FlaskClient, site: str, status: int
) -> None:
    answer = client.post("/gallery/sign-out", data={"csrf_token": token(client)}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


def test_machines_need_no_form_token_and_get_problem_details(client: FlaskClient) -> None:
    assert client.post("/machines/hook", data=b"{}").text == "2"
    refused = client.get("/machines/hook", headers={"Accept": "*/*"})
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
    assert "POST" in refused.headers["Allow"]


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_is_a_page_with_a_way_on(client: FlaskClient, status: int) -> None:
    answer = client.get(f"/gallery/fail/{status}", headers={"Accept-Language": "de"})
    assert answer.status_code == status
    assert str(status) in answer.text
    assert "Zur Startseite" in answer.text
    assert "Muster" not in answer.text


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("accepts", ["application/json", "*/*"])
def test_an_error_is_problem_details_for_who_does_not_ask_for_a_page(
    client: FlaskClient, status: int, accepts: str
) -> None:
    answer = client.get(f"/gallery/fail/{status}", headers={"Accept": accepts})
    problem = json.loads(answer.text)
    assert (answer.mimetype, problem["status"], problem["type"]) == ("application/problem+json", status, "about:blank")
    assert problem["instance"] == f"urn:uuid:{answer.headers['X-Request-Id']}"
    assert "Muster" not in answer.text


def test_a_request_that_is_too_large_is_refused_before_it_is_read(client: FlaskClient) -> None:
    fits, too_large = b"x" * bodies.LIMIT_BYTES, b"x" * (bodies.LIMIT_BYTES + 1)
    assert client.post("/machines/hook", data=fits).status_code == 200
    assert client.post("/machines/hook", data=too_large).status_code == 413


def test_a_body_of_unknown_length_is_not_read_past_the_limit(client: FlaskClient) -> None:
    answer = client.post(
        "/machines/hook",
        input_stream=io.BytesIO(b"x" * (bodies.LIMIT_BYTES + 10)),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_only_a_view_that_says_so_takes_media(client: FlaskClient) -> None:
    headers = {"X-CSRFToken": token(client)}
    media = b"x" * (bodies.LIMIT_BYTES + 1)
    assert client.post("/gallery/media", data=media, headers=headers).text == str(len(media))
    larger = b"x" * (bodies.LIMIT_BYTES + bodies.MEDIA_BYTES + 1)
    assert client.post("/gallery/media", data=larger, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "shown"),
    [
        ("?language=id", "fr", "it", "id"),
        ("", "fr", "it", "fr"),
        ("?language=xx", "", "it-CH", "it"),
        ("", "xx", "es, en;q=0.1", "en"),
        ("", "", "es", "en"),
    ],
)
def test_the_language_chosen_wins_over_the_browsers(
    client: FlaskClient, query: str, cookie: str, accepted: str, shown: str
) -> None:
    client.set_cookie("language", cookie)
    page = client.get("/gallery" + query, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{shown}"' in page


def test_a_firm_narrows_the_languages_and_gives_its_own(client: FlaskClient) -> None:
    page = client.get("/gallery/portal", headers={"Accept-Language": "en"}).text
    assert '<html lang="it"' in page
    assert "Bahasa" not in page


def test_times_are_shown_in_the_browsers_zone(client: FlaskClient) -> None:
    client.set_cookie("timezone", "Asia/Jakarta")
    assert 'title="2026-11-17T16:04:31+07:00">16:04' in client.get("/gallery?language=de").text
    client.set_cookie("timezone", "../../etc/passwd")
    assert 'title="2026-11-17T10:04:31+01:00">10:04' in client.get("/gallery?language=de").text


def test_links_that_may_not_be_followed_are_not_shown(client: FlaskClient) -> None:
    page = client.get("/gallery").text
    assert "Set-up" in page
    assert "Nobody sees it" not in page


def test_static_files_are_kept_for_good_under_todays_digest_only(app: Flask, client: FlaskClient) -> None:
    today = app.extensions["guichet.assets"]
    with client.get(f"/static/{today}/house.css") as file:
        assert "immutable" in file.headers["Cache-Control"]
    with client.get(f"/static/{'0' * 16}/house.css") as old:
        assert old.headers["Cache-Control"] == "public, no-cache"
    with client.get(f"/static/{'0' * 16}/house.css", headers={"If-None-Match": old.headers["ETag"]}) as again:
        assert again.status_code == 304
    assert client.get(f"/static/{today}/../app.py").status_code == 404


def test_alive_says_so_and_ready_asks_the_probes() -> None:
    client = gallery_app(probes={"database": lambda: True, "queue": lambda: False}).test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "probes": {"database": "ok", "queue": "failed"}}
    assert gallery_app(probes={"database": lambda: True}).test_client().get("/readyz").status_code == 200


def test_figures_count_requests_by_route_and_never_by_address(client: FlaskClient) -> None:
    client.get("/gallery/door?token=secret")
    text = client.get("/metrics").text
    assert 'guichet_requests_total{method="GET",route="gallery.door",status="200"}' in text
    assert "secret" not in text
    assert metrics.REGISTRY.get_sample_value("guichet_request_seconds_count", {"route": "gallery.door"})


def test_figures_are_for_this_machine_or_for_who_has_the_token(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    guarded = gallery_app(Settings(secret_key="only for tests", metrics_token="t0ken")).test_client()
    assert guarded.get("/metrics").status_code == 404
    assert guarded.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def test_forwarded_headers_count_only_behind_as_many_proxies_as_are_trusted() -> None:
    behind = gallery_app(Settings(secret_key="only for tests", trusted_proxies=1))
    for app, address in ((gallery_app(), "127.0.0.1"), (behind, "192.0.2.1")):
        seen: list[str | None] = []

        @app.before_request
        def note(seen: list[str | None] = seen) -> None:
            from flask import request

            seen.append(request.remote_addr)

        app.test_client().get("/healthz", headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.1"})
        assert seen == [address]
