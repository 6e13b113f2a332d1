"""Work of the photo commands in several processes."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from generation.imaging.models.configured import configuration, configure

Task = TypeVar("Task")
Made = TypeVar("Made")


def in_processes(work: Callable[[Task], Made], tasks: Sequence[Task], workers: int) -> Iterator[Made]:
    """Results as they come; one process needs no pool."""
    workers = min(workers, len(tasks))
    if workers <= 1:
        yield from map(work, tasks)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Spawned, not forked: MediaPipe's threads do not survive a fork.
    pool_of = partial(ProcessPoolExecutor, mp_context=get_context("spawn"), initializer=configure)
    with pool_of(workers, initargs=(configuration(),)) as pool:
        for done in as_completed([pool.submit(work, task) for task in tasks]):
            yield done.result()
