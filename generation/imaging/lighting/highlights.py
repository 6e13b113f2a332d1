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
# From a third of saturation on a bright place has a colour of its own.
_COLOURED: Final = 3.0
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
    around = cv2.GaussianBlur(linear, (0, 0), max(0.5, _AROUND * unit))
    lit = around * gain
    before, after = color.luminance(around), color.luminance(lit)
    rest = knee + room * np.tanh(np.maximum(after - knee, 0) / room)
    wanted = np.minimum(after, np.maximum(rest, before))
    # White has no colour; what burned out was white whatever the light's colour was.
    most, least = lit.max(axis=-1), lit.min(axis=-1)
    white = np.clip((after - knee) / room, 0, 1) * np.clip(
        1 - _COLOURED * (most - least) / np.maximum(most, 1e-4), 0, 1
    )
    bleached = lit + for_channels(white) * (for_channels(after) - lit)
    share = bleached / np.maximum(lit, 1e-4) * for_channels(wanted / np.maximum(after, 1e-4))
    return np.asarray(gain * np.where(for_channels(after) > knee, share, 1), np.float32)
