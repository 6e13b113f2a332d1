"""The whites of the eyes: a small grey card that everybody carries."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import LEFT_EYE, RIGHT_EYE, Landmarks, face_unit, moved, region
from generation.imaging.types import SRGB8, LinearRGB

Floats = NDArray[np.floating[Any]]

# Eyes to chin at which eyes are read, at most; a tenth of their pixels is ten to forty then, and what pixels
# they are changes with the size: readings at 120 and at 330 differ by 5 to 8 mired. A photo and the final
# made of it read 13 mired apart at 220 alone, 8 on average over these (sd, 44 portraits).
_UNITS_PX: Final = (160.0, 190.0, 220.0, 260.0, 330.0)
# Around an eye, and lids that are left out, in widths of the eye; iris with its dark rim, in radii.
_AROUND: Final = 0.2
_LIDS: Final = 0.03
_IRIS: Final = 1.15
# Lashes and the shadow of the lids are darker, glints brighter than the white. Of what is left the coldest
# tenth: veins and lids only ever redden it. Against all of it: spread between people 29 mired instead of 40.
_LIGHTNESS: Final = (0.5, 0.95)
_COLDEST: Final = 0.1
_TOO_FEW: Final = 24


def eye_white(picture: LinearRGB | SRGB8, landmarks: Landmarks) -> Floats | None:
    """Mean linear RGB (3,) of the whitest part of the eyes' whites, or None where too little of them is seen.

    `picture` is (H, W, 3), linear or 8 bits of sRGB, at the size at which it is at hand: eyes are small.
    """
    most = face_unit(landmarks)
    found = [_read(picture, landmarks, unit) for unit in dict.fromkeys(min(one, most) for one in _UNITS_PX)]
    whites = [one / max(float(color.LUMINANCE @ one), 1e-4) for one in found if one is not None]
    light = [float(color.LUMINANCE @ one) for one in found if one is not None]
    return np.mean(whites, axis=0) * np.mean(light) if whites else None


def _read(picture: LinearRGB | SRGB8, landmarks: Landmarks, unit: float) -> Floats | None:
    """`eye_white` with eyes to chin `unit` pixels."""
    eyes = ((LEFT_EYE, 468), (RIGHT_EYE, 473))
    pixels = np.concatenate([_white_of(picture, landmarks, points, iris, unit) for points, iris in eyes])
    if len(pixels) < _TOO_FEW:
        return None
    light = pixels @ color.LUMINANCE
    low, high = np.quantile(light, _LIGHTNESS)
    chosen = np.maximum(pixels[(light >= low) & (light <= high)], 1e-4)
    warmth = np.log(chosen[:, 0] / chosen[:, 2])
    mean: Floats = chosen[warmth <= np.quantile(warmth, _COLDEST)].mean(axis=0)
    return mean


def _white_of(
    picture: LinearRGB | SRGB8, landmarks: Landmarks, points: tuple[int, ...], iris: int, unit: float
) -> Floats:
    """(N, 3) pixels between the lids of one eye that are not iris."""
    outline = landmarks[list(points), :2]
    margin = _AROUND * float(np.ptp(outline[:, 0]))
    x0, y0 = np.maximum(np.floor(outline.min(axis=0) - margin), 0).astype(int)
    x1, y1 = np.ceil(outline.max(axis=0) + margin).astype(int)
    part = picture[y0:y1, x0:x1]
    part = color.srgb8_to_linear(np.asarray(part, np.uint8)) if part.dtype == np.uint8 else part
    if min(part.shape[:2]) < 3:
        return np.zeros((0, 3))
    there = landmarks - np.array([x0, y0, 0], np.float32)
    scale = unit / face_unit(landmarks)
    if scale < 1:
        size = (max(3, round(part.shape[1] * scale)), max(3, round(part.shape[0] * scale)))
        part, there = cv2.resize(part, size, interpolation=cv2.INTER_AREA), moved(there, scale)
    shape = (part.shape[0], part.shape[1])
    reach = max(1, round(_LIDS * float(np.ptp(there[list(points), 0]))))
    eye = cv2.erode(region(there, points, shape), np.ones((2 * reach + 1,) * 2, np.uint8))
    radius = _IRIS * float(np.linalg.norm(there[iris + 1 : iris + 5, :2] - there[iris, :2], axis=1).mean())
    center = (round(float(there[iris, 0])), round(float(there[iris, 1])))
    cv2.circle(eye, center, max(1, round(radius)), 0, -1)
    return np.asarray(part[eye > 0], np.float64)
