"""The routes of the Graph API that a firm uses, under any version.

The one rule: a wrong token is 190, a thing that is not there or not yours is 100/33.
"""

import re
import secrets
import time

from flask import Blueprint, Response, current_app, g, jsonify, request

from web.simulator.cloud_api.checks import Refused
from web.simulator.cloud_api.exchange import Exchange
from web.simulator.cloud_api.faults import after, before
from web.simulator.cloud_api.world import Json, Number, World, clock

graph = Blueprint("graph", __name__, url_prefix="/<version>")
_LINK_SECONDS = 300.0


@graph.url_value_preprocessor
def forget_version(_: str | None, values: dict[str, Json] | None) -> None:
    """Any version will do."""
    if values is not None:
        g.version = values.pop("version", "")


@graph.post("/<thing>/messages")
def send(thing: str) -> Response:
    """Send a message."""
    number = _number(thing)
    fault = _world().take_fault(number) if number.faults else None
    spoilt = before(fault, _server())
    if spoilt is not None:
        return spoilt
    body = request.get_json(silent=True)
    answer = _exchange().accept(number, body)
    spoilt = after(fault, _server())
    return jsonify(answer) if spoilt is None else spoilt


@graph.post("/<thing>/media")
def upload(thing: str) -> Response:
    """Upload a file."""
    _number(thing)
    file = request.files.get("file")
    if file is None or request.form.get("messaging_product") != "whatsapp":
        raise Refused(100, "The parameters file and messaging_product are required.")
    mime_type = request.form.get("type") or file.mimetype
    return jsonify(id=_exchange().add_file(mime_type, file.read()).id)


@graph.route("/<thing>/register", methods=["POST"])
@graph.route("/<thing>/deregister", methods=["POST"])
def register(thing: str) -> Response:
    """Register a number, or take it off."""
    number = _number(thing)
    is_registration = request.path.endswith("/register")
    pin = str((request.get_json(silent=True) or request.form).get("pin", ""))
    if is_registration and not re.fullmatch("[0-9]{6}", pin):
        raise Refused(100, "Param pin must be six digits")
    number.registered = is_registration
    return jsonify(success=True)


@graph.route("/<thing>/settings", methods=["GET", "POST"])
def settings(thing: str) -> Response:
    """Choose where a number's data rests."""
    number = _number(thing)
    if request.method == "GET":
        return jsonify(storage_configuration=number.storage or {"status": "DEFAULT"})
    storage = (request.get_json(silent=True) or {}).get("storage_configuration")
    if not isinstance(storage, dict) or "status" not in storage:
        raise Refused(100, "The parameter storage_configuration is required.")
    number.storage = storage
    return jsonify(success=True)


@graph.route("/<thing>/subscribed_apps", methods=["GET", "POST", "DELETE"])
def subscribed_apps(thing: str) -> Response:
    """Subscribe the app of the token to an account."""
    numbers = _account(thing)
    if request.method == "GET":
        apps = sorted({number.app for number in numbers if number.app})
        return jsonify(data=[{"whatsapp_business_api_data": {"id": app, "name": app}} for app in apps])
    return jsonify(success=True)


@graph.get("/<thing>/phone_numbers")
def phone_numbers(thing: str) -> Response:
    """List the numbers of an account."""
    return jsonify(data=[_describe(number) for number in _account(thing)])


@graph.route("/<thing>/message_templates", methods=["GET", "POST", "DELETE"])
def message_templates(thing: str) -> Response:
    """List, add or delete templates of an account."""
    _account(thing)
    templates = _world().templates.setdefault(thing, [])
    if request.method == "POST":
        template = request.get_json(silent=True) or {}
        if not all(isinstance(template.get(key), str) for key in ("name", "language", "category")):
            raise Refused(100, "The parameters name, language and category are required.")
        added = {"id": str(secrets.randbelow(10**15)), "status": "APPROVED", **template}
        templates.append(added)
        return jsonify(id=added["id"], status=added["status"], category=added["category"])
    name = request.args.get("name")
    if request.method == "DELETE":
        templates[:] = [template for template in templates if template["name"] != name]
        return jsonify(success=True)
    return jsonify(data=[template for template in templates if name in (None, template["name"])], paging={})


@graph.route("/<thing>", methods=["GET", "DELETE"])
def look_up(thing: str) -> Response:
    """Describe a number, or where a file can be fetched for five minutes."""
    world = _world()
    if thing in world.numbers:
        return jsonify(_describe(_number(thing)))
    _authorised()
    file = world.files.get(thing)
    if file is None:
        raise _not_there()
    if request.method == "DELETE":
        del world.files[thing]
        return jsonify(success=True)
    link = secrets.token_urlsafe(16)
    world.links[link] = (thing, clock() + _LINK_SECONDS)
    return jsonify(
        messaging_product="whatsapp",
        url=f"{request.host_url}{g.version}/_media/{link}",
        mime_type=file.mime_type,
        sha256=file.sha256,
        file_size=len(file.content),
        id=file.id,
    )


@graph.get("/_media/<link>")
def download(link: str) -> Response:
    """Fetch a file by its short-lived link; the token is wanted here too."""
    _authorised()
    thing, until = _world().links.get(link, ("", 0.0))
    file = _world().files.get(thing)
    if file is None or clock() > until:
        return Response("Not found", 404)
    return Response(file.content, mimetype=file.mime_type)


@graph.route("/<path:rest>", methods=["GET", "POST", "DELETE"])
def refuse_unknown(rest: str) -> Response:
    """Refuse what the stand-in does not know."""
    _authorised()
    raise _not_there()


@graph.errorhandler(Refused)
def refuse(refusal: Refused) -> tuple[Response, int]:
    """Answer as Meta does when it refuses."""
    _world().refused[str(refusal.code)] += 1
    return error_answer(refusal.code, refusal.details, subcode=refusal.subcode), refusal.http


def error_answer(code: int, details: str, *, subcode: int | None = None) -> Response:
    """Write a Graph error."""
    error: dict[str, Json] = {
        "message": f"(#{code}) {details}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": f"A{time.monotonic_ns():x}",
    }
    return jsonify(error=error if subcode is None else {**error, "error_subcode": subcode})


def _world() -> World:
    world: World = current_app.extensions["cloud_api"].world
    return world


def _exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["cloud_api"]
    return exchange


def _server() -> dict[str, Json]:
    environ: dict[str, Json] = request.environ
    return environ


def _token() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or request.args.get("access_token", "")


def _authorised() -> list[Number]:
    token = _token()
    mine = [number for number in _world().numbers.values() if token and number.token == token]
    if not mine:
        raise Refused(190, "Invalid OAuth access token.", http=401)
    return mine


def _number(thing: str) -> Number:
    number = _world().numbers.get(thing)
    if number is not None and _token() == number.token:
        return number
    _authorised()
    raise _not_there()


def _account(thing: str) -> list[Number]:
    numbers = [number for number in _authorised() if number.waba == thing]
    if not numbers:
        raise _not_there()
    return numbers


def _not_there() -> Refused:
    return Refused(
        100,
        "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation.",
        subcode=33,
    )


def _describe(number: Number) -> dict[str, Json]:
    return {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.name or number.display,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED" if number.registered else "DISCONNECTED",
        "throughput": {"level": "STANDARD"},
    }
