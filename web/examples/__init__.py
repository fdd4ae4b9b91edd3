"""The example firms: data only, one folder a firm."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.flows.definition import Flow, load, read_document
from bot.flows.operations import Connector
from compliance.policy import PolicyDocument

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Documents:
    """What is written about a firm."""

    slug: str
    organisation: dict[str, Any]
    policy: PolicyDocument
    flows: tuple[Flow, ...]
    connectors: tuple[Connector, ...]
    conversations: tuple[dict[str, Any], ...]


def slugs() -> list[str]:
    """The example firms there are."""
    return sorted(folder.name for folder in FOLDER.iterdir() if (folder / "organisation.yaml").is_file())


def read(*, slug: str, addresses: Mapping[str, str]) -> Documents:
    """Read a firm; `addresses` gives what its documents name as `${firms}` or `${identity_provider}`."""
    folder = FOLDER / slug

    def filled_in(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        for name, address in addresses.items():
            text = text.replace(f"${{{name}}}", address.rstrip("/"))
        return text

    return Documents(
        slug=slug,
        organisation=read_document(filled_in(folder / "organisation.yaml")),
        policy=PolicyDocument.model_validate(read_document(filled_in(folder / "policy.yaml"))),
        flows=tuple(load(filled_in(path)) for path in sorted(folder.glob("flows/*.yaml"))),
        connectors=tuple(
            Connector.model_validate(read_document(filled_in(path)))
            for path in sorted(folder.glob("connectors/*.yaml"))
        ),
        conversations=tuple(read_document(filled_in(path)) for path in sorted(folder.glob("conversations/*.yaml"))),
    )
