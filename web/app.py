"""The Flask app: its rules for every request, and the surfaces on it.

One rule: a surface is a module listed in `SURFACES`, and can be deleted whole. It has

- `blueprint`: its Flask blueprint;
- `AREA` (optional, `web.navigation.Area`): its entry in the bar of the staff surfaces;
- `FOR_MACHINES = True` (optional): its callers are programs. No form token is asked for,
  errors are problem details. It proves its callers itself (a signature, a bearer token).

What a page gives its layout:

- `staff.html`: `organisation` (with `slug` and `name`, None outside one), `person` (with
  `name` and `role`, the role as it is to be read; None when nobody is signed in) and
  `sign_out_url`; the area is the blueprint's. All staff pages set them at once by
  `web.app.show_shell(organisation=…, person=…, sign_out_url=…)`, called when access is
  checked.
- `portal.html`: `firm` (with `name`; `telephone`, `hours` and `stylesheet` may be None)
  and `sign_out_url` when somebody is signed in.
- `door.html`: nothing.
"""

import importlib
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import structlog
from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from web import assets, bodies, errors, headers, health, i18n, logging, metrics, navigation
from web.config import Settings

SURFACES: Sequence[str] = (
    "web.webhooks",
    "web.portal",
    "web.door",
    "web.console",
    "web.desk",
    "web.oversight",
    "web.simulator.views",
)
"""Import paths, in the order of the bar."""

log = structlog.get_logger()
csrf = CSRFProtect()

SESSION_HOURS = 12


class Counter(Flask):
    """Flask, which logs an unforeseen error in the house's way."""

    def log_exception(self, exc_info: Any) -> None:
        log.error("request failed", endpoint=(request.endpoint or "none").lower(), exc_info=exc_info)


class Organisation(Protocol):
    """What the bar shows of an organisation."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...


class Person(Protocol):
    """What the bar shows of who is signed in."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...


def create_app(
    settings: Settings,
    *,
    probes: Mapping[str, health.Probe] | None = None,
    surfaces: Sequence[str | ModuleType] = SURFACES,
) -> Flask:
    """Build the app. `probes` are asked by /readyz; `surfaces` are import paths or modules."""
    logging.configure(level=settings.log_level)
    app = Counter(__name__, static_folder=None)
    _configure(app, settings=settings)
    app.extensions["guichet.probes"] = probes or {}
    metrics.measure(app)
    app.before_request(begin)
    bodies.install(app)
    i18n.install(app)
    assets.install(app)
    navigation.install(app)
    headers.install(app)
    csrf.init_app(app)
    errors.install(app)
    app.context_processor(_shell)
    app.after_request(end)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    for surface in surfaces:
        _add(app, surface=importlib.import_module(surface) if isinstance(surface, str) else surface)
    return app


def show_shell(*, organisation: Organisation | None, person: Person | None, sign_out_url: str | None) -> None:
    """Give the staff layout of this request what its bar shows."""
    g.shell = {"organisation": organisation, "person": person, "sign_out_url": sign_out_url}


def begin() -> None:
    """Give the request a reference that its log lines and its error page share."""
    g.reference = str(uuid.uuid4())
    g.for_machines = request.blueprint in _machines()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.reference)


def end(response: Response) -> Response:
    """Log the request without its address, which may hold a secret."""
    response.headers["X-Request-Id"] = g.get("reference", "")
    if request.blueprint not in ("assets", "health", "metrics"):
        log.info(
            "request answered",
            endpoint=(request.endpoint or "none").lower(),
            method=request.method.lower(),
            status=response.status_code,
            duration_ms=(time.perf_counter() - g.started_at) * 1000 if "started_at" in g else 0.0,
        )
    return response


def _configure(app: Flask, *, settings: Settings) -> None:
    app.config.update(
        GUICHET=settings,
        SECRET_KEY=settings.signing_key,
        # The prefix makes browsers refuse the cookie from a neighbouring host (RFC 6265bis).
        SESSION_COOKIE_NAME="__Host-guichet" if settings.is_secure else "guichet",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_HOURS * 3600,
        PREFERRED_URL_SCHEME="https" if settings.is_secure else "http",
        # No page sends a referrer, so it cannot be asked for; Fetch Metadata takes its place.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=SESSION_HOURS * 3600,
        TEMPLATES_AUTO_RELOAD=False,
    )
    folder = Path(__file__).parent
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(folder / "templates"),
            PrefixLoader({"components": FileSystemLoader(folder / "components")}),
        ]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["guichet.machines"] = set()
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _add(app: Flask, *, surface: ModuleType) -> None:
    app.register_blueprint(surface.blueprint)
    if getattr(surface, "FOR_MACHINES", False):
        csrf.exempt(surface.blueprint)
        app.extensions["guichet.machines"].add(surface.blueprint.name)
    if area := getattr(surface, "AREA", None):
        navigation.add(app, area=area)


def _shell() -> dict[str, object]:
    shell: dict[str, object] = g.get("shell") or {"organisation": None, "person": None, "sign_out_url": None}
    return shell


def _machines() -> set[str]:
    machines: set[str] = current_app.extensions["guichet.machines"]
    return machines
