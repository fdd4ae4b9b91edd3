"""The simulator: a phone that speaks to any example firm, and beside it what the house thinks of each message.

One rule: the phone talks to the Cloud API's stand-in, and nothing here talks to the
program but through it. Where no stand-in is set there is no simulator.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from web import words
from web.i18n import LANGUAGES, language
from web.navigation import Area
from web.simulator import inspector, reasons, stand_in
from web.simulator.inspector import Firm
from web.simulator.openers import known_customers, openers
from web.simulator.stand_in import Json, Refused, StandInSilent
from web.simulator.switches import Place, switches, turn

blueprint = Blueprint("simulator", __name__, url_prefix="/simulator")

PREFIXES = {"CH": "4176", "ID": "62812", "DE": "49151", "FR": "336", "IT": "39347"}
"""How the number of a new contact begins, by the firm's country."""
LONGEST_CHARACTERS = 4096


def is_there() -> bool:
    """There is a stand-in to talk through."""
    return bool(current_app.config["GUICHET"].simulator_url)


AREA = Area(name="simulator", title=lambda: _("Simulator"), endpoint="simulator.page", icon="phone", may_enter=is_there)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who writes to whom."""

    firms: list[Firm]
    firm: Firm
    app: str
    who: str
    contacts: list[tuple[str, str]]
    language: str

    @property
    def place(self) -> Place:
        """Where the firm's part of the town stands."""
        return Place(_base(), self.firm.number, self.app, self.firm.sign_in, self.firm.system)

    @property
    def query(self) -> dict[str, Any]:
        """The scene in an address."""
        return {"organisation": self.firm.slug, "contact": self.who, "speaks": self.language}


@blueprint.before_request
def exist() -> None:
    """Be there only beside a stand-in."""
    if not is_there():
        abort(404)


@blueprint.context_processor
def trade_words() -> dict[str, object]:
    """The words that the fragments share."""
    tables = {name: getattr(words, name) for name in ("ACTS", "AUTHORS", "ENTITIES", "RULES", "SIGNALS", "STATES")}
    return {
        **tables,
        "in_words": words.in_words,
        "pieces": words.pieces,
        "assurance_word": words.assurance_word,
        "because": reasons.because,
        "followed": reasons.followed,
    }


@blueprint.errorhandler(StandInSilent)
def say_silent(silence: StandInSilent) -> Answer:
    """The stand-in is down: say so."""
    if request.headers.get("HX-Request") == "true":
        return Response(status=204)
    return make_response(render_template("simulator/silent.html"), 503)


@blueprint.get("/")
def page() -> Answer:
    """The phone, the inspector, the switches."""
    scene = _scene()
    if scene is None:
        return make_response(render_template("simulator/silent.html"), 503)
    return make_response(
        render_template(
            "simulator/page.html",
            scene=scene,
            text=request.args.get("text", ""),
            options_of_firms=[(one.slug, one.name) for one in scene.firms],
            options_of_languages=[(code, LANGUAGES[code]) for code in scene.firm.languages],
            options_of_contacts=[(who, f"{name} · +{who}" if name else f"+{who}") for who, name in scene.contacts],
            openers=[opener for opener in openers(scene.firm.slug) if opener.language == scene.language],
            switches=switches(scene.place),
            **_phone(scene),
            **_inspected(scene),
        )
    )


@blueprint.get("/phone")
def phone() -> Answer:
    """What the phone shows, when it is something else than what was seen."""
    scene = _needed()
    shown = _phone(scene)
    if request.args.get("seen") == shown["phone_mark"]:
        return Response(status=204)
    return make_response(render_template("simulator/_phone.html", scene=scene, **shown))


@blueprint.get("/inspector")
def inspect() -> Answer:
    """What was decided, when it is something else than what was seen."""
    scene = _needed()
    mark, _busy = inspector.mark(scene.firm, wamids=_wamids(scene))
    if request.args.get("seen") == _inspector_mark(mark):
        return Response(status=204)
    return make_response(render_template("simulator/_inspector.html", scene=scene, **_inspected(scene)))


@blueprint.post("/messages")
def write() -> Answer:
    """Write, or tap."""
    scene = _needed()
    option = request.form.get("option")
    text = (request.form.get("opener") or request.form.get("text", "")).strip()[:LONGEST_CHARACTERS]
    said: dict[str, Json] | None = None
    if option:
        reply_to, _separator, option_id = option.partition(" ")
        said = {"kind": "choice", "option": option_id, "reply_to": reply_to}
    elif text:
        said = {"kind": "text", "text": text}
    if said is not None:
        try:
            stand_in.write(_base(), who=scene.who, number=scene.firm.number, said=said)
        except Refused:
            abort(400)
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("simulator/_phone.html", scene=scene, **_phone(scene)))
    return redirect(url_for("simulator.page", **scene.query), 303)


@blueprint.post("/contacts")
def begin() -> Answer:
    """Take a new phone, with a number that nobody has."""
    scene = _needed()
    number = PREFIXES.get(scene.firm.country, "4176") + "".join(secrets.choice("0123456789") for _digit in range(7))
    return redirect(url_for("simulator.page", **(scene.query | {"contact": number})), 303)


@blueprint.post("/switches")
def switch() -> Answer:
    """Turn a switch."""
    scene = _needed()
    turn(request.form.get("name", ""), on=request.form.get("on") == "yes", place=scene.place)
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("simulator/_switches.html", scene=scene, switches=switches(scene.place)))
    return redirect(url_for("simulator.page", **scene.query), 303)


def _base() -> str:
    base: str = current_app.config["GUICHET"].simulator_url
    return base.rstrip("/")


def _scene() -> Scene | None:
    state = stand_in.state(_base())
    apps = {number["id"]: number["app"] for number in state["numbers"]}
    firms = inspector.firms(numbers=list(apps))
    if not firms:
        return None
    firm = next((one for one in firms if one.slug == request.values.get("organisation")), firms[0])
    contacts = dict(known_customers(firm.slug))
    # Another firm has other contacts: who was chosen among those of the one before is left there.
    who = request.values.get("contact", "") if request.values.get("of", firm.slug) == firm.slug else ""
    if not (who.isdecimal() and 6 <= len(who) <= 15):
        who = next(iter(contacts), "41760000101")
    contacts.setdefault(who, "")
    speaks = request.values.get("speaks", "")
    if speaks not in firm.languages:
        speaks = language() if language() in firm.languages else firm.languages[0]
    return Scene(firms, firm, apps[firm.number], who, list(contacts.items()), speaks)


def _needed() -> Scene:
    scene = _scene()
    if scene is None:
        abort(404)
    return scene


def _phone(scene: Scene) -> dict[str, Any]:
    told = stand_in.thread(_base(), who=scene.who, number=scene.firm.number)
    entries = [_shown(entry, told["entries"]) for entry in told["entries"]]
    _mark, is_busy = inspector.mark(scene.firm, wamids=[entry["id"] for entry in entries if _is_theirs(entry)])
    seen = f"{scene.who}-{max((entry['seq'] for entry in entries), default=0)}{'-busy' if is_busy else ''}"
    return {"entries": entries, "is_busy": is_busy, "phone_mark": seen}


def _inspected(scene: Scene) -> dict[str, Any]:
    wamids = _wamids(scene)
    now = datetime.now(UTC)
    mark, _busy = inspector.mark(scene.firm, wamids=wamids)
    rows = inspector.rows(scene.firm, wamids=wamids, now=now)
    chosen = _chosen_row(rows)
    detail = inspector.detail(scene.firm, chosen, now=now) if chosen is not None else None
    number = rows.index(chosen) + 1 if chosen is not None else 0
    return {"rows": rows, "detail": detail, "number": number, "inspector_mark": _inspector_mark(mark)}


def _chosen_row(rows: list[inspector.Row]) -> inspector.Row | None:
    wanted = request.values.get("message")
    with_decision = [row for row in rows if row.entry.decision_id is not None]
    return next((row for row in with_decision if str(row.entry.id) == wanted), with_decision[-1] if rows else None)


def _inspector_mark(mark: str) -> str:
    wanted = request.values.get("message", "")
    return f"{mark}-{uuid.uuid5(uuid.NAMESPACE_OID, wanted).hex[:6]}" if wanted else mark


def _wamids(scene: Scene) -> list[str]:
    told = stand_in.thread(_base(), who=scene.who, number=scene.firm.number)
    return [entry["id"] for entry in told["entries"] if _is_theirs(entry)]


def _is_theirs(entry: dict[str, Json]) -> bool:
    return bool(entry["direction"] == "inbound")


def _shown(entry: dict[str, Json], entries: list[dict[str, Json]]) -> dict[str, Json]:
    """A message as the phone's template wants it: every part there, even where it is empty."""
    return {
        "text": "",
        "url": None,
        "button": None,
        **entry,
        "options": [{"description": None, **option} for option in entry.get("options") or ()],
        "time": datetime.fromtimestamp(entry["at"], UTC),
        "chosen": _chosen(entry, entries),
    }


def _chosen(entry: dict[str, Json], entries: list[dict[str, Json]]) -> str | None:
    """The option of a message that was tapped."""
    return next(
        (other.get("option") for other in entries if other.get("reply_to") == entry["id"] and other.get("option")), None
    )
