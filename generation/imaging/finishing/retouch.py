"""Gentle retouch and detail. Temporary blemishes only; moles, scars, freckles and lines stay."""

from typing import Final

import cv2
import numpy as np

from generation.imaging import color
from generation.imaging.landmarks import Landmarks, face_unit, skin_region
from generation.imaging.types import Alpha, LinearRGB

# A blemish is redder than the skin around it by more than this (Lab a*), and not much darker: a mole
# or a scar changes lightness more than redness.
_REDNESS: Final = 2.5
_DARKER: Final = 7.0
# Sizes in eye-to-chin units: what counts as a spot, and the skin around it.
_SPOT: Final = 0.012
_AROUND: Final = 0.05
# At strength 1 this much of a blemish's difference goes.
_MOST: Final = 0.85
# Sharpening of an enlarged picture: amount per doubling, and its bound.
_DETAIL: Final = 0.34
_DETAIL_MOST: Final = 0.9


def soften_blemishes(linear: LinearRGB, landmarks: Landmarks, strength: float) -> LinearRGB:
    """Pull small red spots on the face's skin towards the skin around them. `strength` 0..1."""
    if strength <= 0:
        return linear
    height, width = linear.shape[:2]
    unit = face_unit(landmarks)
    x0, y0 = np.maximum(np.floor(landmarks[:468, :2].min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(landmarks[:468, :2].max(axis=0)).astype(int) + 1, [width, height])
    if x1 - x0 < 8 or y1 - y0 < 8:
        return linear
    part = linear[y0:y1, x0:x1]
    shifted = landmarks - np.array([x0, y0, 0], np.float32)
    skin = skin_region(shifted, (y1 - y0, x1 - x0)).astype(np.float32)
    fine = cv2.GaussianBlur(part, (0, 0), max(0.5, _SPOT * unit))
    wide = cv2.GaussianBlur(part, (0, 0), _AROUND * unit)
    difference = color.linear_to_lab(fine) - color.linear_to_lab(wide)
    redder = np.clip((difference[..., 1] - _REDNESS) / _REDNESS, 0, 1)
    not_dark = np.clip((difference[..., 0] + _DARKER) / 2.0, 0, 1)
    weight = cv2.GaussianBlur(redder * not_dark * skin, (0, 0), max(0.5, _SPOT * unit)) * _MOST * strength
    out = linear.copy()
    # Only the spot's own low frequencies are replaced, as a ratio: pores and stubble stay on top.
    ratio = np.clip((wide + 1e-3) / (fine + 1e-3), 0.5, 2.0)
    out[y0:y1, x0:x1] = part * ratio ** weight[..., None]
    return out


def sharpen(linear: LinearRGB, alpha: Alpha, scale: float) -> LinearRGB:
    """Give an enlarged picture back its acutance, on luminance and inside the person only.

    `scale` is output over input size; at 1 and below nothing happens. Unsharp mask with the radius of
    the enlargement; the gain is bounded, so that no bright rims appear.
    """
    if scale <= 1.02:
        return linear
    amount = min(_DETAIL_MOST, _DETAIL * float(np.log2(scale)) + 0.12)
    luminance = np.sqrt(np.maximum(color.luminance(linear), 0))
    blurred = cv2.GaussianBlur(luminance, (0, 0), 0.75 * scale)
    detail = np.clip(luminance - blurred, -0.06, 0.06)
    solid = np.clip((alpha - 0.5) * 2, 0, 1)
    gain = ((luminance + amount * solid * detail) / np.maximum(luminance, 1e-3)) ** 2
    return np.asarray(linear * np.clip(gain, 0.7, 1.4)[..., None], np.float32)
