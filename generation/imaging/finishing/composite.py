"""Person before plate, in linear light."""

from typing import Final

import cv2
import numpy as np

from generation.imaging.strips import by_strips, for_channels
from generation.imaging.types import Alpha, LinearRGB

# Alpha below this would change an 8-bit pixel by less than half a step: it is backdrop.
NOTHING: Final = 1 / 400
# Light of the backdrop that wraps around edges: share at the very edge, and how far in (of the frame's
# height). It ties hair to a backdrop that it was not photographed before.
_WRAP: Final = 0.10
_WRAP_REACH: Final = 0.006


def composite(foreground: LinearRGB, alpha: Alpha, plate: LinearRGB) -> LinearRGB:
    """(h, w, 3) linear. Exactly the plate where alpha is 0."""
    alpha, inner = edges(alpha)
    return np.asarray(by_strips(joined, foreground, alpha, plate, inner), np.float32)


def edges(alpha: Alpha) -> tuple[Alpha, Alpha]:
    """Alpha without what changes nothing, and blurred as wide as the backdrop's light wraps."""
    alpha = np.where(alpha < NOTHING, np.float32(0), alpha)
    reach = max(0.8, _WRAP_REACH * alpha.shape[0])
    # A wide blur needs no full resolution.
    quarter = (max(1, alpha.shape[1] // 4), max(1, alpha.shape[0] // 4))
    inner = cv2.resize(alpha, quarter, interpolation=cv2.INTER_AREA)
    inner = cv2.GaussianBlur(inner, (0, 0), reach / 4, borderType=cv2.BORDER_REPLICATE)
    inner = cv2.resize(inner, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR)
    return alpha, np.asarray(inner, np.float32)


def joined(foreground: LinearRGB, alpha: Alpha, plate: LinearRGB, inner: Alpha) -> LinearRGB:
    """A part of the composite; `alpha` and `inner` are those of `edges`."""
    if not alpha.any():
        return plate
    # Each step writes into the one before: four pictures of the part's size instead of nine.
    lit = foreground / np.maximum(plate, np.float32(1e-3))
    np.clip(np.subtract(1, lit, out=lit), 0, 1, out=lit)
    lit *= for_channels(_WRAP * np.clip(1 - inner, 0, 1) * 2) * plate
    # Light adds where the edge is darker than the backdrop and never lifts what is brighter.
    lit += foreground
    lit -= plate
    lit *= for_channels(alpha)
    lit += plate
    return np.asarray(lit, np.float32)
