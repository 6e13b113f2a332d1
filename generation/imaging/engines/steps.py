"""Between two steps of a pipeline: progress, cancellation, and a watchdog for the step that never ends."""

import faulthandler
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from generation.imaging.engines.base import step_stage
from generation.imaging.errors import Cancelled
from generation.imaging.types import Progress

# What the process ends with when a step hung: sysexits' "temporary failure, try again".
EXIT_HUNG: Final = 75
# How often the watchdog looks, in seconds; limits are minutes.
_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Hang:
    """A step that took too long: what was running and for how many seconds nothing was heard of it."""

    what: str
    age_s: float


@dataclass(slots=True)
class Heartbeat:
    """When something was last heard of the work that runs now. Written by the worker's thread, read by
    others; `clock` is in seconds."""

    clock: Callable[[], float] = time.monotonic
    _now: tuple[str, float, float] | None = None

    def begin(self, what: str, limit_s: float) -> None:
        """Work begins that must be heard of at least every `limit_s` seconds."""
        self._now = (what, self.clock(), limit_s)

    def beat(self, limit_s: float | None = None) -> None:
        """It is alive; from here on within `limit_s` where given."""
        if self._now is not None:
            what, _, limit = self._now
            self._now = (what, self.clock(), limit if limit_s is None else limit_s)

    def end(self) -> None:
        """The work is over."""
        self._now = None

    def age_s(self) -> float | None:
        """Seconds since the last sign of life; None while nothing runs."""
        now = self._now
        return None if now is None else self.clock() - now[1]

    def hang(self) -> Hang | None:
        """What hangs, or None."""
        now = self._now
        if now is None or self.clock() - now[1] <= now[2]:
            return None
        return Hang(now[0], self.clock() - now[1])


class Watchdog:
    """A daemon thread that calls `on_hang` once for each piece of work that went silent.

    A hung kernel cannot be interrupted from Python; the one remedy is to end the process, see `leave`.
    """

    def __init__(self, heartbeat: Heartbeat, on_hang: Callable[[Hang], None], look_s: float = _LOOK_S):
        self._heartbeat, self._on_hang, self._look_s = heartbeat, on_hang, look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="gpu-watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        told = False
        while not self._stop.wait(self._look_s):
            hang = self._heartbeat.hang()
            if hang is not None and not told:
                self._on_hang(hang)
            told = hang is not None


def leave(hang: Hang) -> None:
    """End this process at once, the threads' stacks on stderr: the supervisor starts another, and the
    reaper gives the work to it."""
    faulthandler.dump_traceback(all_threads=True)
    os._exit(EXIT_HUNG)


@dataclass(slots=True)
class Steps:
    """The share of the whole work that one pipeline call is, told step by step.

    `start` and `end` are fractions of the whole (0..1), `count` is the number of steps of the call.
    """

    progress: Progress
    count: int
    stage: str = "generate"
    start: float = 0.0
    end: float = 1.0
    # Called after each step; the runtime's heartbeat.
    beat: Callable[[], None] = field(default=lambda: None)

    def tell(self, done: int) -> None:
        """`done` steps are over. Raises whatever the caller's progress raises to stop."""
        share = min(done, self.count) / max(1, self.count)
        stage = step_stage(self.stage, done, self.count) if done else self.stage
        self.progress(stage, self.start + (self.end - self.start) * share)

    def __call__(self, pipe: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        """diffusers' `callback_on_step_end`. Raises Cancelled where the caller stops: what is left of the
        denoising and the decoding of a picture that nobody wants would only cost time."""
        del timestep
        self.beat()
        try:
            self.tell(step + 1)
        except Cancelled:
            # Pipelines that call each other (a cascade) look at this between their loops.
            pipe._interrupt = True
            raise
        return values
