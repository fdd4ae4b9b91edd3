"""Structured logs: one JSON object a line, nothing of what people wrote.

One rule: what is not listed here does not leave. A message is constant words, a field
is listed by name and must have its kind's shape; anything else is dropped and counted.
What other libraries log keeps its logger, level and place in the code, never its text,
since it may quote statements, addresses or parameters.
"""

import enum
import logging
import re
import sys
import traceback
import uuid
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter

from web.metrics import REGISTRY

DROPPED = Counter("guichet_log_fields_dropped", "Log fields that were not allowed to leave.", registry=REGISTRY)

Entry = MutableMapping[str, Any]


class Kind(enum.Enum):
    """The shapes a field may have."""

    ID = "a UUID"
    WHOLE = "a whole number below a billion: too short for an account, a card or a telephone number"
    AMOUNT = "a float"
    FLAG = "true or false"
    WORD = "a short word of a closed set: lower case, at most 48 characters, no run of four digits"
    CODE = "a whole number or a word"
    CLASS = "the name of an exception's class, or a word"


FIELDS: Mapping[str, Kind] = {
    # Whose and what
    "organisation": Kind.WORD,
    "actor_kind": Kind.WORD,
    "request": Kind.ID,
    "organisation_id": Kind.ID,
    "brand_id": Kind.ID,
    "person_id": Kind.ID,
    "channel_id": Kind.ID,
    "contact_id": Kind.ID,
    "conversation_id": Kind.ID,
    "message_id": Kind.ID,
    "event_id": Kind.ID,
    "inbound_id": Kind.ID,
    "outbound_id": Kind.ID,
    "decision_id": Kind.ID,
    "ticket_id": Kind.ID,
    "flow_id": Kind.ID,
    "version_id": Kind.ID,
    "session_id": Kind.ID,
    "connector_id": Kind.ID,
    "policy_id": Kind.ID,
    "entry_id": Kind.ID,
    "job_id": Kind.ID,
    # What happened
    "endpoint": Kind.WORD,
    "method": Kind.WORD,
    "status": Kind.WHOLE,
    "state": Kind.WORD,
    "kind": Kind.WORD,
    "channel": Kind.WORD,
    "direction": Kind.WORD,
    "verdict": Kind.WORD,
    "rule": Kind.WORD,
    "label": Kind.WORD,
    "code": Kind.CODE,
    "error": Kind.CLASS,
    "node": Kind.WORD,
    "item_kind": Kind.WORD,
    "route_kind": Kind.WORD,
    "reason": Kind.WORD,
    "job": Kind.WORD,
    "queue": Kind.WORD,
    "part": Kind.WORD,
    "surface": Kind.WORD,
    "migration": Kind.WORD,
    "language": Kind.WORD,
    "retryable": Kind.FLAG,
    "embedded": Kind.FLAG,
    "secure": Kind.FLAG,
    # How many, how long
    "count": Kind.WHOLE,
    "attempt": Kind.WHOLE,
    "shard": Kind.WHOLE,
    "generation": Kind.WHOLE,
    "version": Kind.WHOLE,
    "sequence": Kind.WHOLE,
    "port": Kind.WHOLE,
    "bytes": Kind.WHOLE,
    "duration_ms": Kind.AMOUNT,
    "delay_s": Kind.AMOUNT,
    "age_s": Kind.AMOUNT,
}

MESSAGE = re.compile(r"[a-z][a-z ,'-]{0,79}")
CLASS = re.compile(r"[A-Z][A-Za-z]{0,47}")
WORD = re.compile(r"[a-z](?!.*\d{4})[a-z0-9_.:-]{0,47}")


def configure(*, level: str) -> None:
    """Send every log of this process, ours and the libraries', as JSON to standard error."""
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        keep_what_may_leave,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = ToStandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                withhold_foreign_text,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    # Any other handler that writes to a stream would write texts as they are.
    root.handlers[:] = [one for one in root.handlers if type(one) not in (logging.StreamHandler, ToStandardError)]
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Access lines of the server hold addresses and paths; ours are written by web.app.
    logging.getLogger("gunicorn.access").disabled = True
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


class ToStandardError(logging.Handler):
    """Writes lines to standard error. A line that cannot be written is counted, never shown otherwise."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except (OSError, ValueError, TypeError):
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the name is logging's)
        """Count it: logging's own way would print the record with its arguments."""
        DROPPED.inc()


def keep_what_may_leave(_logger: Any, _method: str, entry: Entry) -> Entry:
    """Keep constant words and listed fields of the right shape; drop and count the rest."""
    exception = entry.pop("exc_info", None)
    event = entry.pop("event", None)
    kept: dict[str, Any] = {}
    dropped = 0
    if isinstance(event, str) and MESSAGE.fullmatch(event):
        kept["event"] = event
    else:
        kept["event"] = "unnamed event"
        dropped += 1
    for name, value in entry.items():
        shown = _shown(FIELDS.get(name), value)
        if shown is None:
            dropped += 1
        else:
            kept[name] = shown
    if dropped:
        DROPPED.inc(dropped)
        kept["dropped"] = dropped
    return kept | describe(_exception(exception))


def withhold_foreign_text(_logger: Any, _method: str, entry: Entry) -> Entry:
    """Replace what a library logged by where it logged it: its text may quote anything."""
    record: logging.LogRecord = entry["_record"]
    described = describe(_exception(entry.get("exc_info")))
    keep = {name: value for name, value in entry.items() if name in ("_record", "_from_structlog")}
    return {**keep, "event": "library message", "logger": record.name, "place": _place(record), **described}


def describe(error: BaseException | None) -> dict[str, Any]:
    """Name an exception and the lines it came through, without its message: that may quote content."""
    if error is None:
        return {}
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    described: dict[str, Any] = {
        "exception": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": frames[-20:],
    }
    cause = error.__cause__ or error.__context__
    return described | ({"cause": f"{type(cause).__module__}.{type(cause).__qualname__}"} if cause else {})


def _shown(kind: Kind | None, value: object) -> object:
    """Return the value as it may leave, None when it may not."""
    match kind:
        case Kind.ID:
            return _uuid(value)
        case Kind.FLAG if isinstance(value, bool):
            return value
        case Kind.WHOLE if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
            return value
        case Kind.AMOUNT if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**9:
            return round(float(value), 3)
        case Kind.CODE:
            whole = _shown(Kind.WHOLE, value)
            return whole if whole is not None else _shown(Kind.WORD, value)
        case Kind.CLASS if isinstance(value, str) and CLASS.fullmatch(value):
            return value
        case Kind.WORD | Kind.CLASS:
            word = value.value if isinstance(value, enum.Enum) else value
            return word if isinstance(word, str) and WORD.fullmatch(word) else None
        case _:
            return None


def _uuid(value: object) -> str | None:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str) and len(value) == 36:
        try:
            return str(uuid.UUID(value))
        except ValueError:
            return None
    return None


def _exception(given: object) -> BaseException | None:
    if given is True:
        return sys.exc_info()[1]
    if isinstance(given, BaseException):
        return given
    return given[1] if isinstance(given, tuple) and isinstance(given[1], BaseException) else None


def _place(record: logging.LogRecord) -> str:
    return f"{record.module}:{record.lineno} {record.funcName}"
