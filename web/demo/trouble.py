"""Bad days on demand: a firm's system, or its sign-in, is down, slow or answers garbage.

The one rule: trouble is asked for in JSON, so that no page in a browser can cause it unseen
(a cross-site form cannot send that type).

    PUT    /control/trouble/telco   {"down": true}   or {"slow_seconds": 5} or {"garbage": true}
    GET    /control/trouble/telco
    DELETE /control/trouble/telco
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request

SLOWEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What ails one firm's system."""

    down: bool = False
    slow_seconds: float = 0.0
    garbage: bool = False


def allow_trouble(app: Flask) -> None:
    """Give an app the control addresses; the first part of a path names the firm in trouble."""
    troubles: dict[str, Trouble] = {}

    @app.before_request
    def suffer() -> Response | None:
        trouble = troubles.get(request.path.strip("/").partition("/")[0], Trouble())
        if trouble.slow_seconds:
            time.sleep(min(trouble.slow_seconds, SLOWEST_SECONDS))
        if trouble.down:
            return Response("Service unavailable", status=503, mimetype="text/plain", headers={"Retry-After": "30"})
        if trouble.garbage:
            return Response("<html>{{ oops", mimetype="application/json")
        return None

    @app.get("/control/trouble/<firm>")
    def show(firm: str) -> Response:
        return jsonify(asdict(troubles.get(firm, Trouble())))

    @app.put("/control/trouble/<firm>")
    def cause(firm: str) -> Response:
        try:
            troubles[firm] = _trouble(request.get_json())
        except (AttributeError, TypeError, ValueError):
            abort(400, "down, slow_seconds or garbage")
        return jsonify(asdict(troubles[firm]))

    @app.delete("/control/trouble/<firm>")
    def relieve(firm: str) -> Response:
        troubles.pop(firm, None)
        return jsonify(asdict(Trouble()))


def _trouble(asked: dict[str, Any]) -> Trouble:
    down, garbage = asked.pop("down", False), asked.pop("garbage", False)
    slow_seconds = float(asked.pop("slow_seconds", 0))
    if asked or not isinstance(down, bool) or not isinstance(garbage, bool):
        raise ValueError("unknown trouble")
    return Trouble(down=down, slow_seconds=slow_seconds, garbage=garbage)
