"""What comes from aside, told by a stranger from the two halves of a face; and faces whose light is known.

Halves share skin, beard and brows: what differs is light. A fit over all of a face (`looking.fit_light`)
cannot tell hair around it, hollow cheeks and a shining nose from a lamp, and finds the rig's light within 12
degrees in half of the faces that have exactly that light (`known`). Nothing of the pipeline's own measuring
is used but which points of MediaPipe's mesh mirror each other.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.optimize import least_squares
from scipy.spatial import Delaunay

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    LIPS,
    MIRRORED,
    RIGHT_BROW,
    RIGHT_EYE,
)
from generation.imaging.lighting.relight import rig_shading
from tests.benchmarks.looking import close_up, key_fill, polygon

Array = NDArray[Any]
_POINTS: Final = len(MIRRORED)
# Left out: what faces the camera less, and what is nearer to the face's outline, in eye-to-chin units.
_LEAST_FRONT: Final = 0.35
_INSET: Final = 0.06
# Blur of luminance in pixels of the close-up, and of holes around eyes, brows and mouth.
_SOFT_PX: Final = 3.0
_HOLE_PX: Final = 7
# Robust bound of a difference between halves, in logarithms: hair on one side, a glint.
_BOUND: Final = 0.15
_LEAST_LIGHT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Halves:
    """Azimuth (degrees, positive to the camera's right) and key to fill (1..8) of the light on a face."""

    azimuth_deg: float
    key_fill: float


def aside(pixels: Array, points: Array, rig: LightRig) -> float:
    """How much light comes from aside on a face in (H, W, 3) uint8 sRGB with landmarks (478, 3).

    It is x of a first-order shading whose ambient part is 1, positive from the camera's right. How much comes
    from the front and from above no face tells (its normals all look forward): what the rig has is taken.
    """
    small, near = close_up(pixels, points)
    return _aside(color.srgb8_to_linear(small).astype(np.float64), near, rig)


def halves(pixels: Array, points: Array, rig: LightRig) -> Halves:
    """Azimuth and key to fill of the light on a face, told from its halves."""
    found, (_, _, up, front) = aside(pixels, points, rig), rig_shading(rig)
    return Halves(math.degrees(math.atan2(found, front)), key_fill(np.array([1.0, found, up, front])))


def known(pixels: Array, points: Array, rig: LightRig) -> tuple[Array, Array]:
    """The close-up of a face (h, w, 3) uint8 and its landmarks, lit from aside by exactly the rig: its halves
    made equally bright by broad strokes, and the rig's shading in the place of one without a side."""
    small, near = close_up(pixels, points)
    linear = color.srgb8_to_linear(small).astype(np.float64)
    shape, spots = (linear.shape[0], linear.shape[1]), near[:_POINTS, :2].astype(np.float64)
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    triangles = Delaunay(spots)
    at = LinearNDInterpolator(triangles, spots[MIRRORED])(xs, ys).astype(np.float32)
    on_face = ~np.isnan(at[..., 0])
    logs = cv2.GaussianBlur(
        np.log(np.maximum(color.luminance(linear), 1e-4)).astype(np.float32), (0, 0), _SOFT_PX
    )
    other = cv2.remap(logs, np.nan_to_num(at[..., 0]), np.nan_to_num(at[..., 1]), cv2.INTER_LINEAR)
    linear *= np.exp(-np.where(on_face, (logs - other) / 2, 0))[..., None]
    normals = LinearNDInterpolator(triangles, _normals(near))(xs, ys)
    light, forward = rig_shading(rig), _forward(near)
    without = light[0] + normals[..., 1] * light[2] + normals @ forward * light[3]
    wanted = light[0] + normals @ light[1:]
    gain = np.nan_to_num(np.maximum(wanted, _LEAST_LIGHT) / np.maximum(without, _LEAST_LIGHT), nan=1.0)
    return color.linear_to_srgb8(np.asarray(linear * gain[..., None], np.float32)), near


def _aside(linear: Array, points: Array, rig: LightRig) -> float:
    normals, (left, weight, differ) = _normals(points), _pairs(linear, points)
    right = MIRRORED[left]
    _, _, up, front = rig_shading(rig)

    def logs(x: float, at: Array) -> Array:
        shading = 1 + normals[at] @ np.array([x, up, front])
        return np.asarray(np.log(np.maximum(shading, _LEAST_LIGHT)))

    def residuals(x: Array) -> Array:
        return (logs(x[0], left) - logs(x[0], right) - differ) * weight

    return float(least_squares(residuals, [0.05], loss="soft_l1", f_scale=_BOUND).x[0])


def _pairs(linear: Array, points: Array) -> tuple[Array, Array, Array]:
    """Points (N,) of the left half whose mirror is seen as well, the root of the area that a pair stands for,
    and by how much the left is lighter in logarithms."""
    shape = (linear.shape[0], linear.shape[1])
    logs = np.log(
        np.maximum(cv2.GaussianBlur(color.luminance(linear).astype(np.float32), (0, 0), _SOFT_PX), 1e-3)
    )
    at = np.rint(points[:_POINTS, :2]).astype(int)
    inside = (at >= 0).all(axis=1) & (at[:, 0] < shape[1]) & (at[:, 1] < shape[0])
    at = np.clip(at, 0, [shape[1] - 1, shape[0] - 1])
    seen = inside & (_normals(points)[:, 2] > _LEAST_FRONT) & _bare(points, shape)[at[:, 1], at[:, 0]]
    place = np.arange(_POINTS)
    left = np.flatnonzero((place < MIRRORED) & seen & seen[MIRRORED])
    triangles, area = Delaunay(points[:_POINTS, :2]).simplices, np.zeros(_POINTS)
    one, two = (points[triangles[:, k], :2] - points[triangles[:, 0], :2] for k in (1, 2))
    size = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    for corner in range(3):
        np.add.at(area, triangles[:, corner], size)
    pair = area[left] + area[MIRRORED[left]]
    values = logs[at[:, 1], at[:, 0]]
    return left, np.sqrt(pair / pair.mean()), values[left] - values[MIRRORED[left]]


def _bare(points: Array, shape: tuple[int, int]) -> Array:
    """(h, w) bool: within the face's outline, away from eyes, brows and mouth."""
    unit = float(np.linalg.norm(points[152, :2] - (points[468, :2] + points[473, :2]) / 2))
    face = np.zeros((shape[0] + 2, shape[1] + 2), np.uint8)
    cv2.fillPoly(face, [np.rint(points[list(FACE_OVAL), :2]).astype(np.int32) + 1], 1)
    bare = cv2.distanceTransform(face, cv2.DIST_L2, 5)[1:-1, 1:-1] >= _INSET * unit
    holes = np.zeros(shape, np.uint8)
    for part in (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, LIPS):
        holes |= polygon(points, part, shape)
    return np.asarray(bare & (cv2.dilate(holes, np.ones((_HOLE_PX, _HOLE_PX), np.uint8)) == 0))


def _normals(points: Array) -> Array:
    """(468, 3) normals of the mesh, x to the camera's right, y up, z to the camera."""
    flat = points[:_POINTS] * np.array([1, -1, -1], np.float32)
    triangles = Delaunay(points[:_POINTS, :2]).simplices
    corners = flat[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    cross *= np.sign(cross[:, 2:3])
    out = np.zeros((_POINTS, 3))
    for corner in range(3):
        np.add.at(out, triangles[:, corner], cross)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1), 1e-9)[:, None])


def _forward(points: Array) -> Array:
    """(3,) where the face looks to, level: square to the line through its two halves."""
    flat = points[:_POINTS] * np.array([1, -1, -1], np.float32)
    left = np.flatnonzero(np.arange(_POINTS) < MIRRORED)
    across = (flat[MIRRORED[left]] - flat[left]).sum(axis=0)
    across /= np.linalg.norm(across)
    out = np.array([0.0, 0.0, 1.0]) - across * across[2]
    return np.asarray(out / np.linalg.norm(out))
