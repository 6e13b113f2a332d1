"""What stands out of a picture: U2-Net's small model, the second opinion beside MediaPipe's person nets.

Source: Qin, Zhang, Huang, Dehghan, Zaiane & Jagersand, "U2-Net: going deeper with nested U-structure for
salient object detection", Pattern Recognition 2020; the small weights, Apache-2.0 (weights/README.md). It
was taught by other pictures for another question, so it errs elsewhere: it knows no body and loses a dark
suit, but it sees hair, and cuts what merely stands behind a neck.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from generation.imaging.types import SRGB8, Alpha

WEIGHTS: Final = Path(__file__).parent / "weights" / "u2netp.onnx"
# It sees the picture mirrored and at this size. At the size that it was taught at (320) it loses more suits
# and costs twice as much; the mean of both costs three times as much and decides no better.
_NET_PX: Final = 224
# How its training pictures were normalised: ImageNet's mean and deviation.
_MEAN: Final = np.array((0.485, 0.456, 0.406), np.float32)
_DEVIATION: Final = np.array((0.229, 0.224, 0.225), np.float32)


@lru_cache(maxsize=1)
def _net(_process_id: int) -> Any:
    """The net of this process (its threads do not survive a fork), read on first use."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread: a tenth of a second's work, and pictures are the same bytes on any number of cores.
    options.intra_op_num_threads = 1
    # It runs once a photo: what it works in is given back rather than kept.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])


def salient(pixels: SRGB8) -> Alpha:
    """(H, W) float32 0..1: how much each pixel belongs to what stands out of `pixels` (H, W, 3) sRGB."""
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    small = cv2.resize(mirrored, (_NET_PX, _NET_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    planes = ((small / max(float(small.max()), 1.0) - _MEAN) / _DEVIATION).transpose(2, 0, 1)[None]
    net = _net(os.getpid())
    given = net.get_inputs()[0].name
    found = net.run(None, {given: np.ascontiguousarray(planes, np.float32)})[0][0, 0]
    size = (pixels.shape[1], pixels.shape[0])
    large = cv2.resize(np.ascontiguousarray(found[:, ::-1]), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large, 0, 1), np.float32)
