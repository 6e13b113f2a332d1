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
    down = (np.arange(height, dtype=np.float32) - eyes[1]) / unit
    aside = (np.arange(width, dtype=np.float32) - eyes[0]) / unit
    levels = np.arange(float(down[0]), float(down[-1]) + _STEP, _STEP)
    shares = _smooth_shares(_counts(cell, person, back, down, aside, levels))
    own, other = shares[:, :1] + _UNSEEN_PERSON * _plain_share(), shares[:, 1:] + _UNSEEN_BACK
    table = np.log(own / other).astype(np.float32)
    level, side = (down - levels[0]) / _STEP, np.clip((aside + _ASIDE / 2) / _ASIDE, 0, 1)
    return _looked_up(table, cell, np.asarray(level, np.float32), np.asarray(side, np.float32))


def _counts(cell: Array, person: Array, back: Array, down: Array, aside: Array, levels: Array) -> Array:
    """(L, 3, cells) histograms near each of `levels` (L,): the person's, the backdrop's on either side.

    `down` (H,) and `aside` (W,) are where rows and columns lie: a pixel weighs by its row's distance, and on
    the backdrop by its column's as well.
    """
    (row, _), (behind, column) = np.nonzero(person), np.nonzero(back)
    mine, theirs = cell[person], cell[back]
    sides = [_bell(aside, at, _ASIDE_REACH)[column] for at in (-_ASIDE, _ASIDE)]
    out = np.empty((len(levels), 3, _CELLS**3))
    for histograms, level in zip(out, levels, strict=True):
        near = _bell(down, level, _REACH)
        far = near[behind]
        weights = ((mine, near[row]), *((theirs, far * side) for side in sides))
        histograms[:] = [np.bincount(cells, weight, _CELLS**3) for cells, weight in weights]
    return out


def _bell(places: Array, middle: float, reach: float) -> Array:
    return np.asarray(np.exp(-(((places - middle) / reach) ** 2) / 2))


def _smooth_shares(counts: Array) -> Array:
    """(L, K, cells) histograms, smoothed over neighbouring colours, each with a sum of 1."""
    cubes = counts.reshape(*counts.shape[:2], *(_CELLS,) * 3)
    smooth = gaussian_filter(cubes, (0, 0, 0.7, 0.7, 0.7), mode="nearest").reshape(counts.shape)
    return np.asarray(smooth / np.maximum(smooth.sum(axis=-1, keepdims=True), 1e-6))


def _looked_up(table: Array, cell: Array, level: Array, side: Array) -> Array:
    """The table (L, 2, cells) at each pixel's colour, between levels (H,) and sides (W,), as probability."""
    low = np.clip(level.astype(np.int32), 0, max(0, len(table) - 2))
    high = np.minimum(low + 1, len(table) - 1)
    part, flat, cells = np.clip(level - low, 0, 1)[:, None], table.ravel(), table.shape[2]

    def at(row: Array) -> Array:
        place = cell + (2 * cells * row)[:, None]
        out = flat.take(place)
        out *= 1 - side
        other = flat.take(np.add(place, cells, out=place))
        other *= side
        out += other
        return np.asarray(out)

    odds = at(low) * (1 - part)
    odds += at(high) * part
    np.exp(np.negative(odds, out=odds), out=odds)
    return np.asarray(np.divide(1, np.add(1, odds, out=odds), out=odds), np.float32)


def _plain_share() -> Array:
    """(cells,) share of `_UNSEEN_PERSON` that each cell's chroma leaves."""
    axis = ((np.arange(_CELLS) + 0.5) / _CELLS - 0.5) / _CHROMA * _SPAN[1]
    chroma = np.broadcast_to(np.hypot(axis[:, None], axis[None, :]), (_CELLS,) * 3).ravel()
    vivid = np.clip((chroma - _VIVID[0]) / (_VIVID[1] - _VIVID[0]), 0, 1)
    return np.asarray(1 - (1 - _VIVID_SHARE) * vivid)


def _cells(image: Array) -> Array:
    """(H, W) integer index of each pixel's histogram cell."""
    lightness, *chromas = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2Lab))
    cell = _along(lightness, 0).astype(np.intp)
    for axis, chroma in enumerate(chromas, 1):
        cell *= _CELLS
        cell += _along(chroma, axis)
    return cell


def _along(values: Array, axis: int) -> Array:
    """(H, W) int32 of the cells along an axis of Lab. Overwrites `values`, float32."""
    values += _SHIFT[axis]
    values /= _SPAN[axis]
    if axis:
        values -= np.float32(0.5)
        values *= np.float32(_CHROMA)
        values += np.float32(0.5)
    values *= np.float32(_CELLS)
    cell = values.astype(np.int32)
    return np.asarray(np.clip(cell, 0, _CELLS - 1, out=cell))
