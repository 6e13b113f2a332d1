"""What a person wears on the face, as numbers that are compared between a drawn picture and their photos.

Log-odds, limited to where more would say nothing: what a picture gained or lost shows in their change, and
what is no frame and no beard (lines, a rosy chin) is the same in the photos and takes no part in it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from generation.imaging.face import beard, glasses, regions, visibility
from generation.imaging.types import SRGB8, Face

# Beyond this turn a rim or half a beard lies out of sight, and nothing is said. Degrees.
MOST_YAW_DEG: Final = 25.0
# Log-odds beyond this are as good as sure, either way: a heavy frame is no more than a fine one.
MOST_LOG_ODDS: Final = 2.5
# Scores from which something is surely worn, and up to which it surely is not; between them nobody can say.
GLASSES: Final = (1.5, -1.5)
BEARD: Final = (1.5, -1.5)


@dataclass(frozen=True, slots=True)
class Worn:
    """Scores of one face; None where the face is turned too far, or cut off, to say."""

    glasses: float | None
    beard: float | None
    # Whether cloth of a colour that hair does not have stands above the forehead.
    covered: bool


def worn(pixels: SRGB8, face: Face) -> Worn:
    """Measure a face in (H, W, 3) uint8 sRGB pixels."""
    covered = visibility.measure(pixels, face, regions.chip(pixels, face))["head_covering"] > 0.5
    if abs(face.yaw_deg) > MOST_YAW_DEG:
        return Worn(None, None, covered)
    large = regions.chip(pixels, face, glasses.ZOOM)
    return Worn(_limited(glasses.log_odds(large)), _limited(beard.log_odds(large)), covered)


def says(score: float | None, bounds: tuple[float, float]) -> bool | None:
    """True, False, or None where nobody can say."""
    if score is None or bounds[1] < score < bounds[0]:
        return None
    return score >= bounds[0]


def _limited(log_odds: float | None) -> float | None:
    return None if log_odds is None else float(np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS))
