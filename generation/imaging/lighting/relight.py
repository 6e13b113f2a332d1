"""Move the light on a person to the brand's rig by a smooth, bounded gain."""

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import Landmarks, face_unit, skin_region
from generation.imaging.lighting.estimate import Shading, fit_shading, skin_samples
from generation.imaging.lighting.normals import normal_map
from generation.imaging.types import Alpha, LinearRGB

# Gain in stops, about what a retoucher dodges and burns. Looked at on the shared portraits: from about one
# stop on, ears glow, foreheads turn to clay and shadows lift into noise, however well the key then reads.
# Shadows may be opened further than highlights may be pushed.
_UP_STOPS: Final = 0.85
_DOWN_STOPS: Final = 0.6
# Off the face the normals are a guess, so the gain fades towards its mean there.
_BODY_SHARE: Final = 0.55
# Rounds of measure-and-correct: shading is only first order, faces are not.
_ROUNDS: Final = 6
# Where the gain would brighten what is nearly white already, it is held back over this range (linear).
_ROLL_OFF: Final = (0.45, 0.85)
_HOLD: Final = 0.7
# Share of the rig's frontal part that is aimed for: the estimate's own leaning to the front (see
# `estimate`) adds the rest.
_FRONTAL: Final = 0.88
# Share of the found light's height that stays.
_KEEP_HEIGHT: Final = 0.5
# Blur of the normals in eye-to-chin units.
_BROAD: Final = 0.10
# Over-correction per round: a face barely shows the light's frontal part, which creeps otherwise.
_PUSH: Final = 0.8
# The correction may not run away where bounds keep it from working.
_WINDUP: Final = 1.3
# A shading value below this share of the mean is a shadow that the model cannot divide by.
_FLOOR: Final = 0.22


Array = NDArray[Any]


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


def _evaluate(shading: Shading, normals: Array) -> Array:
    value = shading[0] + normals @ shading[1:]
    # A soft floor: no kink where the model runs into shadow.
    low = _FLOOR * max(float(shading[0]), 0.3)
    out: Array = low + np.logaddexp(0.0, (value - low) * 12.0) / 12.0
    return out


def _broad(normals: Array, unit: float) -> NDArray[np.float32]:
    """Normals without nostrils and eye sockets: light is moved in broad strokes, which nobody sees."""
    smooth = cv2.GaussianBlur(normals, (0, 0), _BROAD * unit)
    return np.asarray(smooth / np.maximum(np.linalg.norm(smooth, axis=-1, keepdims=True), 1e-6), np.float32)


def _bounded(stops: Array) -> Array:
    """Soft limits: linear near 0, never beyond the bounds."""
    up = _UP_STOPS * np.tanh(np.maximum(stops, 0) / _UP_STOPS)
    down = _DOWN_STOPS * np.tanh(np.maximum(-stops, 0) / _DOWN_STOPS)
    out: Array = up - down
    return out


def plan(linear: LinearRGB, alpha: Alpha, landmarks: Landmarks, rig: LightRig) -> Relight:
    """The gain for one person, from a small picture (eyes to chin about 90 px).

    Ratio images (Wen, Liu & Huang 2003): rig's shading over the found one, both first-order, bounded
    and smooth, so skin texture is untouched. Normalised to leave the face's mean luminance alone.
    """
    before = now = fit_shading(skin_samples(linear, landmarks))
    normals = _broad(normal_map(landmarks, alpha), face_unit(landmarks))
    skin = skin_region(landmarks, (alpha.shape[0], alpha.shape[1])) > 0
    rig_light = rig_shading(rig)
    rig_light[3] *= _FRONTAL
    rig_light /= max(float((rig_light[0] + normals[skin] @ rig_light[1:]).mean()), 0.1)
    # Light from too high or low is met half-way: undoing all of it darkens brows and lifts chins.
    rig_light[2] += _KEEP_HEIGHT * (np.clip(before[2], -0.2, 0.8) - rig_light[2])
    target = (1 - rig.strength) * before + rig.strength * rig_light
    stops = np.zeros(alpha.shape)
    gain = np.ones(alpha.shape, np.float32)
    unit, luminance = face_unit(landmarks), color.luminance(linear)
    shape = _shape(landmarks, (alpha.shape[0], alpha.shape[1]))
    for _ in range(_ROUNDS):
        stops = np.clip(
            stops + np.log2(_evaluate(target + _PUSH * (target - now), normals) / _evaluate(now, normals)),
            -_WINDUP,
            _WINDUP,
        )
        stops -= float(stops[skin].mean())
        gain = _finish_gain(_bounded(stops), luminance, shape, unit)
        now = fit_shading(skin_samples(linear * gain[..., None], landmarks))
    gain = gain * _rim(normals, alpha, rig, face_unit(landmarks))
    return Relight(gain, before, now)


def _shape(landmarks: Landmarks, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Skin (1 on it) and how much of the gain each pixel gets: all on the face, less on the body."""
    skin = skin_region(landmarks, shape).astype(np.float32)
    near = cv2.GaussianBlur(skin, (0, 0), 0.45 * face_unit(landmarks))
    near = np.clip(near / max(float(near.max()), 1e-6) * 3.0, 0, 1)
    return skin, _BODY_SHARE + (1 - _BODY_SHARE) * near


def _finish_gain(
    stops: Array, luminance: Array, shape: tuple[Array, Array], unit: float
) -> NDArray[np.float32]:
    """Stops to a gain that keeps the face's mean, fades on the body and spares near-white."""
    skin, weight = shape
    gain = np.exp2(stops * weight).astype(np.float32)
    mean = float((gain * luminance * skin).sum() / max(float((luminance * skin).sum()), 1e-6))
    gain /= max(mean, 1e-3)
    bright = np.clip((luminance * np.maximum(gain, 1) - _ROLL_OFF[0]) / (_ROLL_OFF[1] - _ROLL_OFF[0]), 0, 1)
    bright = cv2.GaussianBlur(bright.astype(np.float32), (0, 0), 0.06 * unit)
    # A glint stays a glint: dimmed, its lost colour would show as a grey patch.
    glint = np.clip((luminance - _ROLL_OFF[0]) / (_ROLL_OFF[1] - _ROLL_OFF[0]), 0, 1)
    glint = cv2.GaussianBlur(glint.astype(np.float32), (0, 0), 0.06 * unit)
    held = 1 + (gain - 1) * (1 - _HOLD * np.where(gain > 1, bright, glint))
    return np.asarray(held, np.float32)


def _rim(normals: Array, alpha: Alpha, rig: LightRig, unit: float) -> NDArray[np.float32]:
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
