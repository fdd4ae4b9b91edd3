"""The embedded Valkey: a queue's memory, reached by a unix socket and a password only.

It keeps nothing on disk: the rows in PostgreSQL are the truth, and emptying the queue loses nothing.
"""

import contextlib
import os
import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tenants.embedded import places
from tenants.embedded.places import Account
from tenants.embedded.processes import EngineFailed, is_alive, launch, tail, wait_until


def url(*, sockets: Path, password: str) -> str:
    """The URL of the server, in the form that redis-py and RQ read."""
    return f"unix://:{password}@{sockets / 'valkey.sock'}?db=0"


def start(*, home: Path, sockets: Path, account: Account, password: str) -> None:
    """Start the server, or adopt the one that already answers; return when it takes commands."""
    if answers(sockets=sockets, password=password):
        return
    stop(home=home)
    configuration, log = home / "valkey.conf", home / "valkey.log"
    configuration.unlink(missing_ok=True)
    configuration.touch(mode=0o600)
    settings = {
        "port": "0",
        "unixsocket": f'"{sockets / "valkey.sock"}"',
        "unixsocketperm": "600",
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "dir": f'"{home}"',
        "pidfile": f'"{home / "valkey.pid"}"',
        "set-proc-title": "no",
        # RQ must never lose a job to make room for another.
        "maxmemory-policy": "noeviction",
    }
    configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if account.is_other:
        os.chown(configuration, account.uid, account.gid)
    pid = launch([places.valkey_program(home, account=account), configuration], log=log, account=account)

    def settled() -> bool:
        return answers(sockets=sockets, password=password) or not is_alive(pid, folder=home)

    if not wait_until(settled, seconds=20) or not is_alive(pid, folder=home):
        raise EngineFailed(f"Valkey did not start:\n{tail(log)}")


def answers(*, sockets: Path, password: str) -> bool:
    """Does a server with our password answer on our socket?"""
    # The client's own retries would wait for seconds where we only want to know.
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(unix_socket_path=str(sockets / "valkey.sock"), password=password, socket_timeout=5, retry=once)
    try:
        return bool(client.ping())
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.ResponseError):
        return False
    finally:
        client.close()


def stop(*, home: Path) -> None:
    """Stop the server of this folder if one runs."""
    try:
        pid = int((home / "valkey.pid").read_text())
    except (FileNotFoundError, ValueError):
        return
    for how in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(pid, folder=home):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        wait_until(lambda: not is_alive(pid, folder=home), seconds=5)
    (home / "valkey.pid").unlink(missing_ok=True)
