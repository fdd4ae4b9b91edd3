"""Doorbells: whatever is committed before a ring is seen by a job, however producers, workers and kills race."""

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import inbox, jobs
from bot.inbox import InboundEvent
from tenants import queue
from tenants.database import db
from tests.firm import Firm, fresh_phone, text_message
from tests.processes import Processes

PRODUCERS = 4
MESSAGES = 60


@pytest.fixture
def workers(program: Flask) -> Iterator[Processes]:
    """Two workers for turns, and a scheduler, as processes of their own."""
    running = Processes(program)
    running.start("work", "turns")
    running.start("work", "turns", "calls")
    running.start("schedule")
    yield running
    running.stop()


def test_a_ring_while_a_job_looks_makes_another_job(firm: Firm) -> None:
    bell = inbox.turns_bell(firm.id, 3)
    queue.ring(bell)
    queue.ring(bell)
    assert queue.queue("turns").count >= 1
    waiting = [job_id for job_id in queue.queue("turns").job_ids if str(firm.id) in job_id]
    assert len(waiting) == 1
    queue.raise_generation(bell)
    queue.ring(bell)
    waiting = [job_id for job_id in queue.queue("turns").job_ids if str(firm.id) in job_id]
    assert len(waiting) == 2


def test_a_message_committed_while_a_job_runs_is_not_stranded(firm: Firm) -> None:
    """The case in which a fixed job id strands messages: the ring comes after the last look."""
    firm.write("first")
    with firm.acting():
        shard = inbox.waiting_shards()[0]
    bell = inbox.turns_bell(firm.id, shard)
    queue.queue("turns").empty()
    jobs.take_turns(str(firm.id), shard)
    firm.write("second")
    waiting = [job_id for job_id in queue.queue("turns").job_ids if str(firm.id) in job_id]
    assert waiting == [f"{bell.key}:1".replace(":", "-")]


def test_the_sweep_rings_for_what_an_emptied_queue_forgot(firm: Firm) -> None:
    firm.write("hello")
    queue.connection().flushdb()
    jobs.sweep()
    assert any(str(firm.id) in job_id for job_id in queue.queue("turns").job_ids)


def test_a_bell_that_cannot_be_rung_does_not_fail_the_webhook(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import Redis

    monkeypatch.setattr(queue, "_connection", Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2))
    firm.write("hello")
    with firm.acting():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(InboundEvent)) == 1


@pytest.mark.slow
def test_no_wake_up_is_lost_when_producers_workers_and_kills_race(
    program: Flask, firm: Firm, workers: Processes
) -> None:
    """Every message is taken although workers die, the queue is emptied and producers never pause."""
    bodies = [
        [firm.webhook(text_message(f"word {n}", who=phone)) for n in range(MESSAGES)]
        for phone in (fresh_phone() for _ in range(PRODUCERS))
    ]

    def produce(raws: list[bytes]) -> None:
        with program.app_context():
            for raw in raws:
                firm.receive(raw)
                time.sleep(0.01)

    producers = [threading.Thread(target=produce, args=(raws,)) for raws in bodies]
    for producer in producers:
        producer.start()
    for _ in range(4):
        time.sleep(1.0)
        workers.kill_one(of="work")
        queue.connection().flushdb()
    for producer in producers:
        producer.join()
    assert _all_taken(firm, PRODUCERS * MESSAGES, seconds=60)


def _all_taken(firm: Firm, count: int, *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with firm.acting():
            taken = db.session.scalar(
                sa.select(sa.func.count()).select_from(InboundEvent).where(InboundEvent.state == "taken")
            )
        if taken == count:
            return True
        time.sleep(0.2)
    return False
