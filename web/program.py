"""The program put together: settings, database, keys, queue and surfaces, once for every command."""

import sqlalchemy as sa
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

import migrations
from bot.conversation.destination import stand_at
from tenants import keys, queue
from tenants.database import db, pooled
from tenants.embedded import Engines
from web.app import create_app
from web.config import Settings


class RoleTooStrong(PermissionError):
    """The program's database role could see past row-level security."""


def create_program(settings: Settings, engines: Engines) -> Flask:
    """Put the program together. Raise NoMasterKey, RoleTooStrong."""
    keys.configure(settings.master_key)
    stand_at(settings.url)
    queue.connect(engines.redis_url)
    app = create_app(settings, probes={"database": database_answers, "migrations": is_migrated, "queue": queue_answers})
    app.config["GUICHET_REDIS_URL"] = engines.redis_url
    app.config["SQLALCHEMY_DATABASE_URI"] = engines.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = pooled()
    db.init_app(app)
    with app.app_context():
        _check_role()
    return app


def database_answers() -> bool:
    """Whether the database answers."""
    try:
        with db.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def is_migrated() -> bool:
    """Whether the database is as this program expects it."""
    try:
        with db.engine.connect() as connection:
            return migrations.is_at_head(connection)
    except SQLAlchemyError:
        return False


def queue_answers() -> bool:
    """Whether the queue answers."""
    try:
        return bool(queue.connection().ping())
    except RedisError:
        return False


def _check_role() -> None:
    """Refuse to run as somebody for whom the database makes an exception."""
    with db.engine.connect() as connection:
        is_strong = connection.scalar(
            sa.text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
        owns = connection.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user"))
    if is_strong or owns:
        raise RoleTooStrong("DATABASE_URL must name a role that owns no table and has neither SUPERUSER nor BYPASSRLS")
