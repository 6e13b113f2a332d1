"""Work of the photo commands in several processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from generation.imaging import materials, threads
from generation.imaging.engines import runtime
from generation.imaging.models.configured import Configuration, configuration, configure

Task = TypeVar("Task")
Made = TypeVar("Made")


def pool(workers: int) -> ProcessPoolExecutor:
    """So many processes that know this one's models, device and the files of its styles, each with its share
    of the cores. Spawned, not forked: MediaPipe's threads do not survive a fork."""
    threads.announce(threads.each(workers))
    told = (configuration(), runtime.configured(), materials.added())
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_equip, initargs=told)


def _equip(models: Configuration, device: runtime.RuntimeOptions, files: tuple[bytes, ...]) -> None:
    configure(models)
    runtime.configure(device)
    materials.add_all(files)


def in_processes(work: Callable[[Task], Made], tasks: Sequence[Task], workers: int) -> Iterator[Made]:
    """Results as they come; one process needs no pool."""
    workers = min(workers, len(tasks))
    if workers <= 1:
        yield from map(work, tasks)
        return
    with pool(workers) as running:
        for done in as_completed([running.submit(work, task) for task in tasks]):
            yield done.result()
