"""The last steps of a picture in one go: composite, grade and the way to 8 bits."""

from functools import lru_cache
from typing import Final

import numpy as np

from branding.look import Backdrop, Grade
from generation.imaging.finishing import composite, grade
from generation.imaging.finishing.backdrop import plate
from generation.imaging.strips import by_strips
from generation.imaging.types import SRGB8, Alpha, LinearRGB

# Finished plates in memory; at the size of a final 10 MB each.
_PLATES: Final = 6


@lru_cache(maxsize=_PLATES)
def empty(backdrop: Backdrop, size: tuple[int, int], settings: Grade) -> SRGB8:
    """(height, width, 3) the finished picture of nobody; `size` is (width, height). Read-only, shared.

    Raises EngineError as `plate` and `grade` do.
    """
    out = grade.to_8_bit(grade.grade(plate(backdrop, size), settings))
    out.setflags(write=False)
    return out


def final(foreground: LinearRGB, alpha: Alpha, backdrop: Backdrop, settings: Grade) -> SRGB8:
    """What `composite`, `grade` and `to_8_bit` give one after the other before the backdrop's plate, without
    the pictures between them, and only where the person is: the rest is the same for everybody.

    `foreground` is (h, w, 3). Raises EngineError when the table's or an office's file is missing.
    """
    alpha, inner = composite.edges(alpha)
    size = (alpha.shape[1], alpha.shape[0])

    def part(*layers: LinearRGB) -> SRGB8:
        solid, nobody = layers[0], layers[-1]
        out = np.array(nobody, np.uint8)
        columns = np.flatnonzero(solid.any(axis=0))
        if columns.size:
            there = np.s_[:, columns[0] : columns[-1] + 1]
            solid, person, behind, blurred, noise = (layer[there] for layer in layers[:-1])
            lit = grade.grade(composite.joined(person, solid, behind, blurred), settings)
            out[there] = grade.rounded(lit, noise)
        return out

    pictures = (alpha, foreground, plate(backdrop, size), inner, grade.dither(size))
    return np.asarray(by_strips(part, *pictures, empty(backdrop, size, settings)), np.uint8)
