"""How many threads the numeric libraries use: the one place that says so, for the command and the workers.

Several workers share the cores: each takes its part, and no library starts a pool of its own on top. Pictures
are the same bytes with any number of threads.
"""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

# Read by the libraries when they are loaded; a child process inherits them.
VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)

# Of libraries to which a second thread only does harm.
_ALONE: Final = ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

# Large pictures that are worked on at a time: each takes a hundred megabytes and more.
_MOST_AT_ONCE: Final = 2

Task = TypeVar("Task")
Made = TypeVar("Made")
_share: int | None = None


class ProcessLock:
    """A lock of this process alone, reentrant: another thread of the parent may hold it at a fork, so a child
    begins with a new one."""

    def __init__(self) -> None:
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()


def cores() -> int:
    """Cores that this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0))


def each(workers: int) -> int:
    """Threads for each of so many workers."""
    return max(1, cores() // max(1, workers))


def announce(threads: int) -> None:
    """Tell libraries that are not loaded yet, here and in child processes; who runs the program may say
    otherwise."""
    calm_matrices()
    for name in VARIABLES:
        os.environ.setdefault(name, str(threads))


def calm_matrices() -> None:
    """One thread for OpenBLAS and for Numba's loops, whoever else computes. Ours are small matrices and small
    pictures, thousands of them: a second thread gains nothing, and where another process has its core the
    first one spins until it comes. A preview of 0.5 processor seconds took 8 on two busy cores, the colours
    of a foreground 0.35 instead of 0.05. Before numpy is loaded."""
    for name in _ALONE:
        os.environ.setdefault(name, "1")


def limit(threads: int) -> None:
    """This process's share from now on. Tells OpenCV, which reads no variable; imports it."""
    import cv2

    global _share
    _share = max(1, threads)
    cv2.setNumThreads(threads)


def share() -> int:
    """Threads that this process may keep busy: what `limit` said, or else what its parent announced; all
    cores where nobody said anything."""
    if _share is not None:
        return _share
    told = os.environ.get(VARIABLES[0], "")
    return max(1, int(told)) if told.isdecimal() else cores()


def side_by_side(work: Callable[[Task], Made], tasks: Iterable[Task]) -> list[Made]:
    """`work` of each task, in their order, some at a time where this process's share allows it.

    Raises what `work` raises, of the first task that failed.
    """
    if share() < 2:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(min(share(), _MOST_AT_ONCE)) as pool:
        return list(pool.map(work, tasks))
