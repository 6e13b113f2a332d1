"""Which of a person's photos show a moment that another one shows already: found before any is developed.

The photo check leaves out photos that look alike as a whole. Those of a burst that were framed, turned or
exposed differently pass it, and would be developed to show one moment several times.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging import photoset
from generation.imaging.landmarks import Landmarks, eye_middle, face_unit, roll_deg
from generation.imaging.ranking.signature import POINTS, SAME_FACE
from generation.imaging.types import CheckedPhoto, Embedding

# Faces nearer than both of these are of one moment: points of the mesh (0.01 is its own unsteadiness), and
# dlib's distance. A photo that was cropped, turned, exposed and encoded anew measures at most 0.011 and 0.06;
# of the shared people's different photos some move as little, but none is nearer than 0.21.
_MOVED: Final = SAME_FACE
_DISTANCE: Final = photoset.DUPLICATE_DISTANCE


def new_first(photos: Sequence[CheckedPhoto]) -> tuple[list[CheckedPhoto], int]:
    """The photos in their order, but those that repeat the moment of one before them last; and how many
    do not."""
    new: list[CheckedPhoto] = []
    again: list[CheckedPhoto] = []
    for photo in photos:
        (again if any(same_moment(photo, other) for other in new) else new).append(photo)
    return [*new, *again], len(new)


def same_moment(one: CheckedPhoto, other: CheckedPhoto) -> bool:
    """Whether both show one expression and pose of a person, seconds apart at most."""
    if one.face is None or other.face is None or one.embedding is None or other.embedding is None:
        return False
    if _distance(one.embedding, other.embedding) >= _DISTANCE:
        return False
    moves = _held(one.face.landmarks) - _held(other.face.landmarks)
    return float(np.sqrt((moves**2).sum(axis=1).mean())) < _MOVED


def _distance(one: Embedding, other: Embedding) -> float:
    return float(np.linalg.norm(one - other))


def _held(landmarks: Landmarks) -> NDArray[np.float64]:
    """(40, 2) how the face is held and moves: its points around the eyes' middle in eye-to-chin units, with
    the eyes level."""
    angle = math.radians(roll_deg(landmarks))
    level = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = landmarks[list(POINTS), :2].astype(np.float64) - eye_middle(landmarks)
    return np.asarray(points @ level / max(face_unit(landmarks), 1e-6))
