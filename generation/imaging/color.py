"""Colour arithmetic that several stages share: transfer curve, Lab, skin tone angle, white points.

Everything but the 8-bit edges is linear light with sRGB primaries and a D65 white.
"""

from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from generation.imaging.types import SRGB8, LinearRGB

Floats = NDArray[np.floating[Any]]
ToneBin = Literal["very_light", "light", "intermediate", "tan", "brown", "dark"]

# IEC 61966-2-1: linear sRGB to CIE XYZ, D65.
RGB_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
XYZ_TO_RGB: Final = np.linalg.inv(RGB_TO_XYZ)
LUMINANCE: Final = RGB_TO_XYZ[1]
# The sum of the rows, so that RGB (1, 1, 1) is exactly the Lab white.
WHITE_XYZ: Final = RGB_TO_XYZ.sum(axis=1)
# Bradford cone response (Lam 1985; ICC.1:2022 annex E).
BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_LAB_EPSILON: Final = 216 / 24389
_LAB_KAPPA: Final = 24389 / 27
# Chardon, Cretois & Hourseau 1991: lower bounds of the skin tone angle in degrees.
TONE_BOUNDS_DEG: Final[tuple[tuple[float, ToneBin], ...]] = (
    (55.0, "very_light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
)
# The white point table: wide enough for candle light and open shade.
KELVIN_RANGE: Final = (1700.0, 25000.0)


def _float32(values: Any) -> NDArray[np.float32]:
    """numpy's operators are typed as Any; this says what comes out."""
    return np.asarray(values, dtype=np.float32)


def srgb_to_linear(encoded: Floats) -> NDArray[np.float32]:
    """Undo the sRGB transfer curve. Any shape, 0..1 in and out; negative values stay linear."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    return _float32(np.where(encoded <= 0.04045, low, high))


def linear_to_srgb(linear: Floats) -> NDArray[np.float32]:
    """Apply the sRGB transfer curve. Any shape; values are not clipped, negative ones stay linear."""
    low = linear * 12.92
    high = 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055
    return _float32(np.where(linear <= 0.0031308, low, high))


@cache
def _decode_table() -> NDArray[np.float32]:
    return srgb_to_linear(np.arange(256, dtype=np.float64) / 255.0)


@cache
def _encode_thresholds() -> NDArray[np.float32]:
    """Linear values at which the rounded 8-bit code goes up by one; (255,)."""
    return srgb_to_linear((np.arange(255, dtype=np.float64) + 0.5) / 255.0)


@cache
def _encode_table() -> NDArray[np.uint8]:
    # 16 bits index the linear value: finer than the narrowest 8-bit step (1 / 3294 near black).
    steps = np.arange(65536, dtype=np.float32) / 65535.0
    return np.searchsorted(_encode_thresholds(), steps, side="right").astype(np.uint8)


def srgb8_to_linear(pixels: SRGB8) -> LinearRGB:
    """(..., 3) uint8 sRGB to float32 linear light 0..1."""
    return _decode_table()[pixels]


def linear_to_srgb8(linear: Floats) -> SRGB8:
    """(..., 3) linear light to uint8 sRGB, rounded and clipped."""
    index = (np.clip(linear, 0.0, 1.0) * 65535.0 + 0.5).astype(np.uint16)
    return _encode_table()[index]


def hex_to_linear(color: str) -> NDArray[np.float32]:
    """'#rrggbb' to (3,) linear light."""
    return srgb8_to_linear(np.array(list(bytes.fromhex(color.removeprefix("#"))), dtype=np.uint8))


def luminance(linear: Floats) -> NDArray[np.float32]:
    """(..., 3) linear light to relative luminance Y (...,)."""
    return _float32(linear @ _float32(LUMINANCE))


def linear_to_lab(linear: Floats) -> NDArray[np.float32]:
    """(..., 3) linear light to CIE L*a*b* under D65 (L* 0..100)."""
    ratio = np.maximum(linear @ _float32((RGB_TO_XYZ / WHITE_XYZ[:, None]).T), 0.0)
    f = np.where(ratio > _LAB_EPSILON, np.cbrt(ratio), (_LAB_KAPPA * ratio + 16.0) / 116.0)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return _float32(np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1))


def lab_to_linear(lab: Floats) -> NDArray[np.float32]:
    """The inverse of `linear_to_lab`; out-of-gamut values are not clipped."""
    y = (lab[..., 0] + 16.0) / 116.0
    f = np.stack([y + lab[..., 1] / 500.0, y, y - lab[..., 2] / 200.0], axis=-1)
    ratio = np.where(f**3 > _LAB_EPSILON, f**3, (116.0 * f - 16.0) / _LAB_KAPPA)
    return _float32((ratio * WHITE_XYZ) @ XYZ_TO_RGB.T)


def ita_deg(lab: Floats) -> NDArray[np.float32]:
    """Individual typology angle of skin colours, (..., 3) Lab to degrees; higher is lighter.

    Chardon, Cretois & Hourseau 1991: arctan((L* - 50) / b*). atan2 keeps bluish skin (b* <= 0, a
    white balance error) on the right side instead of flipping its sign.
    """
    return _float32(np.degrees(np.arctan2(lab[..., 0] - 50.0, np.maximum(lab[..., 2], 1e-3))))


def tone_bin(ita: float) -> ToneBin:
    """Name of the tone bin of a skin tone angle in degrees (Chardon et al. 1991)."""
    for bound, name in TONE_BOUNDS_DEG:
        if ita > bound:
            return name
    return "dark"


def _planckian_xy(kelvin: Floats) -> Floats:
    """Chromaticity of a black body, 1667..25000 K (Kim et al. 2002)."""
    t = 1000.0 / kelvin
    low = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    high = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    x = np.where(kelvin <= 4000.0, low, high)
    warm = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    middle = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    cool = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    y = np.where(kelvin <= 2222.0, warm, np.where(kelvin <= 4000.0, middle, cool))
    return np.stack([x, y], axis=-1)


def _daylight_xy(kelvin: Floats) -> Floats:
    """Chromaticity of CIE daylight, defined from 4000 K (CIE 15:2004)."""
    t = 1000.0 / kelvin
    warm = -4.6070 * t**3 + 2.9678 * t**2 + 0.09911 * t + 0.244063
    cool = -2.0064 * t**3 + 1.9018 * t**2 + 0.24748 * t + 0.237040
    x = np.where(kelvin <= 7000.0, warm, cool)
    return np.stack([x, -3.000 * x**2 + 2.870 * x - 0.275], axis=-1)


def _locus_xy(kelvin: Floats) -> Floats:
    """Lamps below 4000 K, daylight above 5000 K, a smooth passage between: no jump at the seam."""
    mix = np.clip((kelvin - 4000.0) / 1000.0, 0.0, 1.0)
    mix = (mix * mix * (3.0 - 2.0 * mix))[..., None]
    return (1.0 - mix) * _planckian_xy(kelvin) + mix * _daylight_xy(np.maximum(kelvin, 4000.0))


def _white_xyz(kelvin: float) -> Floats:
    x, y = _locus_xy(np.array(float(np.clip(kelvin, *KELVIN_RANGE))))
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def white_point(kelvin: float) -> NDArray[np.float32]:
    """Linear RGB (3,) of a light of that colour temperature, at luminance 1 (6504 K gives about 1, 1, 1).

    Temperatures outside `KELVIN_RANGE` are taken as its ends.
    """
    return _float32(XYZ_TO_RGB @ _white_xyz(kelvin))


def adaptation(from_k: float, to_k: float) -> NDArray[np.float32]:
    """(3, 3) matrix M: `linear @ M.T` looks under `to_k` as `linear` looked under `from_k` (Bradford)."""
    source, target = BRADFORD @ _white_xyz(from_k), BRADFORD @ _white_xyz(to_k)
    in_xyz = np.linalg.inv(BRADFORD) @ np.diag(target / source) @ BRADFORD
    return _float32(XYZ_TO_RGB @ in_xyz @ RGB_TO_XYZ)


@cache
def _uv_table() -> tuple[Floats, Floats]:
    """Temperatures evenly spaced in mired, and their CIE 1960 u, v."""
    kelvin = 1e6 / np.linspace(1e6 / KELVIN_RANGE[0], 1e6 / KELVIN_RANGE[1], 4096)
    return kelvin, _uv(_locus_xy(kelvin))


def _uv(xy: Floats) -> Floats:
    x, y = xy[..., 0], xy[..., 1]
    scale = -2.0 * x + 12.0 * y + 3.0
    return np.stack([4.0 * x / scale, 6.0 * y / scale], axis=-1)


def temperature_k(light: Floats) -> float:
    """Correlated colour temperature of a light's linear RGB (3,), nearest point in CIE 1960 u, v.

    The inverse of `white_point`. Black has no colour and gives the D65 temperature.
    """
    xyz = RGB_TO_XYZ @ np.asarray(light, dtype=np.float64)
    total = float(xyz.sum())
    if total <= 0.0:
        return 6504.0
    kelvin, table = _uv_table()
    distance = ((table - _uv(xyz[:2] / total)) ** 2).sum(axis=-1)
    return float(kelvin[int(distance.argmin())])
