"""The bookkeeping of one person's shoot: what is shown already, what was refused and why."""

import ctypes
from collections.abc import Sequence
from typing import Final

from generation.imaging.errors import SubjectError
from generation.imaging.ranking.order import repeats
from generation.imaging.types import Progress, Take

# Tries in a row that bring nothing new after which a photo has no more to show.
MOST_IDLE: Final = 3
# What is wrong with the photo itself: no variation of crop or light helps.
OF_THE_PHOTO: Final = frozenset(
    {"no_face", "head_cut", "crop_too_tight", "gate_matte", "gate_eyes", "gate_likeness"}
)


class Shooting:
    """`count` pictures are wanted; `kept` are there from a run before this one; `refused` collects why
    others are not shown."""

    def __init__(self, count: int, kept: Sequence[Take], refused: list[SubjectError] | None = None) -> None:
        self.shown: dict[str, Take] = {take.key: take for take in kept}
        self.refused = [] if refused is None else refused
        self._count = count

    @property
    def left(self) -> int:
        """How many pictures are still wanted."""
        return max(0, self._count - len(self.shown))

    @property
    def full(self) -> bool:
        """Whether there are as many as wanted."""
        return self.left == 0

    @staticmethod
    def key(round_: int, portrait: int, step: int) -> str:
        """Names a picture by its place in the shoot; rounds and portraits from 0, steps from 1."""
        return f"{round_}.{portrait + 1}.{step}"

    def room(self, round_: int) -> int:
        """Pictures that are wanted of a round: the same whether it is the first time or goes on."""
        return self._count - self.before(round_, 0)

    def before(self, round_: int, portrait: int) -> int:
        """How many pictures there are of what comes before a round's portrait; without the round's own
        earlier ones for portrait 0."""
        places = [tuple(int(part) for part in key.split(".")[:2]) for key in self.shown]
        return sum(place < (round_, portrait + 1) for place in places)

    def repeats(self, signature: str) -> bool:
        """Whether a picture of this signature shows nothing that is not there already."""
        return repeats(signature, [take.signature for take in self.shown.values()])

    def take(self, new: Take) -> None:
        """Count a picture in."""
        self.shown[new.key] = new

    def most_common(self) -> SubjectError:
        """The refusal that the person should hear about."""
        codes = [error.code for error in self.refused]
        if not codes:
            return SubjectError("no_usable_photo")
        most = max(dict.fromkeys(codes), key=codes.count)
        return next(error for error in self.refused if error.code == most)


def rising(progress: Progress) -> Progress:
    """`progress` that never goes back: stages of several photos overlap."""
    most = 0.0

    def told(stage: str, share: float) -> None:
        nonlocal most
        most = max(most, share)
        progress(stage, most)

    return told


def give_memory_back() -> None:
    """Hand freed heap back to the kernel: between two photos glibc would keep some 200 MB in pieces that the
    next photo's layers do not fit into. Does nothing where the C library has no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
