"""What is special about pictures that an engine drew: other seeds for what failed, and a first look."""

from dataclasses import replace
from typing import Final

import numpy as np

from branding.look import Framing
from generation.imaging import photocheck
from generation.imaging.engines.base import Portrait
from generation.imaging.errors import SubjectError
from generation.imaging.types import PhotoReport, Progress

# Of the work that a round leaves to do, what the next one is expected to do: most people need one round.
_EXPECTED: Final = 0.85
# Seeds are 31 bits: every random generator takes them.
_SEED_BITS: Final = 31


def seed_of(seed: int, again: int) -> int:
    """The seed of the n-th further round; round 0 keeps the shoot's."""
    if again == 0:
        return seed
    state = np.random.SeedSequence([seed, again]).generate_state(1)[0]
    return int(state) >> (32 - _SEED_BITS)


def nearer(progress: Progress, again: int) -> Progress:
    """`progress` of a further round: nearer to the end than all before, never back."""
    left = (1 - _EXPECTED) ** again

    def told(stage: str, share: float) -> None:
        progress(stage, 1 - left * (1 - _EXPECTED * share))

    return told


def looked_at(portrait: Portrait, framing: Framing) -> Portrait:
    """The portrait with the face, embedding and measures that the photo check finds in it.

    A photo of the gallery comes back as it is. Raises SubjectError `drawn_no_face` or
    `drawn_several_faces`: broken pictures are not worth developing.
    """
    photo = portrait.photo
    if portrait.source != "generated" or photo.decoded is None:
        return portrait
    seen = photocheck.check_decoded(photo.decoded, photo.name, framing)
    if seen.face is None:
        raise SubjectError("drawn_no_face")
    if any(reason.code == "several_faces" for reason in seen.report.reasons):
        raise SubjectError("drawn_several_faces")
    return replace(portrait, photo=replace(seen, report=PhotoReport("accept", (), seen.report.measures)))
