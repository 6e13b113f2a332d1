"""Where lifting is held back: what is nearly white already, and skin beyond what its own face has.

Deep skin never is nearly white: a cheek that was lifted until a fit was content glowed beside a dark
forehead. What is bright is told from the light around a place, for a lift that stops at each bright cheek
draws its outline.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Share of a lift that is held back at most, and between which luminances (linear) that grows.
_HOLD: Final = 0.7
_ROLL_OFF: Final = (0.5, 0.9)
# That percentile of the face's luminance, where holding back begins, and the multiple of it where it is full.
_OWN_BRIGHT: Final = 75
_OWN_MOST: Final = 1.5
# Blur, in eye-to-chin units, of the light around a place; and that share of the place's own light, blurred so
# much, counts where it is more: glints are not lifted.
_AROUND: Final = 0.2
_GLINT: Final = 0.8
_GLINTS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Hold:
    """The light around every place of a person, (h, w) luminance, and between which values of it, once
    lifted, holding back grows from nothing to its most."""

    broad: NDArray[np.float32]
    low: float
    high: float

    def held(self, gain: Array, broad: Array) -> Array:
        """The gain (...) that is left of one where the light around is `broad` (...)."""
        bright = np.clip((broad * gain - self.low) / max(self.high - self.low, 1e-3), 0, 1)
        return np.asarray(np.where(gain > 1, 1 + (gain - 1) * (1 - _HOLD * bright), gain))


def hold(luminance: Array, mask: Array, unit: float) -> Hold:
    """Look at a person's luminance (h, w) with the skin's mask (h, w); `unit` is eyes to chin in pixels."""
    grey, skin = np.asarray(luminance, np.float32), np.asarray(mask > 0, np.float32)
    share = cv2.GaussianBlur(skin, (0, 0), _AROUND * unit)
    around = cv2.GaussianBlur(grey * skin, (0, 0), _AROUND * unit) / np.maximum(share, 1e-3)
    around = np.maximum(around, _GLINT * cv2.GaussianBlur(grey, (0, 0), max(0.5, _GLINTS * unit)))
    broad = grey + np.clip(4 * share, 0, 1) * (around - grey)
    own = float(np.percentile(grey[mask > 0], _OWN_BRIGHT)) if skin.any() else 1.0
    return Hold(np.asarray(broad, np.float32), min(_ROLL_OFF[0], own), min(_ROLL_OFF[1], _OWN_MOST * own))
