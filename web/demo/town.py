"""The town around the program: the Cloud API's stand-in, the identity provider, the firms' systems.

The one rule: the program knows them by their addresses alone, as it would know the real ones.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask

from tenants import http
from web.demo.examples import Example, load_example
from web.demo.firms import create_firms
from web.demo.identity_provider import Audience, Client, create_identity_provider
from web.demo.installation import APP, APP_SECRET, LOOPBACK, VERIFY_TOKEN, token_of
from web.simulator.cloud_api import Server, create_cloud_api, serve

PARTS = ("cloud_api", "identity_provider", "firms")


@dataclass(frozen=True, slots=True)
class Town:
    """Where everything stands: the program, and its neighbours by name."""

    program: str
    addresses: Mapping[str, str]
    examples: Sequence[Example]


@contextlib.contextmanager
def town(*, program: str, slugs: Sequence[str], port: int) -> Iterator[Town]:
    """Open the town on four ports from `port` on; 0 takes free ones."""
    servers: list[Server] = []
    try:
        cloud_api = serve(create_cloud_api(), port=port)
        servers.append(cloud_api)
        # The later two need to know their own addresses, so their places are taken first.
        firms = serve(create_firms(), port=port + 2 if port else 0)
        servers.append(firms)
        provider_place = serve(_closed(), port=port + 1 if port else 0)
        provider_address = provider_place.url
        provider_place.stop()
        addresses = {"cloud_api": cloud_api.url, "firms": firms.url, "identity_provider": provider_address}
        examples = [load_example(slug=slug, addresses=addresses) for slug in slugs]
        provider = create_identity_provider(
            issuer=provider_address,
            clients=[client for example in examples for client in _clients(example, program)],
            people=[person for example in examples for person in example.people],
        )
        servers.append(serve(provider, port=int(provider_address.rpartition(":")[2])))
        yield Town(program=program, addresses=addresses, examples=examples)
    finally:
        for server in reversed(servers):
            server.stop()


def introduce(place: Town) -> None:
    """Make the firms' numbers known to the stand-in, and the program as their subscriber."""
    client = http.Client(allow=LOOPBACK)
    control = f"{place.addresses['cloud_api']}/_control"
    try:
        client.post(
            f"{control}/apps",
            json={
                "id": APP,
                "secret": APP_SECRET,
                "verify_token": VERIFY_TOKEN,
                "callback_url": f"{place.program}/webhooks/{APP}",
            },
            timeout_seconds=5,
        )
        for example in place.examples:
            channel = example.organisation["channel"]
            number = {
                "id": channel["phone_number_id"],
                "waba": channel["waba_id"],
                "display": channel["display_phone"],
                "name": example.organisation["name"],
                "token": token_of(example),
                "app": APP,
            }
            client.post(f"{control}/numbers", json=number, timeout_seconds=5)
    finally:
        client.close()


def _clients(example: Example, program: str) -> list[Client]:
    base = f"{program}/{example.slug}"
    return example.clients(
        back={Audience.CUSTOMERS: f"{base}/portal/callback", Audience.STAFF: f"{base}/sign-in/callback"},
        after_logout={Audience.CUSTOMERS: f"{base}/portal/", Audience.STAFF: f"{base}/sign-in"},
    )


def _closed() -> Flask:
    return Flask(__name__)
