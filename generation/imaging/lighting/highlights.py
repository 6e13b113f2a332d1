"""Bright places stay below white: what the camera could still draw is not burned out by exposure.

A person's exposure is what brings the skin of the face back to what it was; a bald crown in the sun, white
hair and a collar get it too, and were white without any drawing where a dark face had to be lifted.
"""

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
# Blur of the light around a place, in eye-to-chin units: texture stays out of a gain.
_AROUND: Final = 0.03


def below_white(
    gain: NDArray[np.float32], linear: LinearRGB, mask: Array, unit: float
) -> NDArray[np.float32]:
    """The gain (h, w, 3) of a picture (h, w, 3) that is lit by it, held back where it would burn.

    A shoulder of tanh on the light around each place (Reinhard et al. 2002 for why a photographer's curve has
    one); nothing gets darker than the picture was before. `mask` (h, w) is the face's skin, `unit` eyes to
    chin in pixels.
    """
    skin = color.luminance(linear[mask > 0])
    knee = max(_KNEE, float(np.percentile(skin, _OWN_BRIGHT))) if skin.size else _KNEE
    room = max(_TOP - knee, _ROOM)
    before = cv2.GaussianBlur(color.luminance(linear), (0, 0), max(0.5, _AROUND * unit))
    after = before * color.luminance(gain)
    rest = knee + room * np.tanh(np.maximum(after - knee, 0) / room)
    wanted = np.minimum(after, np.maximum(rest, before))
    share = wanted / np.maximum(after, 1e-4)
    return np.asarray(gain * for_channels(np.where(after > knee, share, 1)), np.float32)
