"""Move the light on a person to the brand's rig by a smooth, bounded gain.

Ratio images (Wen, Liu & Huang 2003), with the ratio restricted to a broad gradient over the head (`field`):
shine is powdered, shadows are opened, the key is drawn to the rig's side, and skin texture is left alone.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import (
    FACE_OVAL,
    LEFT_EYE,
    LIPS,
    RIGHT_EYE,
    Landmarks,
    eye_middle,
    face_unit,
    region,
    skin_region,
)
from generation.imaging.lighting import field, halves
from generation.imaging.lighting.bare import bare_skin
from generation.imaging.lighting.complexion import Coloured, coloured
from generation.imaging.lighting.estimate import Samples, Shading, fit_shading, skin_samples
from generation.imaging.lighting.field import Tone
from generation.imaging.lighting.hold import Hold, hold
from generation.imaging.lighting.normals import normal_map
from generation.imaging.lighting.shine import powder
from generation.imaging.lighting.whites import Whites, whites
from generation.imaging.types import Alpha, LinearRGB

Array = NDArray[Any]

# Rounds of measure-and-correct (shading is only first order, faces are not); from where another plan ended.
_ROUNDS: Final = 3
_MORE_ROUNDS: Final = 2
# A fit leans to the front where a face shows little of it: so much beyond the rig is read as the rig.
_BEYOND: Final = 1.16
# How far the key may move across the face, in units of the shading. Hard light from the wrong side is
# softened before it is turned: its shadows stay and contradict a new key.
_REACH: Final = 4.0
# Share of the found light's height that stays: undoing all of it darkens brows and lifts chins.
_KEEP_HEIGHT: Final = 0.5
# From the shoulders down the field goes on with this share of its variation.
_BODY_SHARE: Final = 0.5
# Colour of the light may differ over the face; this much of it is evened out, within this many stops.
_EVEN: Final = 0.7
_EVEN_STOPS: Final = 0.30
# Off the skin, what is darker than this (linear) is lifted less, black only by this share of it. Blurs in
# pixels of the small view: what counts as skin's surroundings, and strands of hair that are one thing.
_DARK: Final = 0.10
_LIFT_OF_BLACK: Final = 0.15
_NEAR_SKIN: Final = 5.4
_OF_STRANDS: Final = 1.5
# Lifted shadow keeps the deep chroma of shadow, where a lit side looks paler: chroma lost per stop lifted.
_PALER: Final = 0.2
_PALEST: Final = 0.25
# Blur of the finished gain in eye-to-chin units.
_SMOOTH: Final = 0.02
# Blur of the face's outline in eye-to-chin units, where colour is the skin's own.
_FACE_EDGE: Final = 0.02
# Less light from aside than this, against a mean of 1, is told from none by nobody.
_LEAST_ASIDE: Final = 0.08
# A shading value below this share of the mean is a shadow that the model cannot divide by.
_FLOOR: Final = 0.22


@dataclass(frozen=True, slots=True)
class Relight:
    """Gain (h, w, 3) in small size, the shading that was found before and is expected after, and where the
    search ended: the field's coefficients and what to aim at."""

    gain: NDArray[np.float32]
    before: Shading
    after: Shading
    coefficients: Array | None = None
    aim: Shading | None = None


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


@dataclass(frozen=True, slots=True)
class Scene:
    """What every rig finds alike on one person, from a small picture (eyes to chin about 90 px): the picture
    (h, w, 3) and its alpha, the skin's mask, normals, the field's terms, powder and opened shadows as a gain
    and the picture under it, skin samples of that with their light in stops, the shading that was found, what
    evens the light's colour (stops), how much of the field the body gets, where lifting is held back, which
    colour is the skin's own, stops that bring two lamps' colour together, and where eyes and teeth are."""

    linear: LinearRGB
    alpha: Alpha
    landmarks: Landmarks
    mask: Array
    normals: Array
    terms: Array
    dull: Array
    matte: LinearRGB
    samples: Samples
    light: Array
    before: Shading
    even: Array
    body: Array
    hold: Hold
    skin: Coloured | None
    lamps: Array
    whites: Whites


def scene(linear: LinearRGB, alpha: Alpha, landmarks: Landmarks, strength: float = 1.0) -> Scene:
    """Look at a person once, for any number of plans. `strength` 0..1 is how far one-sided shadows are
    opened, as the rig has it."""
    shape = (alpha.shape[0], alpha.shape[1])
    mask, unit = skin_region(landmarks, shape), face_unit(landmarks)
    before = fit_shading(skin_samples(linear, landmarks))
    linear = np.asarray(np.maximum(linear, 0), np.float32)
    normals = normal_map(landmarks, alpha)
    terms = field.terms(landmarks, normals)
    dull = powder(linear, mask, unit)
    matte = np.asarray(linear * dull, np.float32)
    half = halves.halves(matte, landmarks, mask, normals)
    dull = dull * halves.evened(matte, half, terms) ** strength
    lamps = halves.lamps(matte, half) * np.float32(strength)
    matte = np.asarray(linear * dull, np.float32)
    samples = skin_samples(matte, landmarks)
    x, y = samples.at.T
    light = np.log2(np.maximum(color.luminance(matte)[y, x], 1e-4))
    even, body = _evened(matte, landmarks, mask, terms), _body_weight(landmarks, shape)
    holds = hold(color.luminance(matte), mask, unit)
    return Scene(
        linear,
        alpha,
        landmarks,
        mask,
        normals,
        terms,
        dull,
        matte,
        samples,
        light,
        before,
        even,
        body,
        holds,
        _coloured(np.asarray(linear * np.exp2(lamps), np.float32), landmarks, mask),
        lamps,
        whites(landmarks, shape),
    )


def plan(
    seen: Scene, rig: LightRig, tone: Tone = lambda picture: picture, begun: Relight | None = None
) -> Relight:
    """The gain for one person under a rig.

    `tone` is what the grade will do to a picture: its contrast is part of the light that is seen. The face's
    mean luminance stays. `begun` is a plan for nearly the same tone, to go on from.
    """
    before = seen.before
    if not seen.mask.any():
        return Relight(np.ones(seen.linear.shape, np.float32), before, before)
    x, y = seen.samples.at.T
    there, target = seen.terms[y, x], _target(before, seen.samples, rig)
    if begun is None or begun.coefficients is None or begun.aim is None:
        rounds, aim = _ROUNDS, target
        coefficients = field.fitted(np.log2(_evaluate(target, seen.samples.normals)) - seen.light, there)
    else:
        rounds, aim, coefficients = _MORE_ROUNDS, begun.aim, begun.coefficients
    held = partial(seen.hold.held, broad=seen.hold.broad[y, x])
    gain, now = np.ones(seen.linear.shape, np.float32), before
    for left in reversed(range(rounds)):
        coefficients, got = field.steered(coefficients, seen.samples, there, aim, tone, held)
        stops = seen.terms @ coefficients
        gain = np.asarray(_gain(stops, seen) * seen.dull, np.float32)
        # As costly as the rest of a round, and it moves what is read by little: once.
        gain = gain if left else _coloured_gain(gain, seen)
        now = fit_shading(skin_samples(tone(np.asarray(seen.linear * gain, np.float32)), seen.landmarks))
        aim = _corrected(got, target, now)
    unit = face_unit(seen.landmarks)
    rim = _rim(seen.normals, seen.alpha, rig, unit)[..., None]
    # Texture stays out of the gain: a small picture's pixels would show as blocks in a large one.
    smooth = cv2.GaussianBlur(np.asarray(gain * rim, np.float32), (0, 0), _SMOOTH * unit)
    return Relight(np.asarray(smooth, np.float32), before, now, coefficients, aim)


def _coloured_gain(gain: Array, seen: Scene) -> Array:
    """The gain (h, w, 3) with the skin's own colour: what is read as skin depends on it."""
    if seen.skin is None:
        return gain
    # Off the skin the gain has evened the lamps' colour already.
    own = seen.skin.own(gain, seen.even) * np.exp2(seen.lamps * seen.skin.weight)
    return np.asarray(seen.whites.spared(own, seen.linear), np.float32)


def _coloured(linear: LinearRGB, landmarks: Landmarks, mask: Array) -> Coloured | None:
    """Where which colour is the skin's own; whites of the eyes and teeth are no skin that shines."""
    unit, face = face_unit(landmarks), region(landmarks, FACE_OVAL, mask.shape[:2])
    for points in (LEFT_EYE, RIGHT_EYE, LIPS):
        face = face * (1 - region(landmarks, points, mask.shape[:2]))
    soft = cv2.GaussianBlur(face.astype(np.float32), (0, 0), _FACE_EDGE * unit)
    return coloured(linear, bare_skin(linear, mask, unit), soft, unit)


def _corrected(got: Shading, target: Shading, now: Shading) -> Shading:
    """What to aim at for the target to be read where the samples came to `got` and the picture reads `now`.

    From what was got, not from the last aim: what cannot be reached would be asked for more and more.
    """
    return np.asarray(got + (target - now))


def _evaluate(shading: Shading, normals: Array) -> Array:
    value = shading[0] + normals @ shading[1:]
    # A soft floor: no kink where the model runs into shadow.
    low = _FLOOR * max(float(shading[0]), 0.3)
    out: Array = low + np.logaddexp(0.0, (value - low) * 12.0) / 12.0
    return out


def missing_key(read: Shading, samples: Samples, rig: LightRig) -> float:
    """Share of the rig's light from aside that a face does not show: 0 where all is there, 1 where none is,
    more where it comes from the other side. 0 for a rig whose key stands before the face."""
    asked = float(_on_a_face(rig, samples)[1])
    return 0.0 if abs(asked) < _LEAST_ASIDE else max(0.0, 1 - float(read[1]) / asked)


def _on_a_face(rig: LightRig, samples: Samples) -> Shading:
    light = rig_shading(rig)
    return np.asarray(light / max(float((light[0] + samples.normals @ light[1:]).mean()), 0.1))


def _target(before: Shading, samples: Samples, rig: LightRig) -> Shading:
    """The shading to reach, relative to a mean of 1 over the face."""
    light = _on_a_face(rig, samples)
    light[1] *= _BEYOND
    light[1] = before[1] + _REACH * math.tanh((light[1] - before[1]) / _REACH)
    light[2] += _KEEP_HEIGHT * (np.clip(before[2], -0.2, 0.8) - light[2])
    out: Shading = (1 - rig.strength) * before + rig.strength * light
    return out


def _body_weight(landmarks: Landmarks, shape: tuple[int, int]) -> Array:
    """1 on head and neck, `_BODY_SHARE` from the shoulders down."""
    unit, (_, y) = face_unit(landmarks), eye_middle(landmarks)
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    way = np.clip((rows - (y + 1.1 * unit)) / (0.9 * unit), 0, 1)
    return np.asarray(np.broadcast_to(1 - (1 - _BODY_SHARE) * way * way * (3 - 2 * way), shape))


def _evened(matte: LinearRGB, landmarks: Landmarks, mask: Array, terms: Array) -> Array:
    """(h, w, 3) stops that take differences of the light's colour across the face out, luminance aside: warm
    light from a wall in the shadow would glow once the shadow is opened."""
    shape, rows = mask.shape[:2], mask > 0
    if not rows.any():
        return np.zeros((*shape, 3))
    logs = np.log2(np.maximum(matte[rows], 1e-4))
    own = logs - logs[:, 1:2]
    out = np.zeros((*shape, 3))
    for channel in (0, 2):
        found = terms @ field.fitted(own[:, channel], terms[rows], firmness=2.0)
        out[..., channel] = -_EVEN_STOPS * np.tanh(_EVEN * (found - found[rows].mean()) / _EVEN_STOPS)
    face = region(landmarks, FACE_OVAL, shape).astype(np.float32)
    return np.asarray(out * cv2.GaussianBlur(face, (0, 0), 0.10 * face_unit(landmarks))[..., None])


def _gain(stops: Array, seen: Scene) -> Array:
    """Stops to a gain (h, w, 3) that keeps the face's mean and spares near-white."""
    rows, linear = seen.mask > 0, seen.matte
    luminance = color.luminance(linear)
    gain = np.exp2(field.bounded(stops - float(stops[rows].mean())) * seen.body)
    gain /= max(float((gain * luminance)[rows].sum() / max(float(luminance[rows].sum()), 1e-6)), 1e-3)
    gain = seen.hold.held(gain, seen.hold.broad)
    gain = np.where(gain > 1, 1 + (gain - 1) * _liftable(luminance, seen.mask), gain)
    channels = gain[..., None] * np.exp2(seen.even)
    lit = linear * channels
    grey = color.luminance(np.asarray(lit, np.float32))[..., None]
    pale = np.clip(_PALER * np.log2(np.maximum(gain, 1)), 0, _PALEST)[..., None]
    # As a ratio, so that the full-size picture keeps its texture.
    paler = np.clip((grey * pale + lit * (1 - pale) + 1e-3) / (lit + 1e-3), 0.7, 1.4)
    return np.asarray(channels * paler)


def _liftable(luminance: Array, mask: Array) -> Array:
    """(h, w) share of a lift that a place gets: black hair and dark cloth stay black in any light, and would
    turn to grey haze before a bright backdrop; skin, however deep, is lifted."""
    skin = np.clip(2 * cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _NEAR_SKIN), 0, 1)
    soft = cv2.GaussianBlur(np.asarray(luminance, np.float32), (0, 0), _OF_STRANDS)
    light = np.clip(soft / _DARK, 0, 1)
    share = np.maximum(skin, light * light * (3 - 2 * light))
    return np.asarray(_LIFT_OF_BLACK + (1 - _LIFT_OF_BLACK) * share)


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
