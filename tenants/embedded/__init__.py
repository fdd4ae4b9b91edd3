"""Real PostgreSQL and Valkey that pip installs, or the servers that the environment names: the same SQL, policies and
queue either way."""

from tenants.embedded.engines import Running, engines, start
from tenants.embedded.processes import EngineFailed
from tenants.embedded.roles import Engines, NotPrivileged, create_database, drop_database
from tenants.embedded.servers import resolve

__all__ = [
    "EngineFailed",
    "Engines",
    "NotPrivileged",
    "Running",
    "create_database",
    "drop_database",
    "engines",
    "resolve",
    "start",
]
