"""The example firms, read from `web/examples/`: data only, with the demo's addresses filled in.

The one rule: whatever the demo sets up and whatever its stand-ins know comes from these same files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.flows.definition import Flow, load, read_document
from bot.flows.operations import Connector
from compliance.policy import PolicyDocument
from web.demo.firms import TOKENS
from web.demo.identity_provider import Audience, Client, Person

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """An example firm."""

    slug: str
    organisation: dict[str, Any]
    policy: PolicyDocument
    flows: tuple[Flow, ...]
    connectors: tuple[Connector, ...]
    conversations: tuple[dict[str, Any], ...]

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


def slugs() -> list[str]:
    """The example firms there are."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if (folder / "organisation.yaml").is_file())


def load_example(*, slug: str, addresses: Mapping[str, str]) -> Example:
    """Read a firm; `addresses` gives `firms` and `identity_provider`, which its documents name as `${firms}`."""
    folder = EXAMPLES / slug

    def read(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        for name, address in addresses.items():
            text = text.replace(f"${{{name}}}", address.rstrip("/"))
        return text

    return Example(
        slug=slug,
        organisation=read_document(read(folder / "organisation.yaml")),
        policy=PolicyDocument.model_validate(read_document(read(folder / "policy.yaml"))),
        flows=tuple(load(read(path)) for path in sorted(folder.glob("flows/*.yaml"))),
        connectors=tuple(
            Connector.model_validate(read_document(read(path))) for path in sorted(folder.glob("connectors/*.yaml"))
        ),
        conversations=tuple(read_document(read(path)) for path in sorted(folder.glob("conversations/*.yaml"))),
    )


def _names(staff: Mapping[str, Any]) -> dict[str, str]:
    return {"subject": staff["email"], "login": staff["email"].partition("@")[0]}
