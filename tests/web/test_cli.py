"""The commands, as somebody types them."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from tenants import organisations, people
from tenants.database import acting_as, as_platform
from tenants.embedded import Engines
from tenants.roles import Role
from tests.firm import TESTER
from web.cli import main

ROOT = Path(__file__).parents[2]
FLOWS = sorted((ROOT / "web" / "examples").glob("*/flows/*.yaml"))


def test_classify_reads_and_writes_json_lines() -> None:
    rows = [{"id": "1", "text": "mon IBAN est CH93 0076 2011 6238 5295 7"}, {"id": "2", "text": "bonjour"}]
    done = CliRunner().invoke(main, ["classify"], input="".join(json.dumps(row) + "\n" for row in rows))
    assert done.exit_code == 0
    first, second = map(json.loads, done.output.splitlines())
    assert (first["id"], first["language"], first["labels"]) == ("1", "fr", ["account"])
    (finding,) = first["findings"]
    assert rows[0]["text"][finding["start"] : finding["end"]] == "CH93 0076 2011 6238 5295 7"
    assert set(finding) == {"start", "end", "entity", "label", "score"}
    assert second == {"id": "2", "language": second["language"], "labels": [], "signals": [], "findings": []}


@pytest.mark.parametrize("line", ["not json", '{"id": "1"}', '{"text": 7}', "[]"])
def test_classify_says_which_line_is_wrong(line: str) -> None:
    done = CliRunner().invoke(main, ["classify"], input=f'{{"id": "1", "text": "hi"}}\n{line}\n')
    assert done.exit_code == 1
    assert "line 2" in done.output


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.parts[-3])
def test_the_flows_of_the_examples_have_no_errors(file: Path) -> None:
    assert CliRunner().invoke(main, ["flow", "check", str(file)]).exit_code == 0


def test_a_flow_with_an_error_is_named_with_its_node(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(
        "guichet: 1\nflow: start\ntitle: {en: Broken}\nlanguages: [en]\nstart: hi\n"
        "nodes:\n  hi: {say: {text: {en: Hello}}, next: nowhere}\n"
    )
    done = CliRunner().invoke(main, ["flow", "check", "--json", str(file)])
    assert done.exit_code == 1
    (problem,) = [json.loads(line) for line in done.output.splitlines()]
    assert (problem["severity"], problem["node"]) == ("error", "hi")


def test_an_organisation_is_created_with_its_admin(program: Flask) -> None:
    slug = f"new-{secrets.token_hex(4)}"
    environment = {
        "DATABASE_URL": program.config["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": program.config["GUICHET_REDIS_URL"],
        "GUICHET_MASTER_KEY": program.config["GUICHET"].master_key,
    }
    arguments = ["--name", "New", "--country", "ch", "--languages", "de,fr", "--time-zone", "Europe/Zurich"]
    arguments += [
        "--telephone",
        "044",
        "--hours",
        "8-18",
        "--admin",
        f"{slug}@example.com",
        "--password",
        "long enough",
    ]
    command = ["organisation", "create", slug, *arguments]
    first = run(command, environment)
    assert first.returncode == 0, first.stderr
    with as_platform(TESTER):
        organisation_id = organisations.find(slug).id
        user = people.by_email(f"{slug}@example.com")
        assert user is not None
        user_id = user.id
    with acting_as(organisation_id, TESTER):
        assert people.member(user_id=user_id)[1] is Role.ADMIN
    again = run(command, environment)
    assert again.returncode == 1
    assert "exists already" in again.stderr


def test_the_program_refuses_to_run_as_the_owner_of_its_tables(program: Flask, engines: Engines) -> None:
    environment = {
        "DATABASE_URL": str(engines.owner_url),
        "REDIS_URL": program.config["GUICHET_REDIS_URL"],
        "GUICHET_MASTER_KEY": program.config["GUICHET"].master_key,
    }
    done = run(["work"], environment)
    assert done.returncode == 1
    assert "BYPASSRLS" in done.stderr


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as its program and connections are the process's."""
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *command],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
