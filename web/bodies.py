"""How large a request may be.

One rule: 3 MB everywhere (a webhook of Meta stays below that); only a view that says so
takes a file as well.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request

LIMIT_BYTES = 3 * 1024 * 1024
MEDIA_BYTES = 16 * 1024 * 1024
"""The largest video or sound that WhatsApp takes."""

View = TypeVar("View", bound=Callable[..., Any])

_takes_media: set[tuple[str, str]] = set()


def takes_media(view: View) -> View:
    """Mark a view that takes a file: its requests may be 16 MB larger."""
    _takes_media.add((view.__module__, view.__qualname__))
    return view


def install(app: Flask) -> None:
    """Refuse a request that is too large before anything reads it."""
    app.config["MAX_CONTENT_LENGTH"] = LIMIT_BYTES
    app.before_request(refuse_too_large)


def refuse_too_large() -> None:
    """Answer 413 by the announced length, or by what comes when none was announced."""
    view = current_app.view_functions.get(request.endpoint or "")
    mark = (getattr(view, "__module__", ""), getattr(view, "__qualname__", ""))
    if mark in _takes_media:
        request.max_content_length = LIMIT_BYTES + MEDIA_BYTES
    limit = request.max_content_length or LIMIT_BYTES
    if (request.content_length or 0) > limit:
        abort(413)
    # A body of unknown length would be cut at the limit without a word; it is read here instead.
    if request.content_length is None and "Transfer-Encoding" in request.headers and len(request.get_data()) >= limit:
        abort(413)
