"""The demonstration: engines, program and town on one machine, watched over and put away cleanly."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

import migrations
from tenants import embedded, keys
from tenants.http import AnswerLost, Client, ConnectFailed
from web import examples
from web.config import Settings
from web.demo import processes
from web.demo.installation import LOOPBACK, install
from web.demo.player import play_all
from web.demo.town import Town, introduce, town
from web.program import create_program

COMMANDS = (
    ("serve", "--workers", "1", "--threads", "16"),
    ("work", "turns", "calls"),
    ("work", "delivery"),
    ("schedule",),
)
READY_SECONDS = 60


def demonstrate(settings: Settings, *, once: bool, port: int | None) -> int:
    """Run the demonstration until interrupted, or once; return the exit status."""
    with opened(settings, port=port or settings.port) as place:
        if once:
            return play_all(place)
        _welcome(place)
        _wait_for_interrupt()
    return 0


@contextmanager
def opened(settings: Settings, *, port: int) -> Iterator[Town]:
    """Open everything: engines, database, example firms, town, the program's processes. Within, its context."""
    master_key = settings.master_key or _kept_master_key(settings.data_folder)
    program = f"http://localhost:{port}"
    with (
        embedded.resolve(environ=os.environ, folder=settings.data_folder) as engines,
        town(program=program, slugs=examples.slugs(), port=port + 1) as place,
    ):
        migrations.upgrade(engines.owner_url or engines.database_url)
        environment = {
            **os.environ,
            "DATABASE_URL": engines.database_url,
            "REDIS_URL": engines.redis_url,
            "GUICHET_MASTER_KEY": master_key,
            "GUICHET_URL": program,
            "GUICHET_HOST": "127.0.0.1",
            "GUICHET_PORT": str(port),
            "GUICHET_SIMULATOR": place.addresses["cloud_api"],
        }
        own = create_program(Settings.read(environment={**environment, "GUICHET_LOG_LEVEL": "warning"}), engines)
        with own.app_context():
            for example in place.examples:
                install(example, addresses=place.addresses, now=datetime.now(UTC))
            with processes.running(COMMANDS, environment=environment, log=settings.data_folder / "log"):
                _wait_until_ready(program)
                introduce(place)
                yield place


def _wait_until_ready(program: str) -> None:
    client = Client(allow=[*LOOPBACK, "::1/128"])
    end = time.monotonic() + READY_SECONDS
    try:
        while time.monotonic() < end:
            try:
                if client.get(f"{program}/readyz", timeout_seconds=2).status == 200:
                    return
            except (ConnectFailed, AnswerLost):
                pass
            time.sleep(0.1)
    finally:
        client.close()
    raise click.ClickException("the program did not become ready; its log is in the data folder")


def _kept_master_key(folder: Path) -> str:
    """The demonstration's own master key, made at its first start."""
    kept = folder / "master.key"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open(kept, "x", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(keys.new_master_key())
        click.echo(f"A master key was made for the demonstration: {kept}")
    return kept.read_text(encoding="ascii").strip()


def _welcome(place: Town) -> None:
    click.echo(f"\nThe phone:          {place.program}/simulator")
    for example in place.examples:
        first = example.organisation["people"][1]
        click.echo(
            f"{example.organisation['name']:<20}{place.program}/{example.slug}/sign-in"
            f"   {first['email']}  {first['password']}"
        )
    click.echo("\nCtrl-C puts everything away; what was said stays for the next start.")


def _wait_for_interrupt() -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
