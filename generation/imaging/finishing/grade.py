"""Colour after the composite, and the way to 8 bits. The same function of a pixel's value and place
for person and plate, so that the plate comes out alike in everybody's picture."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Grade
from generation.imaging import color
from generation.imaging.types import SRGB8, LinearRGB

# Middle of the contrast curve in sRGB code values: mid grey, where skin of all tones lies around.
_PIVOT: Final = 0.50
# Slope change at the pivot for contrast 1.
_SLOPE: Final = 0.65
# Hue of skin in CIELAB degrees and the width over which it keeps its chroma.
_SKIN_SHARE: Final = 0.7
_TABLE: Final = 4096
_DITHER_SEED: Final = 20_081


@lru_cache(maxsize=32)
def _curve(exposure_ev: float, contrast: float) -> NDArray[np.float32]:
    """Gain of luminance by sqrt(luminance), (4097,): exposure, then a curve through black, pivot and
    white that rolls off into the highlights and opens the shadows with positive contrast."""
    at = np.linspace(0, 1, _TABLE + 1)
    linear = at**2
    exposed = linear * 2.0**exposure_ev
    # A shoulder instead of clipping when exposure is raised.
    exposed = (
        np.where(exposed > 0.75, 0.75 + 0.25 * np.tanh((exposed - 0.75) / 0.25), exposed)
        if exposure_ev > 0
        else exposed
    )
    code = np.clip(color.linear_to_srgb(exposed).astype(np.float64), 0, 1)
    bend = code * (1 - code) * (code - _PIVOT) * 4 * _SLOPE * contrast
    out = np.clip(code + bend, 0, 1)
    wanted = color.srgb_to_linear(out).astype(np.float64)
    gain = wanted / np.maximum(linear, 1e-7)
    gain[0] = gain[1]
    return np.asarray(gain.astype(np.float32), np.float32)


def grade(linear: LinearRGB, settings: Grade) -> LinearRGB:
    """Exposure and contrast on luminance (hue stays), then saturation that spares skin's hue."""
    luminance = color.luminance(linear)
    at = np.sqrt(np.clip(luminance, 0, 1)) * _TABLE
    gain = _curve(settings.exposure_ev, settings.contrast)[np.rint(at).astype(np.int32)]
    out = linear * gain[..., None]
    if settings.saturation:
        grey = (luminance * gain)[..., None]
        red_over_blue = (out[..., 0:1] - out[..., 2:3]) / np.maximum(out.max(axis=-1, keepdims=True), 1e-4)
        skin = np.clip(1 - np.abs(red_over_blue - 0.55) / 0.35, 0, 1) * _SKIN_SHARE
        out = grey + (out - grey) * (1 + settings.saturation * (1 - skin))
    return np.asarray(out, np.float32)


@lru_cache(maxsize=8)
def _dither(size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w, 1) triangular noise of one code value, fixed: the same for every picture of a size."""
    width, height = size
    rng = np.random.default_rng(_DITHER_SEED)
    noise = rng.random((height, width, 1), np.float32) - rng.random((height, width, 1), np.float32)
    noise.setflags(write=False)
    return noise


def to_8_bit(linear: LinearRGB) -> SRGB8:
    """sRGB bytes with a fixed dither, which keeps a smooth backdrop free of banding."""
    height, width = linear.shape[:2]
    code = _encode(linear) + 0.5 * _dither((width, height))
    return np.asarray(np.clip(code + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _encode_table() -> NDArray[np.float32]:
    """255 times the sRGB code by 16-bit square root of the linear value: even steps where eyes see."""
    return np.asarray(color.linear_to_srgb((np.arange(65536) / 65535.0) ** 2) * 255.0, np.float32)


def _encode(linear: LinearRGB) -> NDArray[np.float32]:
    index = (np.sqrt(np.clip(linear, 0, 1)) * 65535.0 + 0.5).astype(np.uint16)
    return _encode_table()[index]
