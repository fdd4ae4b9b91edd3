"""A browser of somebody of the firm."""

import contextvars
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.firm import PASSWORD, Firm
from tests.web.html import problems


class Browser(FlaskClient):
    """A browser, each of whose requests meets the program anew: the test's own context is not its context."""

    def open(self, *arguments: Any, **named: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *arguments, **named)


def browser(program: Flask) -> FlaskClient:
    """A browser that is signed in nowhere."""
    return Browser(program, program.response_class, use_cookies=True)


def sign_in(program: Flask, firm: Firm, role: str, *, password: str = PASSWORD) -> FlaskClient:
    """A browser of the person with this role, signed in with the password."""
    client = browser(program)
    answer = post(client, firm, f"/{firm.slug}/sign-in", email=firm.email(role), password=password)
    assert answer.status_code == 302, answer.text
    return client


def token(client: FlaskClient, firm: Firm) -> str:
    """The form token of this browser."""
    shown = client.get(f"/{firm.slug}/sign-in").text
    found = re.search(r'name="csrf-token" content="([^"]+)"', shown)
    assert found is not None
    return found[1]


def post(client: FlaskClient, firm: Firm, url: str, **form: str) -> TestResponse:
    """Send a form as the browser does, with its token."""
    return client.post(url, data={**form, "csrf_token": token(client, firm)})


def page(client: FlaskClient, url: str, *, status: int = 200) -> str:
    """Open a page, which must be valid."""
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    assert problems(answer.text) == []
    return answer.text
