"""`make run` (manage.py up): everything starts, one clear sentence when it cannot, nothing is left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.lib import embedded
from tests.workers import eventually

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Portal:
    """One `manage.py up` on a folder of its own."""

    def __init__(self, var: Path, **extra: str) -> None:
        self.var, self.port = var, free_port()
        own = {"DJANGO_SETTINGS_MODULE": "portal.settings", "VAR_DIR": str(var), "PORT": str(self.port)}
        kept = {name: value for name, value in os.environ.items() if name not in {"BASE_URL", "LOG_LEVEL"}}
        self.log = var.parent / "up.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--no-demo"],
                cwd=ROOT,
                env={**kept, **own, **extra},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.output
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def children(self) -> list[psutil.Process]:
        """Everything that runs on this portal's folder, services included."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("VAR_DIR") == str(self.var)
                if process.pid != self.process.pid and process.status() != psutil.STATUS_ZOMBIE and ours:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def child(self, word: str) -> psutil.Process | None:
        return next((item for item in self.children() if word in " ".join(item.cmdline())), None)

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    running = Portal(tmp_path_factory.mktemp("up") / "var")
    eventually(lambda: "Onelight runs at" in running.output and running.answers(), within_s=180)
    yield running
    if running.process.poll() is None:
        running.end()
    embedded.stop(running.var)


def refusal(tmp_path: Path, **extra: str) -> str:
    """What `up` says when it ends by itself; fails when that is a traceback or a success."""
    portal = Portal(tmp_path / "var", **extra)
    try:
        code = portal.process.wait(60)
        said = portal.output.strip()
        assert code != 0, said
        assert "Traceback" not in said
        assert portal.children() == []
        return said.splitlines()[-1]
    finally:
        embedded.stop(tmp_path / "var")


def test_web_and_workers_and_clock_run(portal: Portal) -> None:
    commands = [" ".join(process.cmdline()) for process in portal.children()]
    assert any("gunicorn" in command for command in commands)
    assert sum(" work " in command for command in commands) >= 2
    assert any(command.endswith(" clock") for command in commands)


def test_a_second_portal_on_the_same_data_is_refused(portal: Portal) -> None:
    second = Portal(portal.var)
    assert second.process.wait(60) != 0
    assert f"already runs on {portal.var} (process {portal.process.pid})" in second.output
    assert portal.answers()


def test_a_fallen_worker_is_started_again(portal: Portal) -> None:
    worker = portal.child(" work ")
    assert worker is not None
    worker.kill()
    eventually(lambda: "ended (signal 9); starts again in 1 s" in portal.output)
    eventually(lambda: sum(" work " in " ".join(item.cmdline()) for item in portal.children()) >= 2)


def test_nothing_outlives_a_killed_supervisor_but_the_services_which_the_next_one_takes_over(
    portal: Portal,
) -> None:
    portal.process.kill()
    portal.process.wait()
    programs = ("gunicorn", "manage.py")
    eventually(lambda: not any(portal.child(word) for word in programs), within_s=40)
    following = Portal(portal.var)
    try:
        eventually(following.answers, within_s=120)
        # Ctrl-C: a clean end, and not one process more.
        assert following.end() == 0
        assert eventually(lambda: not following.children(), within_s=5)
    finally:
        embedded.stop(portal.var)


def test_sigterm_during_the_preparation_ends_cleanly(tmp_path: Path) -> None:
    portal = Portal(tmp_path / "var")
    eventually(lambda: "Bringing the tables up to date" in portal.output)
    assert portal.end(signal.SIGTERM) == 0
    assert portal.children() == []
    assert "Traceback" not in portal.output


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        said = refusal(tmp_path, PORT=str(number))
    assert re.search(rf"Port {number} .* in use\); choose another one: make run PORT=", said)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    assert "The folder /proc/onelight cannot be written" in refusal(tmp_path, VAR_DIR="/proc/onelight")


def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    nowhere = "postgresql://someone@127.0.0.1:9/onelight"
    said = refusal(tmp_path, DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere)
    assert "The database of DATABASE_URL cannot be reached" in said


def test_an_unreachable_redis_is_one_sentence(tmp_path: Path) -> None:
    said = refusal(tmp_path, REDIS_URL="redis://127.0.0.1:9/0")
    assert "The Redis of REDIS_URL cannot be reached" in said


def test_a_malformed_setting_is_one_sentence(tmp_path: Path) -> None:
    assert "The setting PORT is not valid" in refusal(tmp_path, PORT="eighty")


def test_a_missing_owner_role_is_one_sentence(tmp_path: Path) -> None:
    said = refusal(tmp_path, DATABASE_URL="postgresql://someone@127.0.0.1:9/onelight")
    assert "DATABASE_OWNER_URL" in said
