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
    pictures change.

    Which queue carries it and whether it draws new pixels stands in `engines.table`, so that the web can
    know without loading it. An engine may have a method `warm_up()` that loads its models; the resident
    worker calls it at its start.
    """

    name: str
    version: str

    def photograph(
        self, gallery: Gallery, look: Look, *, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """At most `count` portraits, best first; the same arguments give the same portraits.

        Long engines call `progress` between any two steps, at least once a minute: it is their heartbeat,
        it shows the step on the page (`step_stage`), and it raises `Cancelled` when the person stopped.
        """
        ...


def step_stage(stage: str, done: int, total: int) -> str:
    """The stage code of step `done` of `total` (1-based), such as "generate:12/30", for `progress`."""
    return f"{stage}:{done}/{total}"
