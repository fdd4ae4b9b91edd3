"""The servers that the environment names, and the embedded engines for what it does not name."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from tenants.embedded import roles
from tenants.embedded.engines import start
from tenants.embedded.roles import Engines, NotPrivileged


@contextlib.contextmanager
def resolve(
    *, environ: Mapping[str, str], folder: Path | None, throwaway: bool = False, with_queue: bool = True
) -> Iterator[Engines]:
    """The servers of `DATABASE_URL` (`DATABASE_OWNER_URL`) and `REDIS_URL`; the engine for each that is not set.

    An owner's or superuser's `DATABASE_URL` is taken for the owner's, and a program's login is derived on that server.
    """
    database_url, owner_url = environ.get("DATABASE_URL"), environ.get("DATABASE_OWNER_URL")
    redis_url = environ.get("REDIS_URL") or ("" if not with_queue else None)
    named = _on_server(database_url, owner_url) if database_url or owner_url else None
    if named and redis_url is not None:
        yield Engines(*named, redis_url)
        return
    running = start(folder=folder, throwaway=throwaway, postgresql=not named, valkey=redis_url is None)
    try:
        owner, program = named or (running.engines.owner_url, running.engines.database_url)
        yield Engines(owner, program, running.engines.redis_url if redis_url is None else redis_url)
    finally:
        running.stop()


def _on_server(database_url: str | None, owner_url: str | None) -> tuple[str | None, str]:
    """The owner's URL, if known, and the program's, whose login exists afterwards."""
    if not owner_url and database_url:
        with psycopg.connect(roles.libpq(database_url)) as connection:
            if not roles.is_privileged(connection, name=connection.info.user):
                return None, roles.normalise(database_url)
        owner_url, database_url = database_url, None
    if not owner_url:
        raise ValueError("neither DATABASE_URL nor DATABASE_OWNER_URL is set")
    owner_url = roles.normalise(owner_url)
    program_url = roles.normalise(database_url) if database_url else _derived(owner_url)
    _let_in(owner_url, program_url)
    return owner_url, program_url


def _derived(owner_url: str) -> str:
    """The program's login on the owner's server.

    Its password follows from the owner's (slowly, so that it does not give that one away): every process finds the same
    without telling another. Where the server asks no password of the owner, the program's login has none either, which
    closes it on every way in that does ask for one.
    """
    password = roles.password_of(owner_url)
    if password:
        password = hashlib.scrypt(password.encode(), salt=b"guichet program login", n=2**14, r=8, p=1, dklen=24).hex()
    return roles.with_login(owner_url, name=roles.PROGRAM, password=password)


def _let_in(owner_url: str, program_url: str) -> None:
    """Make the program's login and its group where they are missing, and see that it comes in."""
    name, password = roles.name_of(program_url) or roles.PROGRAM, roles.password_of(program_url)
    with psycopg.connect(roles.libpq(owner_url), autocommit=True) as owner:
        roles.ensure_program(owner, name=name, password=password)
        roles.admit_program(owner, name=owner.info.dbname)
        if _comes_in(program_url):
            return
        if password:
            roles.change_password(owner, name=name, password=password)
        if not _comes_in(program_url):
            raise NotPrivileged(f"the program's login {name} cannot connect: set DATABASE_URL to a login that can")


def _comes_in(url: str) -> bool:
    try:
        psycopg.connect(roles.libpq(url)).close()
    except psycopg.OperationalError:
        return False
    return True
