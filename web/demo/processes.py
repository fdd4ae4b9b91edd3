"""The program's processes in the demonstration: forked from one that has imported everything once."""

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path

PRELOADED = ["web.server", "web.worker", "web.program", "web.webhooks", "web.portal", "web.console", "web.desk"]
STOP_SECONDS = 15

_context = multiprocessing.get_context("forkserver")


def warm_up() -> None:
    """Begin to import, beside whatever else there is to do."""
    _context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()


@contextlib.contextmanager
def running(commands: Sequence[tuple[str, ...]], *, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run commands of the program, and start again whichever leaves."""
    log.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()

    def start(command: tuple[str, ...]) -> multiprocessing.process.BaseProcess:
        written = log / f"{'-'.join(command[:2])}.log"
        process = _context.Process(target=_run, args=(command, dict(environment), str(written)))
        process.start()
        return process

    def watch() -> None:
        while not stopping.wait(0.5):
            for number, process in enumerate(started):
                if process.exitcode is not None and not stopping.is_set():
                    started[number] = start(commands[number])

    started = [start(command) for command in commands]
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        watcher.join()
        for process in started:
            process.terminate()
        for process in started:
            process.join(STOP_SECONDS)
            process.kill()
            process.join()


def _run(command: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    """Become a command of the program."""
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(out, sys.stdout.fileno())
    os.dup2(out, sys.stderr.fileno())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    # Ctrl-C reaches the whole group; the demonstration ends its processes itself, in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.argv = ["guichet", *command]
    runpy.run_module("web.cli", run_name="__main__")


def _leave_with_parent() -> None:
    """Leave when the demonstration was killed: an orphan would hold the port of the next one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
