"""What a finished picture looks like, in a few hundred bytes: expression, pose, crop and light.

Two pictures of one person are told apart by where the face's points stand (a smile, a turned head: a
thumbnail hardly sees them) and by a small grey copy (crop, light, clothes).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import eye_middle, face_unit
from generation.imaging.types import SRGB8

# Points that move with expression and pose: brows, lids, nose, lips, chin, cheeks and outline.
POINTS: Final = (
    70, 105, 107, 336, 334, 300, 159, 145, 33, 133, 386, 374, 362, 263, 468, 473, 1, 4, 98, 327,
    61, 291, 13, 14, 0, 17, 78, 308, 37, 267, 84, 314, 152, 172, 397, 234, 454, 10, 205, 425,
)  # fmt: skip
# Side of the grey copy.
_WIDE, _TALL = 16, 20
# A point's place in 16 bits: the largest is this many eye-to-chin units from the middle of the eyes.
_REACH: Final = 2.5
_MOST: Final = 32_767
# Root mean square of the points' moves, in eye-to-chin units, at which a face does something else: the
# mesh's own unsteadiness is 0.01, a beginning smile 0.03, a head turned by five degrees 0.04.
SAME_FACE: Final = 0.020
# Mean difference of the grey copies, 0..1, that an eye comparing two pictures notices.
SAME_GREY: Final = 0.010
# The move at which two pictures have nothing of their expression or pose in common.
_FAR: Final = 0.08


@dataclass(frozen=True, slots=True)
class _Signature:
    """`points` (40, 2) in eye-to-chin units around the eyes' middle; `grey` (20, 16) 0..1."""

    points: NDArray[np.float32]
    grey: NDArray[np.float32]


def signature(image: SRGB8, landmarks: NDArray[Any]) -> str:
    """Of an (h, w, 3) uint8 picture and the face's (478, 3) landmarks in it, as text."""
    points = (landmarks[list(POINTS), :2] - eye_middle(landmarks)) / max(face_unit(landmarks), 1e-6)
    whole = np.clip(np.rint(points / _REACH * _MOST), -_MOST, _MOST).astype("<i2")
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (_WIDE, _TALL), interpolation=cv2.INTER_AREA)
    data: bytes = whole.tobytes() + np.asarray(grey, np.uint8).tobytes()
    return data.hex()


@lru_cache(maxsize=512)
def _read(text: str) -> _Signature:
    data, cut = bytes.fromhex(text), 4 * len(POINTS)
    if len(data) != cut + _WIDE * _TALL:
        raise ValueError("not a signature")
    points = np.frombuffer(data[:cut], "<i2").astype(np.float32).reshape(-1, 2)
    grey = np.frombuffer(data[cut:], np.uint8).astype(np.float32).reshape(_TALL, _WIDE)
    return _Signature(points * np.float32(_REACH / _MOST), grey / np.float32(255))


def moved(one: str, other: str) -> float:
    """How differently the faces are held and move, in eye-to-chin units (root mean square).

    Raises ValueError for a text that is no signature, as the others do.
    """
    difference = _read(one).points - _read(other).points
    return float(np.sqrt((difference**2).sum(axis=1).mean()))


def same(one: str, other: str) -> bool:
    """Whether a person would take the two for one picture."""
    if moved(one, other) >= SAME_FACE:
        return False
    return float(np.abs(_read(one).grey - _read(other).grey).mean()) < SAME_GREY


def alike(one: str, other: str) -> float:
    """0..1: how much of expression and pose two pictures share."""
    return max(0.0, 1.0 - moved(one, other) / _FAR)
