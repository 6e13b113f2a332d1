"""The next photo is developed while the pictures of this one are finished, where a second core is free.

What is made does not depend on it: a photo's master is the same whenever it is developed.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from generation.imaging import threads
from generation.imaging.types import CheckedPhoto, MasterLayers

Develop = Callable[[CheckedPhoto], MasterLayers]


class Ahead:
    """Develops `photos` in their order, one of them ahead. A context: nothing goes on after it."""

    def __init__(self, develop: Develop, photos: Sequence[CheckedPhoto]) -> None:
        self._develop, self._photos = develop, photos
        self._pool = ThreadPoolExecutor(1) if threads.share() > 1 else None
        self._under_way: tuple[CheckedPhoto, Future[MasterLayers]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def developed(self, photo: CheckedPhoto, *, more: bool) -> MasterLayers:
        """The master of `photo`; with `more` the next one is begun. Raises what developing it raises."""
        begun, self._under_way = self._under_way, None
        mine = begun[1] if begun is not None and begun[0] is photo else None
        if begun is not None and mine is None and not begun[1].cancel():
            # Its pictures were there already. Two at a time would be too much memory.
            wait([begun[1]])
        master = self._develop(photo) if mine is None else mine.result()
        if more and self._pool is not None:
            following = self._after(photo)
            if following is not None:
                self._under_way = following, self._pool.submit(self._develop, following)
        return master

    def _after(self, photo: CheckedPhoto) -> CheckedPhoto | None:
        at = next((at for at, one in enumerate(self._photos) if one is photo), len(self._photos))
        return self._photos[at + 1] if at + 1 < len(self._photos) else None
