"""Flows in files: read and checked without a server."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.channels.whatsapp import CAPABILITIES
from bot.flows.definition import BadFlow, load, read_document
from bot.flows.operations import Connector, Operation
from bot.flows.problems import check


def problems_of(file: Path, *, systems: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The problems of a flow file: code, severity, node, path, sentence."""
    beside = sorted((file.parent.parent / "connectors").glob("*.yaml")) if file.parent.name == "flows" else []
    operations: dict[str, Operation] = {}
    for system in (*beside, *systems):
        operations |= Connector.model_validate(read_document(system.read_text(encoding="utf-8"))).named
    try:
        flow = load(file.read_text(encoding="utf-8"))
    except BadFlow as problem:
        for reason in problem.reasons:
            yield {"code": "unreadable", "severity": "error", "node": "", "path": "", "sentence": reason}
        return
    for found in check(flow, operations, CAPABILITIES):
        yield {
            "code": found.code,
            "severity": str(found.severity),
            "node": found.node,
            "path": found.path,
            "sentence": found.sentence,
        }
