"""The light on a face, from the face: where it comes from, how hard it is, what colour it has."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.landmarks import (
    MIRRORED,
    Landmarks,
    face_unit,
    moved,
    roll_deg,
    skin_region,
)
from generation.imaging.lighting.bare import bare_skin
from generation.imaging.lighting.normals import MESH_POINTS, vertex_normals
from generation.imaging.types import Light, LinearRGB

# First-order spherical harmonics on a matte surface: ambient + linear in the normal. The second
# order carries under 1 % of the energy of most lamps on one side (Ramamoorthi & Hanrahan 2001) and
# a face's few normals cannot tell it from albedo.
Shading = NDArray[np.float64]
Floats = NDArray[np.float32]

# Ridge on the directional part, much stronger on its frontal part: how much darker a face's edges are than
# its middle is told by its lamp, and as much by hair around it, a beard, hollow cheeks and make-up.
_RIDGE = 0.004
_Z_RIDGE = 30.0
# Points that face less to the camera than the first lie in hair and hollows; from the second on they count in
# full. And the same of how much of what is around them is skin: what lies at a face's edge tells most.
_FRONT = (0.25, 0.35)
_COVERED = (0.3, 0.5)
# What the ridge pulls to: lamps and windows stand before the face and a little above it.
_USUAL = np.array([0.0, 0.0, 0.1, 0.35])
_ROUNDS = 12
# Fewer points say nothing.
_LEAST_POINTS = 12
# Weight of a point in a beard, in what the halves have in common.
_OF_HAIR = 0.1
# Blur that tells how many mesh points crowd at a place, in eye-to-chin units.
_CROWD = 0.12
# A pair's mean below this share of a face's median is taken as this: nothing is divided by a shadow's black.
_LEAST_LIGHT = 0.1
# Residuals beyond this many robust deviations are albedo (beard, brow, glint), not shading.
_HUBER = 1.2


@dataclass(frozen=True, slots=True)
class Samples:
    """Skin luminance at mesh points: values (N,), normals (N, 3) as if the head stood straight (`_upright`),
    weights (N,), pixels (N, 2) as x, y, and mirror (N,), the place in this list of the point on the other
    half of the face, -1 where it is hidden; hair (N,) whether it lies in a beard."""

    values: NDArray[np.float64]
    normals: NDArray[np.float64]
    weights: NDArray[np.float64]
    at: NDArray[np.int_]
    mirror: NDArray[np.int_]
    hair: NDArray[np.bool_]


def skin_samples(linear: LinearRGB, landmarks: Landmarks) -> Samples:
    """Blurred luminance at the mesh points that lie on bare skin and face the camera."""
    unit, normals = face_unit(landmarks), _upright(vertex_normals(landmarks), landmarks)
    corner, linear, landmarks = _around_face(linear, landmarks)
    shape = (linear.shape[0], linear.shape[1])
    skin, points = skin_region(landmarks, shape), landmarks[:MESH_POINTS, :2]
    light, around = _smoothed(linear, skin, unit)
    smooth, cover = at_points(light, points), at_points(around, points)
    # Points that come to lie on skin, or to face the camera, count by and by: a tenth of a pixel decides
    # little.
    share = _ramp(cover, _COVERED) * _ramp(normals[:, 2], _FRONT)
    seen = share > 0
    # Hair over one half only would be read as its shadow; a beard is on both.
    counts = cv2.dilate((around >= _COVERED[0]).astype(np.uint8), np.ones((3, 3), np.uint8))
    hair = at_points(bare_skin(linear, counts, unit).astype(np.float32), points) < 0.5
    seen &= ~(hair & seen[MIRRORED] & ~hair[MIRRORED])
    # Points crowd around eyes and mouth: each counts by the area that it stands for.
    at = np.clip(np.rint(points).astype(int), 0, [shape[1] - 1, shape[0] - 1])
    crowd = cv2.GaussianBlur(_dots(at[seen], shape), (0, 0), _CROWD * unit)
    area = 1.0 / np.maximum(crowd[at[seen, 1], at[seen, 0]], 1e-9)
    return Samples(
        smooth[seen].astype(np.float64),
        normals[seen],
        ((area / area.mean()).clip(0.3, 2.5) * share[seen]).astype(np.float64),
        at[seen] + corner,
        np.where(seen[MIRRORED], (np.cumsum(seen) - 1)[MIRRORED], -1)[seen],
        hair[seen],
    )


def _smoothed(linear: LinearRGB, skin: NDArray[np.uint8], unit: float) -> tuple[Floats, Floats]:
    """(h, w) luminance averaged over the skin around, and how much of what is around is skin, 0..1."""
    blur, mask = max(0.6, 0.03 * unit), skin.astype(np.float32)
    cover = cv2.GaussianBlur(mask, (0, 0), blur)
    light = cv2.GaussianBlur(color.luminance(linear) * mask, (0, 0), blur) / np.maximum(cover, 1e-3)
    return np.asarray(light, np.float32), np.asarray(cover, np.float32)


def at_points(picture: Floats, points: NDArray[Any]) -> Floats:
    """(N,) what a picture (h, w) shows at points (N, 2), between its pixels; 0 outside."""
    x, y = np.asarray(points, np.float32).T[..., None]
    found = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(found[:, 0], np.float32)


def _ramp(values: NDArray[Any], bounds: tuple[float, float]) -> NDArray[Any]:
    """0 up to the first bound, 1 from the second on."""
    low, high = bounds
    return np.asarray(np.clip((values - low) / (high - low), 0, 1))


def _upright(normals: NDArray[Any], landmarks: Landmarks) -> NDArray[np.float64]:
    """(N, 3) normals of a head that stands straight: a finished picture is turned so. Set up before a photo
    that is tilted by 7 degrees, a lamp from above came from aside then, by up to 17 degrees."""
    angle = math.radians(roll_deg(landmarks))
    right = np.array([math.cos(angle), -math.sin(angle), 0.0])
    up = np.array([math.sin(angle), math.cos(angle), 0.0])
    return np.asarray(normals @ np.stack([right, up, np.array([0.0, 0.0, 1.0])], axis=1), np.float64)


def _around_face(linear: LinearRGB, landmarks: Landmarks) -> tuple[NDArray[np.int_], LinearRGB, Landmarks]:
    """The part of a picture that the samples' filters can reach: its corner (x, y), it, the landmarks in it.

    A face is a tenth of its picture, and a plan looks at it again in every round.
    """
    low, high = near_face(landmarks, linear.shape)
    there = moved(landmarks, 1.0, -float(low[0]), -float(low[1]))
    return low, linear[low[1] : high[1], low[0] : high[0]], there


def near_face(landmarks: Landmarks, shape: tuple[int, ...]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """First corner (x, y), and the one behind the last, of what filters can reach from a face in a picture of
    this shape (h, w, ...)."""
    points, (height, width) = landmarks[:MESH_POINTS, :2], shape[:2]
    # OpenCV lets a blur see four of its deviations far.
    ahead = 4 * _CROWD * face_unit(landmarks) + 2
    low = np.clip(np.floor(points.min(axis=0) - ahead).astype(int), 0, [width - 1, height - 1])
    return low, np.maximum(np.ceil(points.max(axis=0) + ahead).astype(int), low + 1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The equations that a fit solves: of a mirrored pair its mean and half its difference, of a point that
    is seen alone itself. `basis` (R, 4), `weights` (R,), `odd` (R,) whether it is a difference.

    A difference is free of albedo, so none of it is left out as an outlier: a shadow on one side is light.
    It alone says what comes from aside, the rest what does not (`asked`, (R, 4)): on a face that is turned,
    hair at its edge and a nose that shines would be read as a lamp on one side.
    """

    basis: NDArray[np.float64]
    weights: NDArray[np.float64]
    odd: NDArray[np.bool_]
    first: NDArray[np.int_]
    second: NDArray[np.int_]

    @property
    def asked(self) -> NDArray[np.float64]:
        """The basis with the columns that a row has a say in."""
        aside = np.array([False, True, False, False])
        return np.where(self.odd[:, None] == aside, self.basis, 0.0)

    def without_albedo(self, said: NDArray[np.float64], solution: NDArray[np.float64]) -> NDArray[np.float64]:
        """(R,) what the rows say (R,) where each difference stands beside the mean that the light (4,) alone
        would give its pair: shading multiplies albedo, and a difference in a beard or a hollow is as small
        as its skin is dark."""
        pairs = np.count_nonzero(self.odd)
        light = self.basis[pairs : 2 * pairs] @ solution
        out = said.copy()
        out[:pairs] *= np.maximum(light, _LEAST_LIGHT) / np.maximum(said[pairs : 2 * pairs], _LEAST_LIGHT)
        return out

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., R) what the rows say of values (..., N) at the points."""
        sign = np.where(self.odd, -1.0, 1.0)
        return np.asarray((values.take(self.first, axis=-1) + sign * values.take(self.second, axis=-1)) / 2)


def _rows(samples: Samples) -> _Rows:
    place = np.arange(len(samples.values))
    left = np.flatnonzero(place < samples.mirror)
    alone = np.flatnonzero((samples.mirror < 0) | (samples.mirror == place))
    right = samples.mirror[left]
    first, second = np.concatenate([left, left, alone]), np.concatenate([right, right, alone])
    odd = np.repeat([True, False, False], [len(left), len(left), len(alone)])
    whole = np.concatenate([np.ones((len(place), 1)), samples.normals], axis=1)
    pair = samples.weights[left] + samples.weights[right]
    # A beard is on both halves: it says as little of their mean as brows do.
    share = np.where(samples.hair, _OF_HAIR, 1.0)
    weights = np.concatenate([pair, pair * share[left], samples.weights[alone] * share[alone]])
    rows = _Rows(np.zeros((len(first), 4)), weights, odd, first, second)
    for column in range(4):
        rows.basis[:, column] = rows.of(whole[:, column])
    return rows


def _dots(at: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    out = np.zeros(shape, np.float32)
    np.add.at(out, (at[:, 1], at[:, 0]), 1.0)
    return out


def reader(samples: Samples) -> Callable[[NDArray[np.float64]], Shading]:
    """`fit_shading` of other values (K, N) at the same points, one shading (K, 4) for each row, its robust
    weights held at those of `samples`.

    Smooth and quick: what a search needs. Weights that follow every trial would make it jump.
    """
    if samples.values.size < _LEAST_POINTS:
        return lambda values: np.tile([1.0, 0.0, 0.0, 0.0], (len(values), 1))
    rows = _rows(samples)
    _, weights = _robust(samples, rows)
    weighted = rows.asked * weights[:, None]
    ridge = _ridge(samples)
    inverse = np.linalg.inv(weighted.T @ rows.basis + ridge)
    pulled, means = ridge @ _USUAL, np.append(1.0, samples.normals.mean(axis=0))

    def read(values: NDArray[np.float64]) -> Shading:
        relative = values / np.maximum(values.mean(axis=-1, keepdims=True), 1e-6)
        # One by one, as a product of matrices rounds otherwise.
        said = rows.of(relative)
        first = [inverse @ (weighted.T @ one + pulled) for one in said]
        even = [rows.without_albedo(*one) for one in zip(said, first, strict=True)]
        solutions = [inverse @ (weighted.T @ one + pulled) for one in even]
        return np.stack([one / max(float(means @ one), 1e-6) for one in solutions])

    return read


def fit_shading(samples: Samples) -> Shading:
    """(4,) ambient and x, y, z of the light, relative to the mean over the face.

    Lambertian reflectance is near a low-dimensional linear subspace (Basri & Jacobs 2003). What differs
    between the halves of a face is light (Zhao & Chellappa 2001) and all of it counts; of what they have in
    common, iteratively re-weighted least squares with Huber weights keeps albedo edges out.
    """
    if samples.values.size < _LEAST_POINTS:
        return np.array([1.0, 0.0, 0.0, 0.0])
    solution, _ = _robust(samples, _rows(samples))
    mean = float(solution[0] + samples.normals.mean(axis=0) @ solution[1:])
    return np.asarray(solution / max(mean, 1e-6), np.float64)


def _ridge(samples: Samples) -> NDArray[np.float64]:
    return np.diag([0.0, 1.0, 1.0, _Z_RIDGE]) * _RIDGE * float(samples.weights.sum())


def _robust(samples: Samples, rows: _Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(4,) solution relative to the median, and the rows' weights (R,) it came to."""
    said = rows.of(samples.values / max(float(samples.values.mean()), 1e-6))
    values, weights = said, rows.weights.copy()
    ridge = _ridge(samples)
    solution, asked = np.zeros(4), rows.asked
    for _ in range(_ROUNDS):
        weighted = asked * weights[:, None]
        solution = np.linalg.solve(weighted.T @ rows.basis + ridge, weighted.T @ values + ridge @ _USUAL)
        values = rows.without_albedo(said, solution)
        residual = np.abs(values - rows.basis @ solution)
        bound = _HUBER * 1.4826 * max(float(np.median(residual[~rows.odd])), 1e-3)
        weights = rows.weights * np.where(rows.odd, 1.0, np.minimum(1.0, bound / np.maximum(residual, 1e-9)))
    return solution, weights


def key_fill_ratio(shading: Shading) -> float:
    """Brightest over darkest on the visible half of a matte sphere's equator, 1..8."""
    angles = np.radians(np.linspace(-90, 90, 61))
    equator = shading[0] + shading[1] * np.sin(angles) + shading[3] * np.cos(angles)
    return float(np.clip(equator.max() / max(float(equator.min()), 0.05), 1.0, 8.0))


def side_ratio(shading: Shading) -> float:
    """Brighter over darker end of a matte sphere's equator, 1..8: how one-sided the light is.

    Unlike `key_fill_ratio` it does not ask how fast a face falls off to both sides alike, which a beard or
    hair around a face does as well as a lamp.
    """
    aside = abs(float(shading[1]))
    return float(np.clip((shading[0] + aside) / max(float(shading[0]) - aside, 0.05), 1.0, 8.0))


def direction_deg(shading: Shading) -> tuple[float, float]:
    """Azimuth (positive to the camera's right) and elevation of the light in degrees.

    The front part is at least a tenth, so that light that a face cannot place (purely ambient, or
    from behind) does not swing to +-180 degrees.
    """
    x, y = float(shading[1]), float(shading[2])
    z = max(float(shading[3]), 0.1 * math.hypot(x, y), 1e-6)
    return math.degrees(math.atan2(x, z)), math.degrees(math.atan2(y, math.hypot(x, z)))


def describe(shading: Shading, temperature_k: float, tint: float = 0.0) -> Light:
    """The numbers a photographer would ask for."""
    azimuth, elevation = direction_deg(shading)
    return Light(azimuth, elevation, key_fill_ratio(shading), temperature_k, tint)


def small_view(linear: LinearRGB, landmarks: Landmarks, unit_px: float = 90.0) -> tuple[LinearRGB, Landmarks]:
    """The picture scaled so that eyes to chin are `unit_px` (never enlarged), with its landmarks."""
    scale = min(1.0, unit_px / face_unit(landmarks))
    if scale >= 1.0:
        return linear, landmarks
    size = (max(1, round(linear.shape[1] * scale)), max(1, round(linear.shape[0] * scale)))
    small = cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), np.asarray(landmarks * np.float32(scale), np.float32)
