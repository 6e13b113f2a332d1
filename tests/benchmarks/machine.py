"""What the figures were measured on: they mean nothing without it."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_LIBRARIES: Final = ("numpy", "scipy", "opencv-contrib-python", "mediapipe", "dlib-bin", "pymatting", "numba",
                     "pillow", "pillow-heif")  # fmt: skip


def cpu_model() -> str:
    """The processor's own name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def memory_gb() -> float:
    """Memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def describe() -> list[str]:
    """Lines for the head of a report; the load is the one at the moment of the call."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cpu_model()}, {cores()} cores, {memory_gb():.0f} GB, "
        f"load average {load} at the start",
        f"Python {platform.python_version()}, {libraries}",
    ]
