"""The old backdrop's colour taken out of hair: seen between strands too fine for alpha to part.

A red flag behind dark hair reddens whole locks that the matte rightly keeps. There the colour is moved, in
CIELAB, back along the line from the hair's own colour to the backdrop's, as far as hair alone does not
go: linear unmixing with one known direction (the despill of chroma keyers, for any backdrop).
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import codes, color
from generation.imaging.landmarks import FACE_OVAL, Landmarks, face_unit, region
from generation.imaging.matting.sampling import sampled
from generation.imaging.matting.trimap import hair_weight, skin_coloured
from generation.imaging.types import Alpha, LinearRGB

# Outer hair reaches that far inside the person's edge, and begins that far from the face, where glasses
# and earrings are (eye-to-chin units).
_WITHIN, _FROM_FACE = 0.25, 0.10
# Hair is learnt deeper than that, where no skin is; the backdrop outside of the band; both within about
# this far. A place that has less sure hair around than this share has none to be told by.
_DEEP, _REACH = 0.12, 0.30
_LEAST_HAIR, _ENOUGH_HAIR = 0.05, 0.15
# It is looked for at this part of the small picture's size, to save time.
_SCALE: Final = 0.4
# Below this difference of chroma nothing is seen to spill; from twice it on all of it is taken.
_LEAST_CHROMA: Final = 25.0
# Hair's own colours go that many deviations towards the backdrop's, and no less than that far.
_OWN, _LEAST_OWN = 1.5, 3.0


def without_spill(fore: LinearRGB, small: NDArray[Any], trimap: Alpha, alpha: Alpha, at: Landmarks) -> None:
    """Take the spill out of `fore` (H, W, 3), in place; values stay on the codes of a stored master.

    `small` (h, w, 3) float32 sRGB 0..1, `trimap` and `at` (the face's landmarks) belong to the small
    picture, `alpha` (H, W) to the full one.
    """
    small, trimap, at = _shrunk(small, trimap, at)
    unit = face_unit(at)
    lab = cv2.cvtColor(np.ascontiguousarray(small, np.float32), cv2.COLOR_RGB2Lab)
    person = (trimap > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(person, cv2.DIST_L2, 5) / unit
    away = cv2.distanceTransform((region(at, FACE_OVAL, trimap.shape) == 0).astype(np.uint8), cv2.DIST_L2, 5)
    zone = hair_weight(at, trimap.shape) * np.clip((away / unit - _FROM_FACE) / 0.05, 0, 1)
    outer = zone * np.clip((_WITHIN - inside) / 0.05, 0, 1) * (trimap > 0)
    if not (outer > 0).any():
        return
    known = ((zone > 0.3) & (inside > _DEEP) & ~skin_coloured(lab, at)).astype(np.float32)
    around = cv2.GaussianBlur(known, (0, 0), _REACH * unit)
    outer *= np.clip((around - _LEAST_HAIR) / (_ENOUGH_HAIR - _LEAST_HAIR), 0, 1)
    hair, spread = _local(lab, known, unit)
    # Of a backdrop of several colours the vivid ones are those that are seen to spill.
    vivid = np.hypot(lab[..., 1], lab[..., 2]) ** 2
    back, _ = _local(lab, (trimap <= 0) * vivid, unit)
    full = (fore.shape[1], fore.shape[0])
    where = (cv2.resize(outer, full, interpolation=cv2.INTER_LINEAR) > 0.01) & (alpha > 0)
    # Where hair and backdrop are too alike for spill, solid colours would come back as they are.
    unlike = np.asarray(np.hypot(*(back - hair)[..., 1:].T).T > _LEAST_CHROMA, np.float32)
    where &= (alpha < 1) | (cv2.resize(unlike, full, interpolation=cv2.INTER_LINEAR) > 0)
    if not where.any():
        return
    maps = np.concatenate([hair, back, spread, outer[..., None]], axis=-1).astype(np.float32)
    rows = sampled(maps, where)
    colours = color.lab_to_linear(_moved(color.linear_to_lab(fore[where]), rows)).clip(0, 1)
    solid = alpha[where] >= 1
    colours[solid] = color.srgb8_to_linear(color.linear_to_srgb8(colours[solid]))
    colours[~solid] = codes.decode_16(codes.encode_16(colours[~solid]))
    fore[where] = colours


def _shrunk(small: NDArray[Any], trimap: Alpha, at: Landmarks) -> tuple[NDArray[Any], Alpha, Landmarks]:
    """All three at a part of their size: what is looked for is broad."""
    size = (max(1, round(small.shape[1] * _SCALE)), max(1, round(small.shape[0] * _SCALE)))
    factor = np.float32(size[0] / small.shape[1])
    nearest = np.asarray(cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST), np.float32)
    return cv2.resize(small, size, interpolation=cv2.INTER_AREA), nearest, at * factor


def _local(lab: NDArray[Any], weight: NDArray[Any], unit: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean (h, w, 3) and deviation (h, w, 3) of the colours around each pixel, weighted (h, w)."""
    far = (0, 0), _REACH * unit

    def blurred(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(cv2.GaussianBlur(values, *far))

    mass = np.maximum(blurred(weight), 1e-4)[..., None]
    mean = blurred(lab * weight[..., None]) / mass
    square = blurred(lab**2 * weight[..., None]) / mass
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


def _moved(lab: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Colours (N, 3) moved off the backdrop's; `rows` (N, 10) are hair, backdrop, spread and weight."""
    hair, back, spread, weight = rows[:, :3], rows[:, 3:6], rows[:, 6:9], rows[:, 9]
    line = (back - hair)[:, 1:]
    length = np.maximum(np.hypot(line[:, 0], line[:, 1]), 1e-3)
    towards = line / length[:, None]
    shift = ((lab - hair)[:, 1:] * towards).sum(axis=1)
    own = np.maximum(_OWN * np.hypot(*(spread[:, 1:] * towards).T), _LEAST_OWN)
    strength = weight * np.clip(length / _LEAST_CHROMA - 1, 0, 1)
    excess = np.maximum(shift - own, 0) * strength
    out = lab.copy()
    out[:, 1:] -= excess[:, None] * towards
    # What shines through is also lighter than the hair: lightness follows in the same proportion.
    share = np.clip(excess / length, 0, 1)
    out[:, 0] -= share * np.maximum(lab[:, 0] - hair[:, 0], 0)
    return out
