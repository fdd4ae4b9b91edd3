"""The embedded engines of one data folder, shared by all processes that use it.

The one rule: whoever comes first starts them, whoever leaves last stops them. Both are decided by file locks, which the
system drops when a process dies, however it dies.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from tenants.embedded import places, postgresql, roles, valkey
from tenants.embedded.processes import EngineFailed
from tenants.embedded.roles import Engines

_THROWAWAY_PREFIX = "guichet-throwaway-"


@contextlib.contextmanager
def engines(*, folder: Path | None = None, throwaway: bool = False) -> Iterator[Engines]:
    """The engines of the data folder, started if need be and stopped by the last who leaves."""
    running = start(folder=folder, throwaway=throwaway)
    try:
        yield running.engines
    finally:
        running.stop()


def start(
    *, folder: Path | None = None, throwaway: bool = False, postgresql: bool = True, valkey: bool = True
) -> "Running":
    """Start the engines of `folder`, or join those that run there already.

    `throwaway` is for tests: quick instead of durable; the folder (a temporary one if None) goes with the last user.
    """
    if folder is None:
        if not throwaway:
            raise ValueError("the engines need a folder for their data")
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=_THROWAWAY_PREFIX))
        # The engines' account must pass through; every secret in the folder is closed by a mode of its own.
        folder.chmod(0o711)
    elif not folder.exists():
        folder.mkdir(parents=True, mode=0o711)
    running = Running(folder.resolve(), throwaway=throwaway, postgresql=postgresql, valkey=valkey)
    running.revive()
    return running


@dataclass(frozen=True, slots=True)
class _Facts:
    """What must be known to find the engines again; kept in `engines.json`, readable by its owner only."""

    administrator: str
    owner: str
    program: str
    valkey: str
    sockets: str


class Running:
    """Our share in the engines of one folder: they run at least until `stop`."""

    def __init__(self, folder: Path, *, throwaway: bool, postgresql: bool, valkey: bool) -> None:
        self.folder = folder
        self._throwaway = throwaway
        self._postgresql = postgresql
        self._valkey = valkey
        self._process = os.getpid()
        self._users: int | None = None
        self._engines: Engines | None = None

    @property
    def engines(self) -> Engines:
        """Where the engines are."""
        if self._engines is None:
            raise EngineFailed("the engines are stopped")
        return self._engines

    def revive(self) -> None:
        """Start what does not run (any more)."""
        with _only_one(self.folder):
            joined = self._users is not None
            if self._users is None:
                self._users = _open(self.folder / "users.lock")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._engines = self._started()
            except BaseException:
                if not joined:
                    self._leave()
                raise

    def stop(self) -> None:
        """Give up our share; the last one stops the engines. A forked child has no share of its own."""
        if self._users is None or self._process != os.getpid():
            return
        with _only_one(self.folder):
            self._leave()

    def _leave(self) -> None:
        if self._users is None:
            return
        fcntl.flock(self._users, fcntl.LOCK_UN)
        try:
            if _is_alone(self._users):
                _halt(self.folder, throwaway=self._throwaway)
        finally:
            os.close(self._users)
            self._users = self._engines = None

    def _started(self) -> Engines:
        account = places.account()
        home = places.home(self.folder, account=account)
        facts = _facts(self.folder, home, account)
        sockets = Path(facts.sockets)
        if self._valkey:
            valkey.start(home=home, sockets=sockets, account=account, password=facts.valkey)
        host = f"/{roles.DATABASE}?host={quote(facts.sockets)}"
        if self._postgresql:
            secret = facts.administrator
            postgresql.start(home=home, sockets=sockets, account=account, password=secret, throwaway=self._throwaway)
            with psycopg.connect(
                host=facts.sockets, user=postgresql.ADMINISTRATOR, password=secret, dbname="postgres", autocommit=True
            ) as administrator:
                roles.ensure_owner(administrator, password=facts.owner, may_create_databases=self._throwaway)
                roles.ensure_program(administrator, password=facts.program)
                roles.ensure_database(administrator)
        return Engines(
            owner_url=f"postgresql+psycopg://{roles.OWNER}:{facts.owner}@{host}",
            database_url=f"postgresql+psycopg://{roles.PROGRAM}:{facts.program}@{host}",
            redis_url=valkey.url(sockets=sockets, password=facts.valkey),
        )


def _facts(folder: Path, home: Path, account: places.Account) -> _Facts:
    """The facts of this folder, made on the first start; a socket folder that vanished is made anew."""
    kept = folder / "engines.json"
    if kept.exists():
        facts = _Facts(**json.loads(kept.read_text()))
        if Path(facts.sockets).is_dir():
            return facts
        passwords = (facts.administrator, facts.owner, facts.program, facts.valkey)
    elif (home / "postgres").exists():
        raise EngineFailed(f"{kept} is missing: it holds the passwords of the database in {home}")
    else:
        passwords = (_password(), _password(), _password(), _password())
    facts = _Facts(*passwords, str(places.socket_folder(home, account=account)))
    fresh = kept.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({name: getattr(facts, name) for name in _Facts.__slots__}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(kept)
    return facts


def _password() -> str:
    return secrets.token_urlsafe(24)


def _halt(folder: Path, *, throwaway: bool) -> None:
    home = places.home(folder, account=places.account())
    valkey.stop(home=home)
    postgresql.stop(home=home, at_once=throwaway)
    facts = folder / "engines.json"
    sockets = Path(json.loads(facts.read_text())["sockets"]) if facts.exists() else home / "run"
    if sockets.parent != home or throwaway:
        shutil.rmtree(sockets, ignore_errors=True)
    if throwaway:
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove the throwaway engines whose users were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_THROWAWAY_PREFIX}*"):
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            locks = [os.open(folder / name, os.O_RDWR) for name in ("start.lock", "users.lock")]
            for lock in locks:
                opened.callback(os.close, lock)
            if folder.stat().st_uid == os.geteuid() and all(map(_is_alone, locks)):
                _halt(folder, throwaway=True)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock for starting and stopping."""
    while True:
        lock = _open(folder / "start.lock")
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), (folder / "start.lock").stat()):
                break
        # The last user of a throwaway removed the folder while we waited.
        os.close(lock)
        folder.mkdir(parents=True, mode=0o711, exist_ok=True)
    try:
        yield
    finally:
        os.close(lock)


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
