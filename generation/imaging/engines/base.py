"""What every engine does: turn a person's gallery into portraits of that person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from branding.look import Look
from generation.imaging.types import CheckedPhoto, Gallery, Progress, Source


@dataclass(frozen=True, slots=True)
class Portrait:
    """One portrait before develop: for `retouched` it is a photo of the gallery itself."""

    photo: CheckedPhoto
    source: Source
    # Words and numbers that say how it was made; they end up in the candidate's `variation`.
    how: dict[str, str | int | float]


class Engine(Protocol):
    """One way to photograph. `name` is what a Look and the command call it, `version` changes when its
    pictures change."""

    name: str
    version: str

    def photograph(
        self, gallery: Gallery, look: Look, *, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """At most `count` portraits, best first; the same arguments give the same portraits."""
        ...
