"""The embedded PostgreSQL: one cluster in one folder, reached by a unix socket and a password only.

The one rule: what a crash leaves (an orphaned server, a stale pid file, half a cluster) never blocks the next start.
"""

import contextlib
import locale
import os
import shutil
import signal
import time
from pathlib import Path

from tenants.embedded import places
from tenants.embedded.places import Account
from tenants.embedded.processes import EngineFailed, is_alive, launch, run, tail, wait_until

ADMINISTRATOR = "postgres"

_HBA = "# Every connection shows its password; there is no `trust`.\nlocal all all scram-sha-256\n"

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "huge_pages": "off",
    "jit": "off",
    # Parallel workers need /dev/shm, of which a container has little.
    "max_parallel_workers_per_gather": "0",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log must never hold what customers wrote: no statements, no parameters, no errors
    # of statements ("invalid input syntax for type integer: …").
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

# No system hands out process ids above 2**22 (Linux' PID_MAX_LIMIT), so this one is always dead.
_DEAD_PID = str(2**22 + 1)


def start(*, home: Path, sockets: Path, account: Account, password: str, throwaway: bool) -> None:
    """Start the server on `home`/postgres, or adopt the one that runs there; return when it takes connections."""
    cluster, log = home / "postgres", home / "postgres.log"
    if is_running(home=home, sockets=sockets):
        return
    stop(home=home, at_once=False)
    # Like the pid file, it may name a zombie or a stranger; the pid file alone guards the data.
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    programs = places.postgresql_programs(home, account=account)
    if not cluster.exists():
        _make_cluster(cluster, programs, account, password, throwaway)
    settings = _SETTINGS | {"unix_socket_directories": str(sockets)} | (_THROWAWAY if throwaway else {})
    command: list[str | Path] = [programs / "postgres", "-D", cluster]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + 20
    while not _come_up(command, cluster, log, account):
        # Children of a killed server leave within moments; until then PostgreSQL rightly refuses their memory.
        if "shared memory block" not in tail(log) or time.monotonic() > deadline:
            raise EngineFailed(f"PostgreSQL did not start:\n{tail(log)}")
        time.sleep(0.05)


def is_running(*, home: Path, sockets: Path) -> bool:
    """Does a server run on this cluster, take connections, and listen where we would look for it?"""
    pid, lines = _pid_file(home / "postgres")
    return is_alive(pid, folder=home) and len(lines) > 7 and lines[7] == "ready" and lines[4] == str(sockets)


def stop(*, home: Path, at_once: bool) -> None:
    """Stop the server of this cluster if one runs: in good order, or at once and without a checkpoint."""
    cluster = home / "postgres"
    pid, _ = _pid_file(cluster)
    steps = [(signal.SIGQUIT, 10.0)] if at_once else [(signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)]
    for how, seconds in steps:
        if not is_alive(pid, folder=home):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        wait_until(lambda: not is_alive(pid, folder=home), seconds=seconds)
    if is_alive(pid, folder=home):
        raise EngineFailed(f"PostgreSQL (process {pid}) does not stop")
    _disown(cluster)


def _make_cluster(cluster: Path, programs: Path, account: Account, password: str, throwaway: bool) -> None:
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    secret = cluster.with_name("postgres.password")
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account.is_other:
        os.chown(secret, account.uid, account.gid)
    command: list[str | Path] = [programs / "initdb", "-D", fresh, "-U", ADMINISTRATOR, "--pwfile", secret]
    command += ["-A", "scram-sha-256", "-E", "UTF8", f"--locale={_locale()}", "--data-checksums"]
    try:
        run([*command, "--no-sync"] if throwaway else command, account=account)
    finally:
        secret.unlink()
    (fresh / "pg_hba.conf").write_text(_HBA)
    # Only a finished cluster gets the name: half of one, left by a crash, is thrown away above.
    fresh.rename(cluster)


def _locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _come_up(command: list[str | Path], cluster: Path, log: Path, account: Account) -> bool:
    pid = launch(command, log=log, account=account)

    def settled() -> bool:
        written, lines = _pid_file(cluster)
        return not is_alive(pid, folder=cluster) or (written == pid and len(lines) > 7 and lines[7] == "ready")

    # Recovery after a crash may take its time.
    if not wait_until(settled, seconds=120):
        raise EngineFailed(f"PostgreSQL is not ready:\n{tail(log)}")
    return is_alive(pid, folder=cluster)


def _pid_file(cluster: Path) -> tuple[int, list[str]]:
    try:
        lines = [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
        return int(lines[0]), lines
    except (FileNotFoundError, IndexError, ValueError):
        return 0, []


def _disown(cluster: Path) -> None:
    """Put a dead process id into a stale pid file.

    PostgreSQL takes a zombie or a stranger with the recycled id for a running server. Removing the file would also
    remove its check of the shared memory, by which it knows whether children of a killed server still write.
    """
    stale = cluster / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        lines = stale.read_text().splitlines()
        if lines:
            stale.write_text("\n".join([_DEAD_PID, *lines[1:]]) + "\n")
        else:
            stale.unlink()
