"""What every answer tells the browser to refuse.

One rule: nothing inline, nothing from elsewhere. A view that must send a form to the
firm's sign-in names that one address with `allow_form_to`.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request

from web.config import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}

FIXED = {
    "X-Content-Type-Options": "nosniff",
    # The address of a portal link is a secret: no other site may learn it.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Refuse what another site sends, and put the headers on every answer."""
    app.before_request(refuse_other_sites)
    app.after_request(add_headers)


def allow_form_to(*, url: str) -> None:
    """Let this answer's forms lead to another origin too: browsers check redirects after a form."""
    parts = urlsplit(url)
    g.setdefault("form_origins", set()).add(f"{parts.scheme}://{parts.netloc}")


def refuse_other_sites() -> None:
    """Refuse a change that a page of another site sends, before its form token is even read.

    Browsers say where a request comes from (Fetch Metadata); clients that are no browsers do not.
    """
    if request.method in SAFE_METHODS or request.blueprint in current_app.extensions["guichet.machines"]:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)


def add_headers(response: Response) -> Response:
    """Set what is not set yet."""
    policy = POLICY | {"form-action": " ".join(["'self'", *sorted(g.get("form_origins", ()))])}
    headers = FIXED | {"Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
    settings: Settings = current_app.config["GUICHET"]
    if settings.is_secure:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if "Cache-Control" not in response.headers:
        headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response
