"""The face brought to one size and upright, with masks of its parts: every measure looks at the same place.

Indices are those of the MediaPipe face mesh; "left" and "right" are sides of the picture.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.resample import shrink
from generation.imaging.types import SRGB8, Face

Mask = NDArray[np.bool_]

# Size of the chip and where the eyes stand in it: forehead, cheeks and chin fit with some room.
CHIP_WIDTH_PX: Final = 256
CHIP_HEIGHT_PX: Final = 320
# Distance between the outer eye corners in the chip.
EYE_SPAN_PX: Final = 110.0
EYES_X_PX: Final = 128.0
EYES_Y_PX: Final = 120.0

OUTER_EYES: Final = (33, 263)
CHIN: Final = 152
FOREHEAD: Final = 10
OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LEFT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
LEFT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW: Final = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
LIPS: Final = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
)  # fmt: skip
LEFT_CHEEK: Final = (116, 117, 118, 101, 36, 206, 207, 187, 123)
RIGHT_CHEEK: Final = (345, 346, 347, 330, 266, 426, 427, 411, 352)
BROW_SKIN: Final = (108, 151, 337, 299, 296, 336, 9, 107, 66, 69)
CHIN_SKIN: Final = (83, 18, 313, 406, 421, 396, 175, 171, 201, 182)


@dataclass(frozen=True, slots=True)
class Chip:
    """A face at one size and upright: (320, 256, 3) uint8 sRGB (times `zoom`), its landmarks and their
    scale."""

    pixels: SRGB8
    # (478, 2) float32, pixels of the chip.
    points: NDArray[np.float32]
    # Chip pixels per photo pixel: below 1 the photo has more detail than the chip.
    scale: float
    # Where the chip lies inside the photo.
    inside: Mask

    def mask(self, indices: tuple[int, ...]) -> Mask:
        """The polygon through these landmarks, where the photo reaches."""
        canvas = np.zeros(self.inside.shape, dtype=np.uint8)
        cv2.fillPoly(canvas, [np.round(self.points[list(indices)]).astype(np.int32)], (1,))
        return canvas.astype(bool) & self.inside

    def hull(self, indices: tuple[int, ...], grow_px: int = 0) -> Mask:
        """The convex hull of these landmarks, grown by some pixels, where the photo reaches."""
        canvas = np.zeros(self.inside.shape, dtype=np.uint8)
        points = np.round(self.points[list(indices)]).astype(np.int32)
        cv2.fillConvexPoly(canvas, cv2.convexHull(points), (1,))
        if grow_px:
            size = 2 * grow_px + 1
            canvas = np.asarray(cv2.dilate(canvas, np.ones((size, size), np.uint8)), dtype=np.uint8)
        return canvas.astype(bool) & self.inside

    def skin(self) -> Mask:
        """The face without eyes, brows and mouth: skin, unless something covers it."""
        skin = self.mask(OVAL)
        for part, grow in ((LEFT_EYE, 5), (RIGHT_EYE, 5), (LEFT_BROW, 4), (RIGHT_BROW, 4), (LIPS, 4)):
            skin &= ~self.hull(part, grow)
        return skin


def eye_span_px(face: Face) -> float:
    """Distance between the outer eye corners in photo pixels, with depth: a turned head keeps it."""
    left, right = face.landmarks[OUTER_EYES[0]], face.landmarks[OUTER_EYES[1]]
    return float(np.linalg.norm(right - left))


def chip(pixels: SRGB8, face: Face, zoom: int = 1) -> Chip:
    """Cut the face out of (H, W, 3) pixels, upright and at one size, or at `zoom` times that size."""
    scale = zoom * EYE_SPAN_PX / max(eye_span_px(face), 1.0)
    points = face.landmarks[:, :2].astype(np.float64)
    middle = points[list(OUTER_EYES)].mean(axis=0)
    angle = np.radians(face.roll_deg)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shift = zoom * np.array([EYES_X_PX, EYES_Y_PX]) - turn @ middle
    matrix: NDArray[np.float64] = np.column_stack([turn, shift]).astype(np.float64)
    source = pixels
    if scale < 0.5:
        # Averaging first keeps the sampling from aliasing.
        source, matrix = _shrunk(pixels, matrix, scale / zoom, int(1.0 / scale), middle)
    size = (zoom * CHIP_WIDTH_PX, zoom * CHIP_HEIGHT_PX)
    warped = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    corners = np.ones(source.shape[:2], dtype=np.uint8)
    inside = cv2.warpAffine(corners, matrix, size, flags=cv2.INTER_NEAREST, borderValue=(0,))
    placed = (points @ turn.T + shift).astype(np.float32)
    return Chip(np.asarray(warped, dtype=np.uint8), placed, scale, np.asarray(inside, dtype=bool))


def _shrunk(
    pixels: SRGB8, matrix: NDArray[np.float64], scale: float, factor: int, middle: NDArray[np.float64]
) -> tuple[SRGB8, NDArray[np.float64]]:
    """The photo around the eyes shrunk by a whole factor, and the matrix that goes with it. `scale` is that
    of a chip of the usual size."""
    # No corner of the chip is further from the eyes than this, however it is turned.
    reach = float(np.hypot(CHIP_WIDTH_PX, CHIP_HEIGHT_PX)) / scale
    left, top = (max(0, int(value - reach)) for value in middle)
    part = pixels[top : int(middle[1] + reach), left : int(middle[0] + reach)]
    size = (max(1, part.shape[1] // factor), max(1, part.shape[0] // factor))
    small = shrink(part[: size[1] * factor, : size[0] * factor], size)
    inner = matrix.copy()
    # Centre of a small pixel i lies at left + factor * i + (factor - 1) / 2 of the photo.
    inner[:, 2] += matrix[:, :2] @ (np.array([left, top]) + (factor - 1) / 2)
    inner[:, :2] *= factor
    return small, inner
