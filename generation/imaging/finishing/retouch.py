"""Gentle retouch. Temporary blemishes only; moles, scars, freckles and lines stay."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import Landmarks, face_unit, moved, skin_region
from generation.imaging.types import LinearRGB

# Blemishes are looked for with eyes to chin this tall: their colour is all that is needed, pores are not.
_UNIT_PX: Final = 170.0
# A blemish is redder than the skin around it by more than this (Lab a*), and not much darker. Melanin darkens
# more than it reddens: what loses more lightness than this times its redness is a freckle or a mole.
_REDNESS: Final = 2.5
_DARKER: Final = 7.0
_MELANIN: Final = 1.1
# Sizes in eye-to-chin units: the softness of a spot, the skin around it, and the widest that is a spot.
_SPOT: Final = 0.008
_AROUND: Final = 0.05
_WIDEST: Final = 0.09
# Longer than so many times its width, a red mark is a line or a scar.
_LONGEST: Final = 2.2
# At strength 1 this much of a blemish's difference goes.
_MOST: Final = 0.85


def soften_blemishes(
    linear: LinearRGB, landmarks: Landmarks, strength: float, out: LinearRGB | None = None
) -> LinearRGB:
    """Pull small, round, red spots on the face's skin towards the skin around them. `strength` 0..1.

    Only a spot's own low frequencies change, as a ratio: pores and stubble stay on top. `out` may be `linear`
    itself where nobody else needs it, and saves its copy.
    """
    y, x = reach(landmarks, linear.shape)
    part = linear[y, x]
    if strength <= 0 or min(part.shape[:2]) < 8:
        return linear
    height, width = part.shape[:2]
    scale = min(1.0, _UNIT_PX / face_unit(landmarks))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)
    gain = _gain(small, moved(landmarks, 1.0, -x.start, -y.start) * np.float32(scale), strength)
    if gain is None:
        return linear
    out = linear.copy() if out is None else out
    out[y, x] *= cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR)
    return out


def reach(landmarks: Landmarks, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture (h, w, ...) that are looked at: the rectangle around the face's mesh."""
    x0, y0 = np.maximum(np.floor(landmarks[:468, :2].min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(landmarks[:468, :2].max(axis=0)).astype(int) + 1, [shape[1], shape[0]])
    return slice(int(y0), max(int(y0), int(y1))), slice(int(x0), max(int(x0), int(x1)))


def _gain(small: LinearRGB, landmarks: Landmarks, strength: float) -> LinearRGB | None:
    """(h, w, 3) what to multiply the skin with; None where it has no blemish."""
    unit = face_unit(landmarks)
    fine = cv2.GaussianBlur(small, (0, 0), max(0.5, _SPOT * unit))
    wide = cv2.GaussianBlur(small, (0, 0), _AROUND * unit)
    difference = color.linear_to_lab(fine) - color.linear_to_lab(wide)
    darker, redder = -difference[..., 0], difference[..., 1]
    # Half of the strongest redness nearby: on ruddy skin spots would otherwise run into each other.
    window = np.ones((2 * round(_WIDEST * unit / 2) + 1,) * 2, np.uint8)
    marked = (redder > np.maximum(_REDNESS, cv2.dilate(redder, window) / 2)) & (darker < _DARKER)
    marked &= darker < _MELANIN * redder
    spots = _spots(marked & (skin_region(landmarks, small.shape[:2]) > 0), _WIDEST * unit)
    if not spots.any():
        return None
    weight = spots * np.clip(redder / _REDNESS - 0.5, 0, 1)
    weight = cv2.GaussianBlur(weight.astype(np.float32), (0, 0), max(0.5, _SPOT * unit))
    ratio = np.clip((wide + 1e-3) / (fine + 1e-3), 0.5, 2.0)
    return np.asarray(ratio ** (_MOST * strength * np.clip(1.5 * weight, 0, 1))[..., None], np.float32)


def _spots(marked: NDArray[np.bool_], widest: float) -> NDArray[np.float32]:
    """(h, w) 1 on marks that are small and round, and a little around them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, np.uint8)
    for index in range(1, count):
        x, y, w, h = (int(value) for value in stats[index, :4])
        ys, xs = np.nonzero(labels[y : y + h, x : x + w] == index)
        # Half a pixel's own spread, so that a single one is round.
        spread = np.linalg.eigvalsh(np.cov(np.stack([xs, ys]), bias=True) + np.eye(2) / 12)
        keep[index] = max(w, h) <= widest and spread[1] <= _LONGEST**2 * spread[0]
    around = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(keep[labels], around), np.float32)
