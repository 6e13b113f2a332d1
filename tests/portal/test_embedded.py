"""The embedded PostgreSQL and Redis: started once, found again, and alive after every kind of kill."""

import errno
import os
import shutil
import signal
import subprocess
import traceback
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from portal.lib import embedded, serviceuser
from portal.lib.serviceuser import service_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as several users")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose services have run once and are stopped."""
    var = tmp_path_factory.mktemp("made") / "var"
    embedded.start(var)
    embedded.stop(var)
    yield var
    embedded.stop(var)


@pytest.fixture
def var(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of that folder, so that a test need not wait for initdb."""
    copy = tmp_path / "var"
    subprocess.run(["cp", "-a", str(made), str(copy)], check=True)
    yield copy
    embedded.stop(copy)


def sql(var: Path, statement: str, role: embedded.Role = "owner") -> list[tuple]:
    with psycopg.connect(embedded.database_url(var, role)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def client(var: Path) -> redis.Redis:
    return redis.Redis.from_url(embedded.redis_url(var))


def processes_of(var: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(var) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_the_app_role_reads_and_writes_what_the_owner_made_but_makes_nothing(var: Path) -> None:
    embedded.start(var)
    sql(var, "CREATE TABLE note (id serial PRIMARY KEY, body text)")
    sql(var, "INSERT INTO note (body) VALUES ('kept')", "app")
    assert sql(var, "SELECT body FROM note", "app") == [("kept",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql(var, "CREATE TABLE mine (id int)", "app")


def test_neither_role_escapes_row_level_security(var: Path) -> None:
    embedded.start(var)
    rows = sql(var, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname LIKE 'onelight_%'")
    assert rows == [(False,), (False,)]


def test_a_database_the_owner_adds_serves_the_app_role_too(var: Path) -> None:
    embedded.start(var)
    with psycopg.connect(embedded.database_url(var, "owner", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
    with psycopg.connect(embedded.database_url(var, "owner", "another")) as connection:
        connection.execute("CREATE TABLE note (id int)")
    with psycopg.connect(embedded.database_url(var, "app", "another")) as connection:
        connection.execute("INSERT INTO note VALUES (1)")


def test_a_second_start_attaches(var: Path) -> None:
    assert embedded.start(var).started == ("PostgreSQL", "Redis")
    assert embedded.start(var).started == ()


def test_stop_ends_both_and_the_next_start_has_the_data(var: Path) -> None:
    embedded.start(var)
    sql(var, "CREATE TABLE note AS SELECT 'kept' AS body")
    client(var).rpush("rq:queue:studio", "job")
    embedded.stop(var)
    assert processes_of(var) == []
    embedded.start(var)
    assert sql(var, "SELECT body FROM note") == [("kept",)]
    assert client(var).lrange("rq:queue:studio", 0, -1) == [b"job"]


def test_both_come_back_after_sigkill(var: Path) -> None:
    embedded.start(var)
    sql(var, "CREATE TABLE note AS SELECT 'kept' AS body")
    client(var).rpush("rq:queue:studio", "job")
    client(var).wait(0, 1)
    for process in processes_of(var):
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes_of(var), timeout=10)
    assert embedded.start(var).started == ("PostgreSQL", "Redis")
    assert sql(var, "SELECT body FROM note") == [("kept",)]
    assert client(var).lrange("rq:queue:studio", 0, -1) == [b"job"]


def test_a_pid_that_another_program_got_meanwhile_is_not_believed(var: Path) -> None:
    # Of the services' own user: PostgreSQL itself shrugs off a process that it may not signal.
    with subprocess.Popen(["sleep", "60"], **service_user().popen_options()) as stranger:
        lines = [stranger.pid, var / "postgres", 1, 5432, embedded.socket_dir(var), "", "1 1", "ready"]
        (var / "postgres" / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
        embedded.start(var)
        assert stranger.poll() is None, "stopped a program that is not ours"
        stranger.kill()
    assert sql(var, "SELECT 1") == [(1,)]


def test_a_first_start_that_was_killed_half_way_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "half").write_text("")
    embedded.start(tmp_path, redis=False)
    assert sql(tmp_path, "SELECT 1") == [(1,)]
    embedded.stop(tmp_path)


def test_a_folder_too_deep_for_a_socket_is_served_from_a_short_one(made: Path, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60) / "var"
    deep.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made), str(deep)], check=True)
    try:
        embedded.start(deep)
        assert sql(deep, "SELECT 1") == [(1,)]
        assert client(deep).ping()
        assert len(str(embedded.socket_dir(deep))) < 60
    finally:
        embedded.stop(deep)
        shutil.rmtree(embedded.socket_dir(deep))


def test_addresses_need_no_running_service(tmp_path: Path) -> None:
    assert "onelight_app" in embedded.database_url(tmp_path / "a b+c")
    assert not (tmp_path / "a b+c").exists()


def test_a_folder_with_blanks_and_capitals_works(made: Path, tmp_path: Path) -> None:
    odd = tmp_path / "Our Data+more"
    subprocess.run(["cp", "-a", str(made), str(odd)], check=True)
    embedded.start(odd)
    assert sql(odd, "SELECT 1") == [(1,)]
    assert client(odd).ping()
    embedded.stop(odd)


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(embedded.ServiceError, match=r"^The folder /proc/onelight cannot be written: [^\n]+$"):
        embedded.start(Path("/proc/onelight"))


def test_a_full_disk_is_noticed_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(embedded.ServiceError, match="not enough space"):
        embedded.start(tmp_path, redis=False)
    assert not (tmp_path / "postgres").exists()


def test_data_of_another_release_are_refused_untouched(var: Path) -> None:
    (var / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(embedded.ServiceError, match="written by PostgreSQL 16"):
        embedded.start(var)
    (var / "postgres" / "PG_VERSION").write_text("18\n")


@as_root
def test_root_hands_the_services_to_a_user_of_their_own(var: Path) -> None:
    embedded.start(var)
    users = {process.uids().real for process in processes_of(var)}
    assert len(users) == 1
    assert 0 not in users


@as_root
def test_a_closed_folder_above_is_passed_but_not_opened(made: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy = closed / "var"
    subprocess.run(["cp", "-a", str(made), str(copy)], check=True)
    embedded.start(copy)
    assert sql(copy, "SELECT 1") == [(1,)]
    embedded.stop(copy)
    assert closed.stat().st_mode & 0o007 == 0
    assert subprocess.run(["test", "-x", str(closed)], user="nobody", group="nogroup").returncode == 1


@as_root
def test_where_lists_are_not_supported_our_own_folders_open_by_mode_and_others_are_named(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(folder: Path, uid: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    user = service_user()
    user.admit(var)
    monkeypatch.setattr(serviceuser, "_grant_search", unsupported)
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    user.admit(closed, ours=closed)
    assert closed.stat().st_mode & 0o007 == 0o001
    closed.chmod(0o700)
    with pytest.raises(embedded.ServiceError, match=f"cannot pass through {closed}; put Onelight elsewhere"):
        user.admit(closed)
    assert closed.stat().st_mode & 0o007 == 0


@as_root
def test_somebody_elses_socket_folder_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60) / "var"
    taken = embedded.socket_dir(deep)
    taken.mkdir()
    os.chown(taken, 65534, 65534)
    try:
        with pytest.raises(embedded.ServiceError, match="belongs to somebody else"):
            embedded.start(deep)
    finally:
        taken.rmdir()


@as_root
def test_an_ordinary_user_runs_them_as_itself() -> None:
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    if subprocess.run(["test", "-x", str(embedded.postgres_bin() / "postgres")], **nobody).returncode:
        pytest.skip("the environment stands in a folder that an ordinary user cannot enter")
    home = Path("/tmp") / f"onelight-nobody-{os.getpid()}"
    home.mkdir(mode=0o755)
    os.chown(home, 65534, 65534)
    try:
        # A fork, because the interpreter itself may stand in root's home.
        child = os.fork()
        if child == 0:
            os._exit(start_and_stop_as_nobody(home / "var"))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (home / "var" / "postgres" / "PG_VERSION").stat().st_uid == 65534
    finally:
        shutil.rmtree(home)


def start_and_stop_as_nobody(var: Path) -> int:
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        started = embedded.start(var).started
        works = sql(var, "SELECT 1", "app") == [(1,)]
        embedded.stop(var)
        return 0 if works and started == ("PostgreSQL", "Redis") else 1
    except BaseException:
        traceback.print_exc()
        return 2
