"""People who are drawn in the same calls of a pipeline: everybody hears of the progress, anybody may leave,
and what goes wrong with one of them is nobody else's."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from generation.imaging.engines.base import Outcome, Portrait, Sitter
from generation.imaging.errors import Cancelled, ImagingError

Item = TypeVar("Item")


class Company:
    """The people of one go, by their place in `sitters`."""

    def __init__(self, sitters: Sequence[Sitter]) -> None:
        self.sitters = sitters
        self._made: list[list[Portrait]] = [[] for _ in sitters]
        self._left: dict[int, ImagingError] = {}

    @property
    def count(self) -> int:
        """How many pictures are wanted of all of them."""
        return sum(sitter.count for sitter in self.sitters)

    def present(self) -> list[tuple[int, Sitter]]:
        """Those who have not left."""
        return [(at, one) for at, one in enumerate(self.sitters) if not self.gone(at)]

    def gone(self, at: int) -> bool:
        """Whether this one has left: nothing more is drawn of them."""
        return at in self._left

    def leave(self, at: int, why: ImagingError) -> None:
        """This one cannot be drawn, or was stopped. Raises `why` when nobody is left."""
        self._left[at] = why
        if len(self._left) == len(self.sitters):
            raise why

    def progress(self, stage: str, share: float) -> None:
        """Tell everybody; who is stopped leaves, and the last one ends the work. Raises Cancelled."""
        for at, sitter in self.present():
            try:
                sitter.progress(stage, share)
            except Cancelled as stopped:
                self.leave(at, stopped)

    def outcomes(self, portraits: Iterator[tuple[int, Portrait]]) -> list[Outcome]:
        """Everybody's portraits as they come, or why there are none. Raises what concerns all of them."""
        try:
            for at, portrait in portraits:
                self._made[at].append(portrait)
        except ImagingError:
            # Raised because nobody is left: each has a reason of their own.
            if len(self._left) < len(self.sitters):
                raise
        return [self._left.get(at) or tuple(made) for at, made in enumerate(self._made)]


def runs(items: Sequence[Item], key: Callable[[Item], Hashable]) -> Iterator[list[Item]]:
    """Neighbours that can be one batch: those with the same key."""
    run: list[Item] = []
    for one in items:
        if run and key(run[0]) != key(one):
            yield run
            run = []
        run.append(one)
    if run:
        yield run
