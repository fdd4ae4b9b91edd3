"""Processes of the engines, started so that they outlive whoever started them.

The one rule: a process is known by its id *and* by the folder on its command line, because after a crash the id alone
may belong to a stranger.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tenants.embedded.places import Account

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# The shell leaves at once and the engine becomes nobody's child: no zombie stays with a program that merely attached,
# and a Ctrl-C in the terminal reaches the program, which then stops the engine in good order.
_DETACHED = '"$@" </dev/null >>"$0" 2>&1 & echo $!'


class EngineFailed(RuntimeError):
    """An embedded engine did not start or stop; the message carries the end of its log."""


def launch(command: Sequence[str | Path], *, log: Path, account: Account) -> int:
    """Start `command` in the background under `account`, its output appended to `log`; return its process id."""
    shell = run(["/bin/sh", "-c", _DETACHED, log, *command], account=account)
    return int(shell)


def run(command: Sequence[str | Path], *, account: Account) -> str:
    """Run `command` to its end under `account`; return its output."""
    finished = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        # The working folder of the caller may be closed to the account; "/" never is.
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
        umask=0o077,
        user=account.uid if account.is_other else None,
        group=account.gid if account.is_other else None,
        extra_groups=[] if account.is_other else None,
    )
    if finished.returncode:
        raise EngineFailed(f"{command[0]} failed: {(finished.stderr or finished.stdout).strip()}")
    return finished.stdout


def is_alive(pid: int, *, folder: Path) -> bool:
    """Is `pid` a living process (no zombie, no stranger with a recycled id) that works in `folder`?"""
    if pid <= 0:
        return False
    if Path("/proc/self/cmdline").exists():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(argument.startswith(os.fsencode(folder)) for argument in arguments)
    listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return os.fsencode(folder) in listed.stdout


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Look at `condition` every few milliseconds; return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a log, or a note that there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"
