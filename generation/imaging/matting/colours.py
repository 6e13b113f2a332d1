"""What the colours around a place say about whose it is."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[Any]

# Cells per Lab axis, and how much the two chroma axes are stretched: nobody wears the gamut's corners.
_CELLS: Final = 16
_CHROMA: Final = 1.6
# What a colour that was never seen counts for. It counts more for the backdrop: of the person most
# has been seen, of what stands behind only the part that is not doubtful.
_UNSEEN_PERSON, _UNSEEN_BACK = 2e-4, 4e-4
# Hair and skin are of little chroma. A colour between these (CIELAB) that was not seen on the person counts
# the less for her, down to this share: a flag's red, of which only another fold is known as backdrop.
_VIVID, _VIVID_SHARE = (30.0, 50.0), 0.05
# Histograms are taken every so many eye-to-chin units of height, from pixels about that near: a white
# collar says nothing of a white stripe beside the ear.
_STEP: Final = 0.6
_REACH: Final = 0.6
# The backdrop's are taken left and right of the face as well.
_ASIDE, _ASIDE_REACH = 1.2, 1.0
_SHIFT = np.array([0, 110, 110], np.float32)
_SPAN = np.array([101, 220, 220], np.float32)


def colour_odds(image: Array, person: Array, back: Array, unit: float, eyes: Array) -> Array:
    """(H, W) float32 0..1: how much likelier each pixel's colour is on the person than on the backdrop.

    Smoothed Lab histograms of the pixels that are surely the one (`person`) and surely the other
    (`back`, both boolean), local in height and side. `image` is (H, W, 3) float32 sRGB 0..1, `unit` the
    distance from eyes to chin and `eyes` their middle, in pixels.
    """
    if not person.any() or not back.any():
        return np.full(person.shape, 0.5, np.float32)
    cell = _cells(image)
    height, width = person.shape
    down = ((np.arange(height, dtype=np.float32) - eyes[1]) / unit)[:, None] + np.zeros(
        (1, width), np.float32
    )
    aside = ((np.arange(width, dtype=np.float32) - eyes[0]) / unit)[None, :] + np.zeros(
        (height, 1), np.float32
    )
    unseen = _UNSEEN_PERSON * _plain_share()
    levels = np.arange(float(down[0, 0]), float(down[-1, 0]) + _STEP, _STEP)
    table = np.empty((len(levels), 2, _CELLS**3), np.float32)
    for row, level in enumerate(levels):
        near = np.exp(-(((down[person] - level) / _REACH) ** 2) / 2)
        mine = _histogram(cell[person], near) + unseen
        near = np.exp(-(((down[back] - level) / _REACH) ** 2) / 2)
        for side, at in enumerate((-_ASIDE, _ASIDE)):
            weight = near * np.exp(-(((aside[back] - at) / _ASIDE_REACH) ** 2) / 2)
            table[row, side] = np.log(mine / (_histogram(cell[back], weight) + _UNSEEN_BACK))
    return _looked_up(table, cell, (down - levels[0]) / _STEP, np.clip((aside + _ASIDE / 2) / _ASIDE, 0, 1))


def _looked_up(table: Array, cell: Array, level: Array, side: Array) -> Array:
    """The table at each pixel's colour, between levels and sides, as a probability."""
    low = np.clip(level.astype(np.int32), 0, max(0, len(table) - 2))
    high = np.minimum(low + 1, len(table) - 1)
    part = np.clip(level - low, 0, 1)

    def at(row: Array) -> Array:
        return np.asarray(table[row, 0, cell] * (1 - side) + table[row, 1, cell] * side)

    odds = at(low) * (1 - part) + at(high) * part
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _plain_share() -> Array:
    """(cells,) share of `_UNSEEN_PERSON` that each cell's chroma leaves."""
    axis = ((np.arange(_CELLS) + 0.5) / _CELLS - 0.5) / _CHROMA * _SPAN[1]
    chroma = np.broadcast_to(np.hypot(axis[:, None], axis[None, :]), (_CELLS,) * 3).ravel()
    vivid = np.clip((chroma - _VIVID[0]) / (_VIVID[1] - _VIVID[0]), 0, 1)
    return np.asarray(1 - (1 - _VIVID_SHARE) * vivid)


def _cells(image: Array) -> Array:
    """(H, W) int32 index of each pixel's histogram cell."""
    scaled = (cv2.cvtColor(image, cv2.COLOR_RGB2Lab) + _SHIFT) / _SPAN
    scaled[..., 1:] = (scaled[..., 1:] - 0.5) * _CHROMA + 0.5
    cell = np.clip((scaled * _CELLS).astype(np.int32), 0, _CELLS - 1)
    return np.asarray((cell[..., 0] * _CELLS + cell[..., 1]) * _CELLS + cell[..., 2])


def _histogram(cells: Array, weights: Array) -> Array:
    counts = np.bincount(cells, weights, _CELLS**3).reshape((_CELLS,) * 3)
    smooth = gaussian_filter(counts, 0.7, mode="nearest").ravel()
    return np.asarray(smooth / max(float(smooth.sum()), 1e-6))
