"""The supervisor by itself: growing pauses, prefixed lines, an end even for the deaf."""

import io
import sys
import threading

import psutil

from portal.lib.supervisor import Supervisor
from tests.workers import eventually

DEAF = (
    "import os, signal, subprocess, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen(['sleep', '60'])\n"
    "print('pids', os.getpid(), child.pid, flush=True)\n"
    "time.sleep(60)"
)


def test_lines_stand_behind_their_programs_name() -> None:
    output = io.StringIO()
    supervisor = Supervisor(output)
    supervisor.add("web", [sys.executable, "-c", "print('hello'); print('wörld')"])
    supervisor.start()
    eventually(lambda: "wörld" in output.getvalue(), within_s=10)
    supervisor.shut_down()
    assert [line.split(None, 1)[1] for line in output.getvalue().splitlines()] == [
        "web        | hello",
        "web        | wörld",
    ]


def test_who_ends_again_and_again_is_started_after_growing_pauses() -> None:
    output = io.StringIO()
    supervisor = Supervisor(output)
    supervisor.add("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    supervisor.start()
    threading.Timer(5.0, supervisor.stop.set).start()
    supervisor.watch()
    supervisor.shut_down()
    said = [line.split("| ")[1] for line in output.getvalue().splitlines()]
    assert said[:2] == [
        "ended (exit status 3); starts again in 1 s",
        "ended (exit status 3); starts again in 2 s",
    ]


def test_who_does_not_listen_is_killed_with_its_children() -> None:
    output = io.StringIO()
    supervisor = Supervisor(output)
    supervisor.add("deaf", [sys.executable, "-c", DEAF])
    supervisor.start()
    eventually(lambda: "pids" in output.getvalue(), within_s=10)
    pids = [int(word) for word in output.getvalue().split()[-2:]]
    supervisor.shut_down(wait_s=0.5)
    eventually(lambda: not any(map(_runs, pids)), within_s=5)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
