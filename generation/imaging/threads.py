"""How many threads the numeric libraries use: the one place that says so, for the command and the workers.

Several workers share the cores: each takes its part, and no library starts a pool of its own on top. Pictures
are the same bytes with any number of threads.
"""

import os
from typing import Final

# Read by the libraries when they are loaded; a child process inherits them.
VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def cores() -> int:
    """Cores that this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0))


def each(workers: int) -> int:
    """Threads for each of so many workers."""
    return max(1, cores() // max(1, workers))


def announce(threads: int) -> None:
    """Tell libraries that are not loaded yet, here and in child processes; who runs the program may say
    otherwise."""
    for name in VARIABLES:
        os.environ.setdefault(name, str(threads))


def limit(threads: int) -> None:
    """Tell OpenCV, which reads no variable. Imports it."""
    import cv2

    cv2.setNumThreads(threads)
