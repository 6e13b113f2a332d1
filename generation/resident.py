"""The worker process that this code runs in: its sign of life, its watchdog, its orderly end.

Three things can go wrong with a process that holds a graphics card, and each has its own remedy:

- it dies: the row's heartbeat stops, and the reaper (or the process's successor, at its start) requeues;
- a step hangs: `faulthandler`'s watchdog, a thread of C that needs no interpreter lock, writes where every
  thread stands and ends the process, even inside a driver that never returns;
- it is told to stop: work goes on for a moment, then the shoot is given back between two steps, without
  counting as an attempt.

Outside of a worker (tests, the demo) nothing of this is there and `feed` does nothing.
"""

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from generation.imaging.errors import Cancelled
from generation.models import Shoot, Worker
from generation.services import claims
from portal.lib.jobrow import beat
from teams import tenancy

log = structlog.get_logger("generation.resident")

BEAT_S: Final = 5.0
# After a polite stop the shoot may go on this long: less than the supervisor waits before it kills.
GRACE_S: Final = 6.0
STOPPING: Final = "worker_stopping"


@dataclass
class Resident:
    """This process. One at a time; see `start` and `here`."""

    name: str
    queues: Sequence[str]
    device: str = "cpu"
    # A single step that lasts longer hangs.
    step_timeout_s: float = 300.0
    _shoots: tuple[Shoot, ...] = ()
    _stop_at: float | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Take the place of the earlier process of this name, and its unfinished shoots back to the queue."""
        earlier = Worker.objects.filter(name=self.name).first()
        politely = earlier is not None and earlier.doing == "stopping"
        now = timezone.now()
        values = {"pid": os.getpid(), "queues": " ".join(self.queues), "device": self.device,
                  "doing": "starting", "shoot_id": None, "started_at": now, "beat_at": now,
                  "shoots": 0, "busy_s": 0.0}  # fmt: skip
        Worker.objects.update_or_create(name=self.name, defaults=values)
        count = claims.left_behind(self.name, politely=politely)
        if count:
            log.warning("requeued what was left behind", worker=self.name, shoots=count)
        threading.Thread(target=self._keep_beating, name="beat", daemon=True).start()

    def ready(self) -> None:
        """Everything is loaded."""
        self._say(doing="ready")

    def end(self) -> None:
        """The process ends in order: nobody waits for it any more."""
        self._over.set()
        Worker.objects.filter(name=self.name, pid=os.getpid()).delete()

    def stop(self) -> None:
        """Told to stop; called from a signal handler, so nothing but a note is made."""
        if self._stop_at is None:
            self._stop_at = time.monotonic() + GRACE_S

    def leave(self) -> None:
        """End this process in order after its present job; the supervisor starts a fresh one."""
        os.kill(os.getpid(), signal.SIGTERM)

    @property
    def stopping(self) -> bool:
        """Whether no new shoot should be taken."""
        return self._stop_at is not None

    @contextmanager
    def working_on(self, *shoots: Shoot) -> Iterator[None]:
        """While shoots of one company are carried out: said to the others, and watched."""
        begun = time.monotonic()
        self._shoots = shoots
        self._say(doing="stopping" if self.stopping else "busy", shoot_id=shoots[0].pk)
        self._arm()
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._shoots = ()
            took = time.monotonic() - begun
            doing = "stopping" if self.stopping else "ready"
            self._say(doing=doing, shoot_id=None, shoots=F("shoots") + len(shoots),
                      busy_s=F("busy_s") + took)  # fmt: skip

    def feed(self) -> None:
        """A step is done. Raises Cancelled `worker_stopping` when the time after a polite stop is over."""
        self._arm()
        if self._stop_at is not None and time.monotonic() > self._stop_at:
            raise Cancelled(STOPPING)

    def _arm(self) -> None:
        faulthandler.dump_traceback_later(self.step_timeout_s, exit=True)

    def _say(self, **fields: Any) -> None:
        Worker.objects.filter(name=self.name).update(beat_at=timezone.now(), **fields)

    def _keep_beating(self) -> None:
        """In a thread of its own: a single step may last longer than the silence that counts as death."""
        while not self._over.wait(BEAT_S):
            shoots = self._shoots
            try:
                if self.stopping:
                    self._say(doing="stopping")
                else:
                    self._say()
                for shoot in shoots:
                    with tenancy.company_scope(shoot.company_id):
                        beat(shoot)
            except DatabaseError as error:
                log.warning("no sign of life", error=str(error).strip())
            finally:
                connection.close()


class _Nobody:
    """No worker process: a test, or the demo."""

    name: Final = ""
    stopping: Final = False

    @contextmanager
    def working_on(self, *shoots: Shoot) -> Iterator[None]:
        """Nothing to say."""
        yield

    def feed(self) -> None:
        """Nothing to watch."""

    def leave(self) -> None:
        """Nothing to leave."""


_here: Resident | _Nobody = _Nobody()


def start(resident: Resident) -> Resident:
    """Make this process that worker."""
    global _here
    _here = resident
    resident.begin()
    return resident


def here() -> Resident | _Nobody:
    """The worker process that this code runs in."""
    return _here
