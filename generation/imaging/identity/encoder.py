"""The identity encoder: dlib's ResNet embedding of an aligned face.

Alignment by dlib's 5-point predictor (eye corners and nose base), embedding by the network that Davis
King trained for dlib 19.3: 128 numbers, not L2-normalised, Euclidean distance; 99.38 % on LFW.
"""

import os
import threading
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from generation.imaging.errors import EngineError
from generation.imaging.models.wheels import FIVE_POINTS, IDENTITY_ENCODER
from generation.imaging.types import SRGB8, Embedding, Face

# The chip that the network was trained on: 150 pixels with a quarter of padding around the face.
CHIP_PX: Final = 150
CHIP_PADDING: Final = 0.25
# Side of the face in the picture handed to dlib: more only costs time in building the chip.
WORKING_FACE_PX: Final = 300
# dlib's predictor was trained on boxes of dlib's own detector: brows to chin, a little wider than the
# face. Fractions of the mesh's bounding box, in the middle of the range (-0.05 to 0.15) in which the
# labelled pairs separate equally well; from 0.2 on the points slip and so does the likeness.
_BOX_TOP: Final = 0.08
_BOX_SIDE_MARGIN: Final = 0.04


@dataclass(slots=True)
class _Encoder:
    predictor: Any
    network: Any


_encoders: dict[int, _Encoder] = {}
_lock = threading.RLock()


def _new_lock_in_child() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_new_lock_in_child)


def embed(pixels: SRGB8, face: Face) -> Embedding:
    """(128,) float64 embedding of a face found in (H, W, 3) uint8 sRGB pixels. Raises EngineError."""
    import dlib

    crop, box = _crop(pixels, face)
    with _lock:
        encoder = _encoder()
        try:
            shape = encoder.predictor(crop, dlib.rectangle(*box))
            chip = dlib.get_face_chip(crop, shape, CHIP_PX, CHIP_PADDING)
            descriptor = encoder.network.compute_face_descriptor(chip)
        except RuntimeError as error:
            raise EngineError("identity_failed") from error
    return np.array(descriptor, dtype=np.float64)


def _encoder() -> _Encoder:
    """This process's networks (made anew after a fork); call with the lock held."""
    encoder = _encoders.get(os.getpid())
    if encoder is None:
        import dlib

        encoder = _encoders[os.getpid()] = _Encoder(
            dlib.shape_predictor(str(FIVE_POINTS.locate())),
            dlib.face_recognition_model_v1(str(IDENTITY_ENCODER.locate())),
        )
    return encoder


def _crop(pixels: SRGB8, face: Face) -> tuple[SRGB8, tuple[int, int, int, int]]:
    """The face with room around it at a working size, and dlib's box (left, top, right, bottom) in it."""
    x0, y0, x1, y1 = face.box
    side = max(x1 - x0, y1 - y0, 1.0)
    height, width = pixels.shape[:2]
    left, top = max(0, int(x0 - side * 0.6)), max(0, int(y0 - side * 0.6))
    right, bottom = min(width, int(x1 + side * 0.6)), min(height, int(y1 + side * 0.6))
    part = pixels[top:bottom, left:right]
    scale = WORKING_FACE_PX / side
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    # Small faces are enlarged softly: dlib's own sampling of few pixels is bilinear and harsh.
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    crop = np.ascontiguousarray(cv2.resize(part, size, interpolation=method), dtype=np.uint8)
    margin = (x1 - x0) * _BOX_SIDE_MARGIN
    box = (
        x0 - margin - left,
        y0 + (y1 - y0) * _BOX_TOP - top,
        x1 + margin - left,
        y1 - top,
    )
    scaled = [round(value * scale) for value in box]
    return crop, (scaled[0], scaled[1], scaled[2], scaled[3])
