"""How a photo's pixels reach the frame's edges where the photo ends inside the frame.

A photo may cut shoulders or the top of the hair. What is missing is not made up: cloth below the chin
is drawn outwards to the edge, and a slightly cut crown is drawn up to a round one, both by a smooth
displacement of the photo's own pixels within bounds that are reported with the picture. Beyond the
bounds the photo is refused.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.errors import SubjectError
from generation.imaging.landmarks import CHIN, Landmarks, eye_middle, face_unit
from generation.imaging.types import Alpha

Grid = NDArray[np.float32]
Matrix = NDArray[np.float64]

# Source over frame distance below the chin: on average over the edge, and at its worst point (a
# corner that a tilted photo leaves bare). A lapel still looks like one at these.
_LEAST_SHARE: Final = 0.52
_LEAST_CORNER_SHARE: Final = 0.16
# The pull grows with this power of the way to the edge, so that neck and collar keep their shape; it
# is lowered where the mapping would otherwise fold.
_EASE: Final = 1.6
# Alpha along the photo's border that counts as the person being cut off there.
_TOUCH: Final = 0.5
# Pixels this close to the photo's border are not used: the interpolation would fetch from outside.
_MARGIN_PX: Final = 2.0
# The crown: radius in eye-to-chin units of the round that it is drawn to, and the greatest cut as a
# share of the face's width.
_CROWN_RADIUS: Final = 0.85
_MOST_CUT: Final = 0.50
# A cut narrower than this is a few hairs and needs nothing.
_LEAST_CUT: Final = 0.03


@dataclass(frozen=True, slots=True)
class Reach:
    """How far was drawn: cloth (0 none, 0.4: two fifths of the way were missing), and hair in
    eye-to-chin units."""

    cloth: float
    hair: float


def reach_edges(
    alpha: Alpha, face: Landmarks, matrix: Matrix, size: tuple[int, int]
) -> tuple[Grid, Grid, Reach]:
    """(h, w) frame coordinates that each pixel is taken from, before the inverse placement.

    The identity but where the photo cuts the person inside the frame. `face` are the landmarks in frame
    pixels, `matrix` the placement. Raises SubjectError `crop_too_tight` or `head_cut`.
    """
    width, height = size
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    ys, below = _draw_down(ys, alpha, matrix, size, float(face[CHIN, 1]))
    ys, hair = _draw_up(ys, alpha, matrix, size, face)
    cloth = below
    for side in (-1, 1):
        xs, aside = _draw_aside(xs, ys, alpha, matrix, size, face, side)
        cloth = max(cloth, aside)
    return xs, ys, Reach(round(cloth, 3), round(hair, 3))


def _ease(way: Grid, share: Grid) -> Grid:
    """Part of the way to take a pixel from: 0..1 to 0..share, slope 1 at the start, never folding."""
    power = np.clip(0.85 / np.maximum(1 - share, 1e-3), 1.02, _EASE)
    return np.asarray(way - (1 - share) * np.maximum(way, 1e-6) ** power, np.float32)


def _checked(shares: Grid) -> float:
    """Share of the way that had to be drawn; raises where it is too much."""
    mean, least = float(shares.mean()), float(shares.min())
    if mean < _LEAST_SHARE or least < _LEAST_CORNER_SHARE:
        raise SubjectError("crop_too_tight", share=round(mean, 3), corner=round(least, 3))
    return 1 - mean


def _border(matrix: Matrix, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, N) frame positions of points of the master."""
    out: NDArray[np.float64] = matrix @ np.stack([xs, ys, np.ones_like(xs)])
    return out


def _line(across: NDArray[np.float64], along: NDArray[np.float64], at: Grid) -> Grid:
    """The straight border through these points, evaluated at `at`."""
    slope, offset = np.polyfit(across, along, 1) if across.size > 1 else (0.0, float(along[0]))
    return np.asarray(slope * at + offset, np.float32)


def _draw_down(
    ys: Grid, alpha: Alpha, matrix: Matrix, size: tuple[int, int], chin: float
) -> tuple[Grid, float]:
    """Rows, so that the body reaches the lower edge. Every column goes as far as it must."""
    width, height = size
    columns = np.flatnonzero(alpha[-1] > _TOUCH).astype(np.float64)
    if not columns.size:
        return ys, 0.0
    across, along = _border(matrix, columns, np.full_like(columns, alpha.shape[0] - 1 - _MARGIN_PX))
    seen = (across >= 0) & (across < width)
    if not seen.any() or float(along[seen].min()) >= height - 1:
        return ys, 0.0
    last = height - 1.0
    ends = np.minimum(_line(across[seen], along[seen], np.arange(width, dtype=np.float32)), last)
    # Where the border leaves the frame the pull ends in a curve, not in a kink.
    ends = np.minimum(ends, _smooth(ends, 0.05 * width))
    shares = (ends - chin) / (last - chin)
    drawn = _checked(shares)
    way = np.clip((ys - chin) / (last - chin), 0, None)
    return np.where(way > 0, chin + (last - chin) * _ease(way, shares[None, :]), ys).astype(np.float32), drawn


def _smooth(values: Grid, sigma: float) -> Grid:
    out = cv2.GaussianBlur(values[None], (0, 0), max(sigma, 0.5), borderType=cv2.BORDER_REPLICATE)[0]
    return np.asarray(out, np.float32)


def _draw_up(
    ys: Grid, alpha: Alpha, matrix: Matrix, size: tuple[int, int], face: Landmarks
) -> tuple[Grid, float]:
    """Rows, so that a crown cut by the photo's upper edge becomes round. Raises `head_cut`."""
    width, _ = size
    columns = np.flatnonzero(alpha[0] > _TOUCH).astype(np.float64)
    head, unit = float(np.ptp(face[:468, 0])), face_unit(face)
    if columns.size < 2:
        return ys, 0.0
    across, along = _border(matrix, columns, np.full_like(columns, _MARGIN_PX))
    if float(along.max()) < 0:
        return ys, 0.0
    chord = float(across.max() - across.min())
    if chord > _MOST_CUT * head:
        raise SubjectError("head_cut", share=round(chord / head, 3))
    if chord < _LEAST_CUT * head:
        return ys, 0.0
    at = np.arange(width, dtype=np.float32)
    middle = (float(across.max()) + float(across.min())) / 2
    rise = chord**2 / (8 * _CROWN_RADIUS * unit)
    lift = _smooth(rise * np.clip(1 - ((at - middle) / (0.55 * chord)) ** 2, 0, None), 0.02 * unit)
    top, hairline = _line(across, along, at), float(face[10, 1])
    shares = np.clip((hairline - top) / np.maximum(hairline - top + lift, 1.0), 0.5, 1.0)
    drawn = hairline - (hairline - ys) * shares[None, :]
    return np.where(ys < hairline, drawn, ys).astype(np.float32), rise / unit


def _draw_aside(
    xs: Grid, ys: Grid, alpha: Alpha, matrix: Matrix, size: tuple[int, int], face: Landmarks, side: int
) -> tuple[Grid, float]:
    """Columns, so that a shoulder (or long hair) cut by the photo's left (-1) or right (1) edge reaches
    the frame's. Raises `crop_too_tight` where the cut begins beside the face."""
    width, height = size
    rows = np.flatnonzero(alpha[:, 0 if side < 0 else -1] > _TOUCH).astype(np.float64)
    if not rows.size:
        return xs, 0.0
    column = _MARGIN_PX if side < 0 else alpha.shape[1] - 1 - _MARGIN_PX
    across, along = _border(matrix, np.full_like(rows, column), rows)
    seen = (along >= 0) & (along < height + 0.2 * height)
    edge = 0.0 if side < 0 else width - 1.0
    if not seen.any() or not ((across[seen] - edge) * side < 0).any():
        return xs, 0.0
    unit, chin, eye_x = face_unit(face), float(face[CHIN, 1]), float(eye_middle(face)[0])
    first = float(along[seen].min())
    if first < chin - 0.75 * unit:
        raise SubjectError("crop_too_tight", side="left" if side < 0 else "right")
    # Below the chin there is room from the neck on; hair beside the face may only move outside of it.
    low = first > chin - 0.05 * unit
    anchor = eye_x + side * (0.42 if low else 0.80) * unit
    start = max(first - 0.5 * unit, chin - 0.1 * unit) if low else first - 0.5 * unit
    border = _line(along[seen], across[seen], np.arange(height, dtype=np.float32))
    ends = np.where((border - edge) * side > 0, edge, border)
    shares = ((ends - anchor) / (edge - anchor)).astype(np.float32)
    drawn = _checked(shares[min(height - 1, max(0, int(first))) :])
    weight = np.clip((ys - start) / (0.4 * unit), 0, 1)
    weight = weight * weight * (3 - 2 * weight)
    way = np.clip((xs - anchor) / (edge - anchor), 0, None).astype(np.float32)
    moved = anchor + (edge - anchor) * _ease(way, np.clip(shares, 0.05, 1)[:, None])
    return np.where(way > 0, xs + weight * (moved - xs), xs).astype(np.float32), drawn
