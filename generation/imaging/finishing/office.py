"""A room behind the person: an uploaded picture, cropped to the frame and thrown out of focus by a lens.

A lens that focuses on the person spreads every point of the room over a disc, in linear light (the thin-lens
circle of confusion; Potmesil & Chakravarty 1981). A Gaussian would look like fog: discs keep edges of lamps.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Backdrop
from generation.imaging import color, materials
from generation.imaging.errors import EngineError
from generation.imaging.types import SRGB8, LinearRGB

# Disc's diameter at full blur, of the frame's height: an 85 mm lens at f/1.8, three metres before a wall.
MOST_BLUR: Final = 1 / 12
# Lamps and windows are clipped in an 8-bit picture: from this value on their light is taken to be stronger,
# up to so many times, or their discs would come out grey. A whole window front is nearer to what the camera
# caught: at full strength it would drown its own frames.
_CLIPPED_FROM: Final = 0.80
_LAMP_GAIN: Final = 6.0
_WINDOW_GAIN: Final = 0.8
# A disc of this radius in pixels is round enough; larger ones are drawn in a smaller picture.
_RADIUS_PX: Final = 14.0
# What the discs add up to beyond white rolls off above this.
_KNEE: Final = 0.80
# One unit of warmth or tint is so many stops between the channels.
_WARMTH_STOPS: Final = 0.30
_TINT_STOPS: Final = 0.20


def office(backdrop: Backdrop, size: tuple[int, int]) -> LinearRGB:
    """(height, width, 3) linear, the picture of `backdrop.image` in a frame of `size` (width, height).

    Raises EngineError when its file is missing or damaged.
    """
    picture = _pixels(backdrop.image)
    radius = 0.5 * backdrop.blur * MOST_BLUR * size[1]
    cut = _cover(picture.shape[1], picture.shape[0], size, (backdrop.focus_x, backdrop.focus_y))
    # The lens also gathers what lies just outside of the frame, where the picture has it.
    margin = int(np.ceil(radius)) + 2
    placed = _placed(picture, cut, size, margin)
    if radius >= 0.5:
        placed = _rolled_off(lens_blur(_unclipped(placed, radius), radius))
    inside = placed[margin : margin + size[1], margin : margin + size[0]]
    return np.asarray(np.clip(inside * _match(backdrop), 0, 1), np.float32)


@lru_cache(maxsize=2)
def _pixels(key: str) -> SRGB8:
    """The decoded picture; about 19 MB."""
    found = cv2.imdecode(np.frombuffer(materials.read(key), np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise EngineError("material_damaged", id=key)
    return np.ascontiguousarray(found[..., ::-1], np.uint8)


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a picture that covers the frame: its upper left corner, and frame over picture scale."""

    left: float
    top: float
    scale: float


def _cover(width: int, height: int, size: tuple[int, int], focus: tuple[float, float]) -> Cut:
    """The largest part in the frame's shape, with the focal point as near its middle as the edges allow."""
    scale = max(size[0] / width, size[1] / height)
    w, h = size[0] / scale, size[1] / scale
    left = min(max(focus[0] * width - w / 2, 0.0), width - w)
    top = min(max(focus[1] * height - h / 2, 0.0), height - h)
    return Cut(left, top, scale)


def _placed(picture: SRGB8, cut: Cut, size: tuple[int, int], margin: int) -> LinearRGB:
    """The cut with a margin around it, averaged in linear light; mirrored where the picture ends."""
    if cut.scale < 1.0:
        small = (round(picture.shape[1] * cut.scale), round(picture.shape[0] * cut.scale))
        linear = cv2.resize(color.srgb8_to_linear(picture), small, interpolation=cv2.INTER_AREA)
    else:
        linear = color.srgb8_to_linear(picture)
    fx, fy = linear.shape[1] / picture.shape[1], linear.shape[0] / picture.shape[0]
    wide = (size[0] + 2 * margin, size[1] + 2 * margin)
    # Pixel centres stand at halves; `step` is 1 but for the rounding of the smaller size.
    step_x, step_y = fx / cut.scale, fy / cut.scale
    matrix = np.array([
        [step_x, 0, (0.5 - margin) * step_x - 0.5 + cut.left * fx],
        [0, step_y, (0.5 - margin) * step_y - 0.5 + cut.top * fy],
    ])  # fmt: skip
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(linear, matrix, wide, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(out, np.float32)


def _unclipped(linear: LinearRGB, radius: float) -> LinearRGB:
    """Give clipped lamps and windows back some of the light that the camera cut; lamps are what is smaller
    than the disc of `radius` pixels."""
    top = linear.max(axis=-1)
    over = np.clip((top - _CLIPPED_FROM) / (1 - _CLIPPED_FROM), 0, 1) ** 3
    reach = 2 * round(2 * radius) + 1
    area = np.clip(2 * cv2.blur(over, (reach, reach)), 0, 1)
    gain = over * (_LAMP_GAIN + (_WINDOW_GAIN - _LAMP_GAIN) * area)
    return np.asarray(linear * (1 + gain)[..., None], np.float32)


def _rolled_off(linear: LinearRGB) -> LinearRGB:
    """Bring light beyond white back below it, softly, colours kept."""
    top = linear.max(axis=-1, keepdims=True)
    room = 1 - _KNEE
    above = np.maximum(top - _KNEE, 0)
    soft = np.where(top > _KNEE, _KNEE + room * above / (room + above), top)
    return np.asarray(linear * (soft / np.maximum(top, 1e-6)), np.float32)


def lens_blur(linear: LinearRGB, radius: float) -> LinearRGB:
    """Spread every pixel over a disc of this radius (pixels). The sum of light stays the same.

    Large discs are drawn in a picture that is averaged down first: the edge of a disc is then a little
    softer, as a real one's is.
    """
    height, width = linear.shape[:2]
    scale = max(1.0, radius / _RADIUS_PX)
    small_size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = cv2.resize(linear, small_size, interpolation=cv2.INTER_AREA) if scale > 1 else linear
    kernel = disc(radius * small_size[1] / height)
    blurred = cv2.filter2D(small, -1, kernel, borderType=cv2.BORDER_REFLECT)
    if scale > 1:
        blurred = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.maximum(blurred, 0), np.float32)


def disc(radius: float) -> NDArray[np.float32]:
    """A disc's coverage of a square of pixels; sums to 1. Its edge is one pixel soft."""
    reach = int(np.ceil(radius + 0.5))
    ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    inside = np.clip(radius + 0.5 - np.hypot(xs, ys), 0, 1)
    return np.asarray(inside / inside.sum(), np.float32)


def _match(backdrop: Backdrop) -> NDArray[np.float32]:
    """(3,) gain of the channels: exposure, and a white balance that keeps luminance."""
    warm, tint = _WARMTH_STOPS * backdrop.warmth, _TINT_STOPS * backdrop.tint
    gain = np.exp2(np.array([warm + tint / 2, -tint / 2, -warm + tint / 2]))
    gain /= float(gain @ color.LUMINANCE)
    return np.asarray(gain * 2.0**backdrop.exposure_ev, np.float32)
