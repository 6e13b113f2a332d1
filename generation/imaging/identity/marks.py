"""Do a person's marks survive? Moles, freckles, scars and lines; glasses, beard and hairline.

An embedding forgives a smoothed face: it is trained to. Here small pieces of skin around mesh points are laid
over each other instead (zero-mean normalised cross-correlation, Lewis 1995, of the band-passed logarithm of
luminance), which sees detail and is blind to light, exposure and grade. Where the reference has no detail,
nothing can be lost, so each piece counts by the strength of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Landmarks, roll_deg
from generation.imaging.types import SRGB8

Grey = NDArray[np.float32]

# Distance between the outer eye corners at which faces are compared: pores are a pixel, moles five.
SPAN_PX: Final = 220.0
# Band of the detail: above the grain of the finer picture, below the shading of the face (sigma, pixels).
_DETAIL_BAND: Final = (0.9, 3.0)
# Band of frames, beard and hairline.
_TRAIT_BAND: Final = (3.0, 14.0)
# Half sides of the pieces, and how far a piece may have moved: the mesh slips by a few pixels.
_DETAIL_HALF, _TRAIT_HALF, _SEARCH = 20, 36, 8
# Skin: forehead, temples, under the eyes, cheeks, nose, chin and jaw on both sides.
_SKIN: Final = (
    151, 108, 337, 69, 299, 104, 333, 67, 297, 118, 347, 101, 330, 50, 280, 205, 425, 36, 266, 207, 427, 187,
    411, 123, 352, 147, 376, 213, 433, 4, 195, 5, 200, 199, 208, 428, 210, 430,
)  # fmt: skip
# Where frames, brows, beard and hairline lie: rims around both eyes, bridge, upper lip, chin, jaw, hairline.
_TRAITS: Final = (
    10, 109, 338, 103, 332, 127, 356, 111, 340, 168, 6, 230, 450, 105, 334, 164, 186, 410, 18, 175, 149, 378,
    172, 397,
)  # fmt: skip
# What survives between two different people under the search, and between a photo and its own relit, graded
# and scaled picture: the ends of the scales. Over nine people and their neighbours detail is 0.05 to 0.38
# (median 0.11) and 0.75 to 0.96 (0.92), traits 0.08 to 0.45 (0.28) and 0.66 to 0.99 (0.97).
_DETAIL_SCALE: Final = (0.20, 0.88)
_TRAIT_SCALE: Final = (0.40, 0.92)
# Deviation of the band-passed logarithm below which a piece of the reference has no detail to lose.
_LEAST_DETAIL: Final = 0.006
# Pieces that must lie inside both pictures for a judgement.
_ENOUGH: Final = 6


@dataclass(frozen=True, slots=True)
class Marks:
    """`detail` (moles, freckles, scars, lines) and `traits` (glasses, beard, hairline), each 0..1: 1 is all
    there, 0 no more alike than two strangers."""

    detail: float
    traits: float

    @property
    def kept(self) -> float:
        """The number for a gate: the worse of the two."""
        return min(self.detail, self.traits)


def compare(photo: SRGB8, photo_landmarks: Landmarks, picture: SRGB8, picture_landmarks: Landmarks) -> Marks:
    """How much of what `photo` shows of a person is found in `picture`.

    Both (H, W, 3) uint8 sRGB with their (478, 3) landmarks in pixels. Pose and expression must be nearly the
    same: the number speaks of pictures that were made from this photo. Two photos of one person from
    different days are hardly more alike in detail than two people's (0.1 to 0.4 before scaling).
    """
    before, there = _placed(photo, photo_landmarks)
    after, here = _placed(picture, picture_landmarks)
    detail = _mean_survival(before, there, after, here, _SKIN, _DETAIL_BAND, _DETAIL_HALF)
    traits = _mean_survival(before, there, after, here, _TRAITS, _TRAIT_BAND, _TRAIT_HALF)
    return Marks(_scaled(detail, _DETAIL_SCALE), _scaled(traits, _TRAIT_SCALE))


def best(photos: Sequence[tuple[SRGB8, Landmarks]], picture: SRGB8, landmarks: Landmarks) -> Marks:
    """`compare` with the person's photo that fits best: one of them has the picture's pose.

    Raises ValueError without photos.
    """
    return max((compare(*photo, picture, landmarks) for photo in photos), key=lambda marks: marks.kept)


def _placed(pixels: SRGB8, landmarks: Landmarks) -> tuple[Grey, NDArray[np.float32]]:
    """Logarithm of the face's luminance, upright at `SPAN_PX`, and the (478, 2) points in it."""
    left, right = landmarks[LEFT_EYE_CORNERS[0]], landmarks[RIGHT_EYE_CORNERS[1]]
    scale = SPAN_PX / max(float(np.linalg.norm(right - left)), 1.0)
    angle = np.radians(roll_deg(landmarks))
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = landmarks[:, :2].astype(np.float64) @ turn.T
    margin = _TRAIT_HALF + _SEARCH + 2
    shift = margin - points.min(axis=0)
    size = tuple(int(side) for side in np.ceil(np.ptp(points, axis=0) + 2 * margin))
    source = pixels
    if scale < 0.5:
        source, factor = _halved(pixels, int(1.0 / scale))
        turn = turn * factor
    matrix: NDArray[np.float64] = np.column_stack([turn, shift]).astype(np.float64)
    placed = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(placed, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.log(grey + np.float32(8.0)), (points + shift).astype(np.float32)


def _halved(pixels: SRGB8, factor: int) -> tuple[SRGB8, int]:
    """Averaged by a whole factor, so that sampling does not alias."""
    size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), factor


def _mean_survival(
    before: Grey,
    there: NDArray[np.float32],
    after: Grey,
    here: NDArray[np.float32],
    indices: Sequence[int],
    band: tuple[float, float],
    half: int,
) -> float | None:
    """Mean survival of the pieces around `indices`, weighted by the reference's detail; None for too few."""
    first, second = (
        cv2.GaussianBlur(one, (0, 0), band[0]) - cv2.GaussianBlur(one, (0, 0), band[1])
        for one in (before, after)
    )
    found, weights = [], []
    for index in indices:
        piece, window = _cut(first, there[index], half), _cut(second, here[index], half + _SEARCH)
        if piece is None or window is None:
            continue
        strength = float(piece.std())
        found.append(_survived(piece, window))
        weights.append(max(strength - _LEAST_DETAIL, 1e-6))
    if len(found) < _ENOUGH:
        return None
    return float(np.average(found, weights=weights))


def _survived(piece: Grey, window: Grey) -> float:
    """The smaller of correlation and gain at the best place: a blurred mole correlates, but is fainter."""
    match = np.nan_to_num(cv2.matchTemplate(window, piece, cv2.TM_CCOEFF_NORMED))
    row, column = np.unravel_index(int(match.argmax()), match.shape)
    there = window[row : row + piece.shape[0], column : column + piece.shape[1]]
    own = piece - piece.mean()
    gain = float((own * (there - there.mean())).sum()) / max(float((own * own).sum()), 1e-9)
    return min(float(match.max()), gain)


def _cut(plane: Grey, point: NDArray[np.float32], half: int) -> Grey | None:
    x, y = (round(float(value)) for value in point)
    if x < half or y < half or x + half >= plane.shape[1] or y + half >= plane.shape[0]:
        return None
    return np.ascontiguousarray(plane[y - half : y + half + 1, x - half : x + half + 1])


def _scaled(survival: float | None, ends: tuple[float, float]) -> float:
    if survival is None:
        return 0.0
    return float(np.clip((survival - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))
