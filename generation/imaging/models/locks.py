"""One installation of a model at a time, across processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generation.imaging.errors import EngineError


@contextmanager
def locked(file: Path, name: str) -> Iterator[None]:
    """Hold an exclusive lock on `file`; the kernel frees it when the process dies.

    Raises EngineError `model_busy` when another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EngineError("model_busy", model=name) from error
        yield
