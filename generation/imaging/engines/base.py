"""What every engine does: turn a person's gallery into portraits of that person."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging.errors import ImagingError
from generation.imaging.landmarks import Landmarks
from generation.imaging.prompt import Visible
from generation.imaging.types import (
    SRGB8,
    Alpha,
    CheckedPhoto,
    DecodedPhoto,
    Gallery,
    PhotoReport,
    Progress,
    Source,
)

# `DecodedPhoto.format` of pixels that no camera made.
DRAWN: Final = "drawn"


@dataclass(frozen=True, slots=True)
class Portrait:
    """One portrait before develop: for `retouched` it is a photo of the gallery itself, for `generated`
    what `drawn` wraps."""

    photo: CheckedPhoto
    source: Source
    # Words and numbers that say how it was made; they end up in the candidate's `variation`.
    how: dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Posed:
    """One photo of the person as the studio shows it: what an engine that draws starts from."""

    # (h, w, 3): the finished picture in the style's framing, and the plate alone.
    picture: SRGB8
    plate: SRGB8
    # (h, w): the person in `picture`; (478, 3) in its pixels.
    alpha: Alpha
    landmarks: Landmarks
    # (33, 3): BlazePose's body points in its pixels, and how likely each is in sight; None where no body was
    # found.
    body: NDArray[np.float32] | None
    # The photo itself around the person at the master's size, and the matte on its pixels.
    photo: CheckedPhoto
    matte: Alpha


@dataclass(frozen=True, slots=True)
class Sitting:
    """What the stages know about the person and the order beyond the photos.

    `pose(photo, (width, height), looseness)` is the photo as the studio shows it, the head smaller by
    `looseness` (1 is the style's framing, 0.9 leaves room around it); raises SubjectError where the photo
    cannot be framed.
    """

    visible: Visible
    # (width, height) of the finished pictures.
    size: tuple[int, int]
    # Pictures whose colour and light the style wants; empty where it has none.
    style: tuple[SRGB8, ...]
    pose: Callable[[CheckedPhoto, tuple[int, int], float], Posed]


@dataclass(frozen=True, slots=True)
class Sitter:
    """One person as an engine photographs them; see `Engine.photograph`."""

    gallery: Gallery
    sitting: Sitting
    seed: int
    count: int
    progress: Progress


# A person's portraits, or why there are none.
Outcome = tuple[Portrait, ...] | ImagingError


class Engine(Protocol):
    """One way to photograph. `name` is what a Look and the command call it, `version` changes when its
    pictures change.

    Which queue carries it and whether it draws new pixels stands in `engines.table`, so that the web can
    know without loading it. An engine may have a method `warm_up()` that loads its models; the resident
    worker calls it at its start. One that is a `Together` can draw several people in the same calls.
    """

    name: str
    version: str

    def photograph(
        self, gallery: Gallery, look: Look, *, sitting: Sitting, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """At most `count` portraits, best first; the same arguments give the same portraits.

        Long engines call `progress` between any two steps, at least once a minute: it is their heartbeat,
        it shows the step on the page (`step_stage`), and it raises `Cancelled` when the person stopped.
        """
        ...


@runtime_checkable
class Together(Protocol):
    """An engine that draws several people of one look in the same calls of its pipeline."""

    def at_once(self, look: Look) -> int:
        """Pictures that one call draws to begin with; 1 where the pipeline takes no more."""
        ...

    def photograph_together(self, sitters: Sequence[Sitter], look: Look) -> list[Outcome]:
        """Everybody's portraits, in the order of `sitters`: those that `photograph` makes of each alone,
        but for rounding. A person who is stopped or cannot be drawn is no failure of the others; raises
        EngineError for what concerns all of them."""
        ...


def step_stage(stage: str, done: int, total: int) -> str:
    """The stage code of step `done` of `total` (1-based), such as "generate:12/30", for `progress`."""
    return f"{stage}:{done}/{total}"


def drawn(pixels: SRGB8, name: str) -> CheckedPhoto:
    """Pixels that an engine drew, as a photo that nobody has looked at yet: no face, no embedding."""
    height, width = pixels.shape[:2]
    decoded = DecodedPhoto(pixels, DRAWN, width, height)
    return CheckedPhoto(name, PhotoReport("accept", (), {}), decoded, None, None)
