"""The worker: takes jobs from the queue, inside the program's context, one after the other.

A SimpleWorker, since forking for every job would lose the connections and two thirds of
the rate; it leaves after a while, and whoever started it starts another.
"""

import signal
import threading
import time

import structlog
from flask import Flask
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from bot.jobs import sweep
from tenants import queue

QUEUES = ("turns", "delivery", "calls")
JOBS_BEFORE_RECYCLING = 50_000
SWEEP_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Worker(SimpleWorker):
    """RQ's worker, without a fork."""

    death_penalty_class = TimerDeathPenalty


def work(app: Flask, *, queues: tuple[str, ...] = QUEUES) -> None:
    """Take jobs until told to stop."""
    with app.app_context():
        worker = Worker(list(queues), connection=queue.connection(), serializer=JSONSerializer)
        worker.work(logging_level="WARNING", max_jobs=JOBS_BEFORE_RECYCLING)


def schedule(app: Flask) -> None:
    """Sweep again and again until told to stop. Several schedulers do no harm: what they ring for is rung once."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with app.app_context():
        while not stopped.is_set():
            began = time.monotonic()
            try:
                sweep()
            except Exception as error:  # whatever is out of order, the next sweep tries again
                log.error("sweep failed", error=type(error).__name__, exc_info=error)
            stopped.wait(max(0.0, SWEEP_SECONDS - (time.monotonic() - began)))
