"""Bad days to switch on: what goes wrong on the way to the firm, at the provider, and in the firm's house.

One rule: what is on is read from whoever suffers it, so that the switches never lie. Only
one thing at a time goes wrong with what a number sends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from web.simulator.stand_in import Json, StandInSilent, ask

MANY = 100_000
JITTER_SECONDS = 3.0

SENDS: Mapping[str, dict[str, Json]] = {
    "provider_500": {"kind": "http", "http": 500},
    "rate_limit": {"kind": "error", "code": 130429, "http": 429},
    "silent": {"kind": "accept_then_drop"},
}
"""What goes wrong with sends, in the words of the stand-in."""

WORDS: Mapping[str, LazyString] = {
    "twice": _("Every webhook twice"),
    "overtake": _("Webhooks overtake one another"),
    "provider_500": _("Provider answers 500"),
    "rate_limit": _("Rate limit reached"),
    "silent": _("Provider accepts and says nothing"),
    "sign_in_down": _("Sign-in is down"),
    "system_down": _("The firm’s system is down"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of the town stand, for one firm."""

    stand_in: str
    number: str
    app: str
    sign_in: str | None
    """The issuer: its last part names the firm."""
    system: str | None
    """The address of the firm's system: its first part names the firm."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch, and whether it is on."""

    name: str
    words: LazyString
    is_on: bool


def switches(place: Place) -> list[Switch]:
    """All switches that this firm's town has. Raise StandInSilent."""
    return [Switch(name, WORDS[name], is_on) for name, is_on in _read(place)]


def turn(name: str, *, on: bool, place: Place) -> None:
    """Turn a switch. Raise StandInSilent, Refused."""
    control = f"{place.stand_in}/_control"
    if name in SENDS:
        faults = f"{control}/numbers/{place.number}/faults"
        ask("DELETE", faults)
        if on:
            ask("POST", faults, {**SENDS[name], "count": MANY})
    elif name == "twice":
        ask("POST", f"{control}/apps", {"id": place.app, "duplicates": 1.0 if on else 0.0})
    elif name == "overtake":
        ask("POST", f"{control}/apps", {"id": place.app, "jitter_seconds": JITTER_SECONDS if on else 0.0})
    elif (control_url := _trouble(name, place)) is not None:
        ask("PUT" if on else "DELETE", control_url, {"down": True} if on else None)


def _read(place: Place) -> Iterator[tuple[str, bool]]:
    control = f"{place.stand_in}/_control"
    apps = {app["id"]: app for app in ask("GET", f"{control}/state")["apps"]}
    app = apps.get(place.app, {})
    yield "twice", app.get("duplicates", 0) > 0
    yield "overtake", app.get("jitter_seconds", 0) > 0
    ordered = ask("GET", f"{control}/numbers/{place.number}/faults")["faults"]
    kinds = {(fault["kind"], fault["http"]) for fault in ordered}
    for name, fault in SENDS.items():
        yield name, (fault["kind"], fault.get("http", 500)) in kinds
    for name in ("sign_in_down", "system_down"):
        url = _trouble(name, place)
        if url is not None:
            try:
                yield name, bool(ask("GET", url)["down"])
            except StandInSilent:
                continue


def _trouble(name: str, place: Place) -> str | None:
    address = place.sign_in if name == "sign_in_down" else place.system
    if address is None:
        return None
    parts = urlsplit(address)
    firm = parts.path.strip("/").partition("/")[0]
    return f"{parts.scheme}://{parts.netloc}/control/trouble/{firm}"
