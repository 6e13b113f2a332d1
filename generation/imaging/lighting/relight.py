"""Move the light on a person to the brand's rig by a smooth, bounded gain."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import Landmarks, face_unit, skin_region
from generation.imaging.lighting.estimate import Shading, fit_shading, skin_samples
from generation.imaging.lighting.normals import normal_map
from generation.imaging.types import Alpha, LinearRGB

# Gain in stops. Shadows may be opened further than highlights may be pushed: noise is easier to
# forgive than a burned forehead.
_UP_STOPS: Final = 1.25
_DOWN_STOPS: Final = 1.15
# Off the face the normals are a guess, so the gain fades towards its mean there.
_BODY_SHARE: Final = 0.55
# Rounds of measure-and-correct: shading is only first order, faces are not.
_ROUNDS: Final = 4
# Where the gain would brighten what is nearly white already, it is held back over this range (linear).
_ROLL_OFF: Final = (0.45, 0.85)
# The correction may not run away where bounds keep it from working.
_WINDUP: Final = 2.5
# A shading value below this share of the mean is a shadow that the model cannot divide by.
_FLOOR: Final = 0.22


@dataclass(frozen=True, slots=True)
class Relight:
    """Gain (h, w) in small size, and the shading that was found before and is expected after."""

    gain: NDArray[np.float32]
    before: Shading
    after: Shading


def rig_shading(rig: LightRig) -> Shading:
    """(4,) ambient and direction of the rig, scaled so that its ratio is the rig's.

    On the equator S(t) = 1 + m cos(el) cos(t - az), t in -90..90 degrees; the brightest is 1 + m' and
    the darkest lies at the far side.
    """
    azimuth, elevation = math.radians(rig.key_azimuth_deg), math.radians(rig.key_elevation_deg)
    farthest = math.cos(math.pi / 2 + abs(azimuth))
    along = (rig.key_fill_ratio - 1) / (1 - rig.key_fill_ratio * farthest)
    size = along / max(math.cos(elevation), 0.2)
    direction = np.array(
        [
            math.sin(azimuth) * math.cos(elevation),
            math.sin(elevation),
            math.cos(azimuth) * math.cos(elevation),
        ]
    )
    return np.concatenate([[1.0], size * direction])


def _evaluate(shading: Shading, normals: np.ndarray) -> np.ndarray:
    value = shading[0] + normals @ shading[1:]
    # A soft floor: no kink where the model runs into shadow.
    low = _FLOOR * max(float(shading[0]), 0.3)
    out: np.ndarray = low + np.logaddexp(0.0, (value - low) * 12.0) / 12.0
    return out


def _bounded(stops: np.ndarray) -> np.ndarray:
    """Soft limits: linear near 0, never beyond the bounds."""
    up = _UP_STOPS * np.tanh(np.maximum(stops, 0) / _UP_STOPS)
    down = _DOWN_STOPS * np.tanh(np.maximum(-stops, 0) / _DOWN_STOPS)
    out: np.ndarray = up - down
    return out


def plan(linear: LinearRGB, alpha: Alpha, landmarks: Landmarks, rig: LightRig) -> Relight:
    """The gain for one person, from a small picture (eyes to chin about 90 px).

    Ratio images (Wen, Liu & Huang 2003): rig's shading over the found one, both first-order, bounded
    and smooth, so skin texture is untouched. Normalised to leave the face's mean luminance alone.
    """
    before = now = fit_shading(skin_samples(linear, landmarks))
    normals = normal_map(landmarks, alpha)
    skin = skin_region(landmarks, alpha.shape) > 0
    rig_light = rig_shading(rig)
    rig_light /= max(float((rig_light[0] + normals[skin] @ rig_light[1:]).mean()), 0.1)
    target = (1 - rig.strength) * before + rig.strength * rig_light
    wanted = _evaluate(target, normals)
    stops = np.zeros(alpha.shape)
    gain = np.ones(alpha.shape, np.float32)
    for _ in range(_ROUNDS):
        stops = np.clip(stops + np.log2(wanted / _evaluate(now, normals)), -_WINDUP, _WINDUP)
        stops -= float(stops[skin].mean())
        gain = _finish_gain(_bounded(stops), linear, landmarks)
        now = fit_shading(skin_samples(linear * gain[..., None], landmarks))
    gain = gain * _rim(normals, alpha, rig, face_unit(landmarks))
    return Relight(gain, before, now)


def _finish_gain(stops: np.ndarray, linear: LinearRGB, landmarks: Landmarks) -> NDArray[np.float32]:
    """Stops to a gain that keeps the face's mean, fades on the body and spares near-white."""
    unit = face_unit(landmarks)
    skin = skin_region(landmarks, stops.shape).astype(np.float32)
    near = cv2.GaussianBlur(skin, (0, 0), 0.45 * unit)
    near = np.clip(near / max(float(near.max()), 1e-6) * 3.0, 0, 1)
    weight = _BODY_SHARE + (1 - _BODY_SHARE) * near
    smooth = cv2.GaussianBlur(stops.astype(np.float32), (0, 0), 0.05 * unit)
    luminance = color.luminance(linear)
    gain = np.exp2(smooth * weight)
    mean = float((gain * luminance * skin).sum() / max(float((luminance * skin).sum()), 1e-6))
    gain /= max(mean, 1e-3)
    bright = np.clip((luminance * np.maximum(gain, 1) - _ROLL_OFF[0]) / (_ROLL_OFF[1] - _ROLL_OFF[0]), 0, 1)
    bright = cv2.GaussianBlur(bright.astype(np.float32), (0, 0), 0.06 * unit)
    held = np.where(gain > 1, 1 + (gain - 1) * (1 - 0.8 * bright), gain)
    return np.asarray(held, np.float32)


def _rim(normals: np.ndarray, alpha: Alpha, rig: LightRig, unit: float) -> NDArray[np.float32]:
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
