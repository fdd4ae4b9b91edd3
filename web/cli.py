"""The commands. Each imports what it needs when it runs, so that the small ones start at once."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from web.config import SettingInvalid, Settings

if TYPE_CHECKING:
    from flask import Flask


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Guichet: serve customers on open messengers; only what may pass passes."""


@main.command()
@click.option("--once", is_flag=True, help="Play the scripted conversations, print them, and leave.")
@click.option("--port", type=int, default=None, help="Port of the program; the town around it takes the next three.")
def demo(once: bool, port: int | None) -> None:
    """Open everything on this machine: engines, example firms, a phone in the browser."""
    from web.demo.processes import warm_up

    # The program's processes are forked from one that begins to import now, while this one imports for itself.
    click.echo("The counter opens …")
    warm_up()
    from web.demo.demonstration import demonstrate

    sys.exit(demonstrate(_settings(), once=once, port=port))


@main.command()
@click.option("--host", default=None, help="Address to listen on (GUICHET_HOST).")
@click.option("--port", type=int, default=None, help="Port to listen on (GUICHET_PORT).")
@click.option("--workers", type=int, default=2, show_default=True, help="Processes.")
@click.option("--threads", type=int, default=8, show_default=True, help="Threads a process.")
def serve(host: str | None, port: int | None, workers: int, threads: int) -> None:
    """Serve the surfaces and take webhooks."""
    from web.server import serve_program

    settings = _settings()
    serve_program(
        lambda: _program(settings),
        host=host or settings.host,
        port=port or settings.port,
        workers=workers,
        threads=threads,
    )


@main.command()
@click.argument("queues", nargs=-1, type=click.Choice(["turns", "delivery", "calls"]))
def work(queues: tuple[str, ...]) -> None:
    """Take jobs from the queue: turns, delivery, calls; all of them when none is named."""
    from web.worker import QUEUES
    from web.worker import work as take_jobs

    take_jobs(_program(_settings()), queues=queues or QUEUES)


@main.command()
def schedule() -> None:
    """Find what waits without anybody having rung, and what is due."""
    from web.worker import schedule as sweep_again_and_again

    sweep_again_and_again(_program(_settings()))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8001, show_default=True)
def emulate(host: str, port: int) -> None:
    """Stand in for Meta's Cloud API."""
    import threading

    from web.simulator.cloud_api import create_cloud_api
    from web.simulator.cloud_api import serve as open_server

    server = open_server(create_cloud_api(), host=host, port=port)
    click.echo(f"The stand-in of the Cloud API listens on {server.url}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when models and migrations differ.")
@click.option("--to", "revision", default="head", show_default=True, help="The revision to go to.")
def migrate(check: bool, revision: str) -> None:
    """Bring the database to the newest revision, as the tables' owner."""
    import migrations
    from tenants import embedded

    if check:
        with embedded.engines(folder=None, throwaway=True) as engines:
            migrations.upgrade(_owner(engines.owner_url))
            migrations.check(_owner(engines.owner_url))
            migrations.downgrade(_owner(engines.owner_url), "base")
        click.echo("models and migrations agree, and every step goes back")
        return
    settings = _settings()
    with embedded.resolve(environ=os.environ, folder=settings.data_folder, with_queue=False) as engines:
        migrations.upgrade(_owner(engines.owner_url), revision)
    click.echo(f"the database is at {migrations.head() if revision == 'head' else revision}")


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def classify(file: IO[str]) -> None:
    """Classify JSON lines {"id", "text"} from a file or standard input."""
    from compliance.classification import classify as read

    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = row["text"]
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise click.ClickException(f'line {number} is not a JSON object with "id" and "text"') from None
        found = read(text)
        answer = {
            "id": row.get("id"),
            "language": found.language,
            "labels": found.label.names,
            "signals": sorted(found.signals),
            "findings": [
                {
                    "start": finding.start,
                    "end": finding.end,
                    "entity": finding.entity,
                    "label": " ".join(finding.label.names),
                    "score": finding.score,
                }
                for finding in found.findings
            ],
        }
        click.echo(json.dumps(answer, ensure_ascii=False))


@main.group()
def flow() -> None:
    """Look at flows."""


@flow.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connector", "systems", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON lines.")
def check_flow(files: tuple[Path, ...], systems: tuple[Path, ...], as_json: bool) -> None:
    """Check flows; fail when one has errors. Connectors beside a folder `flows` are read by themselves."""
    from web.flow_files import problems_of

    has_errors = False
    for file in files:
        for problem in problems_of(file, systems=systems):
            has_errors = has_errors or problem["severity"] == "error"
            click.echo(
                json.dumps(problem, ensure_ascii=False)
                if as_json
                else f"{file}: {problem['severity']}: {problem['node'] or 'flow'}: {problem['sentence']}"
            )
    sys.exit(1 if has_errors else 0)


@main.group()
def organisation() -> None:
    """Look after organisations."""


@organisation.command("create")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--country", required=True, help="ISO 3166 code of two letters.")
@click.option("--languages", required=True, help="Languages, the default first: de,fr,it,en")
@click.option("--time-zone", required=True, help="IANA name: Europe/Zurich")
@click.option("--telephone", required=True, help="Where a person answers.")
@click.option("--hours", required=True, help="When a person answers.")
@click.option("--admin", "admin_email", required=True, help="E-mail of the first admin.")
@click.password_option(help="Password of the first admin.")
def create_organisation(
    slug: str,
    name: str,
    country: str,
    languages: str,
    time_zone: str,
    telephone: str,
    hours: str,
    admin_email: str,
    password: str,
) -> None:
    """Create an organisation with its first admin."""
    from sqlalchemy.exc import IntegrityError

    from tenants import organisations, people
    from tenants.context import Actor
    from tenants.database import acting_as, as_platform
    from tenants.roles import Role

    operator = Actor("operator", "command line")
    now = datetime.now(UTC)
    spoken = [language.strip() for language in languages.split(",") if language.strip()]
    with _program(_settings()).app_context():
        try:
            organisation_id = organisations.create(
                slug=slug,
                name=name,
                country=country.upper(),
                languages=spoken,
                default_language=spoken[0],
                time_zone=time_zone,
                telephone=telephone,
                hours=hours,
                now=now,
                actor=operator,
            )
        except IntegrityError:
            raise click.ClickException(f"{slug} exists already, or is not a short name of plain letters") from None
        with as_platform(operator):
            user_id = people.register(email=admin_email, name=admin_email, password=password, now=now).id
        with acting_as(organisation_id, operator):
            people.join(user_id=user_id, role=Role.ADMIN)
    click.echo(f"{name} is created; sign in at /{slug}/sign-in")


def _settings() -> Settings:
    try:
        return Settings.read(environment=os.environ)
    except SettingInvalid as problem:
        raise click.ClickException(str(problem)) from None


def _program(settings: Settings) -> "Flask":
    from tenants.embedded import Engines
    from tenants.keys import NoMasterKey
    from web.program import RoleTooStrong, create_program

    if not settings.database_url or not settings.redis_url:
        raise click.ClickException("set DATABASE_URL and REDIS_URL; `guichet demo` runs without them")
    from tenants.embedded.roles import normalise

    try:
        return create_program(settings, Engines(None, normalise(settings.database_url), settings.redis_url))
    except (NoMasterKey, RoleTooStrong, SettingInvalid) as problem:
        raise click.ClickException(str(problem)) from None


def _owner(url: str | None) -> str:
    if url is None:
        raise click.ClickException("set DATABASE_OWNER_URL: the tables' owner migrates, the program may not")
    return url


if __name__ == "__main__":
    main()
