"""Detail of small photos: cleaned before they are enlarged, enlarged without rings, sharpened above noise.

Nothing is invented here. A model that the operator installs for the role `upscale` draws pixels; it stands
behind the seam `Enlarger`, and its pictures pass the same likeness gate as all others.
"""

from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.strips import by_strips, for_channels
from generation.imaging.types import SRGB8, Alpha, LinearRGB

# (h, w) in code values where a photo is measured, on a square-root scale elsewhere.
Grey = NDArray[np.float32]

# JPEG's grid. A step across it that is this much larger than the steps beside it (on average) shows when
# enlarged; good cameras measure 0.98 to 1.05.
_BLOCK: Final = 8
_BLOCKY: Final = 1.12
# Softening in code values for each unit of that measure above 1: quality 75 measures 1.3, quality 25 about 2.
_PER_BLOCKINESS: Final = 10.0
# Patterns inside of blocks are this strong for each unit above 1; so much of them goes, so that pores stay.
_PATTERN: Final = 16.0
_CALM: Final = 0.7
# Steps up to this many code values are the grid's, larger ones are edges of the picture.
_BLOCK_STEP: Final = 12.0
# `noise` from which it is reduced: real portraits measure up to 0.7, the same with the noise of ISO 3200
# and saved as JPEG 1.2 to 1.9. The measure is taken where the picture is smoothest and JPEG has cut it.
_NOISY: Final = 0.9
_NOISE_MOST: Final = 4.0
# Strength of the filter in multiples of it.
_FILTER: Final = 2.0
# Below this nothing is enlarged worth the work.
ENLARGE_FROM: Final = 1.15
# Rounds of back-projection; a third changes less than a code value.
_ROUNDS: Final = 2
# Overshoot beyond the neighbouring pixels that is left, on the square-root scale: acutance without rings.
_OVERSHOOT: Final = 0.012
# Luminance of square-root coded colour: near enough for detail.
_WEIGHTS: Final = np.array([0.25, 0.65, 0.10], np.float32)
# Sharpening: amount per doubling, and its bound.
_DETAIL: Final = 0.40
_DETAIL_MOST: Final = 1.0
# Detail as strong as this share of the person's area is skin and cloth with their grain; it is held back
# to a share of 1 / (1 + core), while lashes, brows, lips and hair are many times stronger.
_TEXTURE: Final = 0.5
_CORE: Final = 4.0
_MOST_STEP: Final = 0.05
# That usual texture is measured at every so manieth pixel.
_EVERY: Final = 4


class Enlarger(Protocol):
    """What a model with the role `upscale` does: (h, w, 3) uint8 sRGB and a factor of at least 1 to
    (round(h * factor), round(w * factor), 3), the same picture with more pixels."""

    def __call__(self, pixels: SRGB8, factor: float) -> SRGB8: ...


_installed: list[Enlarger] = []


def install(enlarger: Enlarger | None) -> None:
    """Give this process a model that enlarges small photos before they are developed; None takes it away."""
    _installed[:] = [enlarger] if enlarger else []


def installed() -> Enlarger | None:
    """The model of this process, if there is one."""
    return _installed[0] if _installed else None


def blockiness(grey: Grey) -> tuple[float, int, int]:
    """How much JPEG's grid stands out (1: not at all), and where its first column and row edges lie.

    `grey` is (h, w) in code values. The mean step across the grid over the mean step elsewhere (Wang,
    Sheikh & Bovik 2002), at the offset where it is largest: photos were cropped since.
    """
    across, x = _grid(_steps(grey[:, 1:], grey[:, :-1], 0))
    down, y = _grid(_steps(grey[1:], grey[:-1], 1))
    return float(np.sqrt(across * down)), x, y


def _steps(one: Grey, other: Grey, axis: int) -> Grey:
    """Mean step between neighbours along the rest of the picture, the largest cut."""
    steps = cv2.min(cv2.absdiff(one, other), _BLOCK_STEP)
    return np.asarray(cv2.reduce(steps, axis, cv2.REDUCE_AVG, dtype=cv2.CV_64F), np.float32).ravel()


def _grid(steps: Grey) -> tuple[float, int]:
    if len(steps) < 4 * _BLOCK:
        return 1.0, 0
    whole = steps[: len(steps) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).mean(axis=0)
    at = int(whole.argmax())
    return float(whole[at] / max(float(np.delete(whole, at).mean()), 1e-3)), at


def noise(grey: Grey) -> float:
    """Deviation of the noise in code values, from the smoother parts (Immerkaer 1996, with the median of
    tiles, so that hair and cloth do not count as noise)."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    residue = cv2.filter2D(grey, cv2.CV_32F, mask)
    np.abs(residue, out=residue)
    tiles = cv2.resize(
        residue, (max(1, grey.shape[1] // 16), max(1, grey.shape[0] // 16)), interpolation=cv2.INTER_AREA
    )
    return float(np.sqrt(np.pi / 2) / 6 * np.quantile(tiles, 0.3))


def clean(pixels: SRGB8) -> SRGB8:
    """A small photo before it is enlarged: JPEG's grid and strong noise reduced, where they are measured.

    (H, W, 3) uint8 in and out; the same array where there is nothing to do.
    """
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    found, x, y = blockiness(luma)
    noisy = noise(luma)
    if found <= _BLOCKY and noisy <= _NOISY:
        return pixels
    if found > _BLOCKY:
        strength = min(_BLOCK_STEP, _PER_BLOCKINESS * (found - 1))
        smooth = _deblocked(_deblocked(luma.astype(np.float32), x, strength).T, y, strength).T
        luma = np.clip(np.rint(_calmed(smooth, found)), 0, 255).astype(np.uint8)
    if noisy > _NOISY:
        luma, red, blue = _denoised(luma, red, blue, min(noisy, _NOISE_MOST))
    return np.asarray(cv2.cvtColor(cv2.merge([luma, red, blue]), cv2.COLOR_YCrCb2RGB), np.uint8)


def _deblocked(grey: Grey, first: int, strength: float) -> Grey:
    """Soften steps up to `strength` across every eighth column edge, `first` being the first (ITU-T H.263
    annex J): a step is spread over four pixels, an edge of the picture is larger and stays."""
    out = np.array(grey)
    at = np.arange(first, grey.shape[1] - 2, _BLOCK)
    at = at[at >= 1]
    a, b, c, d = (out[:, at + offset] for offset in (-1, 0, 1, 2))
    step = (a - 4 * b + 4 * c - d) / 8
    size = np.abs(step)
    move = np.sign(step) * np.maximum(0, size - np.maximum(0, 2 * (size - strength)))
    outer = np.clip((a - d) / 4, -np.abs(move) / 2, np.abs(move) / 2)
    out[:, at - 1], out[:, at], out[:, at + 1], out[:, at + 2] = a - outer, b + move, c - move, d + outer
    return out


def _calmed(grey: Grey, found: float) -> Grey:
    """Patterns inside of JPEG's blocks, as weak as its rounding, smoothed in part; edges stay (He, Sun & Tang
    2010)."""
    weakest = (_PATTERN * (found - 1)) ** 2
    smooth = cv2.ximgproc.guidedFilter(grey, grey, 1, weakest)
    return np.asarray(grey + _CALM * (smooth - grey), np.float32)


def _denoised(
    luma: NDArray[np.uint8], red: NDArray[np.uint8], blue: NDArray[np.uint8], sigma: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Non-local means (Buades, Coll & Morel 2005) on the luminance, half of it kept so that skin stays skin;
    colour, whose noise is coarser and seen sooner, is smoothed along the luminance's edges."""
    calm = cv2.fastNlMeansDenoising(luma, None, h=_FILTER * sigma, templateWindowSize=5, searchWindowSize=13)
    luma = cv2.addWeighted(luma, 0.35, calm, 0.65, 0)
    colours = [cv2.ximgproc.guidedFilter(luma, one, 4, (2 * _FILTER * sigma) ** 2) for one in (red, blue)]
    return luma, colours[0], colours[1]


def enlarge(colour: LinearRGB, alpha: Alpha, factor: float) -> LinearRGB:
    """(h, w, 3) on a square-root scale to (round(h * factor), round(w * factor), 3); `alpha` (h, w) says
    where the person is.

    Iterative back-projection (Irani & Peleg 1991) on the luminance: what the enlarged picture would show
    when it is averaged down again is compared with what was photographed. The result is held within the range
    of the neighbouring pixels, so that no rings appear; colour, which JPEG stores coarsely, is interpolated.
    """
    height, width = colour.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    out = cv2.resize(colour, size, interpolation=cv2.INTER_CUBIC)
    grey, start = cv2.transform(colour, _WEIGHTS[None]), cv2.transform(out, _WEIGHTS[None])
    finer = start.copy()
    for _ in range(_ROUNDS):
        missed = grey - cv2.resize(finer, (width, height), interpolation=cv2.INTER_AREA)
        finer += cv2.resize(missed, size, interpolation=cv2.INTER_CUBIC)
    # Written in place where it can be: at the size of a final each of these takes 14 MB.
    near = np.ones((3, 3), np.uint8)
    low = cv2.resize(cv2.erode(grey, near), size, interpolation=cv2.INTER_LINEAR)
    np.maximum(finer, np.subtract(low, _OVERSHOOT, out=low), out=finer)
    high = cv2.resize(cv2.dilate(grey, near), size, interpolation=cv2.INTER_LINEAR, dst=low)
    np.minimum(finer, np.add(high, _OVERSHOOT, out=high), out=finer)
    finer -= start
    solid = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR, dst=start)

    def with_detail(part: LinearRGB, fine: Grey) -> LinearRGB:
        return np.asarray(np.maximum(part + for_channels(fine), 0), np.float32)

    return by_strips(with_detail, out, _cored(finer, solid, 0.9, factor), out=out)


def _cored(fine: Grey, person: Grey, least: float, scale: float) -> Grey:
    """Detail with what is no stronger than the picture's usual texture held back: Wiener's share of each
    neighbourhood's power, the noise being taken from the middle of the person's (Lee 1980), where `person`
    is above `least`.

    Written into `fine`.
    """
    power = cv2.blur(cv2.multiply(fine, fine), (2 * round(2 * scale) + 1,) * 2)
    inside = power[::_EVERY, ::_EVERY][person[::_EVERY, ::_EVERY] > least]
    floor = float(np.quantile(inside, _TEXTURE)) if inside.size else 0.0
    fine *= power
    fine /= np.add(power, _CORE * floor + 1e-9, out=power)
    return fine


def sharpen(linear: LinearRGB, alpha: Alpha, scale: float, out: LinearRGB | None = None) -> LinearRGB:
    """Give an enlarged picture back its acutance, on luminance and inside the person only.

    `scale` is output over input size; at 1 and below nothing happens. An unsharp mask with the radius of the
    enlargement that leaves alone what is not above the picture's own texture: lashes and hair gain, grain and
    JPEG's mosquitoes do not. `out` may be `linear` itself, and saves a picture of that size.
    """
    if scale <= 1.02:
        return linear
    amount = min(_DETAIL_MOST, _DETAIL * float(np.log2(scale)) + 0.1)
    luminance = cv2.transform(linear, color.LUMINANCE[None].astype(np.float32))
    luminance = cv2.sqrt(np.maximum(luminance, 0, out=luminance), dst=luminance)
    fine = cv2.GaussianBlur(luminance, (0, 0), 0.75 * scale)
    fine = cv2.subtract(luminance, fine, dst=fine)

    def sharper(part: LinearRGB, grey: Grey, more: Grey, person: Alpha) -> LinearRGB:
        step = amount * np.clip((person - 0.5) * 2, 0, 1) * np.clip(more, -_MOST_STEP, _MOST_STEP)
        gain = ((grey + step) / np.maximum(grey, 1e-3)) ** 2
        return np.asarray(part * for_channels(np.clip(gain, 0.7, 1.4)), np.float32)

    return by_strips(sharper, linear, luminance, _cored(fine, alpha, 0.95, scale), alpha, out=out)
