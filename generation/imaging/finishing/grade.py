"""Colour after the composite, and the way to 8 bits. The same function of a pixel's value and place
for person and plate, so that the plate comes out alike in everybody's picture."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Grade
from generation.imaging import color
from generation.imaging.finishing import lut
from generation.imaging.strips import by_strips, for_channels
from generation.imaging.types import SRGB8, LinearRGB

# Middle of the contrast curve in sRGB code values: mid grey, where skin of all tones lies around.
_PIVOT: Final = 0.50
# Slope change at the pivot for contrast 1.
_SLOPE: Final = 0.65
# Linear value above which bright parts are compressed, without and with full roll-off.
_KNEE: Final = (0.75, 0.30)
# Full roll-off makes room for so much more light above white.
_ROLL_OFF: Final = 0.7
# Full opening lifts a code value of 0.2 by about 0.07, and leaves black black.
_OPEN: Final = 0.85
# Hue of skin, as (red - blue) over the largest channel, its width, and the share of it that is protected
# from saturation and tables.
_SKIN_HUE: Final = (0.55, 0.35)
_SKIN_SHARE: Final = 0.7
# Where a single bright channel begins to come to rest below white (linear).
_CHANNEL_KNEE: Final = 0.92
# From a third of saturation on a colour counts as fully coloured.
_COLOURED: Final = 3.0
_TABLE: Final = 4096
_DITHER_SEED: Final = 20_081

Column = NDArray[np.float64]


@lru_cache(maxsize=32)
def _curve(settings: Grade) -> NDArray[np.float32]:
    """Gain of luminance by sqrt(luminance), (4097,): exposure and white point, roll-off, open shadows, then
    contrast as a curve through black, pivot and white."""
    linear = np.linspace(0, 1, _TABLE + 1) ** 2
    brightest = 2.0**settings.exposure_ev / settings.white_point
    rolled = _rolled_off(linear * brightest, brightest, settings.highlights)
    code = np.clip(color.linear_to_srgb(rolled).astype(np.float64), 0, 1)
    code = code + settings.shadows * _OPEN * code * (1 - code) ** 4
    bend = code * (1 - code) * (code - _PIVOT) * 4 * _SLOPE * settings.contrast
    wanted = color.srgb_to_linear(np.clip(code + bend, 0, 1)).astype(np.float64)
    gain = wanted / np.maximum(linear, 1e-7)
    gain[0] = gain[1]
    return np.asarray(gain.astype(np.float32), np.float32)


def _rolled_off(linear: Column, brightest: float, strength: float) -> Column:
    """Compress what lies above the knee so that `brightest` lands at white, or with `strength` below it.

    The extended Reinhard curve (Reinhard et al. 2002): slope 1 at the knee, no step when exposure is raised
    a little, and nothing changes where there is nothing to compress.
    """
    knee = _KNEE[0] + (_KNEE[1] - _KNEE[0]) * strength
    top = brightest * (1 + _ROLL_OFF * strength)
    if top <= 1.0:
        return linear
    room, reach = 1 - knee, (top - knee) / (1 - knee)
    above = np.maximum(linear - knee, 0) / room
    return np.asarray(np.minimum(linear, knee) + room * above * (1 + above / reach**2) / (1 + above))


def grade(linear: LinearRGB, settings: Grade) -> LinearRGB:
    """The curve on luminance (hue stays), then saturation and the table, which spare skin's hue.

    Raises EngineError when the table's file is missing.
    """
    if linear.ndim != 3:
        return _graded(linear, settings)
    return np.asarray(by_strips(lambda part: _graded(part, settings), linear), np.float32)


def _graded(linear: LinearRGB, settings: Grade) -> LinearRGB:
    luminance = color.luminance(linear)
    at = np.sqrt(np.clip(luminance, 0, 1)) * _TABLE
    curve = _curve(_tonal(settings))
    below = np.minimum(at.astype(np.int32), _TABLE - 1)
    low = curve[below]
    gain = low + (at - below).astype(np.float32) * (curve[below + 1] - low)
    out = linear * for_channels(gain)
    if settings.saturation:
        grey, more = for_channels(luminance * gain), 1 + settings.saturation * (1 - _skin(out))
        out = grey + (out - grey) * for_channels(more)
    out = _at_rest(np.asarray(out, np.float32))
    if settings.lut and settings.lut_strength:
        out = _with_table(out, settings)
    return out


def _at_rest(linear: LinearRGB) -> LinearRGB:
    """Bright colours come to rest below white, all channels alike: clipped one by one, red goes first and
    fair skin turns yellow."""
    if linear.max(initial=0) <= _CHANNEL_KNEE:
        return linear
    most = _most(linear)
    bright = most > _CHANNEL_KNEE
    loud, room = most[bright], 1 - _CHANNEL_KNEE
    rest = _CHANNEL_KNEE + room * np.tanh((loud - _CHANNEL_KNEE) / room)
    # White has no colour to lose: it stays as bright as it is.
    coloured = np.clip(_COLOURED * (loud - linear[bright].min(axis=-1)) / loud, 0, 1)
    linear[bright] *= for_channels(1 + coloured * (rest / loud - 1))
    return linear


def _most(linear: LinearRGB) -> NDArray[np.float32]:
    """(...) the largest channel: many times faster than numpy's maximum over an axis of three."""
    return np.asarray(np.maximum(np.maximum(linear[..., 0], linear[..., 1]), linear[..., 2]), np.float32)


@lru_cache(maxsize=32)
def _tonal(settings: Grade) -> Grade:
    """Only what the curve depends on, so that other controls find it in the cache."""
    return settings.model_copy(update={"saturation": 0.0, "lut": "", "lut_strength": 1.0})


def _skin(linear: LinearRGB) -> NDArray[np.float32]:
    """(...) share of protection: high where a colour has the hue of skin, of any tone."""
    middle, width = _SKIN_HUE
    span = (linear[..., 0] - linear[..., 2]) / np.maximum(_most(linear), 1e-4)
    return np.asarray(np.clip(1 - np.abs(span - middle) / width, 0, 1) * _SKIN_SHARE, np.float32)


def _with_table(linear: LinearRGB, settings: Grade) -> LinearRGB:
    """Mix in what the table makes of the picture; tables of this kind expect sRGB code values."""
    share = for_channels(settings.lut_strength * (1 - _skin(linear)))
    code = _encode(linear) / np.float32(255)
    looked_up = np.clip(lut.apply(lut.find(settings.lut), code), 0, 1)
    return np.asarray(linear + share * (_decoded(looked_up) - linear), np.float32)


@lru_cache(maxsize=8)
def dither(size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w, 1) noise within half a code value, fixed: the same for every picture of a size. With it the mean
    of neighbouring codes is the value that was meant; triangular noise would need twice as much for that."""
    width, height = size
    rng = np.random.default_rng(_DITHER_SEED)
    noise = rng.random((height, width, 1), np.float32) - np.float32(0.5)
    noise.setflags(write=False)
    return noise


def to_8_bit(linear: LinearRGB) -> SRGB8:
    """sRGB bytes with a fixed dither, which keeps a smooth backdrop free of banding."""
    height, width = linear.shape[:2]
    return np.asarray(by_strips(rounded, linear, dither((width, height))), np.uint8)


def rounded(linear: LinearRGB, noise: NDArray[np.float32]) -> SRGB8:
    """A part of `to_8_bit`; `noise` is that part of `dither`."""
    code = _encode(linear)
    code += for_channels(noise[..., 0])
    code += np.float32(0.5)
    return np.asarray(np.clip(code, 0, 255, out=code), np.uint8)


@lru_cache(maxsize=1)
def _encode_table() -> NDArray[np.float32]:
    """255 times the sRGB code by 16-bit square root of the linear value: even steps where eyes see."""
    return np.asarray(color.linear_to_srgb((np.arange(65536) / 65535.0) ** 2) * 255.0, np.float32)


@lru_cache(maxsize=1)
def _decode_table() -> NDArray[np.float32]:
    return color.srgb_to_linear(np.arange(65536) / 65535.0)


def _encode(linear: LinearRGB) -> NDArray[np.float32]:
    at = np.clip(linear, 0, 1, dtype=np.float32)
    np.sqrt(at, out=at)
    at *= np.float32(65535)
    at += np.float32(0.5)
    return np.asarray(_encode_table().take(at.astype(np.uint16)), np.float32)


def _decoded(code: NDArray[np.float32]) -> LinearRGB:
    return np.asarray(_decode_table().take((code * 65535.0 + 0.5).astype(np.uint16)), np.float32)
