"""Seconds and peak memory of one piece of work.

Seconds: median over rounds after one warm-up, wall clock, and the processor seconds of all threads. Memory:
the kernel's high-water mark of resident memory (VmHWM), reset before the first measured round by writing 5
to /proc/self/clear_refs, minus what was resident then; freed heap is handed back to the kernel first
(malloc_trim), so that the difference is what the work itself took. Numpy's and OpenCV's arrays are counted,
which tracemalloc would not see.
"""

import ctypes
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

_STATUS: Final = Path("/proc/self/status")
_CLEAR_REFS: Final = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Figure:
    """`extra_mb`: peak over what was resident before; `peak_mb`: all of the process at its peak."""

    seconds: float
    cpu: float
    fastest: float
    extra_mb: float
    peak_mb: float
    rounds: int

    def row(self) -> dict[str, float]:
        """JSON-able."""
        return asdict(self)


def measure(work: Callable[[], Any], rounds: int = 3, warm_up: int = 1) -> Figure:
    """Run `work` and say what it took."""
    for _ in range(warm_up):
        work()
    before = settled_mb()
    reset_peak()
    timed = [_timed(work) for _ in range(max(1, rounds))]
    seconds, busy = [one[0] for one in timed], [one[1] for one in timed]
    peak = _status_mb("VmHWM")
    return Figure(
        statistics.median(seconds),
        statistics.median(busy),
        min(seconds),
        max(0.0, peak - before),
        peak,
        len(seconds),
    )


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds (all threads)."""
    started, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - busy


def settled_mb() -> float:
    """Resident memory after garbage was given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return _status_mb("VmRSS")


def reset_peak() -> None:
    """Forget the high-water mark so far (Linux 4.0)."""
    _CLEAR_REFS.write_text("5")


def peak_mb() -> float:
    """High-water mark of this process since its start or the last `reset_peak`."""
    return _status_mb("VmHWM")


def _status_mb(key: str) -> float:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no {key} in {_STATUS}")
