"""The control API: who is registered, what customers do, what goes wrong, what was received.

The one rule: it is no part of Meta's API; whatever a firm may rely on is in `graph`.
"""

import base64
from dataclasses import asdict, fields, replace
from typing import TypeVar

from flask import Blueprint, Response, current_app, jsonify, request

from web.simulator.cloud_api.exchange import Exchange, NotShown
from web.simulator.cloud_api.faults import KINDS
from web.simulator.cloud_api.server import REFUSE
from web.simulator.cloud_api.world import App, Fault, Json, Number, Phone, Settings, World, bsuid_of

control = Blueprint("control", __name__, url_prefix="/_control")
_LONGEST_WAIT_SECONDS = 30.0
_Record = TypeVar("_Record", App, Phone, Settings)


class Unknown(LookupError):
    """There is no such app, number or phone."""


class Malformed(ValueError):
    """The order makes no sense."""


@control.post("/apps")
def put_app() -> Response:
    """Register an app, or change one; a new callback URL is verified again."""
    wanted = _wanted()
    known = _world().apps.get(_string(wanted, "id"))
    app = _changed(known or App(id=wanted["id"], secret=_string(wanted, "secret")), wanted)
    if known is None or known.callback_url != app.callback_url or known.verify_token != app.verify_token:
        app.verified = False
    _exchange().subscribe(app)
    return jsonify(_without(asdict(app), "secret", "verify_token"))


@control.post("/apps/<app_id>/handshake")
def shake_hands(app_id: str) -> Response:
    """Verify the callback URL now."""
    return jsonify(verified=_found(_exchange().subscribers, app_id).shake_hands())


@control.post("/apps/<app_id>/changes")
def put_change(app_id: str) -> Response:
    """Send any change as a webhook: account updates, templates, what is new next year."""
    wanted = _wanted()
    subscriber = _found(_exchange().subscribers, app_id)
    subscriber.put(_string(wanted, "waba"), _string(wanted, "field"), wanted.get("value", {}))
    return jsonify(pending=subscriber.pending)


@control.post("/numbers")
def put_number() -> Response:
    """Register a firm's number, or change one."""
    wanted = _wanted()
    world = _world()
    known = world.numbers.get(_string(wanted, "id"))
    base = known or Number(id=wanted["id"], waba="", display="", token="", app="", rules=world.settings)
    for key in ("waba", "display", "token", "app", "name", "statuses", "registered"):
        if key in wanted:
            setattr(base, key, wanted[key])
    base.rules = _changed(base.rules, wanted.get("rules", {}))
    base.bucket = None
    world.numbers[base.id] = base
    return jsonify(_describe(base))


@control.route("/numbers/<number_id>/faults", methods=["GET", "POST", "DELETE"])
def faults(number_id: str) -> Response:
    """Order what goes wrong with the next sends of a number."""
    number = _found(_world().numbers, number_id)
    if request.method == "DELETE":
        number.faults.clear()
    if request.method == "POST":
        wanted = _wanted()
        if wanted.get("kind") not in KINDS:
            raise Malformed(f"kind must be one of {', '.join(KINDS)}")
        known = {item.name for item in fields(Fault)}
        number.faults.append(Fault(**{key: value for key, value in wanted.items() if key in known}))
    return jsonify(faults=[asdict(fault) for fault in number.faults])


@control.post("/templates")
def put_template() -> Response:
    """Add a template to an account: {waba, name, language, components, status}."""
    wanted = _wanted()
    _world().templates.setdefault(_string(wanted, "waba"), []).append({"status": "APPROVED", **wanted})
    return jsonify(success=True)


@control.post("/phones")
def put_phone() -> Response:
    """Register a customer's phone, or change one: {who, phone?, bsuid?, name?, …}; phone null: user id only."""
    wanted = _wanted()
    world = _world()
    who = _string(wanted, "who")
    phone = _changed(world.phones.get(who) or Phone(who=who), wanted)
    if "phone" not in wanted and phone.phone is None and who.isdigit():
        phone = replace(phone, phone=who)
    if phone.bsuid is None:
        phone = replace(phone, bsuid=bsuid_of(phone.phone or who))
    return jsonify(asdict(world.add_phone(phone)))


@control.post("/phones/<who>/messages")
def write(who: str) -> Response:
    """Write to a number as this customer: {number, kind, text, option, reply_to, …}."""
    return jsonify(_write(who, _wanted()))


@control.post("/messages")
def write_many() -> Response:
    """Write many messages at once: {"messages": [{who, number, text}, …]}."""
    return jsonify(messages=[_write(_string(said, "who"), said) for said in _wanted().get("messages", [])])


@control.get("/phones/<who>/thread")
def thread(who: str) -> Response:
    """List what changed on the phone after a seq; `wait` seconds for something to come."""
    wait_seconds = min(request.args.get("wait", 0.0, float), _LONGEST_WAIT_SECONDS)
    number = request.args.get("number")
    messages, last = _world().thread(
        who, number=number, after=request.args.get("after", 0, int), wait_seconds=wait_seconds
    )
    is_typing = any(owner == who and number in (None, line) for owner, line in list(_world().typing))
    return jsonify(who=who, entries=[message.as_json() for message in messages], last=last, typing=is_typing)


@control.get("/sends")
def sends() -> Response:
    """List every accepted send after an index, and how often each callback data was accepted."""
    world = _world()
    after, limit = request.args.get("after", 0, int), request.args.get("limit", 1000, int)
    with world.changed:
        part = world.sends[after : after + limit]
        counts = dict(world.accepted) if request.args.get("counts", "1") == "1" else {}
        return jsonify(
            count=len(world.sends),
            sends=part,
            by_callback=counts,
            repeated={callback: count for callback, count in world.accepted.items() if count > 1},
            refused=dict(world.refused),
        )


@control.get("/webhooks")
def webhooks() -> Response:
    """Count what was delivered to each app, and what is still under way."""
    exchange = _exchange()
    apps = {
        app_id: {"pending": subscriber.pending, "verified": subscriber.app.verified, **subscriber.counts}
        for app_id, subscriber in exchange.subscribers.items()
    }
    return jsonify(apps=apps, scheduled=exchange.timetable.waiting)


@control.post("/refuse")
def refuse() -> Response:
    """Refuse every connection for so many seconds."""
    seconds = float(_wanted().get("seconds", 1.0))
    if REFUSE not in request.environ:
        raise Malformed("only the stand-in's own server can refuse connections")
    request.environ[REFUSE](seconds)
    return jsonify(seconds=seconds)


@control.post("/reset")
def reset() -> Response:
    """Forget what was said; with {"registrations": true} everything."""
    _exchange().clear(registrations=bool(_wanted().get("registrations")))
    return jsonify(success=True)


@control.get("/state")
def state() -> Response:
    """Show everything but secrets."""
    return jsonify(describe(_exchange()))


def describe(exchange: Exchange) -> dict[str, Json]:
    """Describe the world without its secrets."""
    world = exchange.world
    with world.changed:
        return {
            "apps": [_without(asdict(app), "secret", "verify_token") for app in world.apps.values()],
            "numbers": [_describe(number) for number in world.numbers.values()],
            "phones": [asdict(phone) for phone in world.phones.values()],
            "messages": len(world.messages),
            "sends": len(world.sends),
            "seq": world.seq,
        }


@control.errorhandler(Unknown)
@control.errorhandler(NotShown)
@control.errorhandler(ValueError)
@control.errorhandler(TypeError)
def explain(problem: Exception) -> tuple[Response, int]:
    """Say what was wrong with the order."""
    status = 404 if isinstance(problem, Unknown) else 409 if isinstance(problem, NotShown) else 400
    return jsonify(error=str(problem)), status


def _write(who: str, said: dict[str, Json]) -> dict[str, Json]:
    world = _world()
    number = _found(world.numbers, _string(said, "number"))
    phone = world.phones.get(who) or world.phone_at(who)
    if phone is None:
        raise Unknown(who)
    said = dict(said)
    if isinstance(said.get("data"), str):
        said["content"] = base64.b64decode(said.pop("data"))
    message = _exchange().write(number, phone, said)
    return {"id": message.id, "seq": message.seq}


def _changed(record: _Record, wanted: dict[str, Json]) -> _Record:
    known = {item.name for item in fields(record)}
    return replace(record, **{key: value for key, value in wanted.items() if key in known})


def _describe(number: Number) -> dict[str, Json]:
    return {
        "id": number.id,
        "waba": number.waba,
        "display": number.display,
        "app": number.app,
        "name": number.name,
        "statuses": number.statuses,
        "registered": number.registered,
        "rules": asdict(number.rules),
        "faults": len(number.faults),
    }


def _without(record: dict[str, Json], *names: str) -> dict[str, Json]:
    return {key: value for key, value in record.items() if key not in names}


def _wanted() -> dict[str, Json]:
    wanted = request.get_json(silent=True)
    if wanted is None and not request.get_data():
        return {}
    if not isinstance(wanted, dict):
        raise Malformed("a JSON object is wanted")
    return wanted


def _string(wanted: dict[str, Json], name: str) -> str:
    value = wanted.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} is wanted")
    return value


_Thing = TypeVar("_Thing")


def _found(things: dict[str, _Thing], name: str) -> _Thing:
    try:
        return things[name]
    except KeyError:
        raise Unknown(name) from None


def _exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["cloud_api"]
    return exchange


def _world() -> World:
    return _exchange().world
