"""Where a face is bare: hair that falls over it is no skin in shadow."""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.types import LinearRGB

# Skin is at most so many stops darker than most of the face; where it is so much darker, its red and blue
# against green differ from those of most of it by so many deviations (of so many stops at least). What is
# lighter may be gloss, of any colour. And a margin around what is no skin.
_DARKEST: Final = 2.0
_DARKER: Final = 0.5
_OTHER_HUE: Final = 5.0
_LEAST_HUE: Final = 0.2
_AROUND_HAIR: Final = 0.04
# Blur in eye-to-chin units before places are compared.
_SOFT: Final = 0.02


def bare_skin(linear: LinearRGB, mask: NDArray[Any], unit: float) -> NDArray[np.uint8]:
    """(h, w) uint8, 1 where the mask holds skin and not hair that falls over it: what hangs in from its
    outline and is far darker than the face, or darker and of another colour."""
    skin = np.asarray(mask > 0, np.uint8)
    down, across = (np.flatnonzero(skin.any(axis=axis)) for axis in (1, 0))
    if not down.size:
        return skin
    # A face is a tenth of its picture, and so far do the filters reach around it.
    ahead = math.ceil(4 * max(0.6, _SOFT * unit)) + 2
    near = tuple(slice(max(0, int(at[0]) - ahead), int(at[-1]) + ahead + 1) for at in (down, across))
    skin[near] = _bare(linear[near], skin[near], unit)
    return skin


def _bare(linear: LinearRGB, skin: NDArray[np.uint8], unit: float) -> NDArray[np.uint8]:
    """`bare_skin` of the part of a picture around its skin (h, w)."""
    rows = skin > 0
    smooth = cv2.GaussianBlur(np.asarray(linear, np.float32), (0, 0), max(0.6, _SOFT * unit))
    logs = np.log2(np.maximum(smooth, 1e-4))
    light = np.log2(np.maximum(color.luminance(smooth), 1e-4))
    hues = np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)
    off = np.abs(hues - np.median(hues[rows], axis=0))
    usual = np.maximum(np.median(off[rows], axis=0) * 1.4826, _LEAST_HUE)
    darker = np.median(light[rows]) - light
    other = (darker > _DARKEST) | ((off / usual > _OTHER_HUE).any(axis=-1) & (darker > _DARKER))
    reach = max(1, round(_AROUND_HAIR * unit))
    hair = _from_outside(np.asarray(rows & other, np.uint8), skin, reach)
    return np.asarray(skin * (1 - cv2.dilate(hair, np.ones((2 * reach + 1,) * 2, np.uint8))), np.uint8)


def _from_outside(found: NDArray[np.uint8], skin: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """(h, w) the parts of `found` that touch the outline of the face; holes for eyes and mouth are none."""
    outlines, _ = cv2.findContours(skin, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = np.zeros_like(skin)
    cv2.drawContours(rim, outlines, -1, 1, reach)
    _, labels = cv2.connectedComponents(found, connectivity=4)
    touching = np.setdiff1d(np.unique(labels[rim > 0]), [0])
    return np.asarray(np.isin(labels, touching) & (found > 0), np.uint8)
