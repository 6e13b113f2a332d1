"""Whose turn it is, and how long everybody waits: the arithmetic of one queue for many companies.

Plain values in and out, so that the claim, the forecast and the simulation decide by the same lines.

Every company has a weight. Its use is the worker seconds of its shoots that finished within the last
`WINDOW_S` plus those that its running shoots have taken or are expected to take; the turn goes to the least
use per weight, then to who has waited longest. That is weighted fair queueing (Demers, Keshav & Shenker 1989)
with a memory that ends: a company that was away for a year has no year of claims on the others, but a few
minutes, after which both take turns.
"""

import heapq
import itertools
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

# How long use is remembered. A newcomer whose wish is shorter than half of it is served at once; a launch of
# thousands holds the others up by no more than that half.
WINDOW_S: Final = 600.0
# A shoot of an engine that has not been measured yet is thought to take this long.
UNMEASURED_S: Final = 30.0
# Companies that come now and then keep coming, but one that has just finished a launch does not: of what a
# company without waiting shoots used within the window, at most this much is expected of it again.
_EXPECTED_AGAIN_S: Final = 60.0
# Starts that are foreseen one by one; later ones follow at the pace that the company then has.
_FORESEEN: Final = 2000

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Load:
    """One company's part of a queue at one moment."""

    weight: float = 1.0
    # Shoots that may run at once; None: no bound.
    quota: int | None = None
    running: int = 0
    # Worker seconds within the window, running shoots included.
    used_s: float = 0.0
    # When its first waiting shoot was asked for, seconds on any common clock.
    since: float = 0.0

    @property
    def may(self) -> bool:
        """Whether one more may start."""
        return self.quota is None or self.running < self.quota

    @property
    def turn(self) -> tuple[float, float]:
        """Smaller goes first."""
        return (self.used_s / self.weight, self.since)


def whose_turn(waiting: Mapping[K, Load]) -> K | None:
    """The company whose waiting shoot starts next; None where nobody waits or quotas hold all back."""
    allowed = [(load.turn, key) for key, load in waiting.items() if load.may]
    return min(allowed, key=lambda one: one[0])[1] if allowed else None


@dataclass(slots=True)
class Queue(Generic[K]):
    """Everything that decides the next starts. Times in seconds from now."""

    # Waiting shoots, their mean expected duration, and the company's load.
    waiting: dict[K, int]
    duration_s: dict[K, float]
    loads: dict[K, Load]
    # When each worker that is alive becomes free.
    free_s: list[float]
    # Use that leaves the window, and running shoots that end: (when, company, seconds).
    expiries: list[tuple[float, K, float]] = field(default_factory=list)
    ends: list[tuple[float, K]] = field(default_factory=list)


def starts(queue: Queue[K], most: int = _FORESEEN) -> dict[K, list[float]]:
    """When the waiting shoots of each company start, in order, seconds from now, if everything takes as
    long as expected and others come as they lately came. Empty where no worker is alive.

    Foresees at most `most` starts over all companies; see `at`.
    """
    future = _Future(queue)
    for _ in range(most):
        if not future.next_start():
            break
    return future.found


class _Future(Generic[K]):
    """A queue played forward, one start after the other."""

    def __init__(self, queue: Queue[K]) -> None:
        self.found: dict[K, list[float]] = {key: [] for key in queue.waiting}
        self._left = {key: count for key, count in queue.waiting.items() if count > 0}
        self._loads = {key: replace(load) for key, load in queue.loads.items()}
        self._took = queue.duration_s
        # While somebody else's shoot is made, a worker is not there for those who wait.
        self._stretch = 1 / (1 - passing_by(queue))
        # Heaps; the running number breaks ties, since companies need not be comparable.
        self._number = itertools.count()
        self._free = list(queue.free_s)
        self._ends = [(when, next(self._number), key) for when, key in queue.ends]
        self._fading = [(when, next(self._number), key, used) for when, key, used in queue.expiries]
        heapq.heapify(self._free)
        heapq.heapify(self._ends)
        heapq.heapify(self._fading)

    def next_start(self) -> bool:
        """Play until one more shoot has started; False when there will be none."""
        while self._left and self._free:
            now = self._free[0]
            self._pass_time(now)
            key = whose_turn({one: self._loads[one] for one in self._left})
            if key is not None:
                self._start(key, now)
                return True
            if not self._ends:
                return False
            # Quotas hold everybody back until one of theirs is done.
            heapq.heapreplace(self._free, max(now, self._ends[0][0]))
        return False

    def _pass_time(self, now: float) -> None:
        while self._fading and self._fading[0][0] <= now:
            _, _, gone, used = heapq.heappop(self._fading)
            if gone in self._loads:
                self._loads[gone].used_s -= used
        while self._ends and self._ends[0][0] <= now:
            _, _, over = heapq.heappop(self._ends)
            if over in self._loads:
                self._loads[over].running -= 1

    def _start(self, key: K, now: float) -> None:
        took = self._took[key]
        self.found[key].append(now)
        self._loads[key].running += 1
        self._loads[key].used_s += took
        self._left[key] -= 1
        if not self._left[key]:
            del self._left[key]
        end = now + took * self._stretch
        heapq.heapreplace(self._free, end)
        heapq.heappush(self._ends, (end, next(self._number), key))
        heapq.heappush(self._fading, (end + WINDOW_S, next(self._number), key, took))


def passing_by(queue: Queue[K]) -> float:
    """Share of the workers' time, 0 to 0.5, that companies without waiting shoots will take: those that come
    now and then, and are served at once."""
    if not queue.free_s:
        return 0.0
    others = (load for key, load in queue.loads.items() if not queue.waiting.get(key))
    used = sum(min(load.used_s, _EXPECTED_AGAIN_S) for load in others)
    return min(0.5, used / (WINDOW_S * len(queue.free_s)))


def at(foreseen: list[float], place: int, pace_s: float) -> float | None:
    """The start of the shoot with this place (0: the company's next), seconds from now.

    Beyond what was foreseen it goes on at the pace of the last starts, or at `pace_s` where there are too
    few. None when nothing was foreseen.
    """
    if not foreseen:
        return None
    if place < len(foreseen):
        return foreseen[place]
    tail = foreseen[-20:]
    step = (tail[-1] - tail[0]) / (len(tail) - 1) if len(tail) > 2 else pace_s
    return foreseen[-1] + (place - len(foreseen) + 1) * max(step, 0.0)


def use(finished: Iterable[float], running: Iterable[tuple[float, float]]) -> float:
    """Worker seconds of a company: durations of what finished within the window, and (elapsed, expected)
    of what runs."""
    return sum(finished) + sum(max(elapsed, expected) for elapsed, expected in running)
