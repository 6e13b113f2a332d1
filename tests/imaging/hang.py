"""A guard against code that never returns."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Far above what any file takes on a loaded machine.
HANG_S = 60


@contextmanager
def hang_guard() -> Iterator[None]:
    """Fail when the block takes so long that it hangs."""

    def give_up(*_: object) -> None:
        raise AssertionError(f"hangs: no answer within {HANG_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
