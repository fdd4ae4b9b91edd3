"""The database's roles, the same on an embedded engine and on a server.

`guichet_owner` owns the tables and migrates them; `guichet`, the program's login, owns nothing and is bound by
row-level security; what it may do is granted to the group `guichet_program`. Several processes may set them up at once.
"""

import time
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "guichet_owner"
PROGRAM = "guichet"
PROGRAM_GROUP = "guichet_program"
DATABASE = "guichet"

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the database and the queue are. URLs carry passwords, hence no repr."""

    owner_url: str | None = field(repr=False)
    """Migrations' login (SQLAlchemy form), or None where the environment names only the program's."""
    database_url: str = field(repr=False)
    """The program's login (SQLAlchemy form)."""
    redis_url: str = field(repr=False)


class NotPrivileged(RuntimeError):
    """A login that may not do what the set-up of the roles needs."""


def normalise(url: str) -> str:
    """The URL in SQLAlchemy's form for psycopg 3: `postgresql+psycopg://…`."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("a database URL begins with postgresql://")
    return f"postgresql+psycopg://{rest}"


def libpq(url: str) -> str:
    """The URL in the form that psycopg and the command-line tools read: `postgresql://…`."""
    return "postgresql://" + normalise(url).partition("://")[2]


def with_login(url: str, *, name: str, password: str | None) -> str:
    """The same database under another login."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    login = quote(name, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{login}@{server}"))


def with_database(url: str, *, name: str) -> str:
    """The same login in another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name, safe='')}"))


def password_of(url: str) -> str | None:
    """The password that a URL carries."""
    found = urlsplit(url).password
    return unquote(found) if found else None


def name_of(url: str) -> str | None:
    """The login that a URL names."""
    found = urlsplit(url).username
    return unquote(found) if found else None


def ensure_owner(administrator: psycopg.Connection, *, password: str, may_create_databases: bool) -> None:
    """Make the owner's login if it is missing."""
    attributes = (
        f"LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION {'' if may_create_databases else 'NO'}CREATEDB"
    )
    _create(administrator, OWNER, attributes, password)


def ensure_program(administrator: psycopg.Connection, *, name: str = PROGRAM, password: str | None) -> None:
    """Make the program's login and its group if they are missing; an existing login must be as harmless."""
    _create(administrator, PROGRAM_GROUP, "NOLOGIN")
    _create(administrator, name, "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION", password)
    if is_privileged(administrator, name=name):
        raise NotPrivileged(
            f"the login {name} is a superuser, passes row-level security or owns tables: it may not serve"
        )
    grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(PROGRAM_GROUP), sql.Identifier(name))
    member = "SELECT pg_has_role(%s::text::regrole, %s::text::regrole, 'MEMBER')"
    _until_done(administrator, grant, unless=(member, (_quoted(name), _quoted(PROGRAM_GROUP))))


def change_password(administrator: psycopg.Connection, *, name: str, password: str) -> None:
    """Give a login another password. PostgreSQL sees the verifier only, so that no log can hold the password."""
    _until_done(
        administrator, sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(name), _secret(administrator, name, password))
    )


def ensure_database(administrator: psycopg.Connection) -> None:
    """Make the database of an embedded engine if it is missing."""
    if not _exists(administrator, "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)):
        statement = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
        administrator.execute(sql.SQL(statement).format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    close_to_others(administrator, name=DATABASE)


def close_to_others(connection: psycopg.Connection, *, name: str) -> None:
    """Let only its owner and the program connect to a database."""
    _until_done(connection, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    admit_program(connection, name=name)


def admit_program(connection: psycopg.Connection, *, name: str) -> None:
    """Let the program connect to a database."""
    grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(PROGRAM_GROUP))
    admitted = "SELECT has_database_privilege(%s, %s, 'CONNECT')"
    _until_done(connection, grant, unless=(admitted, (PROGRAM_GROUP, name)))


def is_privileged(connection: psycopg.Connection, *, name: str) -> bool:
    """Does the login stand above row-level security: superuser, BYPASSRLS, owner of the database or of a table?"""
    query = """
        SELECT 1 FROM pg_roles r WHERE r.rolname = %s AND (
            r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
            OR EXISTS (SELECT FROM pg_database d WHERE d.datname = current_database() AND d.datdba = r.oid)
            OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')))
    """
    return _exists(connection, query, (name,))


def create_database(engines: Engines, *, name: str, template: str | None = None) -> Engines:
    """Create a database beside the given one, empty or as a copy of `template`, which nobody may be connected to."""
    if engines.owner_url is None:
        raise NotPrivileged("the owner's login is needed to create a database: set DATABASE_OWNER_URL")
    source = sql.Identifier(template or "template0")
    with psycopg.connect(libpq(engines.owner_url), autocommit=True) as owner:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), source)
        owner.execute(statement if template else statement + sql.SQL(" ENCODING 'UTF8'"))
        close_to_others(owner, name=name)
    return replace(
        engines,
        owner_url=with_database(engines.owner_url, name=name),
        database_url=with_database(engines.database_url, name=name),
    )


def drop_database(engines: Engines, *, name: str) -> None:
    """Drop a database that `create_database` made, whoever is still connected to it."""
    if engines.owner_url is None:
        raise NotPrivileged("the owner's login is needed to drop a database: set DATABASE_OWNER_URL")
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(libpq(engines.owner_url), autocommit=True) as owner:
        for attempt in range(_ATTEMPTS):
            try:
                owner.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                # An autovacuum worker was in it, which only a superuser may end; it leaves by itself.
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.2)
            else:
                return


def _create(administrator: psycopg.Connection, name: str, attributes: str, password: str | None = None) -> None:
    statement = sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), sql.SQL(attributes))
    if password:
        statement = sql.SQL("{} {}").format(statement, _secret(administrator, name, password))
    _until_done(administrator, statement, unless=("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)))


def _secret(connection: psycopg.Connection, name: str, password: str) -> sql.Composed:
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return sql.SQL("PASSWORD {}").format(sql.Literal(verifier.decode()))


def _until_done(
    connection: psycopg.Connection, statement: sql.Composed, *, unless: tuple[str, tuple[str, ...]] | None = None
) -> None:
    """Run a statement on the cluster's shared catalogues, again where another process was at the same row."""
    for attempt in range(_ATTEMPTS):
        if unless and _exists(connection, *unless):
            return
        try:
            connection.execute(statement)
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_):
            # PostgreSQL has no IF NOT EXISTS for roles; "tuple concurrently updated" comes as an internal error.
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.02 * (attempt + 1))
        except psycopg.errors.InsufficientPrivilege as refused:
            raise NotPrivileged(f"the login may not set up the database's roles: {refused}") from refused
        else:
            return


def _exists(connection: psycopg.Connection, query: str, parameters: tuple[str, ...]) -> bool:
    row = connection.execute(query.encode(), parameters).fetchone()
    return row is not None and row[0] is not False


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
