"""The two halves of a face against each other: what differs is light, for skin is alike on both.

Symmetry cancels the colour of the skin, a beard and brows, which no fit of a shading can tell from light by
itself (symmetric shape from shading: Zhao & Chellappa 2001; shadows of portraits by symmetry: Zhang et al.
2020). Half of the difference is lifted on the darker side and taken off on the lighter one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from generation.imaging import color
from generation.imaging.landmarks import MIRRORED, Landmarks, face_unit, skin_region
from generation.imaging.lighting.bare import bare_skin
from generation.imaging.lighting.field import RIDGE, bounded, robust
from generation.imaging.lighting.normals import MESH_POINTS, normal_map
from generation.imaging.lighting.shine import dimmed
from generation.imaging.types import LinearRGB

Array = NDArray[Any]

# Skin that faces the camera less than this is left out: it is seen on one side only, or in hair.
_LEAST_FRONT: Final = 0.15
# Blur before halves are compared, and reach of the edge-keeping filter, in eye-to-chin units.
_SOFT: Final = 0.02
_REACH: Final = 0.08
_COLOUR_REACH: Final = 0.10
# Variance in stops squared below which a difference is smoothed over: a cast shadow's edge is 0.1 and more,
# lines and pores are less.
_TEXTURE: Final = 0.01
# What may be lifted, and taken off, in stops: a shadow is filled rather than the lit side darkened, where it
# would leave a patch. And red or blue against green.
_MOST_UP: Final = 1.0
_MOST_DOWN: Final = 0.35
_MOST_COLOUR: Final = 0.4
_ROUNDS: Final = 3
# Robust bound of the broad gradient that is set aside for the field, in stops.
_HUBER: Final = 0.5
# Two blurs follow each other, and OpenCV lets each see four of its deviations far.
_BEYOND: Final = 8
# Share of a filter's window that must be skin for its full effect.
_FULL: Final = 0.35
# Quantile of the skin's lightness up to which a filter follows its guide.
_BRIGHTEST: Final = 0.99
# Pixels of skin that must be seen on both halves before they are compared.
_TOO_LITTLE: Final = 400
# Least light of a shading that is taken a logarithm of.
_LEAST_LIGHT: Final = 0.15


@dataclass(frozen=True, slots=True)
class Halves:
    """Where each place of a face lies on its other half: `at` (h, w, 2) as x, y, -1 off the mesh; `both`
    (h, w) float32, 1 where skin is seen on either half; `mask` (h, w) the skin."""

    at: NDArray[np.float32]
    both: NDArray[np.float32]
    mask: NDArray[np.float32]
    unit: float

    def mirrored(self, values: Array) -> Array:
        """(h, w) values as they are at the mirrored places; 0 off the mesh."""
        out: Array = cv2.remap(
            np.asarray(values, np.float32), self.at[..., 0], self.at[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=0,
        )  # fmt: skip
        return out

    def odd(self, values: Array) -> Array:
        """(h, w) half of what the values differ from those on the other half; 0 where only one is seen."""
        return np.asarray((values - self.mirrored(values)) / 2 * self.both)

    def near(self) -> tuple[slice, slice]:
        """Rows and columns that the filters can reach from the skin that is compared."""
        ahead = math.ceil(_BEYOND * _COLOUR_REACH * self.unit) + 1
        rows, columns = (np.flatnonzero(self.both.any(axis=axis)) for axis in (1, 0))
        return (slice(max(0, int(rows[0]) - ahead), int(rows[-1]) + ahead + 1),
                slice(max(0, int(columns[0]) - ahead), int(columns[-1]) + ahead + 1))  # fmt: skip

    def cut(self, near: tuple[slice, slice]) -> "Halves":
        """These rows and columns alone."""
        corner = np.array([near[1].start, near[0].start], np.float32)
        return Halves(self.at[near] - corner, self.both[near], self.mask[near], self.unit)

    def soft_log2(self, values: Array) -> Array:
        """(h, w) log2 of positive values, averaged over a little of the skin around."""
        blur = max(0.6, _SOFT * self.unit)
        share = cv2.GaussianBlur(self.mask, (0, 0), blur)
        logs = np.log2(np.maximum(values, 1e-4)).astype(np.float32) * self.mask
        return np.asarray(cv2.GaussianBlur(logs, (0, 0), blur) / np.maximum(share, 1e-3))

    def smoothed(self, values: Sequence[Array], guide: Array, reach: float) -> list[Array]:
        """(h, w) values each smoothed but for the edges of the guide, fading where no skin is seen on both
        halves (guided filter: He, Sun & Tang 2013, with Gaussian windows and weights)."""

        def mean(image: Array) -> Array:
            blurred: Array = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), reach * self.unit)
            return blurred

        # Teeth lie beyond all skin: what holds for the brightest of it is not drawn on to them.
        guide = np.minimum(guide, np.float32(np.quantile(guide[self.both > 0], _BRIGHTEST)))
        share = mean(self.both)
        total = np.maximum(share, 1e-3)
        guides = mean(guide * self.both) / total
        variance = np.maximum(mean(guide * guide * self.both) / total - guides * guides, 0)

        def one(image: Array) -> Array:
            means = mean(image * self.both) / total
            slope = (mean(guide * image * self.both) / total - guides * means) / (variance + _TEXTURE)
            offset = means - slope * guides
            slope, offset = mean(slope * self.both) / total, mean(offset * self.both) / total
            return np.asarray((slope * guide + offset) * np.clip(share / _FULL, 0, 1))

        return [one(image) for image in values]


def halves(linear: LinearRGB, landmarks: Landmarks, mask: Array, normals: Array) -> Halves:
    """Lay the two halves of a face on each other. `mask` (h, w) is where skin may be, `normals` (h, w, 3)."""
    points = landmarks[:MESH_POINTS, :2].astype(np.float64)
    shape = (mask.shape[0], mask.shape[1])
    x0, y0 = np.clip(np.floor(points.min(axis=0)).astype(int), 0, [shape[1], shape[0]])
    x1, y1 = np.clip(np.ceil(points.max(axis=0)).astype(int) + 1, 0, [shape[1], shape[0]])
    at = np.full((*shape, 2), -1, np.float32)
    ys, xs = np.mgrid[y0:y1, x0:x1]
    at[y0:y1, x0:x1] = LinearNDInterpolator(points, points[MIRRORED], fill_value=-1)(xs, ys)
    bare = cv2.erode(bare_skin(linear, mask, face_unit(landmarks)), np.ones((3, 3), np.uint8))
    one = ((bare > 0) & (normals[..., 2] > _LEAST_FRONT)).astype(np.float32)
    half = Halves(at, one, (mask > 0).astype(np.float32), face_unit(landmarks))
    both = one * (half.mirrored(one) > 0.99)
    return Halves(at, np.asarray(both, np.float32), half.mask, half.unit)


def evened(linear: LinearRGB, half: Halves, terms: Array) -> NDArray[np.float32]:
    """(h, w, 3) gain that lifts cast shadows and takes off one-sided glare, and evens their colour.

    `terms` (h, w, k) are the field's: what they explain is a broad gradient and stays.
    """
    gain = np.ones(linear.shape, np.float32)
    if half.both.sum() >= _TOO_LITTLE:
        # A face is a tenth of its picture, and beyond the filters' reach of it nothing is evened.
        near = half.near()
        gain[near] = _evened(linear[near], half.cut(near), terms[near])
    return gain


def lamps(linear: LinearRGB, half: Halves) -> NDArray[np.float32]:
    """(h, w, 3) stops that bring the colour of the light on either half to their middle; 0 where too little
    of both is seen."""
    stops = np.zeros(linear.shape, np.float32)
    if half.both.sum() >= _TOO_LITTLE:
        near = half.near()
        gain = _colours(linear[near], half.cut(near))
        # Black has no colour to even.
        stops[near] = np.log2(np.where(gain > 0, gain, 1))
    return stops


def _evened(linear: LinearRGB, half: Halves, terms: Array) -> Array:
    inside = half.both > 0
    basis = np.stack([half.odd(terms[..., at])[inside] for at in range(terms.shape[-1])], axis=-1)
    stops, gain = np.zeros(half.both.shape), np.ones(linear.shape)
    for _ in range(_ROUNDS):
        lit = np.asarray(linear * gain, np.float32)
        guide = half.soft_log2(color.luminance(lit))
        odd = half.odd(guide)
        odd[inside] -= basis @ robust(odd[inside], basis, np.array(RIDGE), _HUBER)
        stops = stops - half.smoothed([odd], guide, _REACH)[0]
        gain = dimmed(linear, bounded(stops, _MOST_UP, _MOST_DOWN), half.mask, half.unit)
        gain = gain * _colours(np.asarray(linear * gain, np.float32), half)
    return gain


def unlike(linear: LinearRGB, landmarks: Landmarks, shading: NDArray[Any]) -> float:
    """How far the halves of a face are from being lit as `shading` (4,) would light them: root mean square in
    stops, 0 where too little of both is seen. A small picture is meant (eyes to chin about 90 px)."""
    mask = skin_region(landmarks, (linear.shape[0], linear.shape[1]))
    normals = normal_map(landmarks, np.ones(mask.shape, np.float32))
    half = halves(linear, landmarks, mask, normals)
    inside = half.both > 0
    if inside.sum() < _TOO_LITTLE:
        return 0.0
    wanted = np.log2(np.maximum(shading[0] + normals @ shading[1:], _LEAST_LIGHT))
    off = half.odd(half.soft_log2(color.luminance(linear))) - half.odd(wanted)
    return float(np.sqrt((off[inside] ** 2).mean()))


def _colours(linear: LinearRGB, half: Halves) -> Array:
    """(h, w, 3) gain that brings the colour of the light on either half to their middle; luminance stays."""
    logs = [half.soft_log2(linear[..., channel]) for channel in range(3)]
    guide = half.soft_log2(color.luminance(linear))
    stops = np.zeros(linear.shape)
    odd = [-half.odd(logs[channel] - logs[1]) for channel in (0, 2)]
    for channel, off in zip((0, 2), half.smoothed(odd, guide, _COLOUR_REACH), strict=True):
        stops[..., channel] = _MOST_COLOUR * np.tanh(off / _MOST_COLOUR)
    gain = np.exp2(stops)
    now = color.luminance(np.asarray(linear * gain, np.float32))
    return np.asarray(gain * (color.luminance(linear) / np.maximum(now, 1e-5))[..., None])
