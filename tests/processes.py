"""The program's processes, for tests that kill them."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from flask import Flask

from web.config import Settings

ROOT = Path(__file__).parents[1]


class Processes:
    """Processes of the program on the engines of the test; whichever dies is started again."""

    def __init__(self, program: Flask, *, url: str = "http://localhost", simulator: str = "") -> None:
        settings: Settings = program.config["GUICHET"]
        self._environment = {
            **os.environ,
            "DATABASE_URL": program.config["SQLALCHEMY_DATABASE_URI"],
            "REDIS_URL": program.config["GUICHET_REDIS_URL"],
            "GUICHET_MASTER_KEY": settings.master_key,
            "GUICHET_URL": url,
            "GUICHET_SIMULATOR": simulator,
            "GUICHET_LOG_LEVEL": "error",
            "PYTHONPATH": str(ROOT),
        }
        self._running: list[tuple[tuple[str, ...], subprocess.Popen[bytes]]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        self.kills = 0

    def start(self, *command: str) -> None:
        """Start a command of the program."""
        with self._lock:
            self._running.append((command, self._open(command)))

    def kill_one(self, *, of: str | None = None, chance: random.Random | None = None) -> str:
        """Kill one of them, or one of those of a command, with no chance to tidy up; return which."""
        with self._lock:
            alive = [
                (command, process)
                for command, process in self._running
                if process.poll() is None and (of is None or command[0] == of)
            ]
            if not alive:
                return ""
            command, process = (chance or random).choice(alive)
            os.killpg(process.pid, signal.SIGKILL)
            self.kills += 1
            return " ".join(command)

    def stop(self) -> None:
        """End all of them."""
        self._stopping.set()
        self._watcher.join()
        for _, process in self._running:
            _end(process)
        for _, process in self._running:
            process.wait()

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                self._running = [
                    (command, process if process.poll() is None else self._open(command))
                    for command, process in self._running
                ]

    def _open(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "web.cli", *command], env=self._environment, cwd=ROOT, start_new_session=True
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
