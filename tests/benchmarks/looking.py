"""Numbers of a picture as a stranger measures them: nothing of the pipeline's own measuring is used.

MediaPipe's face mesh is run on the picture itself (the pipeline runs it on crops of a detection); the light
is fitted by robust least squares over a Delaunay triangulation of the mesh; skin is the median over cheeks
and forehead.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial import Delaunay

from generation.imaging import color

Array = NDArray[Any]
# Longer side at which the mesh looks; it shrinks faces to 192 px itself.
_LOOK_PX: Final = 1024
_EYES: Final = ((33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
                (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382))  # fmt: skip
_BROWS: Final = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (336, 296, 334, 293, 300, 276, 283, 282, 295, 285),
)
_MOUTH: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
# Skin without beard, eyes and shadow of the brows: forehead, both cheeks.
_FOREHEAD: Final = (109, 10, 338, 337, 151, 108)
_CHEEKS: Final = ((50, 117, 118, 101, 36, 205), (280, 346, 347, 330, 266, 425))
_CHIN: Final = 152
# Front part of the light relative to the face's mean, and how firmly it is held there.
_FRONT: Final = 0.35
_HOLD: Final = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """One face. Fractions are of the picture's height; angles in degrees; Lab of the skin.

    `hue_deg` is the skin's hue angle; `sclera_mired` how much warmer than neutral the whites of the eyes are,
    None where they cannot be seen.
    """

    eye_line: float
    eye_center: float
    head_height: float
    roll_deg: float
    azimuth_deg: float
    key_fill: float
    skin: tuple[float, float, float]
    ita_deg: float
    hue_deg: float
    sclera_mired: float | None
    landmarks: Array


@cache
def _mesh() -> Any:
    from mediapipe.python.solutions.face_mesh import FaceMesh

    return FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=1, min_detection_confidence=0.3
    )


def find(pixels: Array) -> Array | None:
    """(478, 3) landmarks of the picture's face in its pixels, or None."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _LOOK_PX / max(height, width))
    small = (
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    )
    found = _mesh().process(np.ascontiguousarray(small)).multi_face_landmarks
    if not found:
        return None
    size = np.array([width, height, width], np.float32)
    return np.array([(p.x, p.y, p.z) for p in found[0].landmark], np.float32) * size


def look(pixels: Array, landmarks: Array | None = None, balance: Array | None = None) -> Seen | None:
    """Everything about the face in (H, W, 3) uint8 sRGB; None where none is found.

    `balance` is a (3, 3) matrix that linear light goes through first (a white balance).
    """
    points = find(pixels) if landmarks is None else landmarks
    if points is None:
        return None
    height, width = pixels.shape[:2]
    left, right = points[468, :2], points[473, :2]
    middle = (left + right) / 2
    roll = math.atan2(*reversed((_center(points, 1) - _center(points, 0)).tolist()))
    down = np.array([-math.sin(roll), math.cos(roll)])
    small, near = close_up(pixels, points)
    linear = color.srgb8_to_linear(small).astype(np.float64)
    if balance is not None:
        linear = np.maximum(linear @ balance.T, 0)
    lab = skin_lab(linear, near)
    light = fit_light(linear, near)
    return Seen(
        eye_line=float(middle[1]) / height,
        eye_center=float(middle[0]) / width,
        head_height=float((points[_CHIN, :2] - middle) @ down) / height,
        roll_deg=math.degrees(roll),
        azimuth_deg=azimuth_deg(light),
        key_fill=key_fill(light),
        skin=(float(lab[0]), float(lab[1]), float(lab[2])),
        ita_deg=math.degrees(math.atan2(float(lab[0]) - 50, max(float(lab[2]), 1e-3))),
        hue_deg=math.degrees(math.atan2(float(lab[2]), float(lab[1]))),
        sclera_mired=sclera_mired(linear, near),
        landmarks=points,
    )


def _center(points: Array, eye: int) -> Array:
    return np.asarray(points[list(_EYES[eye]), :2].mean(axis=0))


def close_up(pixels: Array, points: Array, unit_px: float = 120.0) -> tuple[Array, Array]:
    """The head scaled to a common size, so that every face is measured at one scale."""
    unit = float(np.linalg.norm(points[_CHIN, :2] - (points[468, :2] + points[473, :2]) / 2))
    low, high = points[:, :2].min(axis=0) - 0.3 * unit, points[:, :2].max(axis=0) + 0.3 * unit
    x0, y0 = np.maximum(low, 0).astype(int)
    x1, y1 = np.minimum(high, [pixels.shape[1], pixels.shape[0]]).astype(int)
    part, scale = pixels[y0:y1, x0:x1], unit_px / unit
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(part), None, fx=scale, fy=scale, interpolation=way)
    return small, (points - np.array([x0, y0, 0], np.float32)) * np.float32(scale)


def polygon(points: Array, indices: tuple[int, ...], shape: tuple[int, int]) -> Array:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points[list(indices), :2]).astype(np.int32)), 1)
    return mask


def skin_lab(linear: Array, points: Array) -> Array:
    """(3,) Lab: the mean of forehead's and both cheeks' medians, each side counting alike."""
    shape = (linear.shape[0], linear.shape[1])
    patches = [linear[polygon(points, part, shape) > 0] for part in (_FOREHEAD, *_CHEEKS)]
    medians = [np.median(patch, axis=0) for patch in patches if len(patch) > 8]
    return np.asarray(color.linear_to_lab(np.mean(medians, axis=0)))


def fit_light(linear: Array, points: Array) -> Array:
    """(4,) ambient and x (camera's right), y (up), z (to the camera): luminance = a + b . normal.

    One sample per mesh triangle that faces the camera and lies on skin, weighted by its area; soft-L1 loss,
    so that beards and glints count little. A face cannot tell light from the front from light from everywhere
    (its normals all look forward), so the front part is held weakly at what a lamp before a face gives.
    """
    flat = points[:468] * np.array([1, -1, -1], np.float32)
    triangles = Delaunay(points[:468, :2]).simplices
    corners = flat[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    cross *= np.sign(cross[:, 2:3])
    area = np.linalg.norm(cross, axis=1)
    normals = cross / np.maximum(area, 1e-6)[:, None]
    shape = (linear.shape[0], linear.shape[1])
    blocked = np.zeros(shape, np.uint8)
    for part in (*_EYES, *_BROWS, _MOUTH):
        blocked |= cv2.dilate(polygon(points, part, shape), np.ones((7, 7), np.uint8))
    luminance = cv2.GaussianBlur(color.luminance(linear).astype(np.float32), (0, 0), 3)
    at = np.rint(points[triangles, :2].mean(axis=1)).astype(int)
    inside = (at >= 0).all(axis=1) & (at[:, 0] < shape[1]) & (at[:, 1] < shape[0])
    at = np.clip(at, 0, [shape[1] - 1, shape[0] - 1])
    good = inside & (normals[:, 2] > 0.35) & (blocked[at[:, 1], at[:, 0]] == 0)
    values, basis = luminance[at[good, 1], at[good, 0]], np.column_stack([np.ones(good.sum()), normals[good]])
    values = values / max(float(np.median(values)), 1e-6)
    weight = np.sqrt(cross[good, 2] / cross[good, 2].mean())
    start = np.array([0.6, 0.0, 0.1, 0.4])
    hold = math.sqrt(_HOLD * len(values))

    def residuals(x: Array) -> Array:
        return np.append((basis @ x - values) * weight, hold * (x[3] - _FRONT))

    return np.asarray(least_squares(residuals, start, loss="soft_l1", f_scale=0.08).x)


def azimuth_deg(light: Array) -> float:
    """Where the light comes from, positive to the camera's right; from behind counts as from the side."""
    return math.degrees(math.atan2(light[1], max(light[3], 0.05)))


def key_fill(light: Array) -> float:
    """Brightest over darkest of a matte ball's equator under that light, 1..8."""
    angles = np.radians(np.linspace(-90, 90, 61))
    equator = light[0] + light[1] * np.sin(angles) + light[3] * np.cos(angles)
    return float(np.clip(equator.max() / max(float(equator.min()), 0.05 * float(equator.max())), 1, 8))


def sclera_mired(linear: Array, points: Array) -> float | None:
    """How much warmer than sRGB's white the brighter half of the eyes' whites is; None where too small."""
    shape = (linear.shape[0], linear.shape[1])
    whites = []
    for part, iris in zip(_EYES, (468, 473), strict=True):
        mask = np.zeros(shape, np.uint8)
        cv2.fillPoly(mask, [np.rint(points[list(part), :2]).astype(np.int32)], 1)
        radius = 1.2 * float(
            np.linalg.norm(points[iris + 1 : iris + 5, :2] - points[iris, :2], axis=1).mean()
        )
        cv2.circle(mask, tuple(int(v) for v in np.rint(points[iris, :2])), max(1, round(radius)), 0, -1)
        whites.append(linear[mask > 0])
    pixels = np.concatenate(whites)
    if len(pixels) < 30:
        return None
    bright = pixels[color.luminance(pixels) >= np.quantile(color.luminance(pixels), 0.6)]
    return float(1e6 / color.temperature_k(bright.mean(axis=0)) - 1e6 / 6504.0)


def steepest_light_step(photo: Array, taken: Array, picture: Array, shown: Array) -> float:
    """How suddenly the picture's light differs from the photo's: stops per eye-to-chin distance, on the skin.

    Both are brought to one small frame by their landmarks; the 99th percentile of the gradient of the
    log ratio of their luminance. Light moved in broad strokes gives about 5; from about 8 a seam is seen.
    """
    small, points = close_up(picture, shown)
    old_points, new_points = (np.ascontiguousarray(one[:468, :2]) for one in (taken, points))
    matrix, _ = cv2.estimateAffinePartial2D(old_points, new_points)
    size = (small.shape[1], small.shape[0])
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    soft = cv2.GaussianBlur(photo, (0, 0), max(0.5, 0.4 / scale)) if scale < 1 else photo
    old = cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shape = (size[1], size[0])
    skin = polygon(points, tuple(range(468)), shape)
    for part in (*_EYES, *_BROWS, _MOUTH):
        skin[polygon(points, part, shape) > 0] = 0
    skin = cv2.erode(skin, np.ones((21, 21), np.uint8))
    layers = [
        cv2.GaussianBlur(color.luminance(color.srgb8_to_linear(one)), (0, 0), 5) for one in (small, old)
    ]
    ratio = np.log2(np.maximum(layers[0], 1e-3) / np.maximum(layers[1], 1e-3))
    step = np.hypot(np.gradient(ratio, axis=0), np.gradient(ratio, axis=1)) * 120.0
    return float(np.percentile(step[skin > 0], 99)) if skin.any() else 0.0
