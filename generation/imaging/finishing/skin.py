"""Keeping a person's skin what it is: the exposure that undoes what light and grade did to it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from branding.look import Grade
from generation.imaging import color
from generation.imaging.finishing.grade import grade
from generation.imaging.landmarks import Landmarks, region, skin_region
from generation.imaging.types import LinearRGB

# Forehead and cheeks in the mesh.
_PATCHES = (
    (109, 10, 338, 337, 151, 108),
    (50, 117, 118, 101, 36, 205),
    (280, 346, 347, 330, 266, 425),
)
_ROUNDS = 4
# L* that the whole of the skin may gain or lose so that forehead and cheeks stay as they were.
_MOST_WHOLE = 5.0
_BOUNDS = (0.6, 1.7)
# L* by which finished skin reads darker to others (`tests/benchmarks/looking.py`: 0.7 on average over the
# bins of skin tone) than to this measure. A part of it: deep skin reads lighter.
_AS_OTHERS_READ = 0.2


def skin_lab(linear: LinearRGB, landmarks: Landmarks) -> NDArray[Any]:
    """(3,) Lab of the skin: mean of the medians of forehead and both cheeks, each counting alike, joined
    four to one with the mean of all of the face's skin without its darkest and brightest tenth.

    The three patches are where colorimetry takes skin (Xiao et al. 2017); a beard's shadow is no skin, and a
    light from one side counts alike on both.
    """
    seen = _Seen.on(landmarks, (linear.shape[0], linear.shape[1]))
    whole, patches = seen.lab(linear[seen.at])
    return np.asarray((whole + 4 * patches) / 5)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where skin is looked at: rows and columns, first of all of a face's skin, `whole` of them, then of each
    patch in turn, `patches` of them."""

    at: tuple[NDArray[np.intp], NDArray[np.intp]]
    whole: int
    patches: tuple[int, ...]

    @classmethod
    def on(cls, landmarks: Landmarks, shape: tuple[int, int]) -> "_Seen":
        masks = [skin_region(landmarks, shape), *(region(landmarks, points, shape) for points in _PATCHES)]
        places = [np.nonzero(mask) for mask in masks]
        rows, columns = (np.concatenate([one[axis] for one in places]) for axis in range(2))
        whole, *patches = (len(one[0]) for one in places)
        return cls((rows, columns), whole, tuple(patches))

    def lab(self, pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """(3,) Lab of all skin without its darkest and brightest tenth, and of the patches, from linear RGB
        (n, 3) at these places."""
        if self.whole < 20:
            return np.array([50.0, 0.0, 0.0]), np.array([50.0, 0.0, 0.0])
        lab = color.linear_to_lab(pixels[: self.whole])
        low, high = np.quantile(lab[:, 0], [0.1, 0.9])
        whole = np.asarray(lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)].mean(axis=0))
        ends = np.cumsum([self.whole, *self.patches])
        patches = [pixels[first:end] for first, end in pairwise(ends)]
        medians = [np.median(patch, axis=0) for patch in patches if len(patch) > 8]
        return whole, np.asarray(color.linear_to_lab(np.mean(medians, axis=0))) if medians else whole

    def lightness(self, pixels: NDArray[Any]) -> tuple[float, float]:
        """L* of `skin_lab` and of the whole of the face's skin."""
        whole, patches = self.lab(pixels)
        return float((whole[0] + 4 * patches[0]) / 5), float(whole[0])


def exposure(reference: LinearRGB, lit: LinearRGB, landmarks: Landmarks, settings: Grade) -> float:
    """Factor on the person's light so that after the grade the skin is as light as in the reference,
    the exposure that the brand asks for included. Both pictures are small (eyes to chin about 90 px)."""
    seen = _Seen.on(landmarks, (lit.shape[0], lit.shape[1]))
    if not seen.whole:
        return 1.0
    wanted = seen.lightness(reference[seen.at] * np.float32(2.0**settings.exposure_ev))
    wanted = (wanted[0] + _AS_OTHERS_READ, wanted[1] + _AS_OTHERS_READ)
    pixels, factor = lit[seen.at], 1.0
    for _ in range(_ROUNDS):
        now = seen.lightness(grade(pixels * np.float32(factor), settings))
        # Where forehead and cheeks were burned and are calm now, the rest is not lifted to what they were.
        whole = wanted[1] - now[1]
        missing = float(np.clip(wanted[0] - now[0], whole - _MOST_WHOLE, whole + _MOST_WHOLE))
        found = wanted[0] - missing
        # L* goes with the cube root of luminance.
        factor *= ((wanted[0] + 16) / (found + 16)) ** 3
        factor = float(np.clip(factor, *_BOUNDS))
    return factor
