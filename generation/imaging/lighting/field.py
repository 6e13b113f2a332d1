"""A broad gradient over a head, in stops: what a retoucher's large soft brush can do, and no more.

The terms are low-order polynomials of the place on the head and the mesh's normals in broad strokes.
Nostrils, ears and the edge of the face get what lies around them: nothing glows, and no seam appears.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares

from generation.imaging.landmarks import FACE_OVAL, Landmarks, face_unit, region, roll_deg
from generation.imaging.lighting.estimate import Samples, Shading, reader

Array = NDArray[Any]
# What the grade will do to a picture, (..., 3) linear to (..., 3) linear.
Tone = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# Gain in stops that the field may reach at its farthest, up and down.
_UP_STOPS: Final = 1.7
_DOWN_STOPS: Final = 1.5
# Where the field stops growing, in half face widths and eye-to-chin units.
_FAR: Final = (1.25, 1.35)
# Blur of the normals, and of the face's edge towards which they fade, in eye-to-chin units.
_BROAD: Final = 0.14
_FADE: Final = 0.12
# The terms: u, u^3, u^2, v, v^2, uv, and the normals' x, y and z - 1. Ridge of the first, robust fit: what is
# dark by beard or hair lies below or above, so up and down is trusted least.
RIDGE: Final = (0.002, 0.02, 0.01, 0.05, 0.08, 0.03, 0.01, 0.05, 0.01)
# Robust bound of that fit in stops: what is farther off is beard, brow or cast shadow, not shading.
_HUBER: Final = 0.25
_FIT_ROUNDS: Final = 8
# The terms that are steered then (u, v, u^2, x, z), and their bounds in stops: what keeps the field a broad
# gradient. Beyond, its limits would be reached within a finger's width, and a seam would run down the face.
_STEERED: Final = (0, 3, 2, 6, 8)
_MOST_OF_TERMS: Final = (2.0, 0.5, 1.5, 1.5, 3.0)
# What counts as near in x, y and z of the shading, against the field's own size (root mean square in stops)
# and how far its terms go from where they start. Several of them do nearly the same on a face: without that,
# a tenth of a pixel decides which of them does it. What comes from aside counts most: the halves tell it,
# while a face's edges are darker than its middle by hair and hollow cheeks as well as by its lamp.
_NEAR: Final = (0.026, 0.2, 0.06)
_MODESTY: Final = 0.21
_MODESTY_OF_TERMS: Final = (0.2, 0.4, 0.4, 0.6, 0.3)
_MOST_TRIES: Final = 60
# By how much a term is changed to either side to see what it does, in stops.
_STEP: Final = 1e-4
_ENOUGH: Final = 1e-5
# Values in the table of what the grade shows of grey.
_TABLE: Final = 512


def head_coordinates(landmarks: Landmarks, shape: tuple[int, int]) -> tuple[Array, Array]:
    """(h, w) place on the head: u in half face widths to the camera's right, v in eye-to-chin units
    downwards, both 0 in the middle of the face and levelling off beyond it."""
    angle = math.radians(roll_deg(landmarks))
    right = np.array([math.cos(angle), math.sin(angle)])
    down = np.array([-math.sin(angle), math.cos(angle)])
    oval = landmarks[list(FACE_OVAL), :2]
    middle = oval.mean(axis=0)
    half = max(float(np.ptp(oval @ right)) / 2, 1.0)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    u = ((xs - middle[0]) * right[0] + (ys - middle[1]) * right[1]) / half
    v = ((xs - middle[0]) * down[0] + (ys - middle[1]) * down[1]) / face_unit(landmarks)
    return _FAR[0] * np.tanh(u / _FAR[0]), _FAR[1] * np.tanh(v / _FAR[1])


def terms(landmarks: Landmarks, normals: Array) -> Array:
    """(h, w, 9) the field's terms; `normals` is (h, w, 3)."""
    shape = (normals.shape[0], normals.shape[1])
    u, v = head_coordinates(landmarks, shape)
    unit = face_unit(landmarks)
    smooth = cv2.GaussianBlur(normals - np.array([0, 0, 1], np.float32), (0, 0), _BROAD * unit)
    face = cv2.GaussianBlur(region(landmarks, FACE_OVAL, shape).astype(np.float32), (0, 0), _FADE * unit)
    places = np.stack([u, u**3, u**2, v, v**2, u * v], axis=-1)
    return np.asarray(np.concatenate([places, smooth * face[..., None]], axis=-1))


def fitted(values: Array, basis: Array, firmness: float = 1.0) -> Array:
    """(9,) coefficients of the terms (N, 9) that explain `values` (N,) up to a constant, robustly."""
    full = np.concatenate([np.ones((len(values), 1)), basis], axis=1)
    ridge = np.array([0.0, *(firmness * one for one in RIDGE)])
    return robust(values, full, ridge, _HUBER)[1:]


def robust(values: Array, basis: Array, ridge: Array, huber: float) -> Array:
    """(k,) coefficients of `basis` (N, k) that explain `values` (N,): least squares with a ridge (k,), what
    is off by more than `huber` counting less (Huber weights, re-weighted until they hold)."""
    pull, weights = np.diag(ridge) * len(values), np.ones(len(values))
    solution = np.zeros(basis.shape[1])
    for _ in range(_FIT_ROUNDS):
        weighted = basis * weights[:, None]
        solution = np.linalg.solve(weighted.T @ basis + pull, weighted.T @ values)
        weights = np.minimum(1.0, huber / np.maximum(np.abs(values - basis @ solution), 1e-6))
    return np.asarray(solution)


def bounded(stops: Array, most_up: float = _UP_STOPS, most_down: float = _DOWN_STOPS) -> Array:
    """Soft limits: linear near 0, never beyond the bounds."""
    most = np.where(stops > 0, most_up, most_down).astype(stops.dtype)
    return np.asarray(most * np.tanh(stops / most))


@dataclass(frozen=True, slots=True)
class _Search:
    """What trials (K, 5) of the steered terms are held against."""

    start: Array
    first: Array
    samples: Samples
    basis: Array
    target: Shading
    shows: Callable[[Array], Array]
    held: Callable[[Array], Array]

    def fields(self, trials: Array) -> Array:
        """(K, 9) all terms."""
        out = np.tile(self.start, (len(trials), 1))
        out[:, list(_STEERED)] = trials
        return out

    def stops(self, trials: Array) -> Array:
        """(K, N) what is done to the samples."""
        # One by one: a product of matrices rounds otherwise.
        stops = np.stack([self.basis @ one for one in self.fields(trials)])
        gain = np.exp2(bounded(stops - stops.mean(axis=1, keepdims=True)))
        values = self.samples.values
        whole = np.maximum((gain * values).sum(axis=1, keepdims=True), 1e-9)
        return np.asarray(np.log2(np.maximum(self.held(gain * values.sum() / whole), 1e-3)))

    def shown(self, stops: Array) -> Array:
        """(K, N) the samples as the grade shows them."""
        return self.shows(self.samples.values * np.exp2(stops))

    def residuals(self, trials: Array, read: Callable[[Array], Array]) -> Array:
        """(K, R): a search asks for several at a time, and each alone costs as much."""
        stops = self.stops(trials)
        missing = (read(self.shown(stops)) - self.target)[:, 1:] / np.array(_NEAR)
        size = _MODESTY * stops / math.sqrt(stops.shape[1])
        moved = np.array(_MODESTY_OF_TERMS) * (trials - self.first)
        return np.concatenate([missing, size, moved], axis=1)


def steered(
    start: Array,
    samples: Samples,
    basis: Array,
    target: Shading,
    tone: Tone,
    held: Callable[[Array], Array] = lambda gain: gain,
) -> tuple[Array, Shading]:
    """(9,) the field under which the samples are fitted by the target's shading, as far as is natural, and
    the shading that fits them then.

    Least squares over the steered terms (Levenberg & Marquardt): distance of the fitted shading from the
    target, and a little of the field's own size. `basis` (N, 9) are the terms at the samples, `held` what is
    left of a gain (K, N) there that keeps the samples' mean. The bounds are soft and the slopes are taken
    over a step that is wider than what rounding does: where a search ended used to hang on the last bit.
    """
    most = np.array(_MOST_OF_TERMS)
    first = np.clip(start[list(_STEERED)], -0.95 * most, 0.95 * most)
    shows = _of_grey(tone, float(samples.values.max()) * 2**_UP_STOPS)
    search = _Search(start, first, samples, basis, target, shows, held)
    read = reader(replace(samples, values=search.shown(search.stops(first[None]))[0]))

    def residuals(trials: Array) -> Array:
        return search.residuals(most * np.tanh(trials / most), read)

    found = least_squares(
        lambda x: residuals(x[None])[0],
        most * np.arctanh(first / most),
        jac=lambda x: _slopes(residuals, x),
        method="lm",
        max_nfev=_MOST_TRIES,
        ftol=_ENOUGH,
        xtol=_ENOUGH,
    )
    ended = most * np.tanh(found.x / most)[None]
    return np.asarray(search.fields(ended)[0]), np.asarray(read(search.shown(search.stops(ended)))[0])


def _of_grey(tone: Tone, most: float) -> Callable[[Array], Array]:
    """What a grade shows of grey between 0 and `most`, from a table: it is a curve there, and a search asks
    for it a hundred times."""
    # Even steps where eyes see.
    at = np.linspace(0, math.sqrt(most), _TABLE) ** 2
    shown = tone(np.repeat(at.astype(np.float32)[:, None, None], 3, axis=-1))[:, 0, 1].astype(np.float64)
    # Smooth: where a search ends must not hang on the place between two values of a table.
    curve = PchipInterpolator(at, shown)
    return lambda grey: np.asarray(curve(grey))


def _slopes(residuals: Callable[[Array], Array], x: Array) -> Array:
    """(R, k) how residuals change with each of (k,) terms, from a step to either side."""
    steps = _STEP * np.eye(len(x))
    found = residuals(np.concatenate([x + steps, x - steps]))
    return np.asarray((found[: len(x)] - found[len(x) :]).T / (2 * _STEP))
