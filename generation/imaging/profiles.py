"""Colours under an embedded ICC profile to sRGB.

Phones and cameras write "matrix and curve" profiles (Display P3, Adobe RGB, sRGB under other names;
ICC.1:2022, 8.3.3). Those are evaluated here with two tables and a matrix, four times as fast as the general
engine, and only when that engine (Little CMS) agrees on a cube of colours. All others go through it.
"""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from generation.imaging.types import SRGB8

# Real camera profiles take up to about 0.6 MB; larger ones only cost time.
MAX_PROFILE_BYTES: Final = 2_000_000
# Codes of 255 by which a profile may differ from sRGB and still be taken as sRGB (rounding).
_SAME: Final = 1
# Codes by which tables and matrix may differ from Little CMS: both round, in different places.
_AGREES: Final = 2
# Rows that are converted at a time: their 16-bit values stay in the processor's cache.
_ROWS: Final = 64
_LINEAR_MAX: Final = 65535
# XYZ under D50, the profile connection space, to linear sRGB (ICC sRGB colorants, inverted).
_D50_TO_SRGB: Final = np.array(
    [
        [3.1341359, -1.6173863, -0.4906619],
        [-0.9787955, 1.9162544, 0.0334427],
        [0.0719554, -0.2289769, 1.4053858],
    ]
)


@dataclass(frozen=True, slots=True)
class _Shaper:
    """(256, 3) uint16 linear values of the codes of each channel, and the matrix to linear sRGB."""

    curves: NDArray[np.uint16]
    matrix: NDArray[np.float32]


def rgb_to_srgb(pixels: SRGB8, profile: bytes | None) -> SRGB8:
    """(H, W, 3) uint8 codes under `profile` as sRGB; unchanged without a profile or with a broken one."""
    transform = _transform(profile, "RGB")
    if profile is None or transform is None:
        return pixels
    before = np.asarray(_probe(), dtype=np.int16)
    after = np.asarray(ImageCms.applyTransform(_probe(), transform), dtype=np.int16)
    if np.abs(after - before).max() <= _SAME:
        return pixels
    shaper = _shaper(profile)
    if shaper is not None:
        mine = _shaped(np.asarray(_probe(), dtype=np.uint8), shaper).astype(np.int16)
        if np.abs(mine - after).max() <= _AGREES:
            return _shaped(pixels, shaper)
    return np.array(ImageCms.applyTransform(Image.fromarray(pixels), transform), dtype=np.uint8)


def to_srgb(image: Image.Image, profile: bytes | None) -> SRGB8:
    """A picture of any other mode (CMYK, grey) as (H, W, 3) uint8 sRGB."""
    transform = _transform(profile, image.mode)
    converted = image.convert("RGB") if transform is None else ImageCms.applyTransform(image, transform)
    return np.array(converted, dtype=np.uint8)


def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None without a profile, and for one of another colour space or a damaged one: colours stay."""
    if not profile or len(profile) > MAX_PROFILE_BYTES or mode not in ("RGB", "CMYK", "L"):
        return None
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            _srgb_profile(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@cache
def _srgb_profile() -> Any:
    return ImageCms.createProfile("sRGB")


@cache
def _probe() -> Image.Image:
    """9 x 9 x 9 colours spread over the cube, to see what a profile would change."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(grid.reshape(27, 27, 3))


@cache
def _encoded() -> NDArray[np.uint8]:
    """(65536,) sRGB codes of linear values (IEC 61966-2-1)."""
    linear = np.arange(_LINEAR_MAX + 1) / _LINEAR_MAX
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * code), dtype=np.uint8)


def _shaped(pixels: SRGB8, shaper: _Shaper) -> SRGB8:
    out = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        linear = cv2.LUT(pixels[top : top + _ROWS], shaper.curves[None])
        np.take(_encoded(), cv2.transform(linear, shaper.matrix), out=out[top : top + _ROWS])
    return out


def _shaper(profile: bytes) -> _Shaper | None:
    """Curves and matrix of a profile; None for profiles made of lookup tables and for damaged ones."""
    tags = _tags(profile)
    if "A2B0" in tags or profile[16:20] != b"RGB " or profile[20:24] != b"XYZ ":
        return None
    try:
        columns = [_numbers(tags[name], 8, 3) for name in ("rXYZ", "gXYZ", "bXYZ")]
        curves = [_curve(tags[name]) for name in ("rTRC", "gTRC", "bTRC")]
    except (KeyError, ValueError):
        return None
    table = np.round(np.clip(np.stack(curves, axis=-1), 0.0, 1.0) * _LINEAR_MAX).astype(np.uint16)
    return _Shaper(table, (_D50_TO_SRGB @ np.stack(columns, axis=-1)).astype(np.float32))


def _tags(profile: bytes) -> dict[str, bytes]:
    """The tag table: name to data (ICC.1:2022, 7.3)."""
    found = {}
    for index in range(min(int.from_bytes(profile[128:132], "big"), 100)):
        at = 132 + 12 * index
        start, size = (int.from_bytes(profile[at + o : at + o + 4], "big") for o in (4, 8))
        found[profile[at : at + 4].decode("latin-1")] = profile[start : start + size]
    return found


def _numbers(data: bytes, at: int, count: int) -> NDArray[np.float64]:
    """`count` s15Fixed16 numbers; ValueError where the data end before."""
    return np.frombuffer(data, dtype=">i4", count=count, offset=at).astype(np.float64) / 65536.0


def _curve(data: bytes) -> NDArray[np.float64]:
    """(256,) linear values 0..1 of the codes (ICC.1:2022, 10.6 curveType and 10.18 parametricCurveType)."""
    x = np.arange(256) / 255.0
    if data[:4] == b"curv":
        count = int.from_bytes(data[8:12], "big")
        if count == 0:
            return x
        table = np.frombuffer(data, dtype=">u2", count=count, offset=12).astype(np.float64)
        if count == 1:
            return np.asarray(x ** (table[0] / 256.0))
        return np.interp(x, np.linspace(0.0, 1.0, count), table / 65535.0)
    if data[:4] != b"para":
        raise ValueError("not a curve")
    return _parametric(int.from_bytes(data[8:10], "big"), data, x)


def _parametric(kind: int, data: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    g, a, b, c, d, e, f = 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind == 0:
        (g,) = _numbers(data, 12, 1)
    elif kind == 1:
        g, a, b = _numbers(data, 12, 3)
        d = -b / a if a else 0.0
    elif kind == 2:
        g, a, b, e = _numbers(data, 12, 4)
        d, f = (-b / a if a else 0.0), e
    elif kind == 3:
        g, a, b, c, d = _numbers(data, 12, 5)
    elif kind == 4:
        g, a, b, c, d, e, f = _numbers(data, 12, 7)
    else:
        raise ValueError("unknown curve")
    return np.where(x >= d, np.maximum(a * x + b, 0.0) ** g + e, c * x + f)
