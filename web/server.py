"""Serving: gunicorn with threads, each process with a program of its own."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi

# The header says what answers, not which version of what it stands on.
setattr(wsgi, "SERVER", "Guichet")  # noqa: B010 (the stubs do not know it)


class _Server(BaseApplication):
    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make = make
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make()


def serve_program(make: Callable[[], Flask], *, host: str, port: int, workers: int, threads: int) -> None:
    """Serve until told to stop; requests under way are finished first."""
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "keepalive": 30,
        "graceful_timeout": 10,
        "timeout": 60,
        # Its own access log would write addresses with portal tokens in them.
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(make, options).run()
