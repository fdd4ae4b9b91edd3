"""The queue: doorbells, rung after the commit of the act that gave them cause.

A job carries ids only; the row is the truth and the job a hint. A doorbell is a job of
which one waits at the most: its id ends in a generation, which the job raises before
its first look, so that whatever was committed before a ring is seen by that job or by
the next. A ring that fails is logged and made good by the sweep.
"""

import dataclasses
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from tenants.database import db

log = structlog.get_logger(__name__)

JOB_TIMEOUT_SECONDS = 60
ALIVE_SECONDS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Doorbell:
    """One bell: the job's dotted name, its queue and its arguments (ids and numbers only)."""

    job: str
    queue: str
    arguments: tuple[str | int, ...]

    @property
    def key(self) -> str:
        return ":".join(("guichet", "bell", self.job.rpartition(".")[2], *map(str, self.arguments)))


class NoQueue(RuntimeError):
    """The queue was used before `connect`."""


_connection: Redis | None = None


def connect(url: str) -> Redis:
    """Connect the program to its queue."""
    global _connection
    _connection = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=None, health_check_interval=30)
    return _connection


def connection() -> Redis:
    """Return the connection. Raise NoQueue before `connect`."""
    if _connection is None:
        raise NoQueue("call connect first")
    return _connection


def queue(name: str) -> Queue:
    """Return a queue by name."""
    return Queue(name, connection=connection(), serializer=JSONSerializer)


def ring(bell: Doorbell, *, fresh: bool = False) -> None:
    """Ring a bell now. `fresh` first raises its generation: the sweep's way past a job that died.

    Never raises for a queue that is out of reach.
    """
    try:
        generation = raise_generation(bell) if fresh else int(connection().get(bell.key) or 0)
        queue(bell.queue).enqueue_call(
            bell.job,
            args=bell.arguments,
            timeout=JOB_TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=0,
            job_id=f"{bell.key}:{generation}".replace(":", "-"),
            unique=True,
        )
    except DuplicateJobError:
        return
    except RedisError as error:
        log.warning("bell not rung", job=bell.job, error=type(error).__name__)


def raise_generation(bell: Doorbell) -> int:
    """Begin a new generation: rings from now on make a new job. The job's first act."""
    return int(connection().incr(bell.key))


def note_alive(bell: Doorbell) -> None:
    """Say that this bell's job is at work, for the sweep not to ring for what is in hand."""
    connection().set(f"{bell.key}:alive", 1, ex=ALIVE_SECONDS)


def is_alive(bell: Doorbell) -> bool:
    """Tell whether a job of this bell was at work a moment ago."""
    return bool(connection().exists(f"{bell.key}:alive"))


def ring_after_commit(bell: Doorbell) -> None:
    """Ring when the act under way has committed; not at all when it is rolled back."""
    db.session().info.setdefault("bells", {})[bell] = None


@event.listens_for(Session, "after_commit")
def _ring_bells(session: Session) -> None:
    if session.in_nested_transaction():
        return
    bells: dict[Doorbell, Any] = session.info.pop("bells", {})
    for bell in bells:
        ring(bell)


@event.listens_for(Session, "after_rollback")
def _forget_bells(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint was undone: the bells of what stands still ring, and one too many does no harm
    session.info.pop("bells", None)
