"""Whoever starts a process of Onelight, its libraries of small matrices and loops keep to one thread."""

import os
import subprocess
import sys

PRINT = """
import os, sys
import portal.settings
assert "numpy" not in sys.modules, "loaded before it was told"
print(*(os.environ[name] for name in sys.argv[1:]))
"""
NAMES = ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def _told(**environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in NAMES}
    told = subprocess.run(
        [sys.executable, "-c", PRINT, *NAMES],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


def test_settings_tell_it_before_it_is_loaded() -> None:
    assert _told() == "1 1"


def test_an_operator_may_say_otherwise() -> None:
    assert _told(OPENBLAS_NUM_THREADS="4") == "4 1"
