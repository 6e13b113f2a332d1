"""Linear light as a stored master keeps it: the sRGB codes of 8 and of 16 bits, and back."""

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.types import SRGB8, Alpha, LinearRGB

LEVELS: Final = 65535.0
# A 16-bit code that an 8-bit one stands for is a multiple of this.
_REPEATED: Final = 257


@cache
def _table() -> NDArray[np.float32]:
    """Linear light of every 16-bit code."""
    return color.srgb_to_linear(np.arange(65536, dtype=np.float64) / LEVELS)


def encode_16(linear: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Any shape of linear light 0..1 to the nearest 16-bit codes."""
    code = color.linear_to_srgb(np.clip(linear, 0, 1).astype(np.float32))
    return np.asarray(np.rint(code * LEVELS), np.uint16)


def decode_16(code: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The inverse of `encode_16`."""
    return np.asarray(_table()[code], np.float32)


def rounded_16(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Any shape of shares 0..1 at the nearest of 16 bits."""
    return np.asarray(np.rint(share * LEVELS).astype(np.float32) / np.float32(LEVELS), np.float32)


def decode_8(code: SRGB8) -> LinearRGB:
    """(H, W, 3) 8-bit codes to linear light, the same values as their 16-bit repetitions have."""
    return np.asarray(cv2.LUT(code, np.ascontiguousarray(_table()[::_REPEATED])), np.float32)


def nearest_8(linear: LinearRGB) -> tuple[SRGB8, NDArray[np.bool_]]:
    """The nearest 8-bit codes (H, W, 3), and where they say exactly what is there."""
    code = color.linear_to_srgb8(linear)
    return code, decode_8(code) == linear


def settle(linear: LinearRGB, alpha: Alpha) -> LinearRGB:
    """(H, W, 3) linear rounded to what a stored master keeps, so that a loaded one is the very same.

    16 bits of sRGB where somebody stands, 8 where nobody does: there only interpolation looks.
    """
    coarse, exact = nearest_8(linear)
    loose = ~exact & (alpha > 0)[..., None]
    out = decode_8(coarse)
    out[loose] = decode_16(encode_16(linear[loose]))
    return out
