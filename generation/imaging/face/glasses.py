"""Whether glasses are worn, from the edges that every frame has and no bare face: a bridge across the nose,
rims below the lids, temples that leave the eyes.

Thin and rimless frames are short, broken lines: along each of the three places the best path from side to
side is looked for, a little up or down per pixel (dynamic programming; Ballard & Brown 1982, section 4.5),
and how strong the edge is along all of it decides. Wrinkles and sharpened photos make lines, too: what the
skin right above the bridge shows of them counts against.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face import regions
from generation.imaging.face.regions import Chip

Grid = NDArray[np.float32]

# A rim of a millimetre is two pixels wide in a chip of this many times the usual size, and hidden in one.
ZOOM: Final = 2
# Log-odds of glasses by logarithms of bridge, rims, temples and the skin's own lines, and a constant: a
# logistic regression over the portraits of `tests/benchmarks/worn_eval.py` that may be tuned on, native and
# reduced to faces of 160, 100 and 70 pixels between the outer corners of the eyes.
WEIGHTS: Final = (2.47, 2.44, 1.49, -1.79)
CONSTANT: Final = -10.08
# What smooths the picture before edges are taken, in chip pixels of the usual size.
_SMOOTH: Final = 0.6
# Where lines are looked for, in chip pixels of the usual size: rows above and below the line between the
# inner corners of the eyes, and the share of it; rows below a lid; columns and rows from an outer corner.
_BRIDGE_ROWS, _BRIDGE_SHARE = (-22, 30), 0.6
_RIM_ROWS, _RIM_ASIDE = (7, 48), 0.05
_TEMPLE_COLUMNS, _TEMPLE_ROWS = (9, 30), (-20, 14)
# Columns that are sampled along each.
_BRIDGE_STEPS, _RIM_STEPS, _TEMPLE_STEPS = 24, 40, 20
# Mesh points: inner corners; lower lid with left and right corner of each eye; outer corners with their side.
_INNER: Final = (133, 362)
_LIDS: Final = ((145, 33, 133), (374, 362, 263))
_OUTER: Final = ((33, -1), (263, 1))
# Lines weaker than this (L* per chip pixel) are none.
_FAINT: Final = 0.05


def log_odds(chip: Chip) -> float:
    """How sure it is that glasses are worn in a chip of `ZOOM` times the usual size: about 3 and more with
    them, -3 and less without."""
    return float(parts(chip) @ np.array(WEIGHTS) + CONSTANT)


def parts(chip: Chip) -> NDArray[np.float64]:
    """(4,) logarithms of bridge, rims, temples, and of the lines of the skin between the brows."""
    lightness = color.linear_to_lab(color.srgb8_to_linear(chip.pixels))[..., 0]
    smooth = cv2.GaussianBlur(np.asarray(lightness, np.float32), (0, 0), _SMOOTH * ZOOM)
    # L* per pixel of the usual size, positive where it becomes lighter downwards.
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=ZOOM / 8), np.float32)
    brow = chip.hull(regions.BROW_SKIN)
    lines = float(np.percentile(np.abs(down[brow]), 90)) if brow.any() else _FAINT
    rims = [_rim(down, chip, *lid) for lid in _LIDS]
    temples = [_temple(down, chip, *outer) for outer in _OUTER]
    found = np.log(np.maximum(np.array([[_bridge(down, chip)] * 2, rims, temples, [lines] * 2]), _FAINT))
    return np.asarray(found.mean(axis=1), np.float64)


def _bridge(down: Grid, chip: Chip) -> float:
    """The upper edge of a bar across the nose: dark below light."""
    left, right = (chip.points[index].astype(np.float64) for index in _INNER)
    middle, half = (left + right) / 2, (right - left) * _BRIDGE_SHARE / 2
    return _path(-_strip(down, middle - half, middle + half, _BRIDGE_ROWS, _BRIDGE_STEPS))


def _rim(down: Grid, chip: Chip, lid: int, one: int, other: int) -> float:
    left, right = (chip.points[index].astype(np.float64) for index in (one, other))
    below = float(chip.points[lid, 1] - (left[1] + right[1]) / 2)
    more = (right - left) * _RIM_ASIDE
    ends = left - more + (0, below), right + more + (0, below)
    return _path(np.abs(_strip(down, *ends, _RIM_ROWS, _RIM_STEPS)))


def _temple(down: Grid, chip: Chip, corner: int, side: int) -> float:
    out = np.array([[side * ZOOM * column, 0.0] for column in _TEMPLE_COLUMNS])
    near, far = out + chip.points[corner]
    return _path(np.abs(_strip(down, near, far, _TEMPLE_ROWS, _TEMPLE_STEPS)))


def _strip(
    grid: Grid, start: NDArray[np.float64], end: NDArray[np.float64], rows: tuple[int, int], steps: int
) -> Grid:
    """(rows, steps) of the grid along a line and some rows above and below it."""
    along = np.linspace(0, 1, steps)
    down = np.arange(rows[0] * ZOOM, rows[1] * ZOOM)
    x = np.broadcast_to(start[0] + along * (end[0] - start[0]), (len(down), steps))
    y = start[1] + along * (end[1] - start[1]) + down[:, None]
    columns, lines = np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.float32)
    found = cv2.remap(grid, columns, lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _path(strengths: Grid) -> float:
    """The mean along the strongest path from side to side that moves at most one row per column."""
    best = strengths[:, 0].copy()
    for column in strengths.T[1:]:
        reached = best.copy()
        reached[1:] = np.maximum(reached[1:], best[:-1])
        reached[:-1] = np.maximum(reached[:-1], best[1:])
        best = reached + column
    return float(best.max() / strengths.shape[1])
