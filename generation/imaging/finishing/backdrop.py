"""The plate that everybody stands before: rendered once per backdrop and size, the same for all."""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Backdrop
from generation.imaging import color
from generation.imaging.finishing.office import office
from generation.imaging.types import LinearRGB

Field = NDArray[np.float32]

# Plates and textures in memory; at the size of a final 40 MB and 13 MB each.
_PLATES: Final = 6
_TEXTURES: Final = 4
# Side of the square in which textures are drawn, a final's height: a preview shows the same paper, smaller.
_TEXTURE_PX: Final = 2048
# Peak deviation of a texture of strength 1, in stops.
_PAPER_STOPS: Final = 0.16
_CANVAS_STOPS: Final = 0.60
# How far the mottling of a canvas of strength 1 moves the paint between its two colours.
_CANVAS_MIX: Final = 0.45
# How far the brush dragged the paint of a canvas; much more looks like marble.
_WARP_PX: Final = 38.0
# Textures are the same for every style, so that moving a colour does not shuffle the paper.
_PAPER_SEED: Final = 41
_CANVAS_SEED: Final = 42


@lru_cache(maxsize=_PLATES)
def plate(backdrop: Backdrop, size: tuple[int, int]) -> LinearRGB:
    """(height, width, 3) linear; `size` is (width, height). Read-only, shared between pictures.

    Raises EngineError when an office's picture is missing.
    """
    out = (_base(backdrop, size) * np.exp2(_stops(backdrop, size))[..., None]).astype(np.float32)
    out.setflags(write=False)
    return np.asarray(out, np.float32)


def _base(backdrop: Backdrop, size: tuple[int, int]) -> LinearRGB:
    """Colour before vignette and texture."""
    if backdrop.kind == "office":
        return office(backdrop, size)
    if backdrop.kind == "gradient":
        return _mixed(backdrop, _pool(size))
    if backdrop.kind == "canvas":
        return _mixed(backdrop, _pool(size) - backdrop.texture * _CANVAS_MIX * _texture("canvas", size))
    return np.broadcast_to(color.hex_to_linear(backdrop.color), (size[1], size[0], 3))


def _stops(backdrop: Backdrop, size: tuple[int, int]) -> Field:
    """Brightness by place, in stops."""
    stops = _vignette(backdrop, size)
    if backdrop.kind == "paper":
        stops = stops + backdrop.texture * _PAPER_STOPS * _texture("paper", size)
    elif backdrop.kind == "canvas":
        stops = stops + backdrop.texture * _CANVAS_STOPS * _texture("canvas", size)
    return np.asarray(stops, np.float32)


def _polar(size: tuple[int, int]) -> Field:
    """(h, w) distance from the pool of light behind the head: 0 there, 1 at the far corners."""
    width, height = size
    xs = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    ys = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.42) * (height / width)
    distance = np.sqrt(xs[None, :] ** 2 + ys[:, None] ** 2)
    return np.asarray(distance / distance.max(), np.float32)


def _pool(size: tuple[int, int]) -> Field:
    """A pool of light behind the head: 0 there, 1 at the corners, smooth."""
    way = np.clip((_polar(size) - 0.08) / 0.92, 0, 1)
    return np.asarray(way * way * (3 - 2 * way), np.float32)


def _mixed(backdrop: Backdrop, way: Field) -> LinearRGB:
    """`color` where `way` is 0, `color_edge` where it is 1, mixed as light mixes."""
    share = np.clip(way, 0, 1)[..., None]
    inner, outer = color.hex_to_linear(backdrop.color), color.hex_to_linear(backdrop.color_edge)
    return np.asarray(inner * (1 - share) + outer * share, np.float32)


def _vignette(backdrop: Backdrop, size: tuple[int, int]) -> Field:
    """Stops lost towards the corners: up to 1.2 at strength 1, by the fourth power of the cosine."""
    angle = np.arctan(_polar(size) * 0.9)
    falloff = np.log2(np.cos(angle) ** 4)
    return np.asarray(backdrop.vignette * 1.2 * falloff / -float(falloff.min()), np.float32)


def _noise(rng: np.random.Generator, shape: tuple[int, int], x: float, y: float) -> Field:
    """Smooth noise of `shape` (rows, columns) with unit deviation; x and y are its sigmas in pixels.

    Wide noise is drawn small and enlarged: nothing finer is in it.
    """
    shrink = max(1.0, min(x, y) / 3)
    small = (max(2, round(shape[0] / shrink)), max(2, round(shape[1] / shrink)))
    field = rng.standard_normal(small, np.float32)
    smooth = cv2.GaussianBlur(
        field, (0, 0), sigmaX=x / shrink, sigmaY=y / shrink, borderType=cv2.BORDER_REFLECT
    )
    smooth = cv2.resize(smooth, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth / max(float(smooth.std()), 1e-6), np.float32)


@lru_cache(maxsize=_TEXTURES)
def _texture(kind: str, size: tuple[int, int]) -> Field:
    """The middle of a texture in the frame's shape, at its size: every frame shows the same paper."""
    whole = _paper() if kind == "paper" else _canvas()
    scale = _TEXTURE_PX / max(size)
    width, height = round(size[0] * scale), round(size[1] * scale)
    left, top = (_TEXTURE_PX - width) // 2, (_TEXTURE_PX - height) // 2
    part = whole[top : top + height, left : left + width]
    way = cv2.INTER_AREA if max(size) < _TEXTURE_PX else cv2.INTER_CUBIC
    out = np.asarray(cv2.resize(part, size, interpolation=way), np.float32)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=1)
def _paper() -> Field:
    """Seamless paper, -1..1: a fine tooth, short fibres in every direction and a faint unevenness."""
    rng, shape = np.random.default_rng(_PAPER_SEED), (_TEXTURE_PX, _TEXTURE_PX)
    tooth = _noise(rng, shape, 1.0, 1.0)
    fibres = _noise(rng, shape, 4.5, 1.4) + _noise(rng, shape, 1.4, 4.5) + _noise(rng, shape, 3.0, 3.0)
    cloud = _noise(rng, shape, 180.0, 240.0)
    return np.asarray(np.clip(0.20 * tooth + 0.09 * fibres + 0.35 * cloud, -1, 1), np.float32)


@lru_cache(maxsize=1)
def _canvas() -> Field:
    """Hand-painted canvas a little out of focus, about -1..1: clouds of paint that were worked with a broad
    brush. The clouds are displaced by wider ones (domain warping, Quilez 2002), which gives the swirls of a
    moving hand; strokes run along two diagonals."""
    rng, shape = np.random.default_rng(_CANVAS_SEED), (_TEXTURE_PX, _TEXTURE_PX)
    clouds = sum(
        (weight * _noise(rng, shape, sigma, sigma) for weight, sigma in
         ((1.0, 230.0), (0.62, 110.0), (0.40, 52.0), (0.20, 24.0))),
        start=np.zeros(shape, np.float32),
    )  # fmt: skip
    strokes = _turned(rng, shape, 34.0) + _turned(rng, shape, -52.0)
    ys, xs = np.mgrid[:_TEXTURE_PX, :_TEXTURE_PX].astype(np.float32)
    xs += _WARP_PX * _noise(rng, shape, 130.0, 130.0)
    ys += _WARP_PX * _noise(rng, shape, 130.0, 130.0)
    worked = cv2.remap(clouds + 0.16 * strokes, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    grain = _noise(rng, shape, 1.2, 1.2)
    return np.asarray(np.clip(0.45 * worked + 0.018 * grain, -1.4, 1.4), np.float32)


def _turned(rng: np.random.Generator, shape: tuple[int, int], angle_deg: float) -> Field:
    """Long brush strokes at an angle."""
    rows, columns = shape
    side = int(np.ceil(np.hypot(rows, columns)))
    field = _noise(rng, (side, side), 60.0, 20.0)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle_deg, 1.0)
    turn[:, 2] += (columns - side) / 2, (rows - side) / 2
    return np.asarray(cv2.warpAffine(field, turn, (columns, rows), borderMode=cv2.BORDER_REFLECT), np.float32)
