"""The person as the frame shows them: master pixels at the frame's, and the light on them."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.finishing import detail, framing, retouch
from generation.imaging.landmarks import face_unit
from generation.imaging.types import Alpha, LinearRGB, MasterLayers

# Below this scale a picture is averaged down before sampling, against moire.
_AVERAGE_BELOW: Final = 0.75
# Every how manieth pixel of the frame the smooth gain of the light is worked out at.
_GAIN_STEP: Final = 2
# Rows of the frame that are laid out at a time, and pixels around the person that sharpening looks at, where
# a master's pixel is one of the frame.
_ROWS: Final = 64
_BESIDE: Final = 8
# Height of the soft edge of a crown that the photo cut, in eye-to-chin units.
_SOFT_CROWN: Final = 0.015


def sampled(master: MasterLayers, matrix: NDArray[Any], laid: framing.Frame) -> tuple[LinearRGB, Alpha]:
    """Foreground (h, w, 3) after white balance, a (3, 3) matrix, and alpha (h, w) at the frame's pixels.

    Colour is interpolated on a square-root scale, where an overshoot beside a bright edge does not show.
    """
    x, y = _shown(master, laid)
    alpha, map_x, map_y = (
        master.alpha[y, x],
        laid.map_x - np.float32(x.start),
        laid.map_y - np.float32(y.start),
    )
    if laid.reach.hair:
        # A crown that the photo cut has no hairs of its own at the edge: it gets a soft one.
        soft = max(2, round(_SOFT_CROWN * face_unit(master.landmarks)))
        rows = np.linspace(0, 1, soft, dtype=np.float32)[y.start : y.stop, None]
        alpha = alpha.copy()
        alpha[: len(rows)] *= rows
    colour = cv2.transform(master.foreground[y, x], matrix.astype(np.float32))
    colour = cv2.sqrt(np.maximum(colour, 0, out=colour), dst=colour)
    if laid.scale < _AVERAGE_BELOW:
        size = (max(1, round(alpha.shape[1] * laid.scale)), max(1, round(alpha.shape[0] * laid.scale)))
        fx, fy = size[0] / alpha.shape[1], size[1] / alpha.shape[0]
        colour = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        map_x = (map_x + 0.5) * np.float32(fx) - np.float32(0.5)
        map_y = (map_y + 0.5) * np.float32(fy) - np.float32(0.5)
    solid = cv2.remap(alpha, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
    if laid.scale > detail.ENLARGE_FROM:
        colour = detail.enlarge(colour, alpha, laid.scale)
        down, across = (np.float32(one / two) for one, two in zip(colour.shape, alpha.shape, strict=False))
        map_x = (map_x + np.float32(0.5)) * across - np.float32(0.5)
        map_y = (map_y + np.float32(0.5)) * down - np.float32(0.5)
    seen = solid > 0
    seen[retouch.reach(laid.landmarks, solid.shape)] = True
    return _squared(colour, map_x, map_y, seen, laid.scale), np.clip(solid, 0, 1, out=solid)


def _shown(master: MasterLayers, laid: framing.Frame) -> tuple[slice, slice]:
    """Columns and rows of the master that the frame shows, with what interpolation reads beside them.

    All of it where it is averaged down: another phase of that grid makes the mesh read the small picture up
    to half a pixel differently.
    """
    height, width = master.alpha.shape
    if laid.scale < _AVERAGE_BELOW:
        return slice(0, width), slice(0, height)
    beside = 4 + int(np.ceil(4 / min(1.0, laid.scale)))

    def part(places: NDArray[np.float32], most: int) -> slice:
        low, high = int(np.floor(places.min())) - beside, int(np.ceil(places.max())) + beside + 1
        start = int(np.clip(low, 0, most - 1))
        return slice(start, int(np.clip(high, start + 1, most)))

    return part(laid.map_x, width), part(laid.map_y, height)


def _squared(
    colour: LinearRGB,
    map_x: NDArray[np.float32],
    map_y: NDArray[np.float32],
    seen: NDArray[np.bool_],
    scale: float,
) -> LinearRGB:
    """The frame's pixels at these places of `colour`, squared; 0 away from where anything is `seen` (h, w).

    Half of a frame is backdrop: rows are taken a few at a time, with as many columns as are seen there.
    """
    beside, height = round(_BESIDE * max(1.0, scale)), seen.shape[0]
    out = np.zeros((*seen.shape, 3), np.float32)
    for top in range(0, height, _ROWS):
        end = min(height, top + _ROWS)
        columns = np.flatnonzero(seen[max(0, top - beside) : end + beside].any(axis=0))
        if not columns.size:
            continue
        there = np.s_[top:end, max(0, int(columns[0]) - beside) : int(columns[-1]) + beside + 1]
        part = cv2.remap(colour, map_x[there], map_y[there], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        np.maximum(part, 0, out=part)
        np.multiply(part, part, out=out[there])
    return out


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
