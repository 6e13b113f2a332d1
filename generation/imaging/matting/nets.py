"""The two nets that know what a person is, as MediaPipe ships them.

A MediaPipe graph is not thread-safe and does not survive a fork (its threads stay in the parent): the
nets are kept by process id and used under a lock that is made new in each child.
"""

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.types import SRGB8, Alpha

# The nets see this many pixels a side, whatever they are given.
_NET_PX = 256
_net_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Nets:
    selfie: Any
    pose: Any


@lru_cache(maxsize=1)
def _nets(_process_id: int) -> _Nets:
    """The nets of this process, made on first use so that importing stays cheap."""
    os.environ.setdefault("GLOG_minloglevel", "3")
    from mediapipe.python.solutions.pose import Pose
    from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

    pose = Pose(
        static_image_mode=True,
        # 1 is the full model, the only one that lies in the wheel.
        model_complexity=1,
        enable_segmentation=True,
        smooth_segmentation=False,
        # It is asked about a photo that has a face: it only has to say where the body is.
        min_detection_confidence=0.2,
    )
    return _Nets(SelfieSegmentation(model_selection=0), pose)


def _new_lock_in_child() -> None:
    global _net_lock
    _net_lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock_in_child)


def _fit(mask: Alpha, like: SRGB8) -> Alpha:
    size = (like.shape[1], like.shape[0])
    out = cv2.resize(mask, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(out, 0.0, 1.0), np.float32)


def selfie_mask(pixels: SRGB8) -> Alpha:
    """Selfie segmentation's probability of a whole (small) picture, same size.

    Mean over the picture, its mirror image and both without colour: gaudy backdrops mislead the net
    mostly by their colours, and a one-sided error rarely repeats in the mirror.
    """
    small = np.asarray(cv2.resize(pixels, (_NET_PX, _NET_PX), interpolation=cv2.INTER_AREA), np.uint8)
    grey = np.asarray(cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    mask = np.zeros((_NET_PX, _NET_PX), np.float32)
    with _net_lock:
        selfie = _nets(os.getpid()).selfie
        for view in (small, grey):
            mask += selfie.process(np.ascontiguousarray(view)).segmentation_mask
            mirrored = np.ascontiguousarray(view[:, ::-1])
            mask += selfie.process(mirrored).segmentation_mask[:, ::-1]
    return _fit(mask / 4.0, pixels)


def body_mask(pixels: SRGB8) -> Alpha | None:
    """The pose net's segmentation (BlazePose GHUM), mean of picture and mirror image; None where it
    finds nobody. Coarse at edges, but it knows a body from a flag."""
    masks = []
    with _net_lock:
        pose = _nets(os.getpid()).pose
        for mirror in (False, True):
            view = np.ascontiguousarray(pixels[:, ::-1]) if mirror else np.ascontiguousarray(pixels)
            mask = pose.process(view).segmentation_mask
            if mask is not None:
                masks.append(mask[:, ::-1] if mirror else np.array(mask))
    if not masks:
        return None
    return np.asarray(np.clip(np.mean(masks, axis=0), 0, 1), np.float32)


def body_points(pixels: SRGB8) -> NDArray[np.float32] | None:
    """The pose net's 33 body points (33, 3): x, y in pixels and how likely each is in sight, 0..1; None
    where it finds nobody. Points may lie outside of the picture."""
    with _net_lock:
        found = _nets(os.getpid()).pose.process(np.ascontiguousarray(pixels)).pose_landmarks
    if found is None:
        return None
    height, width = pixels.shape[:2]
    points = [(one.x * width, one.y * height, one.visibility) for one in found.landmark]
    return np.asarray(points, np.float32)
