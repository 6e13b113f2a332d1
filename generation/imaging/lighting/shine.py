"""What of a face's light is shine: mirrored lamps on skin, told apart by their colour.

Dichromatic reflection (Shafer 1985): a pixel of skin is body colour times shading plus the lamp's white times
gloss. Gloss is no shading: on deep skin it is most of the light, and an estimate that reads it as the key
puts the key where the nose shines.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.types import LinearRGB

Array = NDArray[Any]

# Part of the shine that goes; a face without any looks like wax.
_LESS: Final = 0.4
# Shine up to this many times the face's own median share of light is the skin's normal sheen, and its colour.
_SHEEN: Final = 1.15
# Blur in eye-to-chin units: shine is smooth, its texture of pores stays.
_SMOOTH: Final = 0.02
# A pixel keeps at least this share of its light.
_LEAST: Final = 0.72
# Share of the gloss that may go where light is taken off, and what is left of a channel at least.
_GLOSS: Final = 0.7
_LEAST_KEPT: Final = 0.3


def body_colour(linear: LinearRGB, mask: Array) -> Array:
    """(3,) direction of the skin's body colour at luminance 1: the median chromaticity of its more saturated
    half, which shines least."""
    pixels = linear[mask > 0].astype(np.float64)
    pixels = pixels[color.luminance(pixels) > 1e-3]
    if len(pixels) < 20:
        return np.ones(3)
    shares = pixels / pixels.sum(axis=1, keepdims=True)
    saturation = 1 - 3 * shares.min(axis=1)
    deep = shares[saturation >= np.quantile(saturation, 0.5)]
    body = np.median(deep, axis=0)
    return np.asarray(body / max(float(color.luminance(body)), 1e-6))


def split(linear: LinearRGB, mask: Array, unit: float) -> tuple[Array, Array]:
    """(h, w) body light and (h, w) shine, both as luminance, smooth; their sum is the luminance."""
    smooth = cv2.GaussianBlur(linear, (0, 0), max(0.5, _SMOOTH * unit)).astype(np.float64)
    body = body_colour(linear, mask)
    luminance = color.luminance(smooth).astype(np.float64)
    white = np.ones(3)
    # Least squares of [body, white] in the colour triple, shine never negative and never all of it.
    basis = np.stack([body, white], axis=1)
    solution = smooth @ np.linalg.pinv(basis).T
    shine = np.clip(solution[..., 1], 0, 0.9 * luminance)
    return luminance - shine, shine


def _excess(part: Array, shine: Array, mask: Array) -> Array:
    """(h, w) shine beyond the skin's normal sheen."""
    share = shine / np.maximum(part + shine, 1e-6)
    normal = float(np.median(share[mask > 0])) if (mask > 0).any() else 0.0
    return np.asarray(np.maximum(shine - _SHEEN * normal * (part + shine), 0))


def powder(linear: LinearRGB, mask: Array, unit: float) -> Array:
    """(h, w, 3) gain that tames the shine on the skin, as powder does; 1 off the skin."""
    smooth = cv2.GaussianBlur(linear, (0, 0), max(0.5, _SMOOTH * unit)).astype(np.float64)
    extra = _excess(*split(linear, mask, unit), mask)
    near = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.04 * unit)
    less = (_LESS * extra * near)[..., None]
    # White goes, so the skin's colour comes back under the glint instead of a grey patch.
    return np.asarray(np.clip(1 - less / np.maximum(smooth, 1e-3), _LEAST, 1))


def dimmed(linear: LinearRGB, stops: Array, mask: Array, unit: float) -> Array:
    """(h, w, 3) gain of `stops` (h, w): what gets darker loses its gloss first, as if the lamp were moved
    away; darkened as it is it would turn grey."""
    smooth = cv2.GaussianBlur(linear, (0, 0), max(0.5, _SMOOTH * unit)).astype(np.float64)
    part, shine = split(linear, mask, unit)
    whole = np.maximum(part + shine, 1e-4)
    less = whole * (1 - np.exp2(np.minimum(stops, 0)))
    white = np.minimum(less, _GLOSS * np.maximum(shine, 0)) * (mask > 0)
    white = cv2.GaussianBlur(white, (0, 0), max(0.5, _SMOOTH * unit))
    rest = (whole - less) / np.maximum(whole - white, 1e-5)
    kept = np.clip(1 - white[..., None] / np.maximum(smooth, 1e-3), _LEAST_KEPT, 1)
    return np.asarray(kept * (rest * np.exp2(np.maximum(stops, 0)))[..., None])
