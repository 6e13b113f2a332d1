"""Photo and face to foreground, alpha and how unsure the matte is: stage 5's three steps in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import codes
from generation.imaging.landmarks import eye_middle, face_unit
from generation.imaging.matting.alpha import SOLVE_PX, belief, closed_form, refine
from generation.imaging.matting.foreground import foreground
from generation.imaging.matting.segment import person_probability
from generation.imaging.matting.spill import without_spill
from generation.imaging.matting.trimap import make_trimap
from generation.imaging.matting.veil import without_veil
from generation.imaging.types import SRGB8, Alpha, Doubt, Face, LinearRGB

# What is not joined to the person by at least this much alpha is an island.
_ISLAND = 0.08
# A thumb's breadth (0.05 squares of eyes to chin) of something before the chest is enough not to be shown.
_BEFORE = 5.0
# The haze that hair has before any wall (docs/mattes.md: 0.09 to 0.25): no cause by itself.
_USUAL_HAZE = 0.15


@dataclass(frozen=True, slots=True)
class Matte:
    """Foreground (H, W, 3) linear, alpha (H, W), both as a stored master keeps them, and how unsure it is,
    0..1.

    `unsure` is the haze around the head (mean of 4a(1-a) over the unknown band; hair in wind 0.25) plus
    the area kept although its witnesses contradict each other there, in squares of eyes to chin, plus
    `_BEFORE` times what stands before the chest. `doubt` names what weighs most in it.
    """

    foreground: LinearRGB
    alpha: Alpha
    unsure: float
    doubt: Doubt


def cut_out(pixels: SRGB8, face: Face, others: Sequence[Face] = ()) -> Matte:
    """Separate one person from the backdrop and from `others`, further faces in the same picture.
    Landmarks are in pixels of `pixels`."""
    scale = min(1.0, float(np.sqrt(SOLVE_PX / (pixels.shape[0] * pixels.shape[1]))))
    small, landmarks = _shrink(pixels, face.landmarks, scale)
    small_face = Face(face.box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)
    opinion = person_probability(
        small, small_face, [_shrink(pixels, other.landmarks, scale)[1] for other in others]
    )
    guide = small.astype(np.float32) / 255.0
    trimap = make_trimap(guide, opinion.probability, landmarks, opinion.middle)
    prior, trust = belief(guide, trimap, opinion.probability, landmarks, opinion.middle)
    solved = closed_form(guide, trimap, prior, trust)
    small_alpha = _without_islands(without_veil(solved, opinion.probability, prior, landmarks))
    alpha = _to_full_size(small_alpha, trimap, guide, pixels)
    fore = foreground(small, small_alpha, pixels, alpha)
    without_spill(fore, guide, trimap, alpha, landmarks)
    haze, left = _hazy(solved, trimap, landmarks), _leftover(small_alpha, opinion.contested, landmarks)
    before = _BEFORE * opinion.before
    return Matte(fore, alpha, min(1.0, haze + left + before), _doubt(haze, left, before))


def _shrink(pixels: SRGB8, landmarks: NDArray[Any], scale: float) -> tuple[SRGB8, NDArray[Any]]:
    if scale >= 1.0:
        return pixels, landmarks
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    factors = np.array([size[0] / width, size[1] / height, size[0] / width], np.float32)
    return np.asarray(small, np.uint8), landmarks * factors


def _to_full_size(small_alpha: Alpha, trimap: Alpha, guide: NDArray[Any], pixels: SRGB8) -> Alpha:
    """Refined inside the band, exactly 0 or 1 outside it."""
    full = (pixels.shape[1], pixels.shape[0])
    coarse = cv2.resize(small_alpha, full, interpolation=cv2.INTER_LINEAR)
    band = (trimap > 0) & (trimap < 1)
    edge = cv2.resize(band.astype(np.float32), full, interpolation=cv2.INTER_LINEAR) > 0
    # The filter may not revive what the solution had ruled out.
    reach = cv2.dilate(coarse, np.ones((5, 5), np.uint8))[edge]
    refined = codes.rounded_16(refine(small_alpha, guide, band, pixels, edge))
    alpha: Alpha = np.rint(coarse, out=coarse)
    alpha[edge] = np.where(reach < 0.02, np.float32(0), refined)
    return _without_islands(alpha)


def _without_islands(alpha: Alpha) -> Alpha:
    """Zero everything that does not hang together with the largest part, in place."""
    solid = (alpha > _ISLAND).astype(np.uint8)
    # Outlines are found ten times as fast as parts are numbered, and mostly there is one part.
    _, nested = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if nested is None or (nested[0, :, 3] < 0).sum() <= 1:
        return alpha
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    main = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    keep = cv2.dilate((labels == main).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.multiply(alpha, keep, out=alpha)


def _hazy(alpha: Alpha, trimap: Alpha, landmarks: NDArray[Any]) -> float:
    """Mean of 4a(1-a) over the unknown band around head and neck: 0 all decided, 1 all undecided."""
    unit, (_, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    band = (trimap > 0) & (trimap < 1)
    band[max(0, round(eye_y + 1.2 * unit)) :] = False
    if not band.any():
        return 0.0
    values = alpha[band]
    return float((4 * values * (1 - values)).mean())


def _doubt(haze: float, left: float, before: float) -> Doubt:
    """What weighs most in `Matte.unsure`, so that the person can be told what to change."""
    weights: dict[Doubt, float] = {"before": before, "beside": left, "hair": haze - _USUAL_HAZE}
    return max(weights, key=weights.__getitem__)


def _leftover(alpha: Alpha, contested: Alpha, landmarks: NDArray[Any]) -> float:
    """Area that was kept although the witnesses contradict each other there, in squares of the
    eye-to-chin distance: what may be a bystander, a flag or furniture. 0.05 is a thumb's breadth of it."""
    return float((alpha * contested).sum()) / face_unit(landmarks) ** 2
