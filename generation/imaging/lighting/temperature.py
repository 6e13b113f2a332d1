"""The colour of the light on a face, and the change that brings it to the brand's.

Convention: a grey card that is rendered grey (R = G = B) stands under 5600 K, the daylight that studio
flash gives and cameras are set to. Lower is a warmer picture. The mapping to sRGB's own white
(6504 K) is made here, in mired, and nowhere else.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import Landmarks, skin_region
from generation.imaging.lighting.estimate import sclera_color
from generation.imaging.types import LinearRGB

STUDIO_WHITE_K: Final = 5600.0
_SRGB_WHITE_K: Final = 6504.0
# Human skin keeps to a narrow hue in daylight, at every depth of tone: CIELAB hue around 53 degrees
# with a spread of about 8 between people (Xiao et al. 2017, four ethnic groups).
_SKIN_HUE_DEG: Final = 53.0
_SKIN_HUE_SPREAD_DEG: Final = 8.0
# A neutral light 10 mired warmer turns skin's hue by about this much.
_HUE_PER_MIRED: Final = 0.25
# Photographers and cameras have mostly balanced already: the light found is within this of neutral.
_PRIOR_MIRED: Final = 22.0
# The whites of the eyes are a little pink and small, lids redden them.
_SCLERA_SPREAD_MIRED: Final = 30.0
_SCLERA_OWN_MIRED: Final = 14.0
_SCLERA_CHROMA_LIMIT: Final = 14.0
# Beyond this the photo is beyond what white balance should repair unseen.
_LIMIT_MIRED: Final = 60.0


def _to_srgb_k(studio_k: float) -> float:
    """Temperature on sRGB's scale of a light given on the studio's."""
    return 1e6 / (1e6 / studio_k - 1e6 / STUDIO_WHITE_K + 1e6 / _SRGB_WHITE_K)


def _to_mired_offset(rgb: NDArray[np.floating[Any]]) -> float:
    """How much warmer than neutral a light of that linear colour is, in mired."""
    return 1e6 / color.temperature_k(rgb) - 1e6 / _SRGB_WHITE_K


def balance(found_k: float, wanted_k: float) -> NDArray[np.float32]:
    """(3, 3) matrix M: `linear @ M.T` takes a picture from one light to the other (Bradford)."""
    return color.adaptation(_to_srgb_k(found_k), _to_srgb_k(wanted_k))


def estimate_k(linear: LinearRGB, landmarks: Landmarks) -> float:
    """Temperature of the light in K from skin hue and the whites of the eyes.

    Both are weak witnesses; they are joined with a prior by their precisions (Gaussian posterior), so a
    face alone can never move a picture far.
    """
    shape = (linear.shape[0], linear.shape[1])
    skin = linear[skin_region(landmarks, shape) > 0]
    precision, total = 1 / _PRIOR_MIRED**2, 0.0
    if len(skin) > 50:
        lab = color.linear_to_lab(np.median(skin, axis=0))
        hue = math.degrees(math.atan2(float(lab[2]), float(lab[1])))
        weight = (_HUE_PER_MIRED / _SKIN_HUE_SPREAD_DEG) ** 2
        precision += weight
        total += weight * (hue - _SKIN_HUE_DEG) / _HUE_PER_MIRED
    white = sclera_color(linear, landmarks)
    if white is not None:
        lab = color.linear_to_lab(white / max(float(white.max()), 1e-6) * 0.8)
        if math.hypot(float(lab[1]), float(lab[2])) < _SCLERA_CHROMA_LIMIT:
            weight = 1 / _SCLERA_SPREAD_MIRED**2
            precision += weight
            total += weight * (_to_mired_offset(white) - _SCLERA_OWN_MIRED)
    offset = float(np.clip(total / precision, -_LIMIT_MIRED, _LIMIT_MIRED))
    return 1e6 / (1e6 / STUDIO_WHITE_K + offset)
