"""Work that is begun before it is asked for, where a second core is free: photos that come next are developed
while the pictures of this one are finished, and a photo's pictures are finished two at a time.

What is made does not depend on it: a master, and a picture of it, is the same whenever it is made.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, Self, TypeVar

from generation.imaging import threads
from generation.imaging.types import CheckedPhoto, MasterLayers

Develop = Callable[[CheckedPhoto], MasterLayers]
Made = TypeVar("Made")

# Masters that are made or being made before they are asked for: a hundred megabytes each.
_MOST: Final = 2


class Ahead:
    """Develops `photos` in their order, two of them ahead at most, in one thread beside the caller's. A
    context: nothing goes on after it."""

    def __init__(self, develop: Develop, photos: Sequence[CheckedPhoto]) -> None:
        self._develop, self._photos = develop, photos
        self._pool = ThreadPoolExecutor(1) if threads.share() > 1 else None
        self._begun: list[tuple[CheckedPhoto, Future[MasterLayers]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def developed(self, photo: CheckedPhoto, *, following: int, doubtful: bool = False) -> MasterLayers:
        """The master of `photo`; so many that follow it, and two at most, are begun. The next one of a
        `doubtful` photo is developed with it. Raises what developing it raises."""
        mine = self._mine(photo)
        if mine is None:
            self._begin_after(photo, min(1, max(following, doubtful)))
        master = self._develop(photo) if mine is None else mine.result()
        self._begin_after(photo, min(_MOST, following))
        return master

    def beside(self, work: Callable[[], Made]) -> Future[Made] | None:
        """`work` in the other thread, where that one has nothing to do."""
        if self._pool is None or not all(begun.done() for _, begun in self._begun):
            return None
        return self._pool.submit(work)

    def _mine(self, photo: CheckedPhoto) -> Future[MasterLayers] | None:
        """What was begun of `photo`. Others before it had their pictures already, and are given up."""
        while self._begun:
            other, begun = self._begun.pop(0)
            if other is photo:
                return begun
            if not begun.cancel():
                # With this one and the next it would be too much memory.
                wait([begun])
        return None

    def _begin_after(self, photo: CheckedPhoto, most: int) -> None:
        """Begin those that follow `photo`, until so many are begun."""
        last = self._begun[-1][0] if self._begun else photo
        at = next((at for at, one in enumerate(self._photos) if one is last), len(self._photos))
        for following in self._photos[at + 1 : at + 1 + max(0, most - len(self._begun))]:
            if self._pool is not None:
                self._begun.append((following, self._pool.submit(self._develop, following)))
