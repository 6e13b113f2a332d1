"""From a field in stops to what is done to a picture: bounded, held back where it must be, in the skin's own
colour, with the rim's light and without texture."""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import face_unit
from generation.imaging.lighting import field
from generation.imaging.lighting.scene import Scene
from generation.imaging.strips import for_channels
from generation.imaging.types import Alpha

Array = NDArray[Any]
Floats = NDArray[np.float32]

# Lifted shadow keeps the deep chroma of shadow, where a lit side looks paler: chroma lost per stop lifted.
_PALER: Final = 0.2
_PALEST: Final = 0.25
# Blur of the finished gain in eye-to-chin units.
_SMOOTH: Final = 0.02


def plain(coefficients: Array, seen: Scene) -> Floats:
    """(h, w, 3) the field's gain with what is opened and powdered: keeps a face's mean, spares near-white."""
    rows, linear = seen.mask > 0, seen.matte
    stops, luminance = seen.terms @ coefficients.astype(np.float32), color.luminance(linear)
    gain = np.exp2(field.bounded(stops - float(stops[rows].mean(dtype=np.float64))) * seen.body)
    skin = luminance[rows].astype(np.float64)
    gain /= np.float32(max(float((gain[rows] * skin).sum() / max(float(skin.sum()), 1e-6)), 1e-3))
    gain = seen.hold.held(gain, seen.hold.broad)
    gain = np.where(gain > 1, 1 + (gain - 1) * seen.liftable, gain)
    channels = for_channels(gain) * seen.evened
    lit = linear * channels
    pale = np.clip(_PALER * np.log2(np.maximum(gain, 1)), 0, _PALEST)
    grey = for_channels(color.luminance(lit) * pale + np.float32(1e-3))
    # As a ratio, so that the full-size picture keeps its texture.
    paler = np.clip((grey + lit * for_channels(1 - pale)) / (lit + 1e-3), 0.7, 1.4)
    return np.asarray(channels * paler * seen.dull, np.float32)


def in_own_colour(gain: Floats, seen: Scene) -> Floats:
    """The gain (h, w, 3) with the skin's own colour: what is read as skin depends on it."""
    if seen.skin is None:
        return gain
    # Off the skin the gain has evened the lamps' colour already.
    own = seen.skin.own(gain, seen.even) * seen.lamps
    return np.asarray(seen.whites.spared(own, seen.linear), np.float32)


def smooth(gain: Floats, seen: Scene, rig: LightRig) -> Floats:
    """The gain (h, w, 3) with the rim's light, as it may be drawn on to a picture of any size: texture stays
    out of it, for a small picture's pixels would show as blocks in a large one."""
    unit = face_unit(seen.landmarks)
    rim = _rim(seen.normals, seen.alpha, rig, unit)
    return np.asarray(cv2.GaussianBlur(gain * for_channels(rim), (0, 0), _SMOOTH * unit), np.float32)


def _rim(normals: Array, alpha: Alpha, rig: LightRig, unit: float) -> Floats:
    """A thin brightening of edges that turn away from the key, as a lamp from behind would give."""
    if rig.rim <= 0:
        return np.ones(alpha.shape, np.float32)
    side = -1.0 if rig.key_azimuth_deg >= 0 else 1.0
    lamp = np.array([0.85 * side, 0.35, -0.4]) / math.hypot(0.85, 0.35, 0.4)
    solid = cv2.copyMakeBorder(alpha, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    edge = cv2.GaussianBlur(solid, (0, 0), 0.07 * unit)[1:-1, 1:-1]
    at_edge = np.clip(1.6 * (1 - edge), 0, 1)
    facing = np.clip(normals @ lamp.astype(np.float32) + 0.45, 0, 1)
    out = 1 + 0.9 * rig.rim * at_edge * facing
    return np.asarray(cv2.GaussianBlur(out.astype(np.float32), (0, 0), 0.02 * unit), np.float32)
