"""`manage.py up` (what `make run` calls): services, tables, demo company, then web, workers and clock."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from generation.imaging.engines.table import ENGINES, Offer, installed
from generation.imaging.models.configured import store
from portal.lib import embedded, gpus
from portal.lib.supervisor import Supervisor

_MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
# A cold web process imports Django and all apps; a small machine takes several seconds.
_WEB_START_TIMEOUT_S = 90


class Stopped(Exception):
    """Ctrl-C or SIGTERM arrived before everything ran; noticed between two steps."""


class Command(BaseCommand):
    help = "Start the portal and keep it running until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="do not create the demo company")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(sys.stdout)
        try:
            with _stoppable(supervisor), _only_one(), _services(self._say):
                self._prepare(supervisor.stop)
                access = None if options["no_demo"] else self._demo(supervisor.stop)
                self._run(supervisor, access)
        except embedded.ServiceError as error:
            raise CommandError(str(error)) from error
        except Stopped:
            pass
        self._say("Stopped.")

    def _prepare(self, stop: threading.Event) -> None:
        for step in (_check_port, _check_database, _check_redis, self._migrate, self._collect):
            if stop.is_set():
                raise Stopped
            step()

    def _migrate(self) -> None:
        self._say("Bringing the tables up to date")
        call_command("migrate", verbosity=0, interactive=False)
        connections.close_all()

    def _collect(self) -> None:
        self._say("Collecting stylesheets and scripts")
        call_command("collectstatic", verbosity=0, interactive=False)

    def _demo(self, stop: threading.Event) -> dict[str, str] | None:
        """The demo company, made in a process of its own: it loads the models that make pictures."""
        self._say("Preparing the demo company (a minute or two, the first time)")
        log = settings.VAR_DIR / "log" / "demo.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [*_MANAGE, "demo", "--json"], stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        output = _output(process, stop)
        if process.returncode:
            reason = (log.read_text(errors="replace").strip().splitlines() or ["no reason given"])[-1]
            raise CommandError(f"The demo company could not be made ({reason}); {log} has the details.")
        access: dict[str, str] | None = json.loads(output.splitlines()[-1])
        return access

    def _run(self, supervisor: Supervisor, access: dict[str, str] | None) -> None:
        if supervisor.stop.is_set():
            raise Stopped
        for name, command in programs().items():
            supervisor.add(name, command)
        self._say("Starting web, workers and clock")
        try:
            supervisor.start()
            threading.Thread(target=self._welcome, args=(supervisor, access), daemon=True).start()
            supervisor.watch()
        finally:
            self._say("Stopping (work in progress continues at the next start)")
            supervisor.shut_down()

    def _welcome(self, supervisor: Supervisor, access: dict[str, str] | None) -> None:
        deadline = time.monotonic() + _WEB_START_TIMEOUT_S
        while not _web_answers():
            if supervisor.stop.wait(0.2):
                return
            if time.monotonic() > deadline:
                self._say("The web process does not answer yet; see its lines above.")
                return
        self._say(welcome(access))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _output(process: "subprocess.Popen[bytes]", stop: threading.Event) -> bytes:
    """What the process prints until it ends. Raises Stopped, and kills it, when we are told to stop."""
    while True:
        try:
            return process.communicate(timeout=0.3)[0]
        except subprocess.TimeoutExpired:
            if stop.is_set():
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Stopped from None


def programs() -> dict[str, list[str]]:
    """What runs besides the services: name → command."""
    quick = [name for name in settings.QUEUES if name not in {"gpu", "studio"}]
    web = [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--chdir", str(settings.BASE_DIR)),
        *("--bind", f"{settings.LISTEN}:{settings.PORT}", "--workers", str(settings.WEB_WORKERS)),
        *("--threads", "4", "--graceful-timeout", "8", "--log-level", "warning"),
    ]
    # One worker is kept free of pictures, so that photo checks and mails never wait behind a shoot.
    work = [*_MANAGE, "work", "--verbosity", "0"]
    workers = {"worker.1": [*work, *quick, "--as", "worker.1"]}
    for number in range(2, max(2, settings.WORKERS) + 1):
        name = f"worker.{number}"
        workers[name] = [*work, "studio", *quick, "--as", name]
    return {"web": web, **workers, **_gpu_workers(work), "clock": [*_MANAGE, "clock"]}


def _gpu_workers(work: list[str]) -> dict[str, list[str]]:
    """One for each graphics card; without a card one that does the same on the processor, slowly."""
    if not gpus.can_generate():
        return {}
    cards = gpus.visible(settings.GPUS)
    if cards:
        return {f"gpu.{number}": [*work, "gpu", "--gpu", str(number)] for number in cards}
    if not settings.GENERATE_ON_CPU or not any(_draws_here(offer) for offer in ENGINES.values()):
        return {}
    return {"gpu.cpu": [*work, "gpu", "--as", "gpu.cpu"]}


def _draws_here(offer: Offer) -> bool:
    """Whether an engine of the gpu queue has its models on this machine."""
    return offer.queue == "gpu" and installed(offer, store())


def welcome(access: dict[str, str] | None) -> str:
    """The block that says where the portal is and how to get in."""
    lines = [f"Onelight runs at {settings.BASE_URL}"]
    if access:
        lines += [
            "",
            "Sign in as the HR admin of the demo company:",
            f"    e-mail    {access['email']}",
            f"    password  {access['password']}",
            "",
            f"Personal link of {access['employee']}, an employee (open it on a phone-sized window):",
            f"    {access['link']}",
        ]
    if not settings.EMAIL_URL:
        lines += ["", f"Mails are written to {settings.EMAIL_FILE_PATH}"]
    lines += ["", "Ctrl-C stops everything."]
    rule = "─" * max(map(len, lines))
    return "\n".join(["", rule, *lines, rule, ""])


@contextmanager
def _stoppable(supervisor: Supervisor) -> Iterator[None]:
    """SIGINT and SIGTERM end `watch`, and before that the preparation, between two of its steps.

    Nothing is raised from the handler: inside a library's finalizer or callback it would be swallowed.
    """

    def on_signal(number: int, frame: object) -> None:
        supervisor.stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _only_one() -> Iterator[None]:
    """Refuse a second portal on the same data."""
    path = Path(settings.VAR_DIR) / "up.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = path.open("a+")
    except OSError as error:
        raise CommandError(f"The folder {settings.VAR_DIR} cannot be written: {error.strerror}.") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise CommandError(
                f"Onelight already runs on {settings.VAR_DIR} (process {handle.read().strip() or 'unknown'})."
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def _services(say: Any) -> Iterator[None]:
    """The embedded services, where the settings name no real ones."""
    wanted = {"postgres": settings.EMBEDDED_POSTGRES, "redis": settings.EMBEDDED_REDIS}
    if not any(wanted.values()):
        yield
        return
    try:
        say("Starting the embedded " + " and ".join(name for name, on in wanted.items() if on))
        embedded.start(settings.VAR_DIR, **wanted)
        yield
    finally:
        embedded.stop(settings.VAR_DIR)


def _check_port() -> None:
    family = socket.AF_INET6 if ":" in settings.LISTEN else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.LISTEN, settings.PORT))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {settings.PORT} on {settings.LISTEN} cannot be used "
                f"({getattr(error, 'strerror', None) or error}); choose another one: make run PORT=8001"
            ) from error


def _check_database() -> None:
    for alias, variable in (("default", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")):
        try:
            connections[alias].ensure_connection()
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"The database of {variable} cannot be reached: {reason}") from error


def _check_redis() -> None:
    import redis

    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        raise CommandError(f"The Redis of REDIS_URL cannot be reached: {error}") from error


def _web_answers() -> bool:
    host = "127.0.0.1" if settings.LISTEN in {"0.0.0.0", "::"} else settings.LISTEN  # noqa: S104
    request = urllib.request.Request(
        f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/healthz",
        headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")},
    )
    try:
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
