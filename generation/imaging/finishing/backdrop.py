"""The plate that everybody stands before: rendered once per backdrop and size, the same for all."""

import hashlib
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Backdrop
from generation.imaging import color
from generation.imaging.types import LinearRGB

# Height of the picture in which textures are drawn; other sizes scale it, so that a preview shows the
# same paper as the final.
_TEXTURE_ROWS: Final = 1024
# Peak deviation of a texture of strength 1, in stops.
_PAPER_STOPS: Final = 0.16
_CANVAS_STOPS: Final = 0.55


@lru_cache(maxsize=16)
def plate(backdrop: Backdrop, size: tuple[int, int]) -> LinearRGB:
    """(height, width, 3) linear; `size` is (width, height). Read-only, shared between pictures."""
    width, height = size
    base = _gradient(backdrop, size) if backdrop.kind == "gradient" else np.broadcast_to(
        color.hex_to_linear(backdrop.color), (height, width, 3))  # fmt: skip
    stops = _vignette(backdrop, size)
    if backdrop.kind == "paper":
        stops = stops + backdrop.texture * _PAPER_STOPS * _paper(_seed(backdrop), size)
    elif backdrop.kind == "canvas":
        stops = stops + backdrop.texture * _CANVAS_STOPS * _canvas(_seed(backdrop), size)
        base = _gradient(backdrop, size)
    out = (base * np.exp2(stops)[..., None]).astype(np.float32)
    out.setflags(write=False)
    return np.asarray(out, np.float32)


def _seed(backdrop: Backdrop) -> int:
    """Texture follows the look: the same backdrop is the same paper everywhere."""
    digest = hashlib.sha256(backdrop.model_dump_json().encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _polar(size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) distance from the pool of light behind the head: 0 there, 1 at the far corners."""
    width, height = size
    xs = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    ys = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.42) * (height / width)
    distance = np.sqrt(xs[None, :] ** 2 + ys[:, None] ** 2)
    return np.asarray(distance / distance.max(), np.float32)


def _gradient(backdrop: Backdrop, size: tuple[int, int]) -> LinearRGB:
    """A pool of light: `color` behind the head, `color_edge` at the corners, mixed as light mixes."""
    way = np.clip((_polar(size) - 0.08) / 0.92, 0, 1)
    way = (way * way * (3 - 2 * way))[..., None]
    inner, outer = color.hex_to_linear(backdrop.color), color.hex_to_linear(backdrop.color_edge)
    return np.asarray(inner * (1 - way) + outer * way, np.float32)


def _vignette(backdrop: Backdrop, size: tuple[int, int]) -> NDArray[np.float32]:
    """Stops lost towards the corners: up to 1.2 at strength 1, by the fourth power of the cosine."""
    angle = np.arctan(_polar(size) * 0.9)
    falloff = np.log2(np.cos(angle) ** 4)
    return np.asarray(backdrop.vignette * 1.2 * falloff / -float(falloff.min()), np.float32)


def _noise(
    rng: np.random.Generator, rows: int, columns: int, sigma: tuple[float, float]
) -> NDArray[np.float32]:
    """Smooth noise with unit deviation; sigma is (x, y) in pixels."""
    field = rng.standard_normal((rows, columns), np.float32)
    smooth = cv2.GaussianBlur(field, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1], borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth / max(float(smooth.std()), 1e-6), np.float32)


def _texture_size(size: tuple[int, int]) -> tuple[int, int]:
    return _TEXTURE_ROWS, max(1, round(_TEXTURE_ROWS * size[0] / size[1]))


def _fit(field: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    way = cv2.INTER_AREA if size[1] < field.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(field, size, interpolation=way), np.float32)


def _paper(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Seamless paper: fine tooth and a faint unevenness."""
    rng = np.random.default_rng(seed)
    rows, columns = _texture_size(size)
    tooth = _noise(rng, rows, columns, (0.8, 0.8))
    fibre = _noise(rng, rows, columns, (3.5, 1.2))
    cloud = _noise(rng, rows, columns, (90.0, 120.0))
    return _fit(np.clip(0.22 * tooth + 0.16 * fibre + 0.35 * cloud, -1, 1), size)


def _canvas(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Hand-painted canvas out of focus: large strokes over clouds, with a hint of weave."""
    rng = np.random.default_rng(seed)
    rows, columns = _texture_size(size)
    clouds = _noise(rng, rows, columns, (110.0, 110.0)) + 0.55 * _noise(rng, rows, columns, (42.0, 55.0))
    strokes = _noise(rng, rows, columns, (26.0, 11.0)) * 0.35 + _noise(rng, rows, columns, (9.0, 22.0)) * 0.18
    weave = _noise(rng, rows, columns, (0.7, 2.2)) + _noise(rng, rows, columns, (2.2, 0.7))
    return _fit(np.clip(0.42 * clouds + strokes + 0.03 * weave, -1.5, 1.5), size)
