"""Logs leave without what people wrote, and fail closed."""

import ast
import json
import logging as standard
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from web import logging

ROOT = Path(__file__).parents[2]
METHODS = {"debug", "info", "warning", "error", "critical", "exception"}


def kept(**entry: object) -> EventDict:
    return dict(logging.keep_what_may_leave(None, "info", entry))


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    before = standard.getLogger().handlers[:], standard.getLogger().level
    logging.configure(level="debug")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    standard.getLogger().handlers[:], level = before
    standard.getLogger().setLevel(level)


def test_listed_fields_of_the_right_shape_stay() -> None:
    one = uuid.uuid4()
    entry = kept(
        event="reply sent", outbound_id=one, status=200, verdict="cleared", duration_ms=1.23456, retryable=True
    )
    assert entry == {
        "event": "reply sent",
        "outbound_id": str(one),
        "status": 200,
        "verdict": "cleared",
        "duration_ms": 1.235,
        "retryable": True,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "meine IBAN ist CH93 0076 2011 6238 5295 7"),
        ("phone", "+41790000000"),
        ("conversation_id", "41790000000"),
        ("conversation_id", "CH93 0076 2011 6238 5295 7, Hans Muster"),
        ("verdict", "Hans Muster"),
        ("verdict", "a" * 49),
        ("reason", "no41790000000"),
        ("status", 41790000000),
        ("status", "200"),
        ("count", True),
        ("duration_ms", 41790000000.0),
        ("retryable", "yes"),
        ("state", ["cleared"]),
        ("state", None),
    ],
)
def test_anything_else_is_dropped_and_counted(name: str, value: object) -> None:
    before = logging.DROPPED._value.get()
    assert kept(event="reply sent", **{name: value}) == {"event": "reply sent", "dropped": 1}
    assert logging.DROPPED._value.get() == before + 1


@pytest.mark.parametrize("event", ["Hans Muster schrieb", "sent to 41790000000", "x" * 81, 7, None])
def test_a_message_that_is_not_constant_words_is_dropped(event: object) -> None:
    assert kept(event=event) == {"event": "unnamed event", "dropped": 1}


def test_an_exception_is_named_without_its_message(lines: Any) -> None:
    try:
        try:
            int("41790000000x")
        except ValueError as error:
            raise RuntimeError("Hans Muster") from error
    except RuntimeError:
        structlog.get_logger("test").exception("it failed")
    [line] = lines()
    assert line["exception"] == "builtins.RuntimeError"
    assert line["cause"] == "builtins.ValueError"
    assert "test_logging.py" in line["frames"][-1]
    assert "Muster" not in json.dumps(line)
    assert "4179" not in json.dumps(line)


def test_what_a_library_logs_keeps_its_place_and_loses_its_text(lines: Any) -> None:
    try:
        raise ValueError("params: Hans Muster")
    except ValueError:
        standard.getLogger("sqlalchemy.engine").exception("INSERT %s", "Hans Muster", extra={"row": "Hans Muster"})
    [line] = lines()
    assert (line["logger"], line["event"], line["level"]) == ("sqlalchemy.engine", "library message", "error")
    assert line["exception"] == "builtins.ValueError"
    assert "Muster" not in json.dumps(line)
    assert "INSERT" not in json.dumps(line)


def test_no_message_in_the_program_is_put_together() -> None:
    composed = []
    for package in ("tenants", "compliance", "bot", "web"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in METHODS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "logger")
                ):
                    message = node.args[0] if node.args else None
                    words = message.value if isinstance(message, ast.Constant) else None
                    if not (isinstance(words, str) and logging.MESSAGE.fullmatch(words)):
                        composed.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert composed == []


def test_every_field_that_the_program_logs_is_listed() -> None:
    unlisted = []
    for package in ("tenants", "compliance", "bot", "web"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in METHODS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "logger")
                ):
                    unlisted += [
                        f"{file.relative_to(ROOT)}:{node.lineno} {keyword.arg}"
                        for keyword in node.keywords
                        if keyword.arg not in logging.FIELDS and keyword.arg != "exc_info"
                    ]
    assert unlisted == []
