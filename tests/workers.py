"""Real worker processes for tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


def start_worker(*queues: str, **environment: str) -> "subprocess.Popen[bytes]":
    """`manage.py work` on this test process's database and queues, in a process group of its own."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environment}
    command = [sys.executable, str(ROOT / "manage.py"), "work", *queues]
    return subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True)


def called(label: str) -> str:
    """A worker's name that no other test process on this machine gives: there is one worker of a name."""
    return f"{label}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, as the kernel does when memory runs out."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def worker(*queues: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker for the length of a block."""
    process = start_worker(*queues, **environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def eventually(look: Callable[[], T], *, within_s: float = 180.0) -> T:
    """Return the first true value of `look`; fail with its last one when the time is over."""
    end = time.monotonic() + within_s
    value = look()
    while not value:
        assert time.monotonic() < end, f"not within {within_s} s: {look} is {value!r}"
        time.sleep(0.1)
        value = look()
    return value
