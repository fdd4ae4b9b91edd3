"""Bad days of the Cloud API, ordered one by one.

| kind | before acceptance | after acceptance |
|---|---|---|
| error | Graph error `code` with `http` | |
| http | `http` with an HTML body | |
| garbage | 200 with something that is no JSON | |
| drop | connection closed, nothing taken | |
| hang | `seconds` of silence, then closed, nothing taken | |
| accept_then_drop | | taken, connection closed without an answer |
| accept_then_hang | | taken, `seconds` of silence, then closed |
| accept_then_garbage | | taken, 200 with something that is no JSON |
| accept_then_http | | taken, `http` with an HTML body |
| slow | | taken, answer after `seconds`: statuses overtake it |
"""

import time

from flask import Response, jsonify

from web.simulator.cloud_api.world import Fault, Json

KINDS = (
    *("error", "http", "garbage", "drop", "hang"),
    *("accept_then_drop", "accept_then_hang", "accept_then_garbage", "accept_then_http", "slow"),
)
DROP = "guichet.drop"
"""In the WSGI environment: closes the connection without an answer."""


def before(fault: Fault | None, environ: dict[str, Json]) -> Response | None:
    """Spoil a send before it is taken."""
    if fault is None:
        return None
    if fault.kind == "error":
        error = {"message": "Injected", "type": "OAuthException", "code": fault.code, "fbtrace_id": "A"}
        answer = jsonify(error={**error, "error_data": {"details": "Injected"}})
        answer.status_code = fault.http
        return answer
    return _spoil(fault, fault.kind, environ)


def after(fault: Fault | None, environ: dict[str, Json]) -> Response | None:
    """Spoil the answer to a send that was taken."""
    if fault is None:
        return None
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    return _spoil(fault, fault.kind.removeprefix("accept_then_"), environ)


def _spoil(fault: Fault, kind: str, environ: dict[str, Json]) -> Response | None:
    if kind == "http":
        return Response("<html><title>Error</title>", fault.http, mimetype="text/html")
    if kind == "garbage":
        return Response("<<<not json", 200, mimetype="application/json")
    if kind in ("drop", "hang"):
        if kind == "hang":
            time.sleep(fault.seconds)
        environ[DROP]()
        return Response("", 500)
    return None
