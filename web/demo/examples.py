"""The example firms, read from `web/examples/`: data only, with the demo's addresses filled in.

The one rule: whatever the demo sets up and whatever its stand-ins know comes from these same files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from web import examples
from web.demo.firms import TOKENS
from web.demo.identity_provider import Audience, Client, Person
from web.examples import Documents


@dataclass(frozen=True, slots=True)
class Example(Documents):
    """An example firm, with what its stand-ins know of it."""

    @property
    def people(self) -> list[Person]:
        """Who can sign in with the firm's identity provider: its customers, and its staff by their e-mail."""
        return [
            *(self._person(customer, Audience.CUSTOMERS) for customer in self.organisation["customers"]),
            *(self._person({**staff, **_names(staff)}, Audience.STAFF) for staff in self.organisation["people"]),
        ]

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret that its documents name, with the demo's value."""
        connected = {connector.secret: TOKENS[self.slug] for connector in self.connectors if connector.secret}
        return connected | {self._identity(audience)["secret"]: self._client_secret(audience) for audience in Audience}

    def clients(self, *, back: Mapping[Audience, str], after_logout: Mapping[Audience, str]) -> list[Client]:
        """The clients of its identity provider, with the addresses to which a browser comes back."""
        return [
            Client(
                firm=self.slug,
                client_id=self._identity(audience)["client"],
                client_secret=self._client_secret(audience),
                redirect_uris=(back[audience],),
                post_logout_redirect_uris=(after_logout[audience],),
                audience=audience,
            )
            for audience in Audience
        ]

    def _identity(self, audience: Audience) -> dict[str, str]:
        client: dict[str, str] = self.organisation["identity_provider"][audience.value]
        return client

    def _client_secret(self, audience: Audience) -> str:
        return f"{self._identity(audience)['client']}-of-the-demo"

    def _person(self, written: Mapping[str, Any], audience: Audience) -> Person:
        return Person(
            firm=self.slug,
            subject=written["subject"],
            login=written["login"],
            password=written["password"],
            name=written["name"],
            email=written["email"],
            language=written.get("language", self.organisation["default_language"]),
            audience=audience,
            second_factor=written.get("second_factor"),
        )


def load_example(*, slug: str, addresses: Mapping[str, str]) -> Example:
    """Read a firm; `addresses` gives `firms` and `identity_provider`."""
    documents = examples.read(slug=slug, addresses=addresses)
    return Example(**{each.name: getattr(documents, each.name) for each in fields(documents)})


def _names(staff: Mapping[str, Any]) -> dict[str, str]:
    return {"subject": staff["email"], "login": staff["email"].partition("@")[0]}
