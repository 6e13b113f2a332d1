"""Keep a handful of programs running: start, restart with growing pauses, stop together.

Each program runs in a session of its own, so that Ctrl-C reaches the supervisor alone, and is told by the
kernel to end when the supervisor dies without a chance to say so.
"""

import ctypes
import datetime as dt
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

# A worker in the middle of a picture would need longer; its row is requeued at the next start.
STOP_WAIT_S = 10.0
# First pause before a restart, doubled each time up to the longest.
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
# Whoever ran this long was healthy: its next failure starts with the short pause again.
_HEALTHY_S = 60.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass
class _Program:
    name: str
    command: Sequence[str]
    colour: str
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = _PAUSE_S
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs programs until `stop` is set; their lines go to `output`, each behind its program's name."""

    def __init__(self, output: IO[str]) -> None:
        self.stop = threading.Event()
        self._printer = Printer(output, width=10)
        self._printing = threading.Lock()
        self._colours = get_colours()
        self._programs: list[_Program] = []

    def add(self, name: str, command: Sequence[str]) -> None:
        """Name a program to run."""
        self._programs.append(_Program(name, command, next(self._colours)))

    def start(self) -> None:
        """Start every program. Call from the main thread: the kernel ties them to the thread."""
        for program in self._programs:
            self._start(program)

    def watch(self) -> None:
        """Restart what ends, until `stop` is set."""
        while not self.stop.wait(0.2):
            for program in self._programs:
                self._look_after(program)

    def shut_down(self, wait_s: float = STOP_WAIT_S) -> None:
        """End every program: politely first, by force after `wait_s` seconds."""
        running = [item.process for item in self._programs if item.process and item.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + wait_s
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # The whole session: a web server's own workers too.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _look_after(self, program: _Program) -> None:
        now = time.monotonic()
        if program.process is not None:
            code = program.process.poll()
            if code is None:
                return
            program.process = None
            program.pause = _PAUSE_S if now - program.started > _HEALTHY_S else program.pause
            program.start_at = now + program.pause
            how = f"signal {-code}" if code < 0 else f"exit status {code}"
            self._say(program, f"ended ({how}); starts again in {program.pause:.0f} s\n")
            program.pause = min(program.pause * 2, _LONGEST_PAUSE_S)
        elif now >= program.start_at:
            self._start(program)

    def _start(self, program: _Program) -> None:
        program.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=_end_with_parent,  # one system call, resolved beforehand
        )
        program.started = time.monotonic()
        threading.Thread(target=self._relay, args=(program, program.process.stdout), daemon=True).start()

    def _relay(self, program: _Program, stream: IO[bytes]) -> None:
        for line in stream:
            self._say(program, line.decode(errors="replace"))

    def _say(self, program: _Program, line: str) -> None:
        message = Message("line", line, dt.datetime.now(), program.name, program.colour)
        with self._printing:
            self._printer.write(message)


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
