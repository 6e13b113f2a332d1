"""Move the light on a person to the brand's rig by a smooth, bounded gain.

Ratio images (Wen, Liu & Huang 2003), with the ratio restricted to a broad gradient over the head (`field`):
shine is powdered, shadows are opened, the key is drawn to the rig's side, and skin texture is left alone.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from branding.look import LightRig
from generation.imaging.lighting import field
from generation.imaging.lighting import gain as gains
from generation.imaging.lighting.estimate import Samples, Shading, fit_shading, skin_samples
from generation.imaging.lighting.field import Tone
from generation.imaging.lighting.scene import Scene

Array = NDArray[Any]
Floats = NDArray[np.float32]

# Rounds of measure-and-correct (shading is only first order, faces are not); from where another plan ended.
_ROUNDS: Final = 3
_MORE_ROUNDS: Final = 2
# A fit leans to the front where a face shows little of it: so much beyond the rig is read as the rig.
_BEYOND: Final = 1.1
# How far the key may move across the face, in units of the shading. Hard light from the wrong side is
# softened before it is turned: its shadows stay and contradict a new key.
_REACH: Final = 4.0
# Share of the found light's height that stays: undoing all of it darkens brows and lifts chins.
_KEEP_HEIGHT: Final = 0.5
# Less light from aside than this, against a mean of 1, is told from none by nobody.
_LEAST_ASIDE: Final = 0.08
# A shading value below this share of the mean is a shadow that the model cannot divide by.
_FLOOR: Final = 0.22


@dataclass(frozen=True, slots=True)
class Relight:
    """What was found for one person under a rig: the field's coefficients, the gain (h, w, 3) that they give
    in the scene, what to aim at where one goes on from here, and the shading before and after."""

    coefficients: Array
    gain: Floats
    aim: Shading
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


def plan(
    seen: Scene, rig: LightRig, tone: Tone = lambda picture: picture, begun: Relight | None = None
) -> Relight:
    """The gain for one person under a rig.

    `tone` is what the grade will do to a picture: its contrast is part of the light that is seen. The face's
    mean luminance stays. `begun` is a plan for nearly the same tone, to go on from. Nothing off the face is
    looked at: `Scene.face` gives the same in a fifth of the time, and `drawn` then the gain of the whole.
    """
    if not seen.mask.any():
        none = np.ones(seen.linear.shape, np.float32)
        return Relight(np.zeros(seen.terms.shape[-1]), none, seen.before, seen.before, seen.before)
    x, y = seen.samples.at.T
    there, target = seen.terms[y, x].astype(np.float64), _target(seen.before, seen.samples, rig)
    if begun is None:
        rounds, aim = _ROUNDS, target
        coefficients = field.fitted(np.log2(_evaluate(target, seen.samples.normals)) - seen.light, there)
    else:
        rounds, aim, coefficients = _MORE_ROUNDS, begun.aim, begun.coefficients
    held = partial(seen.hold.held, broad=seen.hold.broad[y, x])
    gain, now = np.ones(seen.linear.shape, np.float32), seen.before
    for left in reversed(range(rounds)):
        coefficients, got = field.steered(coefficients, seen.samples, there, aim, tone, held)
        gain = gains.plain(coefficients, seen)
        # As costly as the rest of a round, and it moves what is read by little: once.
        gain = gain if left else gains.in_own_colour(gain, seen)
        shown = tone(np.asarray(seen.linear * gain, np.float32))
        now = fit_shading(skin_samples(shown, seen.landmarks))
        aim = _corrected(got, target, now)
    return Relight(coefficients, gains.smooth(gain, seen, rig), aim, seen.before, now)


def drawn(found: Relight, seen: Scene, rig: LightRig) -> Floats:
    """(h, w, 3) the gain of a plan on the whole of a picture of whose face it was made."""
    if not seen.mask.any():
        return np.ones(seen.linear.shape, np.float32)
    return gains.smooth(gains.in_own_colour(gains.plain(found.coefficients, seen), seen), seen, rig)


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
