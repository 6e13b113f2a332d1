"""Keeping a person's skin what it is: the exposure that undoes what light and grade did to it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from branding.look import Grade
from generation.imaging import color
from generation.imaging.finishing.grade import grade
from generation.imaging.landmarks import Landmarks, skin_region
from generation.imaging.types import LinearRGB

_ROUNDS = 4
_BOUNDS = (0.6, 1.7)


def skin_lab(linear: LinearRGB, landmarks: Landmarks) -> NDArray[Any]:
    """(3,) mean Lab of the face's skin without its darkest and brightest tenth (shadow, glint)."""
    pixels = linear[skin_region(landmarks, (linear.shape[0], linear.shape[1])) > 0]
    if len(pixels) < 20:
        return np.array([50.0, 0.0, 0.0])
    lab = color.linear_to_lab(pixels)
    low, high = np.quantile(lab[:, 0], [0.1, 0.9])
    out: NDArray[Any] = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)].mean(axis=0)
    return out


def exposure(reference: LinearRGB, lit: LinearRGB, landmarks: Landmarks, settings: Grade) -> float:
    """Factor on the person's light so that after the grade the skin is as light as in the reference,
    the exposure that the brand asks for included. Both pictures are small (eyes to chin about 90 px)."""
    mask = skin_region(landmarks, (lit.shape[0], lit.shape[1]))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return 1.0
    y, x = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    landmarks = landmarks - np.array([columns[0], rows[0], 0], np.float32)
    wanted = float(skin_lab(reference[y, x] * np.float32(2.0**settings.exposure_ev), landmarks)[0])
    part, factor = lit[y, x], 1.0
    for _ in range(_ROUNDS):
        found = float(skin_lab(grade(part * np.float32(factor), settings), landmarks)[0])
        # L* goes with the cube root of luminance.
        factor *= ((wanted + 16) / (found + 16)) ** 3
        factor = float(np.clip(factor, *_BOUNDS))
    return factor
