"""The stand-in's control API, as the simulator asks it.

One rule: whatever is switched or said here is the stand-in's alone; the program knows it
only as it would know Meta, by webhooks and answers.
"""

import json
from typing import Any
from urllib.parse import quote

from tenants.http import AddressRefused, AnswerLost, Client, ConnectFailed

LOOPBACK = ["127.0.0.0/8", "::1/128"]
TIMEOUT_SECONDS = 4.0

Json = Any


class StandInSilent(ConnectionError):
    """The stand-in, or a neighbour of it, does not answer."""


class Refused(ValueError):
    """The stand-in does not do this: the phone shows no such thing."""


def ask(method: str, url: str, body: Json = None) -> Json:
    """Ask a part of the town. Raise StandInSilent, Refused."""
    client = Client(allow=LOOPBACK, connections=1)
    try:
        answer = client.request(method, url, json=body, timeout_seconds=TIMEOUT_SECONDS)
        told = json.loads(answer.body or b"null")
    except (ConnectFailed, AnswerLost, AddressRefused, ValueError) as error:
        raise StandInSilent(type(error).__name__) from error
    finally:
        client.close()
    if answer.status >= 500:
        raise StandInSilent(str(answer.status))
    if answer.status >= 400:
        raise Refused(str(answer.status))
    return told


def state(base: str) -> Json:
    """Numbers, apps and phones."""
    return ask("GET", f"{base}/_control/state")


def thread(base: str, *, who: str, number: str) -> Json:
    """What a phone shows of its chat with a number."""
    return ask("GET", f"{base}/_control/phones/{quote(who)}/thread?number={quote(number)}")


def write(base: str, *, who: str, number: str, said: dict[str, Json]) -> None:
    """Write, or tap, on a phone. Raise Refused when the phone shows no such option."""
    ask("POST", f"{base}/_control/phones/{quote(who)}/messages", {"number": number, **said})
