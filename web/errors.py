"""What is said when a request fails.

One rule: each page says what happened and gives a way on; nothing of the cause, which is
in the log under the request's reference. Programs get problem details (RFC 9457).
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from flask import Flask, Response, g, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES


class Words(NamedTuple):
    """What a page says: what happened, and what to do next."""

    title: str
    text: str


WORDS: Mapping[int, Words] = {
    400: Words(
        _("This request could not be read"),
        _("Something was missing or cut short. Nothing was changed. Go back and try again."),
    ),
    403: Words(
        _("This is not open to you"),
        _(
            "Your account does not have this right. Nothing was changed. "
            "Ask the person who manages Guichet in your firm."
        ),
    ),
    404: Words(
        _("There is nothing at this address"),
        _("It may have been moved or removed, or the link was cut short."),
    ),
    405: Words(
        _("This cannot be done here"),
        _("The address exists, but not for this kind of request. Go back to the page you came from."),
    ),
    413: Words(
        _("This is too large"),
        _("A file may have at most 16 MB, any other request 3 MB. Nothing was kept. Choose a smaller file."),
    ),
    429: Words(
        _("Too many attempts"),
        _("To protect your account we pause for a moment. Wait a minute, then try again."),
    ),
    500: Words(
        _("Something went wrong on our side"),
        _("Messages that were accepted are not lost. Try again; if it happens again, tell us the reference below."),
    ),
}

EXPIRED = Words(
    _("This form was open for too long"),
    _("For your safety it was not sent, and nothing was changed. Go back, load the page again and send it once more."),
)


def install(app: Flask) -> None:
    """Answer every HTTP error and every unforeseen one."""
    app.register_error_handler(HTTPException, show)


def show(error: HTTPException) -> Response | HTTPException:
    """Answer an error as a page, or as problem details for who does not ask for one."""
    status = error.code or 0
    if status < 400:
        return error  # a redirect, or an answer that a view made ready with abort
    answer = _problem(status) if _wants_json() else _page(status, EXPIRED if isinstance(error, CSRFError) else None)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


def _page(status: int, words: Words | None) -> Response:
    said = words or WORDS.get(status) or WORDS[400 if status < 500 else 500]
    page = render_template("error.html", status=status, title=said.title, text=said.text, reference=g.get("reference"))
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def _problem(status: int) -> Response:
    problem = {"type": "about:blank", "title": HTTP_STATUS_CODES.get(status, "Error"), "status": status}
    if "reference" in g:
        problem["instance"] = f"urn:uuid:{g.reference}"
    return Response(json.dumps(problem), status=status, content_type="application/problem+json")


def _wants_json() -> bool:
    if g.get("for_machines"):
        return True
    # Browsers and htmx name text/html; programs that do not care send */* or nothing.
    return all(
        named.lower() not in ("text/html", "application/xhtml+xml") for named in request.accept_mimetypes.values()
    )
