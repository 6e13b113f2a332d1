"""Where the head stands in the frame, and where every pixel of the frame comes from."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.finishing.reach import Reach, reach_edges
from generation.imaging.landmarks import CHIN, FACE_OVAL, Landmarks, eyes, face_unit, roll_deg
from generation.imaging.types import Alpha

Grid = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where every pixel of the frame comes from, and where the face lies in it.

    `map_x`, `map_y` are (h, w) positions in the master; `landmarks` are in frame pixels; `scale` is frame
    over master; `reach` says how far cloth and hair were drawn to meet the frame.
    """

    map_x: Grid
    map_y: Grid
    landmarks: Landmarks
    scale: float
    reach: Reach


def place(landmarks: Landmarks, framing: Framing, size: tuple[int, int]) -> tuple[Matrix, float]:
    """Level the eyes and put head and eye line where the framing says. `size` is (width, height).

    Sideways it is the middle of the face that stands there: eyes lead a turned head, and one that is laid out
    by them has the back of the head at the frame's edge and an empty half before the nose.
    Returns the (2, 3) similarity from master to frame, and its scale.
    """
    width, height = size
    scale = framing.head_height * height / _upright_unit(landmarks)
    angle = math.radians(-roll_deg(landmarks))
    rotation = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = rotation @ eyes(landmarks).mean(axis=0)
    across = rotation[0] @ landmarks[list(FACE_OVAL), :2].T
    middle[0] = (across.min() + across.max()) / 2
    shift = np.array([framing.eye_center * width, framing.eye_line * height]) - middle
    return np.concatenate([rotation, shift[:, None]], axis=1), scale


def measured(landmarks: Landmarks, size: tuple[int, int]) -> tuple[float, float, float]:
    """Eye line and head height as fractions of the height of a picture of `size`, and roll in degrees: what
    `place` brings to what a framing says."""
    middle = float(eyes(landmarks)[:, 1].mean())
    return middle / size[1], _eyes_to_chin(landmarks) / size[1], roll_deg(landmarks)


def _eyes_to_chin(landmarks: Landmarks) -> float:
    """From the eyes to the chin, measured downwards once the eyes are level."""
    angle = math.radians(roll_deg(landmarks))
    down = np.array([-math.sin(angle), math.cos(angle)])
    return float((landmarks[CHIN, :2] - eyes(landmarks).mean(axis=0)) @ down)


def _upright_unit(landmarks: Landmarks) -> float:
    """What `head_height` means; a chin that was read absurdly high does not blow the face up."""
    return max(_eyes_to_chin(landmarks), 0.5 * face_unit(landmarks))


def _transform(landmarks: Landmarks, matrix: Matrix, scale: float) -> Landmarks:
    """Landmarks after the placement; z is scaled alike."""
    flat = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(np.concatenate([flat, landmarks[:, 2:] * scale], axis=1).astype(np.float32), np.float32)


def frame_person(alpha: Alpha, landmarks: Landmarks, framing: Framing, size: tuple[int, int]) -> Frame:
    """Lay out one person. Raises SubjectError `head_cut` or `crop_too_tight` where the photo ends
    before the frame does and cloth or hair cannot be drawn that far."""
    matrix, scale = place(landmarks, framing, size)
    face = _transform(landmarks, matrix, scale)
    xs, ys, reach = reach_edges(alpha, face, matrix, size)
    turn = np.linalg.inv(matrix[:, :2])
    shift = -turn @ matrix[:, 2]
    map_x = (turn[0, 0] * xs + turn[0, 1] * ys + shift[0]).astype(np.float32)
    map_y = (turn[1, 0] * xs + turn[1, 1] * ys + shift[1]).astype(np.float32)
    return Frame(map_x, map_y, face, scale, reach)
