"""Figures of this process for Prometheus.

One rule: a label has few values (a route, a status, a verdict), never a person, a number
or an organisation. Other parts declare their figures on `REGISTRY`.
"""

import hmac
import os
import time

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client import multiprocess as several

from web.config import Settings

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "guichet_requests", "Requests answered, by route and status.", ["route", "method", "status"], registry=REGISTRY
)
DURATION = Histogram(
    "guichet_request_seconds",
    "Time from a request's arrival to its answer, by route.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Give all figures in Prometheus' text format."""
    if not _may_read(current_app.config["GUICHET"]):
        abort(404)
    return Response(generate_latest(_collected()), content_type=CONTENT_TYPE_LATEST)


def measure(app: Flask) -> None:
    """Count and time every request of this app."""

    @app.before_request
    def start() -> None:
        g.started_at = time.perf_counter()

    @app.after_request
    def stop(response: Response) -> Response:
        route = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        if "started_at" in g:
            DURATION.labels(route).observe(time.perf_counter() - g.started_at)
        return response


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _may_read(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    # A forwarded request comes from elsewhere, though the proxy itself may stand on this machine.
    return request.remote_addr in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers


def _collected() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    several.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
