"""The colour of the light on a face, and the change that brings it to the brand's.

Two numbers, as on every camera: temperature along the daylight locus and tint across it (green or magenta).

Convention: a grey card that is rendered grey (R = G = B) stands under 5600 K, the daylight that studio
flash gives and cameras are set to. Lower is a warmer picture. The mapping to sRGB's own white
(6504 K) is made here, in mired, and nowhere else. Tint is in stops of green over red and blue; positive is
greener.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import CHIN, Landmarks, face_unit, skin_region
from generation.imaging.types import LinearRGB

Floats = NDArray[np.floating[Any]]

STUDIO_WHITE_K: Final = 5600.0
_SRGB_WHITE_K: Final = 6504.0
# Human skin keeps to a narrow hue in daylight, at every depth of tone: CIELAB hue around 53 degrees
# with a spread of 5 to 8 within and between people of four ethnic groups (Xiao et al. 2017). It tells green
# from magenta (70 degrees a stop) more than warm from cold (0.14 degrees a mired).
_SKIN_HUE_DEG: Final = 53.0
_SKIN_HUE_SPREAD_DEG: Final = 6.5
# Steps over which it is computed how a warmer or greener light turns the hue of this very skin.
_STEP_MIRED: Final = 10.0
_STEP_TINT: Final = 0.02
# Photographers and cameras have mostly balanced already: the light found is within these of neutral. Of
# casts of up to 35 mired half is taken out so where no collar is seen; 40 mired would take out 63 % and move
# what is right more, by 13 (sd, 50 portraits).
_PRIOR_MIRED: Final = 26.0
_PRIOR_TINT: Final = 0.055
# What the coldest part of the eyes' whites is warmer than grey, and its spread between people (50 portraits).
# Lids and veins redden it: it says nothing about tint, and what is far too warm counts little.
_EYES_OWN_MIRED: Final = 21.0
_EYES_SPREAD_MIRED: Final = 27.0
_EYES_HUBER: Final = 1.5
# White cloth at the collar is nearly as good as a grey card. Dyed cloth is told from it by its chroma;
# laundered white reads a little blue.
_CLOTH_SPREAD_MIRED: Final = 9.0
_CLOTH_SPREAD_TINT: Final = 0.02
_CLOTH_OWN_MIRED: Final = -5.0
_CLOTH_CHROMA_LIMIT: Final = 9.0
_CLOTH_LEAST_L: Final = 70.0
_CLOTH_LEAST_SHARE: Final = 0.10
_CLIPPED: Final = 0.985
# Where a collar is, in eye-to-chin units: half width, and from the chin downwards.
_COLLAR: Final = (0.42, 0.15, 1.1)
# Beyond these the photo is beyond what white balance should repair unseen.
_LIMIT_MIRED: Final = 40.0
_LIMIT_TINT: Final = 0.10
# What the finished picture's own reading may change of it.
_MOST_TRIM_MIRED: Final = 8.0
_MOST_TRIM_TINT: Final = 0.02
# Rounds of estimate-and-balance: what is white cloth, and how skin's hue turns, is told by the light found
# so far.
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Colour:
    """Colour of a light: temperature in K on the studio's scale, tint in stops of green."""

    temperature_k: float
    tint: float = 0.0


def _to_srgb_k(studio_k: float) -> float:
    """Temperature on sRGB's scale of a light given on the studio's."""
    return 1e6 / (1e6 / studio_k - 1e6 / STUDIO_WHITE_K + 1e6 / _SRGB_WHITE_K)


def _to_mired_offset(rgb: Floats) -> float:
    """How much warmer than neutral a light of that linear colour is, in mired."""
    return 1e6 / color.temperature_k(rgb) - 1e6 / _SRGB_WHITE_K


def _to_tint(rgb: Floats) -> float:
    """How much greener than the daylight of its own temperature a light is, in stops."""
    own = np.maximum(np.asarray(rgb, np.float64), 1e-6)
    locus = color.white_point(color.temperature_k(own)).astype(np.float64)
    excess = np.log2(own / locus)
    return float(excess[1] - (excess[0] + excess[2]) / 2) / 1.5


def balance(found: Colour, wanted_k: float) -> NDArray[np.float32]:
    """(3, 3) matrix M: `linear @ M.T` takes a picture from the light found to a neutral-tinted one (Bradford
    along the locus; tint by the green channel at equal luminance of grey)."""
    green = 2.0**-found.tint
    side = 2.0 ** (found.tint / 2)
    plain = np.diag([side, green, side])
    plain /= float(color.LUMINANCE @ plain @ np.ones(3))
    return np.asarray(
        color.adaptation(_to_srgb_k(found.temperature_k), _to_srgb_k(wanted_k)) @ plain, np.float32
    )


def estimate(linear: LinearRGB, landmarks: Landmarks, eyes: Floats | None) -> Colour:
    """The light's colour from skin hue, the whites of the eyes (`eyes.eye_white`) and a white collar.

    The first two are weak witnesses; all are joined with a prior by their precisions (the mode of a Gaussian
    posterior, found by Gauss-Newton steps), so a face alone can never move a picture far.
    """
    skin = linear[skin_region(landmarks, linear.shape[:2]) > 0]
    face = np.median(skin, axis=0) if len(skin) > 50 else None
    collar = _collar(linear, landmarks)
    mired, tint = 0.0, 0.0
    for _ in range(_ROUNDS):
        matrix = balance(Colour(_kelvin(mired), tint), STUDIO_WHITE_K).astype(np.float64)
        # What is white under a warm lamp looks dyed until the lamp's colour is taken out.
        cloth = _white(collar @ matrix.T)
        skin_, eyes_ = (None if one is None else matrix @ one for one in (face, eyes))
        more = _step(np.array([mired, tint]), skin_, eyes_, cloth)
        mired = float(np.clip(mired + more[0], -_LIMIT_MIRED, _LIMIT_MIRED))
        tint = float(np.clip(tint + more[1], -_LIMIT_TINT, _LIMIT_TINT))
    return Colour(_kelvin(mired), tint)


def trimmed(found: Colour, read: Colour, wanted_k: float, share: float = 1.0) -> Colour:
    """What to balance by instead of `found`, so that what reads `read` then reads `wanted_k` and no tint, or
    goes a share 0..1 of the way there.

    Light that is moved and graded shows a collar and the whites of eyes otherwise than the photo did. That is
    a few mired: what is read beyond has another cause.
    """
    mired = _MOST_TRIM_MIRED * math.tanh((1e6 / read.temperature_k - 1e6 / wanted_k) / _MOST_TRIM_MIRED)
    tint = _MOST_TRIM_TINT * math.tanh(read.tint / _MOST_TRIM_TINT)
    return Colour(1e6 / (1e6 / found.temperature_k + share * mired), found.tint + share * tint)


def _kelvin(mired: float) -> float:
    return 1e6 / (1e6 / STUDIO_WHITE_K + mired)


def _hue_deg(rgb: Floats) -> float:
    lab = color.linear_to_lab(rgb)
    return math.degrees(math.atan2(float(lab[2]), float(lab[1])))


def _step(at: Floats, skin: Floats | None, eyes: Floats | None, cloth: Floats | None) -> Floats:
    """How far (mired, tint) are from where the prior and the witnesses want them; those are linear RGB (3,),
    balanced by what was found so far (`at`)."""
    precision = np.diag([1 / _PRIOR_MIRED**2, 1 / _PRIOR_TINT**2])
    total = -precision @ at
    if skin is not None:
        hue = _hue_deg(skin)
        colder = balance(Colour(_kelvin(_STEP_MIRED)), STUDIO_WHITE_K) @ skin
        redder = balance(Colour(STUDIO_WHITE_K, _STEP_TINT), STUDIO_WHITE_K) @ skin
        turn = np.array([(hue - _hue_deg(colder)) / _STEP_MIRED, (hue - _hue_deg(redder)) / _STEP_TINT])
        slope = turn / _SKIN_HUE_SPREAD_DEG
        precision += np.outer(slope, slope)
        total += slope * (hue - _SKIN_HUE_DEG) / _SKIN_HUE_SPREAD_DEG
    if eyes is not None:
        off = _to_mired_offset(eyes) - _EYES_OWN_MIRED
        weight = min(1.0, _EYES_HUBER * _EYES_SPREAD_MIRED / max(abs(off), 1e-6)) / _EYES_SPREAD_MIRED**2
        precision[0, 0] += weight
        total[0] += off * weight
    if cloth is not None:
        spread = np.array([_CLOTH_SPREAD_MIRED, _CLOTH_SPREAD_TINT])
        precision += np.diag(1 / spread**2)
        total += np.array([_to_mired_offset(cloth) - _CLOTH_OWN_MIRED, _to_tint(cloth)]) / spread**2
    return np.asarray(np.linalg.solve(precision, total))


def white_cloth(linear: LinearRGB, landmarks: Landmarks) -> Floats | None:
    """Mean linear RGB (3,) of white cloth at the collar, or None where there is none."""
    return _white(_collar(linear, landmarks))


def _collar(linear: LinearRGB, landmarks: Landmarks) -> Floats:
    """(N, 3) what lies where collars are."""
    return linear[collar(linear.shape, landmarks)].reshape(-1, 3)


def collar(shape: tuple[int, ...], landmarks: Landmarks) -> tuple[slice, slice]:
    """Rows and columns where a collar is, in a picture of this shape (h, w, ...)."""
    height, width = shape[:2]
    unit, (x, y) = face_unit(landmarks), landmarks[CHIN, :2]
    aside, above, below = (part * unit for part in _COLLAR)
    rows = slice(max(0, round(y + above)), min(height, round(y + below)))
    return rows, slice(max(0, round(x - aside)), min(width, round(x + aside)))


def _white(part: Floats) -> Floats | None:
    """Mean (3,) of the white cloth among pixels (N, 3)."""
    if len(part) < 50:
        return None
    lab = color.linear_to_lab(part)
    white = (lab[:, 0] > _CLOTH_LEAST_L) & (np.hypot(lab[:, 1], lab[:, 2]) < _CLOTH_CHROMA_LIMIT)
    # What is clipped is white cloth as well, but has lost its colour.
    told = white & (part.max(axis=1) < _CLIPPED)
    if float(white.mean()) < _CLOTH_LEAST_SHARE or float(told.mean()) < _CLOTH_LEAST_SHARE / 4:
        return None
    mean: Floats = part[told].mean(axis=0)
    return mean
