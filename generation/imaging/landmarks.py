"""Names for the points of MediaPipe's face mesh, and the few lengths that every stage measures in.

All take `landmarks` (478, 3) in pixels: x to the right, y down, z smaller when nearer.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Landmarks = NDArray[np.float32]

CHIN = 152
# Left and right as seen in the picture.
LEFT_IRIS, RIGHT_IRIS = 468, 473
LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS = (33, 133), (362, 263)
FACE_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
             152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
LEFT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE = (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)
LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW = (336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
# The mesh numbers the points on the middle of the face and on the half to the left in the picture below 248,
# and those on the other half from there on, in the same order.
_MIDDLE = (
    0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    94, 151, 152, 164, 168, 175, 195, 197, 199, 200,
)  # fmt: skip
_OTHER_HALF, _MESH_POINTS = 248, 468
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)


def _mirrored_points() -> NDArray[np.int_]:
    out = np.arange(_MESH_POINTS)
    left = np.setdiff1d(np.arange(_OTHER_HALF), _MIDDLE)
    right = np.arange(_OTHER_HALF, _MESH_POINTS)
    out[left], out[right] = right, left
    return out


# (468,) index of the mesh point that mirrors each; points on the middle mirror themselves.
MIRRORED = _mirrored_points()


def eye_middle(landmarks: Landmarks) -> NDArray[np.float32]:
    """Midpoint between the irises, (2,) pixels: where a face is; a frame is laid out by its `eyes`."""
    middle: NDArray[np.float32] = (landmarks[LEFT_IRIS, :2] + landmarks[RIGHT_IRIS, :2]) / 2
    return middle


def face_unit(landmarks: Landmarks) -> float:
    """Distance from the eyes' midpoint to the chin in pixels: the measure of head size."""
    return float(np.linalg.norm(landmarks[CHIN, :2] - eye_middle(landmarks)))


def eyes(landmarks: Landmarks) -> NDArray[np.float64]:
    """(2, 2) where the eye on the picture's left and the one on its right are, pixels.

    Iris, outer corner and the middle of the lids' outline are all called the place of an eye; on one face
    they lie up to half a percent of a headshot's height and a degree apart. Their mean lies near each, so
    that a picture laid out by it measures as it should whichever somebody takes.
    """
    places = [
        (landmarks[iris, :2] + landmarks[corner, :2] + landmarks[list(lids), :2].mean(axis=0)) / 3
        for iris, corner, lids in (
            (LEFT_IRIS, LEFT_EYE_CORNERS[0], LEFT_EYE),
            (RIGHT_IRIS, RIGHT_EYE_CORNERS[1], RIGHT_EYE),
        )
    ]
    return np.asarray(np.stack(places), np.float64)


def roll_deg(landmarks: Landmarks) -> float:
    """Slope of the `eyes`; positive when the picture's right eye is lower (clockwise)."""
    left, right = eyes(landmarks)
    return math.degrees(math.atan2(float(right[1] - left[1]), float(right[0] - left[0])))


def region(landmarks: Landmarks, points: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(H, W) mask, 1 inside the polygon through those points."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(landmarks[list(points), :2]).astype(np.int32)], 1)
    return mask


def skin_region(landmarks: Landmarks, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(H, W) mask of the face without eyes, brows and lips, shrunk a little from hair and beard line."""
    unit = face_unit(landmarks)
    mask = region(landmarks, FACE_OVAL, shape)
    reach = max(1, round(0.06 * unit))
    mask = cv2.erode(mask, np.ones((2 * reach + 1,) * 2, np.uint8), borderValue=0)
    holes = np.zeros(shape, np.uint8)
    for points in (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, LIPS):
        holes |= region(landmarks, points, shape)
    reach = max(1, round(0.03 * unit))
    holes = cv2.dilate(holes, np.ones((2 * reach + 1,) * 2, np.uint8))
    return np.asarray(mask * (1 - holes), np.uint8)


def moved(landmarks: Landmarks, scale: float, dx: float = 0.0, dy: float = 0.0) -> Landmarks:
    """The same face after scaling the picture by `scale` and then shifting it."""
    return np.asarray(landmarks * scale + np.array([dx, dy, 0.0], np.float32), np.float32)
