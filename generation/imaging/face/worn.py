"""What a person wears on the face, as numbers that are compared between a drawn picture and their photos.

Each is a score of one face chip without an absolute meaning: thin rims and stubble lie near none. What a
picture gained or lost shows in the change of the score. Measured on the labelled portraits and their second
photos (50 people, 25 of them twice).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face import regions, visibility
from generation.imaging.face.regions import Chip, Mask
from generation.imaging.types import SRGB8, Face

Grid = NDArray[np.float32]

# Beyond this turn a rim or half a beard lies out of sight, and nothing is said. Degrees.
MOST_YAW_DEG: Final = 25.0
# Scores from which something is surely worn, and up to which it surely is not; between them nobody can say.
# Of 16 people with glasses 12 lie above the first and none of 34 without; 26 of those lie below the second
# and one with them (glasses on the tip of the nose). Beards: 3 of 7 above and none of 43; 29 below, none.
GLASSES: Final = (6.0, 3.0)
BEARD: Final = (2.45, 1.4)
# Chip pixels: where a bridge crosses the nose, rims run below the lids, and temples leave the eyes.
_BRIDGE: Final = (9, 14, 26)
_RIM: Final = (9, 44, 6)
_TEMPLE: Final = (8, 30, 16)
# Mesh points: between the eyes; lower lid with both corners of each eye; outer corners with their side.
_BETWEEN_EYES: Final = 168
_LIDS: Final = ((145, 133, 33), (374, 362, 263))
_OUTER: Final = ((33, -1), (263, 1))
# Jaw, chin and around the mouth, where beards grow.
_JAW: Final = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288,
               410, 287, 273, 335, 406, 313, 18, 83, 182, 106, 43, 57, 186)  # fmt: skip
# What texture and darkness of a full beard measure, which makes their sum about 1 + 1.
_BEARD_TEXTURE: Final = 2.3
_BEARD_DARKER: Final = 25.0


@dataclass(frozen=True, slots=True)
class Worn:
    """Scores of one face; None where the face is turned too far to say."""

    glasses: float | None
    beard: float | None
    # Whether cloth of a colour that hair does not have stands above the forehead.
    covered: bool


def worn(pixels: SRGB8, face: Face) -> Worn:
    """Measure a face in (H, W, 3) uint8 sRGB pixels."""
    chip = regions.chip(pixels, face)
    covered = visibility.measure(pixels, face, chip)["head_covering"] > 0.5
    if abs(face.yaw_deg) > MOST_YAW_DEG:
        return Worn(None, None, covered)
    lab = color.linear_to_lab(color.srgb8_to_linear(chip.pixels))
    return Worn(_glasses(lab[..., 0], chip), _beard(lab, chip), covered)


def says(score: float | None, bounds: tuple[float, float]) -> bool | None:
    """True, False, or None where nobody can say."""
    if score is None or bounds[1] < score < bounds[0]:
        return None
    return score >= bounds[0]


def _glasses(lightness: Grid, chip: Chip) -> float:
    """Geometric mean of the edges where a frame has them: bridge, lower rims, temples (L* per chip pixel)."""
    smooth = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    down = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8))
    parts = [_bridge(down, chip), max(_rim(down, chip, *lid) for lid in _LIDS)]
    parts.append(float(np.mean([_temple(down, chip, *outer) for outer in _OUTER])))
    return float(np.prod(np.maximum(parts, 0.05)) ** (1 / 3))


def _window(grid: Grid, x0: float, x1: float, y0: float, y1: float) -> Grid:
    rows, columns = grid.shape
    left, right = int(np.clip(x0, 0, columns - 1)), int(np.clip(x1, 1, columns))
    top, bottom = int(np.clip(y0, 0, rows - 1)), int(np.clip(y1, 1, rows))
    return grid[top : max(bottom, top + 1), left : max(right, left + 1)]


def _bridge(down: Grid, chip: Chip) -> float:
    x, y = chip.points[_BETWEEN_EYES]
    half, above, below = _BRIDGE
    rows = _window(down, x - half, x + half + 1, y - above, y + below).mean(axis=1)
    return float(np.sort(rows)[-3:].mean())


def _rim(down: Grid, chip: Chip, lid: int, one: int, other: int) -> float:
    low, high, aside = _RIM
    left, right = sorted((float(chip.points[one, 0]), float(chip.points[other, 0])))
    y = float(chip.points[lid, 1])
    part = _window(down, left - aside, right + aside + 1, y + low, y + high)
    # A rim runs along the eye and bends: edges are gathered a little way to the sides.
    return float(np.median(cv2.blur(np.ascontiguousarray(part), (15, 1)).max(axis=0)))


def _temple(down: Grid, chip: Chip, corner: int, side: int) -> float:
    near, far, half = _TEMPLE
    x, y = chip.points[corner]
    left, right = sorted((float(x) + side * near, float(x) + side * far))
    part = _window(down, left, right, float(y) - half, float(y) + half)
    return float(np.median(np.sort(part, axis=0)[-3:].mean(axis=0)))


def _beard(lab: NDArray[np.float32], chip: Chip) -> float:
    """Fine texture of the jaw, and how much darker than the cheeks it is."""
    lightness = np.asarray(lab[..., 0], np.float32)
    cheeks: Mask = chip.mask(regions.LEFT_CHEEK) | chip.mask(regions.RIGHT_CHEEK)
    jaw: Mask = chip.mask(_JAW) & ~chip.hull(regions.LIPS, 5)
    if not cheeks.any() or not jaw.any():
        return 0.0
    fine = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 2.0))
    texture = float(np.median(cv2.GaussianBlur(fine, (0, 0), 2.0)[jaw]))
    darker = float(np.median(lightness[cheeks]) - np.median(lightness[jaw]))
    return texture / _BEARD_TEXTURE + max(darker, 0.0) / _BEARD_DARKER
