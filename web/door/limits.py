"""How often somebody may try to sign in.

One rule: tries are counted by address and by e-mail address, on the program's Redis, so
that all processes count together; while Redis does not answer, each counts by itself.
"""

import hashlib
from datetime import UTC, datetime
from typing import cast

from flask import Flask, request
from flask.blueprints import BlueprintSetupState
from flask_limiter import Limiter, RequestLimit

from tenants import queue

TRIES_BY_EMAIL = "10 per 10 minutes"
TRIES_BY_ADDRESS = "60 per 10 minutes"

limiter = Limiter(key_func=lambda: request.remote_addr or "nowhere", headers_enabled=False)


def install(state: BlueprintSetupState) -> None:
    """Count on the program's Redis where it is connected."""
    app = cast("Flask", state.app)
    try:
        pool = queue.connection().connection_pool
    except queue.NoQueue:
        app.config.update(RATELIMIT_STORAGE_URI="memory://")
    else:
        app.config.update(
            RATELIMIT_STORAGE_URI="redis://",
            RATELIMIT_STORAGE_OPTIONS={"connection_pool": pool},
            RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        )
    limiter.init_app(app)


def by_email() -> str:
    """Key the tries by the e-mail address, of which only a digest reaches Redis."""
    return hashlib.sha256(request.form.get("email", "").strip().lower().encode()).hexdigest()


def by_address() -> str:
    """Key the tries by where they come from."""
    return request.remote_addr or "nowhere"


def opens_again_at(limit: RequestLimit) -> datetime:
    """When the next try counts again."""
    return datetime.fromtimestamp(limit.reset_at, UTC)
