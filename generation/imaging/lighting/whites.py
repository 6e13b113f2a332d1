"""Eyes and teeth: white in any light, and the first thing that looks wrong when it is not.

A gain has colour where it gives lifted skin its own back or evens the colour of two lamps. Both are told by
skin; drawn on to teeth they came out yellow, and whites of the eyes blue. And a key from aside takes light
from the middle of a face: teeth, in its very middle and its brightest, came out grey.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import INNER_LIPS, LEFT_EYE, RIGHT_EYE, Landmarks, face_unit, region
from generation.imaging.types import LinearRGB

Array = NDArray[Any]

# Share of a gain's colour that eyes and teeth get (where two lamps are evened, they were lit by both), and of
# what it does to light in an open mouth.
_COLOUR: Final = 0.25
_LIGHT: Final = 0.45
# Blur of their outlines in eye-to-chin units.
_EDGE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Whites:
    """(h, w) where eyes and teeth are, and where teeth are, 0..1 with soft edges."""

    whites: Array
    teeth: Array

    def cut(self, at: tuple[slice, slice]) -> "Whites":
        """These rows and columns alone."""
        return Whites(self.whites[at], self.teeth[at])

    def spared(self, gain: Array, linear: LinearRGB) -> Array:
        """The gain (h, w, 3) of a picture (h, w, 3) that is left of one there."""
        # A hundredth of a picture.
        at = self.whites > 0
        spared, linear, whites = gain.copy(), linear[at], self.whites[at]
        before = np.maximum(color.luminance(linear), 1e-6)
        light = np.maximum(color.luminance(linear * gain[at]), 1e-6) / before
        out = (np.maximum(gain[at], 1e-6) / light[:, None]) ** (1 - (1 - _COLOUR) * whites[:, None])
        now = np.maximum(color.luminance(linear * out), 1e-6) / before
        wanted = light ** (1 - (1 - _LIGHT) * self.teeth[at])
        spared[at] = out * (wanted / now)[:, None]
        return spared


def whites(landmarks: Landmarks, shape: tuple[int, ...]) -> Whites:
    """Find them by the mesh in a picture of that shape (h, w, ...)."""
    blur = max(0.6, _EDGE * face_unit(landmarks))
    parts = [region(landmarks, one, shape[:2]) for one in (LEFT_EYE, RIGHT_EYE, INNER_LIPS)]
    every, teeth = (
        cv2.GaussianBlur(np.asarray(one, np.float32), (0, 0), blur)
        for one in (np.maximum.reduce(parts), parts[2])
    )
    return Whites(every, teeth)
