"""Hands in a picture, by MediaPipe's palm detector and hand model (Zhang et al. 2020, arXiv:2006.10214).

A graph is not thread-safe and does not survive a fork: kept by process id and used under a lock that is made
new in each child, as the nets of `matting.nets` are.
"""

import os
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np

from generation.imaging.models.wheels import HAND_DETECTOR, HAND_LANDMARKS
from generation.imaging.threads import ProcessLock
from generation.imaging.types import SRGB8

# A palm of which the detector is less sure is none. In 178 shared photos, few of which show a hand, it takes
# a flag and an ear for one at 0.3; at 0.5 it finds hands only, in three photos in which they lie open. Parts
# of a picture shown to it one by one bring flags, collars and a pot of hair up again, so it sees the whole.
_SURE: Final = 0.5
# Long side at which hands are looked for: the detector sees 192 pixels, the hand model 224 around a palm.
_LOOKED_AT_PX: Final = 1024
_MOST: Final = 4
_lock = ProcessLock()


@lru_cache(maxsize=1)
def _graph(_process_id: int) -> Any:
    for model in (HAND_DETECTOR, HAND_LANDMARKS):
        model.locate()
    os.environ.setdefault("GLOG_minloglevel", "3")
    from mediapipe.python.solutions.hands import Hands

    return Hands(
        static_image_mode=True, max_num_hands=_MOST, model_complexity=1, min_detection_confidence=_SURE
    )


def count(pixels: SRGB8) -> int:
    """How many hands are surely in sight, 0 to 4. About 10 ms. Raises EngineError `package_missing`."""
    scale = min(1.0, _LOOKED_AT_PX / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    with _lock:
        found = _graph(os.getpid()).process(small).multi_hand_landmarks
    return len(found or ())
