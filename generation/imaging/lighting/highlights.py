"""Bright places stay below white: what the camera could still draw is not burned out by exposure.

A person's exposure is what brings the skin of the face back to what it was; a bald crown in the sun, white
hair and a collar get it too, and were white without any drawing where a dark face had to be lifted.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.strips import for_channels
from generation.imaging.types import LinearRGB

Array = NDArray[Any]

# Linear light from which a place is held back, and what it comes to rest at; both no lower than where this
# percentile of the face's own skin is, and so much above it: pale skin keeps its lightness.
_KNEE: Final = 0.40
_TOP: Final = 0.80
_OWN_BRIGHT: Final = 75
_ROOM: Final = 0.20
# From a third of saturation on a bright place has a colour of its own.
_COLOURED: Final = 3.0
# Blur of the light around a place, in eye-to-chin units: texture stays out of a gain.
_AROUND: Final = 0.03


@dataclass(frozen=True, slots=True)
class Highlights:
    """The light around every place of a person, (h, w, 3) and as luminance (h, w), from which luminance on it
    is held back, and how much above that it comes to rest."""

    around: NDArray[np.float32]
    before: NDArray[np.float32]
    knee: float
    room: float

    def below_white(self, gain: NDArray[np.float32]) -> NDArray[np.float32]:
        """The gain (h, w, 3) of the picture that is lit by it, held back where it would burn.

        A shoulder of tanh on the light around each place (Reinhard et al. 2002 for why a photographer's curve
        has one); nothing gets darker than the picture was before.
        """
        lit = self.around * gain
        after = color.luminance(lit)
        rest = self.knee + self.room * np.tanh(np.maximum(after - self.knee, 0) / self.room)
        wanted = np.minimum(after, np.maximum(rest, self.before))
        # White has no colour; what burned out was white whatever the light's colour was.
        most, least = _of_channels(np.maximum, lit), _of_channels(np.minimum, lit)
        plain = np.clip(1 - _COLOURED * (most - least) / np.maximum(most, 1e-4), 0, 1)
        white = np.clip((after - self.knee) / self.room, 0, 1) * plain
        bleached = lit + for_channels(white) * (for_channels(after) - lit)
        share = bleached / np.maximum(lit, 1e-4) * for_channels(wanted / np.maximum(after, 1e-4))
        return np.asarray(gain * np.where(for_channels(after) > self.knee, share, 1), np.float32)


def highlights(linear: LinearRGB, mask: Array, unit: float) -> Highlights:
    """Look at a person's picture (h, w, 3), once for any number of gains; `mask` (h, w) is the face's skin,
    `unit` eyes to chin in pixels."""
    skin = color.luminance(linear[mask > 0])
    knee = max(_KNEE, float(np.percentile(skin, _OWN_BRIGHT))) if skin.size else _KNEE
    around = cv2.GaussianBlur(linear, (0, 0), max(0.5, _AROUND * unit))
    return Highlights(around, color.luminance(around), knee, max(_TOP - knee, _ROOM))


def _of_channels(which: np.ufunc, linear: Array) -> Array:
    """(h, w), many times faster than numpy over an axis of three."""
    return np.asarray(which(which(linear[..., 0], linear[..., 1]), linear[..., 2]))
