"""The embedded engines: what they promise to whoever starts them, and what a crash may not spoil."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tenants.embedded import (
    EngineFailed,
    Engines,
    NotPrivileged,
    create_database,
    drop_database,
    engines,
    postgresql,
    resolve,
    start,
)
from tenants.embedded.places import account, home
from tenants.embedded.roles import libpq, normalise, with_database, with_login

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shared() -> Iterator[Engines]:
    with engines(throwaway=True) as running:
        yield running


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any account may enter, as the folder of a checkout in /srv or /work is."""
    place = Path(tempfile.mkdtemp(prefix="embedded-"))
    place.chmod(0o711)
    yield place / "state"
    shutil.rmtree(place)


def connect(url: str | None) -> psycopg.Connection:
    assert url
    return psycopg.connect(libpq(url), autocommit=True)


def administrator_url(running: Engines) -> str:
    """The superuser of the engine, as a server's DATABASE_URL in development often names it."""
    assert running.owner_url
    folder = Path(running.owner_url.partition("host=")[2]).parents[1]
    password = json.loads((folder / "engines.json").read_text())["administrator"]
    return with_login(running.owner_url, name="postgres", password=password)


def postmaster(folder: Path) -> int:
    return int((home(folder, account=account()) / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def in_another_process(code: str, folder: Path) -> "subprocess.Popen[str]":
    preamble = "import os, sys, time; from pathlib import Path; from tenants.embedded import *; F = Path(sys.argv[1]);"
    return subprocess.Popen(
        [sys.executable, "-c", preamble + code, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class TestRoles:
    def test_the_program_is_bound_by_row_level_security_and_owns_nothing(self, shared: Engines) -> None:
        with connect(shared.database_url) as program:
            row = program.execute("""
                SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                       pg_has_role('guichet_program', 'MEMBER'),
                       (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
                FROM pg_roles r WHERE rolname = current_user""").fetchone()
            assert row == ("guichet", False, False, False, False, True, 0)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                program.execute("CREATE TABLE intruder ()")

    def test_the_owner_grants_to_the_programs_group(self, shared: Engines) -> None:
        with connect(shared.owner_url) as owner, connect(shared.database_url) as program:
            owner.execute("CREATE TABLE granted (word text)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                program.execute("SELECT * FROM granted")
            owner.execute("GRANT SELECT ON granted TO guichet_program")
            assert program.execute("SELECT * FROM granted").fetchall() == []
            owner.execute("DROP TABLE granted")

    def test_the_owner_is_no_superuser_either(self, shared: Engines) -> None:
        with connect(shared.owner_url) as owner:
            query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            assert owner.execute(query).fetchone() == (False,)

    @pytest.mark.parametrize("name", ["postgres", "guichet_owner", "guichet"])
    @pytest.mark.parametrize("password", [None, "wrong"])
    def test_nobody_comes_in_without_the_password(self, shared: Engines, name: str, password: str | None) -> None:
        with pytest.raises(psycopg.OperationalError):
            connect(with_login(shared.database_url, name=name, password=password))

    def test_the_queue_asks_for_its_password(self, shared: Engines) -> None:
        path = shared.redis_url.partition("@")[2].partition("?")[0]
        with (
            contextlib.closing(redis.Redis(unix_socket_path=path)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()

    def test_urls_are_not_shown(self, shared: Engines) -> None:
        assert repr(shared) == "Engines()"

    def test_the_database_speaks_utf8(self, shared: Engines) -> None:
        with connect(shared.database_url) as program:
            assert program.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database").fetchone() == ("UTF8",)
            assert program.execute("SELECT upper('zürich')").fetchone() == ("ZÜRICH",)

    def test_the_log_never_holds_what_was_written(self, folder: Path) -> None:
        with engines(folder=folder) as running:
            with connect(running.database_url) as program, pytest.raises(psycopg.DataError):
                program.execute("SELECT 'PUK 12345678'::int")
            log = (home(folder, account=account()) / "postgres.log").read_text()
        assert "ready to accept connections" in log
        assert "12345678" not in log


class TestLife:
    def test_a_second_start_finds_its_data(self, folder: Path) -> None:
        with engines(folder=folder) as running, connect(running.owner_url) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 'still here' AS word")
            assert owner.execute("SHOW fsync").fetchone() == ("on",)
        with pytest.raises(psycopg.OperationalError):
            connect(running.owner_url)
        with engines(folder=folder) as again, connect(again.owner_url) as owner:
            assert owner.execute("SELECT word FROM kept").fetchone() == ("still here",)

    def test_the_last_user_stops_them(self, folder: Path) -> None:
        first, second = start(folder=folder), start(folder=folder)
        urls = first.engines
        first.stop()
        connect(urls.database_url).close()
        with contextlib.closing(redis.Redis.from_url(urls.redis_url)) as queue:
            assert queue.ping()
        second.stop()
        with pytest.raises(psycopg.OperationalError):
            connect(urls.database_url)
        second.stop()

    def test_processes_that_start_at_once_share_them(self, folder: Path) -> None:
        code = "r = start(folder=F); print(r.engines.database_url, flush=True); sys.stdin.read(); r.stop()"
        others = [in_another_process(code, folder) for _ in range(3)]
        urls = {other.stdout.readline().strip() for other in others if other.stdout}
        with connect(urls.pop()) as program:
            assert program.execute("SELECT 1").fetchone() == (1,)
        assert not urls
        for other in others:
            other.communicate("")
            assert other.returncode == 0
        assert postmaster_is_gone(folder)

    def test_a_forked_child_does_not_stop_them(self, folder: Path) -> None:
        code = (
            "r = start(folder=F); child = os.fork()\n"
            "if child == 0: r.stop(); os._exit(0)\n"
            "os.waitpid(child, 0); print(r.folder.joinpath('users.lock').exists(), flush=True); sys.stdin.read()"
        )
        other = in_another_process(code, folder)
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        assert not postmaster_is_gone(folder)
        other.kill()
        other.communicate()
        with engines(folder=folder):
            pass

    def test_secrets_are_for_the_owner_of_the_folder_only(self, folder: Path) -> None:
        with engines(folder=folder):
            assert (folder / "engines.json").stat().st_mode & 0o777 == 0o600
            place = home(folder, account=account())
            assert all(path.stat().st_mode & 0o077 == 0 for path in (place, place / "postgres", place / "valkey.conf"))

    def test_a_lost_password_file_is_named(self, folder: Path) -> None:
        with engines(folder=folder):
            pass
        (folder / "engines.json").unlink()
        with pytest.raises(EngineFailed, match=r"engines\.json is missing"):
            start(folder=folder)

    def test_a_long_or_odd_path_gets_short_sockets(self, folder: Path) -> None:
        with engines(folder=folder / ("ten, or so%" * 12)) as running:
            connect(running.database_url).close()
            assert running.redis_url.partition("@")[2].startswith("/tmp/guichet-")
            place = Path(running.redis_url.partition("@")[2]).parent
        assert not place.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the engines to another account")
    def test_root_with_a_closed_home_keeps_them_elsewhere(self, folder: Path) -> None:
        folder.parent.chmod(0o700)
        with engines(folder=folder, throwaway=True) as running:
            connect(running.database_url).close()
            place = home(folder, account=account())
            assert place.parent == Path("/var/lib/guichet")
        assert not place.exists()


class TestCrashes:
    def test_engines_of_a_killed_process_are_adopted(self, folder: Path) -> None:
        other = in_another_process("r = start(folder=F); print('up', flush=True); sys.stdin.read()", folder)
        assert other.stdout
        other.stdout.readline()
        orphan = postmaster(folder)
        other.kill()
        other.communicate()
        with engines(folder=folder) as running:
            connect(running.database_url).close()
            assert postmaster(folder) == orphan
        assert postmaster_is_gone(folder)

    def test_killed_engines_are_revived(self, folder: Path) -> None:
        running = start(folder=folder)
        with connect(running.engines.owner_url) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 'still here' AS word")
        os.kill(postmaster(folder), signal.SIGKILL)
        os.kill(int((home(folder, account=account()) / "valkey.pid").read_text()), signal.SIGKILL)
        running.revive()
        with connect(running.engines.owner_url) as owner:
            assert owner.execute("SELECT word FROM kept").fetchone() == ("still here",)
        with contextlib.closing(redis.Redis.from_url(running.engines.redis_url)) as queue:
            assert queue.ping()
        running.stop()

    def test_a_stranger_with_the_recycled_process_id_blocks_nothing(self, folder: Path) -> None:
        with engines(folder=folder):
            pass
        cluster = home(folder, account=account()) / "postgres"
        stranger = subprocess.Popen(["sleep", "60"], user=account().uid if account().is_other else None)
        try:
            (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n0\n5432\n/tmp\n\n0 0\nready\n")
            shutil.chown(cluster / "postmaster.pid", account().uid)
            with engines(folder=folder) as running:
                connect(running.database_url).close()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_half_a_cluster_is_made_anew(self, folder: Path) -> None:
        with engines(folder=folder) as running:
            pass
        place = home(folder, account=account())
        shutil.rmtree(place / "postgres" / "base")
        (place / "postgres").rename(place / "postgres.new")
        with engines(folder=folder) as running:
            connect(running.database_url).close()

    def test_a_stop_is_orderly(self, folder: Path) -> None:
        with engines(folder=folder):
            pass
        assert "database system is shut down" in (home(folder, account=account()) / "postgres.log").read_text()

    def test_throwaway_engines_of_a_killed_process_are_swept_away(self) -> None:
        code = "r = start(throwaway=True); print(r.folder, flush=True); sys.stdin.read()"
        other = in_another_process(code, Path("unused"))
        assert other.stdout
        left = Path(other.stdout.readline().strip())
        assert postmaster(left)
        other.kill()
        other.communicate()
        with engines(throwaway=True):
            assert not left.exists()


class TestDatabases:
    def test_a_template_is_copied(self, shared: Engines) -> None:
        first = create_database(shared, name="first")
        with connect(first.owner_url) as owner:
            owner.execute("CREATE TABLE migrated AS SELECT 42 AS answer")
            owner.execute("GRANT SELECT ON migrated TO guichet_program")
        second = create_database(shared, name="second", template="first")
        with connect(second.database_url) as program:
            assert program.execute("SELECT current_database()::text, answer FROM migrated").fetchone() == ("second", 42)
        for name in ("first", "second"):
            drop_database(shared, name=name)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            connect(second.database_url)

    def test_it_needs_the_owner(self, shared: Engines) -> None:
        with pytest.raises(NotPrivileged, match="DATABASE_OWNER_URL"):
            create_database(Engines(None, shared.database_url, shared.redis_url), name="third")


class TestServers:
    """The embedded engine plays the server that the environment names."""

    def test_a_programs_login_is_taken_as_it_is(self, shared: Engines) -> None:
        environ = {"DATABASE_URL": libpq(shared.database_url), "REDIS_URL": shared.redis_url}
        with resolve(environ=environ, folder=None) as found:
            assert found == Engines(None, shared.database_url, shared.redis_url)

    def test_the_owners_login_may_stand_beside_it(self) -> None:
        with engines(throwaway=True) as server:
            owner_url = administrator_url(server)
            environ = {
                "DATABASE_OWNER_URL": libpq(owner_url),
                "DATABASE_URL": libpq(with_login(owner_url, name="counter", password="a new one")),
                "REDIS_URL": server.redis_url,
            }
            with resolve(environ=environ, folder=None) as found, connect(found.database_url) as program:
                assert found.owner_url == owner_url
                assert program.execute("SELECT pg_has_role('guichet_program', 'MEMBER')").fetchone() == (True,)

    def test_a_superusers_login_derives_a_harmless_one(self) -> None:
        with engines(throwaway=True) as server:
            with connect(administrator_url(server)) as administrator:
                for statement in ("DROP OWNED BY guichet_program", "DROP ROLE guichet_program", "DROP ROLE guichet"):
                    administrator.execute(statement.encode())
            code = (
                "c = resolve(environ={'DATABASE_URL': sys.stdin.readline().strip(), 'REDIS_URL': 'redis://x'},"
                " folder=None)\nwith c as e: print(e.database_url)"
            )
            others = [in_another_process(code, Path("unused")) for _ in range(4)]
            for other in others:
                assert other.stdin
                other.stdin.write(libpq(administrator_url(server)) + "\n")
                other.stdin.flush()
            answers = {other.communicate("")[0].strip() for other in others}
            assert len(answers) == 1
            with connect(answers.pop()) as program:
                query = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
                assert program.execute(query).fetchone() == ("guichet", False, False)

    def test_a_dangerous_login_of_that_name_is_refused(self) -> None:
        with engines(throwaway=True) as server:
            with connect(administrator_url(server)) as administrator:
                administrator.execute("ALTER ROLE guichet BYPASSRLS")
            environ = {"DATABASE_URL": administrator_url(server), "REDIS_URL": server.redis_url}
            with pytest.raises(NotPrivileged, match="may not serve"), resolve(environ=environ, folder=None):
                pass

    def test_an_owner_that_may_not_make_logins_is_told_what_to_set(self, shared: Engines) -> None:
        assert shared.owner_url
        with connect(administrator_url(shared)) as administrator:
            administrator.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
            administrator.execute("CREATE DATABASE poor OWNER poor")
        environ = {
            "DATABASE_OWNER_URL": with_database(
                with_login(shared.owner_url, name="poor", password="poor"), name="poor"
            ),
            "DATABASE_URL": with_database(with_login(shared.owner_url, name="missing", password="x"), name="poor"),
            "REDIS_URL": shared.redis_url,
        }
        with pytest.raises(NotPrivileged, match="may not set up"), resolve(environ=environ, folder=None):
            pass

    def test_only_what_is_not_named_is_embedded(self, folder: Path) -> None:
        with resolve(environ={"REDIS_URL": "redis://queue.example:6379/0"}, folder=folder) as found:
            assert found.redis_url == "redis://queue.example:6379/0"
            connect(found.database_url).close()
            assert not (home(folder, account=account()) / "valkey.pid").exists()

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
            ("postgres://u@h:5433/d?sslmode=require", "postgresql+psycopg://u@h:5433/d?sslmode=require"),
            ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
            ("postgresql+psycopg2://h/d", "postgresql+psycopg://h/d"),
        ],
    )
    def test_urls_are_put_into_one_form(self, given: str, expected: str) -> None:
        assert normalise(given) == expected

    def test_another_database_is_refused(self) -> None:
        with pytest.raises(ValueError, match="postgresql://"):
            normalise("sqlite:///x")


def postmaster_is_gone(folder: Path) -> bool:
    place = home(folder, account=account())
    facts = json.loads((folder / "engines.json").read_text())
    return not postgresql.is_running(home=place, sockets=Path(facts["sockets"]))
