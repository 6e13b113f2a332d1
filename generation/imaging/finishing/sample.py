"""The person as the frame shows them: master pixels at the frame's, and the light on them."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.finishing import detail, framing
from generation.imaging.landmarks import face_unit
from generation.imaging.types import Alpha, LinearRGB, MasterLayers

# Below this scale a picture is averaged down before sampling, against moire.
_AVERAGE_BELOW: Final = 0.75
# Every how manieth pixel of the frame the smooth gain of the light is worked out at.
_GAIN_STEP: Final = 2
# Height of the soft edge of a crown that the photo cut, in eye-to-chin units.
_SOFT_CROWN: Final = 0.015


def sampled(master: MasterLayers, matrix: NDArray[Any], laid: framing.Frame) -> tuple[LinearRGB, Alpha]:
    """Foreground (h, w, 3) after white balance, a (3, 3) matrix, and alpha (h, w) at the frame's pixels.

    Colour is interpolated on a square-root scale, where an overshoot beside a bright edge does not show.
    """
    alpha, map_x, map_y = master.alpha, laid.map_x, laid.map_y
    if laid.reach.hair:
        # A crown that the photo cut has no hairs of its own at the edge: it gets a soft one.
        soft = max(2, round(_SOFT_CROWN * face_unit(master.landmarks)))
        alpha = alpha.copy()
        alpha[:soft] *= np.linspace(0, 1, soft, dtype=np.float32)[:, None]
    colour = cv2.transform(master.foreground, matrix.astype(np.float32))
    colour = cv2.sqrt(np.maximum(colour, 0, out=colour), dst=colour)
    if laid.scale < _AVERAGE_BELOW:
        size = (max(1, round(alpha.shape[1] * laid.scale)), max(1, round(alpha.shape[0] * laid.scale)))
        fx, fy = size[0] / alpha.shape[1], size[1] / alpha.shape[0]
        colour = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        map_x = (map_x + 0.5) * np.float32(fx) - np.float32(0.5)
        map_y = (map_y + 0.5) * np.float32(fy) - np.float32(0.5)
    if laid.scale > detail.ENLARGE_FROM:
        colour = _enlarged(colour, alpha, laid)
    else:
        colour = cv2.remap(colour, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(alpha, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
    colour = np.maximum(colour, 0, out=colour)
    return np.asarray(cv2.multiply(colour, colour), np.float32), np.clip(alpha, 0, 1, out=alpha)


def _enlarged(colour: LinearRGB, alpha: Alpha, laid: framing.Frame) -> LinearRGB:
    """The frame's pixels from the part of the master that it shows, enlarged first and then laid out."""
    height, width = alpha.shape
    x0, x1 = (int(np.clip(end, 0, width)) for end in (laid.map_x.min() - 4, laid.map_x.max() + 5))
    y0, y1 = (int(np.clip(end, 0, height)) for end in (laid.map_y.min() - 4, laid.map_y.max() + 5))
    part, solid = colour[y0:y1, x0:x1], alpha[y0:y1, x0:x1]
    larger = detail.enlarge(part, solid, laid.scale)
    fx, fy = np.float32(larger.shape[1] / part.shape[1]), np.float32(larger.shape[0] / part.shape[0])
    map_x = (laid.map_x - np.float32(x0 - 0.5)) * fx - np.float32(0.5)
    map_y = (laid.map_y - np.float32(y0 - 0.5)) * fy - np.float32(0.5)
    return np.asarray(cv2.remap(larger, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def lit(
    foreground: LinearRGB, gain: NDArray[np.float32], laid: framing.Frame, shape: tuple[int, ...]
) -> LinearRGB:
    """The framed foreground under the rig's `gain`, (h, w, 3) over the whole master at any smaller size;
    `shape` is the master's (H, W)."""
    height, width = foreground.shape[:2]
    # The gain is smooth: a coarse grid of the frame shows all of it.
    coarse = (max(2, width // _GAIN_STEP), max(2, height // _GAIN_STEP))
    fx, fy = gain.shape[1] / shape[1], gain.shape[0] / shape[0]
    map_x = (cv2.resize(laid.map_x, coarse, interpolation=cv2.INTER_AREA) + 0.5) * np.float32(fx) - 0.5
    map_y = (cv2.resize(laid.map_y, coarse, interpolation=cv2.INTER_AREA) + 0.5) * np.float32(fy) - 0.5
    there = cv2.remap(gain, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    there = cv2.resize(there, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.multiply(foreground, there, out=foreground), np.float32)
