"""The last steps of a picture in one go: composite, grade and the way to 8 bits."""

import numpy as np

from branding.look import Grade
from generation.imaging.finishing import composite, grade
from generation.imaging.strips import by_strips
from generation.imaging.types import SRGB8, Alpha, LinearRGB


def final(foreground: LinearRGB, alpha: Alpha, plate: LinearRGB, settings: Grade) -> SRGB8:
    """What `composite`, `grade` and `to_8_bit` give one after the other, without the pictures between them.

    `foreground` and `plate` are (h, w, 3). Raises EngineError when the table's file is missing.
    """
    alpha, inner = composite.edges(alpha)
    noise = grade.dither((alpha.shape[1], alpha.shape[0]))

    def part(*layers: LinearRGB) -> SRGB8:
        person, solid, behind, blurred, dither = layers
        return grade.rounded(grade.grade(composite.joined(person, solid, behind, blurred), settings), dither)

    return np.asarray(by_strips(part, foreground, alpha, plate, inner, noise), np.uint8)
