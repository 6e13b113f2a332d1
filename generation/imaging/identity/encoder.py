"""The identity encoder: dlib's ResNet embedding of an aligned face.

The network that Davis King trained for dlib 19.3: 128 numbers, not L2-normalised, Euclidean distance; 99.38 %
on LFW. Alignment by the five points it was trained with (eye corners and nose base), read from the face mesh:
dlib's own 5-point predictor slips on some glasses and side light (one labelled pair went from 0.44 to 0.52
when the crop changed by a pixel), the mesh does not.
"""

import os
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging.errors import EngineError
from generation.imaging.identity.dlib_network import CHIP_PX, FaceNetwork
from generation.imaging.models.wheels import IDENTITY_ENCODER
from generation.imaging.resample import shrink
from generation.imaging.threads import ProcessLock
from generation.imaging.types import SRGB8, Embedding, Face

# The chip that the network was trained on has a quarter of padding around the face.
CHIP_PADDING: Final = 0.25
# Side of the face in the picture handed to dlib: twice the chip; more only costs time.
WORKING_FACE_PX: Final = 300
# Room around the mesh's box, as a share of its longer side: the chip shows hairline and chin.
_ROOM: Final = 0.6
# Mesh points in dlib's order: outer and inner corner of the eye on the right of the picture, the same on the
# left, base of the nose.
FIVE_POINTS: Final = (263, 362, 33, 133, 2)
_lock = ProcessLock()


def embed(pixels: SRGB8, face: Face) -> Embedding:
    """(128,) float64 embedding of a face found in (H, W, 3) uint8 sRGB pixels. Raises EngineError.

    The mean over the face and its mirror image: what one side light or one turned-away cheek adds to the
    embedding cancels out. It doubles the cost and is what separates all labelled people: the
    farthest photos of one person come from 0.460 to 0.440, the nearest of two people from 0.462 to 0.472.
    Further crops bring the two no farther apart.
    """
    # Imported late: only those who measure likeness load the library.
    import dlib

    crop, points = _crop(pixels, face)
    low, high = points.min(axis=0), points.max(axis=0)
    around = dlib.rectangle(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    shape = dlib.full_object_detection(around, [dlib.point(int(x), int(y)) for x, y in points.round()])
    try:
        chip = dlib.get_face_chip(crop, shape, CHIP_PX, CHIP_PADDING)
    except RuntimeError as error:
        raise EngineError("identity_failed") from error
    with _lock:
        network = _network(os.getpid())
    ahead, mirrored = network.describe([chip, np.ascontiguousarray(chip[:, ::-1])])
    return np.asarray((ahead.astype(np.float64) + mirrored) / 2.0)


@lru_cache(maxsize=1)
def _network(_process_id: int) -> FaceNetwork:
    """This process's network (loaded anew after a fork), read on first use; call with the lock held."""
    return FaceNetwork(IDENTITY_ENCODER.locate())


def _crop(pixels: SRGB8, face: Face) -> tuple[SRGB8, NDArray[np.float64]]:
    """The face with room around it at a working size, and the five points (5, 2) in it."""
    x0, y0, x1, y1 = face.box
    side = max(x1 - x0, y1 - y0, 1.0)
    height, width = pixels.shape[:2]
    left, top = max(0, int(x0 - side * _ROOM)), max(0, int(y0 - side * _ROOM))
    right, bottom = min(width, int(x1 + side * _ROOM) + 1), min(height, int(y1 + side * _ROOM) + 1)
    part = pixels[top:bottom, left:right]
    scale = WORKING_FACE_PX / side
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    points = (face.landmarks[list(FIVE_POINTS), :2].astype(np.float64) - (left, top)) * scale
    return shrink(part, size), points
