"""Whether this process lives, and whether it may be sent requests.

One rule: nothing here knows a table. Who builds the app gives the probes, each a
function that says whether its part answers; a probe catches its own part's errors.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, jsonify

Probe = Callable[[], bool]

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that the process answers, whatever else is down."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Ask every probe. 503 when one says no; names only, no reasons, since anybody may ask."""
    probes: Mapping[str, Probe] = current_app.extensions["guichet.probes"]
    answers = {name: probe() for name, probe in probes.items()}
    is_ready = all(answers.values())
    shown = {name: "ok" if answer else "failed" for name, answer in answers.items()}
    return jsonify(status="ready" if is_ready else "not ready", probes=shown), 200 if is_ready else 503
