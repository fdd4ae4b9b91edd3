"""Golden conversations: a flow, the events of a customer, and what the engine made of each.

The one rule: `expect` is written by reading the flow, then compared word by word.
Run `python -m tests.bot.scenario FILE…` to print a file with what happens now.
"""

import itertools
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from bot.engine import State, begin, resume
from bot.events import Effect, Message, as_json, from_json, words
from bot.flows import compiled
from bot.flows.compiled import CompiledFlow
from bot.flows.definition import Flow
from bot.flows.operations import Connector, Operation
from compliance.labels import Assurance

FOLDER = Path(__file__).parent / "scenarios"
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)


def read(path: Path) -> dict[str, Any]:
    """Read a scenario."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return document


def operations_of(scenario: dict[str, Any]) -> dict[str, Operation]:
    """The operations that its flow may call."""
    return Connector.model_validate(scenario["connector"]).named if "connector" in scenario else {}


def ready(scenario: dict[str, Any]) -> CompiledFlow:
    """Its flow, ready to run."""
    return compiled.compile(Flow.model_validate(scenario["flow"]), operations_of(scenario))


def play(scenario: dict[str, Any]) -> list[dict[str, Any]]:
    """Play all turns; the state goes through its JSON form each time."""
    flow = ready(scenario)
    contact = scenario.get("contact", {"given_name": "Ana", "name": "Ana Keller"})
    session = begin(flow=flow, language=scenario.get("language", "en"), channel="whatsapp", contact=contact)
    numbers = itertools.count(1)
    played = []
    for turn in scenario["turns"]:
        session = State.from_json(json.loads(json.dumps(session.as_json())))
        later = TypeAdapter(timedelta).validate_python(turn.get("at", "PT0S"))
        assurance = turn.get("assurance")
        sprint = resume(
            flow=flow,
            session=session,
            event=from_json(turn["event"]),
            now=BEGAN + later,
            ids=lambda: str(next(numbers)),
            channel=turn.get("channel"),
            assurance=Assurance[assurance.upper()] if assurance else None,
        )
        session = sprint.session
        for effect in sprint.effects:
            assert from_json(json.loads(json.dumps(as_json(effect)))) == effect
        waits = f"{sprint.waits.kind} at {sprint.waits.node}" if sprint.waits else None
        played.append({**turn, "expect": [describe(effect) for effect in sprint.effects], "waits": waits})
    return played


def describe(effect: Effect) -> dict[str, Any]:
    """An effect in short: its kind, then what differs from the ordinary."""
    written = as_json(effect)
    kind = written.pop("type")
    for name in ("message", "notice"):
        message = getattr(effect, name, None)
        if isinstance(message, Message):
            written[name] = _said(message)
    return {kind: {name: value for name, value in written.items() if value not in ([], "", 0, None)}}


def _said(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": message.kind, "text": message.text, "label": message.label.names}
    said["inserted"] = [part.text for part in message.body if not part.approved]
    said["options"] = [" | ".join(filter(None, (o.id, words(o.title), words(o.description)))) for o in message.options]
    said |= {"button": message.button, "url": message.url, "notice": words(message.notice)}
    said["protected"] = message.protected.names if message.protected is not None else None
    return {name: value for name, value in said.items() if value not in ([], "", None)}


def main() -> None:
    """Print scenarios with what happens now."""
    yaml = YAML()
    yaml.width = 110
    for name in sys.argv[1:]:
        document = yaml.load(Path(name))
        for turn, played in zip(document["turns"], play(read(Path(name))), strict=True):
            turn["expect"], turn["waits"] = played["expect"], played["waits"]
        yaml.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
