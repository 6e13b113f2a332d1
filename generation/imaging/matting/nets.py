"""The two nets that know what a person is, as MediaPipe ships them.

A MediaPipe graph is not thread-safe and does not survive a fork (its threads stay in the parent): the
nets are kept by process id and used under a lock that is made new in each child.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.threads import ProcessLock
from generation.imaging.types import SRGB8, Alpha

# The nets see this many pixels a side, whatever they are given.
_NET_PX = 256
# Views are turned at this size, which is finer than the net sees.
_VIEW_PX = 384
# How far a picture is turned for the net, and the scale that keeps most of it in view.
_ANGLES_DEG = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)
_TURNED_SCALE = 0.85
# The pose net is slower and only asked where the views disagree.
_BODY_ANGLES_DEG = (-20.0, 0.0, 20.0)
_net_lock = ProcessLock()


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


def selfie_views(pixels: SRGB8) -> NDArray[np.float32]:
    """(V, h, w) probabilities of a picture by selfie segmentation, one for each view of it.

    The net is shown the picture turned by several angles, each also mirrored. A person stays one; what
    only resembles one (a flag's fold beside a neck) is taken for one at some angles and not at others.
    h, w: the picture's shape at no more than `_VIEW_PX` a side.
    """
    scale = min(1.0, _VIEW_PX / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    views = []
    with _net_lock:
        selfie = _nets(os.getpid()).selfie
        for angle in _ANGLES_DEG:
            turn = _turn(size, angle)
            view = _turned(small, turn, size)
            view = cv2.resize(view, (_NET_PX, _NET_PX), interpolation=cv2.INTER_AREA)
            for step in (1, -1):
                mask = selfie.process(np.ascontiguousarray(view[:, ::step])).segmentation_mask[:, ::step]
                mask = cv2.resize(np.ascontiguousarray(mask), size, interpolation=cv2.INTER_LINEAR)
                views.append(_turned(mask, turn, size, back=True))
    return np.asarray(views, np.float32)


def body_mask(pixels: SRGB8) -> Alpha | None:
    """The pose net's segmentation (BlazePose GHUM), median over turned views; None where it finds
    nobody. Coarse at edges, but it knows a body from a flag."""
    size = (pixels.shape[1], pixels.shape[0])
    masks = []
    with _net_lock:
        pose = _nets(os.getpid()).pose
        for angle in _BODY_ANGLES_DEG:
            turn = _turn(size, angle)
            mask = pose.process(_turned(pixels, turn, size)).segmentation_mask
            if mask is not None:
                masks.append(_turned(mask, turn, size, back=True))
    if not masks:
        return None
    return np.asarray(np.clip(np.median(masks, axis=0), 0, 1), np.float32)


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


def _turn(size: tuple[int, int], angle: float) -> NDArray[np.float64]:
    """The (2, 3) matrix that turns a picture of this size around its middle."""
    out = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), angle, _TURNED_SCALE)
    return np.asarray(out, np.float64)


def _turned(pixels: Any, turn: NDArray[np.float64], size: tuple[int, int], *, back: bool = False) -> Any:
    """A picture or mask turned, or turned back; what comes into view repeats the border."""
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if back else 0)
    return cv2.warpAffine(pixels, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
