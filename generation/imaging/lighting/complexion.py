"""The skin's own colour at every lightness: what light does to a person's colour, told from the photo itself.

A gain alone keeps a pixel's chromaticity. But cameras bend shadows towards deep colour and highlights towards
white, gloss is white, and a channel that burns out turns skin yellow: shadow that is lifted as it is glows
orange, and a highlight that is taken down as it is turns grey or green. A face shows what its skin looks like
at each lightness; a place that is moved to another one goes towards the colour that this skin has there, and
keeps what it has of its own: freckles, rosy cheeks, a beard's shadow. The farther it is moved, the less of
that is believed: what was blue from the sky or orange from a wall in the shadow is not skin's.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.strips import for_channels
from generation.imaging.types import LinearRGB

Array = NDArray[Any]

# Blur before colours are compared, in eye-to-chin units: below it lie pores and freckles.
_SOFT: Final = 0.03
# Bins of the curve in stops of lightness, how many of them it is smoothed over, from how many pixels on a bin
# speaks for itself, and the share of the skin at either end that is not believed.
_BIN: Final = 0.25
_SMOOTH: Final = 1.5
_ENOUGH: Final = 120
_TAIL: Final = 0.02
# Ridge on the curve's slopes, in pixels times stops squared.
_RIDGE: Final = 1.0
# Red and blue against green may move by so many stops.
_MOST: Final = 0.6
# What is lifted gets no paler than skin is at this quantile of its lightness: above it is gloss, and lifted
# cheeks came out pink. What is darkened goes this share of the way: the deepest colour lies in hollows.
_LIT: Final = 0.75
_DEEP: Final = 0.6
# After being moved by so many stops a place has 1/e of what was its own. White beards and the like, far off
# the curve (`_OTHER`), keep it.
_FORGET: Final = 0.6
# What is paler than this skin is at its lightness shines: taken down, it gets so much of the colour back, in
# powers of the light that is left. And the way that red and blue go in more colour.
_POWDER: Final = 2.5
_DEEPER: Final = np.array([1.0, -1.0], np.float32)
# Off the face, what is so many stops off this curve and most of this skin (a white collar is as pale as
# shine), or so many darker than all of it, is no skin.
_OTHER: Final = 0.35
_DARKER: Final = 1.0
# What little a place that is no bare skin counts in the averages of the face.
_LITTLE: Final = 0.02
# A place that would get less of the skin's colour than this gets none.
_LEAST_WEIGHT: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Complexion:
    """A person's skin by lightness: `at` (k,) log2 of luminance, rising, and `hues` (k, 2) log2 of red and of
    blue against green there."""

    at: Array
    hues: Array

    def of(self, light: Array, hue: int) -> NDArray[np.float32]:
        """(...) one of the skin's hues at log2 luminance (...); beyond what was seen as at its ends."""
        return np.interp(light, self.at, self.hues[:, hue]).astype(np.float32)


def complexion(light: Array, hues: Array) -> Complexion | None:
    """The curve of skin pixels, log2 luminance (n,) and hues (n, 2): medians by lightness, smoothed. None of
    too few."""
    if len(light) < _ENOUGH:
        return None
    low, high = np.quantile(light, [_TAIL, 1 - _TAIL])
    count = max(2, math.ceil((high - low) / _BIN))
    edges = np.linspace(low, max(high, low + _BIN), count + 1)
    bins = np.digitize(light, edges) - 1
    medians, weights = np.zeros((count, 2)), np.zeros(count)
    for one in range(count):
        rows = bins == one
        if rows.any():
            medians[one], weights[one] = np.median(hues[rows], axis=0), min(int(rows.sum()), _ENOUGH)
    return Complexion(edges, _smoothed((edges[:-1] + edges[1:]) / 2, medians, weights, edges))


def _smoothed(at: Array, values: Array, weights: Array, wanted: Array) -> Array:
    """(k, 2) values at `wanted` (k,) of those at `at` (n,) by local straight lines (Cleveland 1979), which do
    not flatten the ends as local means do; a little ridge keeps them from swinging where there is one bin."""
    apart = at[None] - wanted[:, None]
    pull = np.exp(-((apart / (_BIN * _SMOOTH)) ** 2) / 2) * weights
    basis = np.stack([np.ones_like(apart), apart], axis=-1)
    weighted = basis * pull[..., None]
    both = np.swapaxes(basis, 1, 2) @ weighted + np.diag([1e-9, _RIDGE])
    return np.asarray(np.linalg.solve(both, np.swapaxes(weighted, 1, 2) @ values)[:, 0])


@dataclass(frozen=True, slots=True)
class Coloured:
    """What every gain finds alike on one picture: luminance, log2 of it in broad strokes, the skin's hues
    there (h, w, 2), by how much of that a place is paler, where skin is sure, where all is, and how much of
    the skin's colour a place gets; blur in pixels."""

    linear: LinearRGB
    grey: Array
    light: Array
    curve: Complexion
    here: Array
    off: Array
    paler: Array
    bare: Array
    face: Array
    weight: Array
    lit: float
    blur: float

    def cut(self, at: tuple[slice, slice]) -> "Coloured":
        """These rows and columns alone, all of the skin among them."""
        names = ("linear", "grey", "light", "here", "off", "paler", "bare", "face", "weight")
        return replace(self, **{name: getattr(self, name)[at] for name in names})

    def own(self, gain: Array, even: Array) -> Array:
        """(h, w, 3) the gain with the skin's own colour at the lightness that it leads to; what it does to
        luminance stays, and so does the mean colour of the skin. `even` (h, w, 3) are stops by which the
        light's colour is evened besides."""
        lift = np.maximum(color.luminance(self.linear * gain), 1e-6) / self.grey
        broad = cv2.GaussianBlur(lift, (0, 0), self.blur)
        at = self.weight > _LEAST_WEIGHT
        lift, weight, out = lift[at], self.weight[at], gain.copy()
        stops = np.log2(lift)
        red, blue = self._shifts(np.log2(broad[at]), at)
        # A channel at a time: numpy spreads over an axis of three six times as slowly.
        for channel, shift in enumerate((red, np.float32(0), blue)):
            given = np.log2(np.maximum(gain[..., channel][at], 1e-6))
            own = stops + even[..., channel][at] + shift
            out[..., channel][at] = np.exp2(given + weight * (own - given))
        now = np.maximum(color.luminance(self.linear * out)[at], 1e-6)
        whole = np.ones(at.shape, np.float32)
        whole[at] = lift * self.grey[at] / now
        return np.asarray(out * for_channels(whole))

    def _shifts(self, stops: Array, at: Array) -> list[Array]:
        """(n,) each how red and blue change when the places `at` (h, w) are moved by `stops` (n,); nothing on
        average over the skin."""
        light, sure, shifts = self.light[at], self.bare[at], []
        there = light + stops
        there = np.where(stops > 0, np.minimum(there, np.maximum(light, self.lit)), there)
        offs = [self.off[..., one][at] for one in range(2)]
        skin = np.exp(-(offs[0] ** 2 + offs[1] ** 2) / (2 * _OTHER**2))
        forgotten = skin * (1 - np.exp(-np.abs(stops) / _FORGET))
        share = np.where(stops > 0, np.float32(1.0), np.float32(_DEEP))
        less = self.face[at] * (1 - np.exp2(_POWDER * np.minimum(stops, 0)))
        for one, off in enumerate(offs):
            wanted = share * (self.curve.of(there, one) - self.here[..., one][at]) - forgotten * off
            shift = _MOST * np.tanh(wanted / _MOST) - less * self.paler[..., one][at]
            shifts.append(shift - np.float32(shift[sure].mean(dtype=np.float64)))
        return shifts


def coloured(linear: LinearRGB, bare: Array, face: Array, unit: float) -> Coloured | None:
    """Look at a picture (h, w, 3) once: `bare` (h, w) is where skin is surely seen, `face` (h, w) 0..1 where
    all is skin. What has the skin's colour off the face (neck, ears, hands) is treated alike. None of too
    little skin."""
    blur, sure = max(0.6, _SOFT * unit), bare > 0
    light, hues = _soft(linear, np.where(face > 0.5, np.maximum(sure, _LITTLE), 1), blur)
    curve = complexion(light[sure], hues[sure])
    if curve is None:
        return None
    here, usual = np.stack([curve.of(light, one) for one in range(2)], axis=-1), np.median(hues[sure], axis=0)
    off, lit = hues - here, float(np.quantile(light[sure], _LIT))
    paler = np.minimum(off * _DEEPER, 0) * _DEEPER
    apart = (off**2 + (hues - usual) ** 2).sum(axis=-1)
    alike = np.exp(-apart / (2 * _OTHER**2)) * (light > curve.at[0] - _DARKER)
    weight = cv2.GaussianBlur(np.asarray(np.maximum(face, alike), np.float32), (0, 0), blur)
    grey = np.maximum(color.luminance(linear), 1e-5)
    return Coloured(linear, grey, light, curve, here, off, paler, sure, face, weight, lit, blur)


def _soft(linear: LinearRGB, share: Array, blur: float) -> tuple[Array, Array]:
    """(h, w) log2 luminance and (h, w, 2) hues of the picture, averaged over what is near by these shares."""
    share = np.asarray(share, np.float32)
    total = np.maximum(cv2.GaussianBlur(share, (0, 0), blur), 1e-3)[..., None]
    smooth = cv2.GaussianBlur(np.asarray(linear * share[..., None], np.float32), (0, 0), blur) / total
    logs = np.log2(np.maximum(smooth, 1e-4))
    light = np.log2(np.maximum(color.luminance(smooth), 1e-4))
    return light, np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)
