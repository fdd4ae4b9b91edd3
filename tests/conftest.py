"""What the tests stand on: real engines, a database and a queue of their own for each process, firms made as firms are.

Nothing is cleaned between tests: each makes a firm of its own, and no firm sees another's rows.
"""

import base64
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

import migrations
from tenants import embedded, keys, queue
from tenants.embedded import Engines, create_database, drop_database
from tests.firm import Firm, make_firm
from web.config import Settings
from web.program import create_program
from web.simulator.cloud_api import Server, create_cloud_api, serve
from web.simulator.cloud_api import Settings as CloudSettings

MASTER_KEY = base64.b64encode(b"guichet-tests-are-thirty-two-bit").decode()


@pytest.fixture(scope="session")
def engines(worker_id: str, testrun_uid: str) -> Iterator[Engines]:
    """PostgreSQL and Valkey, shared by all test processes; in them a database and a queue of this process alone."""
    folder = Path(tempfile.gettempdir()) / f"guichet-tests-{testrun_uid[:12]}"
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    with embedded.resolve(environ=os.environ, folder=folder, throwaway=True) as shared:
        own = create_database(shared, name=f"guichet_{testrun_uid[:12]}_{worker_id}")
        migrations.upgrade(own.owner_url or own.database_url)
        try:
            yield Engines(own.owner_url, own.database_url, _numbered(shared.redis_url, number))
        finally:
            drop_database(shared, name=f"guichet_{testrun_uid[:12]}_{worker_id}")


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings of the program under test."""
    return Settings(master_key=MASTER_KEY, url="http://localhost", log_level="error")


@pytest.fixture(scope="session")
def app(engines: Engines, settings: Settings) -> Iterator[Flask]:
    """The program under test, put together as in production."""
    program = create_program(settings, engines)
    queue.connection().flushdb()
    yield program
    from tenants.database import db

    with program.app_context():
        db.engine.dispose()


@pytest.fixture
def program(app: Flask) -> Iterator[Flask]:
    """The program, its context entered."""
    keys.configure(MASTER_KEY)
    with app.app_context():
        yield app


@pytest.fixture
def client(program: Flask) -> FlaskClient:
    """A browser without a window."""
    return program.test_client()


@pytest.fixture(scope="session")
def cloud_api() -> Iterator[Server]:
    """The stand-in of Meta's Cloud API, reached by real HTTP."""
    app = create_cloud_api(settings=CloudSettings(window="off", pair_limit=False, per_second=None))
    server = serve(app)
    yield server
    app.extensions["cloud_api"].stop()
    server.stop()


@pytest.fixture
def firm(program: Flask, cloud_api: Server) -> Firm:
    """A firm with a policy, a WhatsApp number, a portal and a small flow."""
    return make_firm(cloud_api=cloud_api.url)


@pytest.fixture
def other_firm(program: Flask, cloud_api: Server) -> Firm:
    """Another firm."""
    return make_firm(cloud_api=cloud_api.url)


def _numbered(redis_url: str, number: int) -> str:
    """The same server, another of its databases."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        query = urlencode({**dict(parse_qsl(parts.query)), "db": str(number)})
        return urlunsplit(parts._replace(query=query))
    return urlunsplit(parts._replace(path=f"/{number}"))
