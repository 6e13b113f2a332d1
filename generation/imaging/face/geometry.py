"""Sizes and shapes from the mesh: how big the face is for a framing, eyes, mouth, gaze, proportions."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.face import pose, regions
from generation.imaging.types import Face

# Long side of a delivered headshot; the check asks whether the face has the pixels for it.
HEADSHOT_HEIGHT_PX: Final = 2048
# Upper and lower lid pairs, and the corners of each eye.
_LIDS: Final = (((159, 145), (158, 153), (33, 133)), ((386, 374), (385, 380), (263, 362)))
# Iris centre and eye corners (left, right in the picture).
_IRISES: Final = ((468, 33, 133), (473, 362, 263))
_LIPS_INNER: Final = (13, 14)
_MOUTH_CORNERS: Final = (61, 291)
_FACE_SIDES: Final = (234, 454)
# Mouth width over eye span at rest and at a broad smile, over the labelled portraits.
_MOUTH_AT_REST: Final = 0.55
_MOUTH_SMILING: Final = 0.85


def measure(face: Face, height_px: int, framing: Framing) -> dict[str, float]:
    """Geometric measures of a face in a photo of `height_px`.

    `inter_eye_distance_px`: between the eye centres, in photo pixels, as if frontal. `eye_to_chin_px`.
    `enlargement`: how much a headshot in `framing` enlarges the photo. `missing_below`: share of the frame
    below the photo's lower edge (negative: room to spare). `headroom`: from the top of the mesh to the
    photo's upper edge, in eye spans. `eyes_open`, `mouth_openness`: aperture over width; `smile` 0..1;
    `gaze_offset`: iris from the middle of the eye, in eye widths, positive to the camera's right;
    `gaze_drop`: the same downwards from the line between the eye's corners (about -0.06 when looking ahead);
    `face_proportion`: height over width (1.07 to 1.32 for the labelled portraits).
    """
    points = face.landmarks
    span = regions.eye_span_px(face)
    eyes = points[list(regions.OUTER_EYES)].mean(axis=0)
    chin_px = float(np.linalg.norm(points[regions.CHIN] - eyes))
    frame_px = chin_px / framing.head_height
    bottom = float(eyes[1]) + (1.0 - framing.eye_line) * frame_px
    mouth_width = _distance(points, *_MOUTH_CORNERS)
    smile = (mouth_width / max(span, 1.0) - _MOUTH_AT_REST) / (_MOUTH_SMILING - _MOUTH_AT_REST)
    return {
        "inter_eye_distance_px": _eye_centre_distance(points),
        "eye_to_chin_px": chin_px,
        "enlargement": framing.head_height * HEADSHOT_HEIGHT_PX / max(chin_px, 1.0),
        "missing_below": (bottom - height_px) / max(frame_px, 1.0),
        "headroom": float(points[regions.FOREHEAD, 1]) / max(span, 1.0),
        "eyes_open": max(_aperture(points, *eye) for eye in _LIDS),
        "mouth_openness": _distance(points, *_LIPS_INNER) / max(mouth_width, 1.0),
        "smile": float(np.clip(smile, 0.0, 1.0)),
        "gaze_offset": float(np.mean([_gaze(points, *iris)[0] for iris in _IRISES])),
        "gaze_drop": float(np.mean([_gaze(points, *iris)[1] for iris in _IRISES])),
        "face_proportion": _proportion(points),
    }


def _distance(points: NDArray[np.float32], a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def _eye_centre_distance(points: NDArray[np.float32]) -> float:
    left, right = points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)
    return float(np.linalg.norm(left - right))


def _aperture(
    points: NDArray[np.float32], first: tuple[int, int], second: tuple[int, int], corners: tuple[int, int]
) -> float:
    """Mean lid distance over the eye's width, with depth so that a turned head changes little."""
    opening = (_distance(points, *first) + _distance(points, *second)) / 2.0
    return opening / max(_distance(points, *corners), 1.0)


def _gaze(points: NDArray[np.float32], iris: int, left: int, right: int) -> tuple[float, float]:
    """Iris from the middle of the eye along and across its axis, in eye widths."""
    axis = points[right, :2] - points[left, :2]
    offset = points[iris, :2] - (points[left, :2] + points[right, :2]) / 2.0
    square = max(float(axis @ axis), 1.0)
    return float(offset @ axis / square), float((axis[0] * offset[1] - axis[1] * offset[0]) / square)


def _proportion(points: NDArray[np.float32]) -> float:
    """Forehead to chin over cheek to cheek, with the head turned to the front."""
    frontal = pose.frontal(points)
    height = abs(frontal[regions.FOREHEAD, 1] - frontal[regions.CHIN, 1])
    width = abs(frontal[_FACE_SIDES[0], 0] - frontal[_FACE_SIDES[1], 0])
    return float(height / max(float(width), 1e-3))
