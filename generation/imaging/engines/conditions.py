"""What a picture is held to while it is drawn: the person's pose, shape and edges, in the style's framing.

All are taken from the photo as the studio poses it (`Posed`): moved, turned and scaled to the style's framing
by one similarity, so that what is drawn from them is framed as well. Drawn the way the detectors draw them on
which ControlNet-Union was trained (xinsir/controlnet-union-sdxl-1.0): OpenPose figures on black (Cao et al.
2019), depth with near bright (MiDaS, Ranftl et al. 2020), Canny edges white on black (Canny 1986).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from branding.look import ControlWeights
from generation.imaging.engines.base import Posed
from generation.imaging.landmarks import CHIN, FACE_OVAL, Landmarks, eye_middle, face_unit, region
from generation.imaging.types import SRGB8, Alpha

# ControlNet-Union's number of each kind.
POSE_MODE: Final = 0
DEPTH_MODE: Final = 1
CANNY_MODE: Final = 3

# OpenPose's 18 body points as BlazePose's; the neck is between the shoulders.
_BODY: Final = (0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
_LIMBS: Final = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12),
                 (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17))  # fmt: skip
_HUES: Final = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0),
    (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255),
    (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85),
)  # fmt: skip
# Body points that BlazePose is less sure of than this are not drawn (OpenPose leaves them out as well).
_SEEN: Final = 0.5
# OpenPose's figures are drawn for pictures of 512 pixels: stick of 4, face points of radius 3.
_DRAWN_FOR_PX: Final = 512
# The 68 points of a face and the two pupils, as points of the mesh.
_FACE: Final = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87, 468, 473,
)  # fmt: skip
# Depth in eye-to-chin units, positive towards the camera: how far the head and the shoulders bulge, and how
# far the chest lies behind the face.
_HEAD_BULGE: Final = 0.75
_BODY_BEHIND: Final = 0.55
# Reach of the bulge from the silhouette, and what the depth image spans from black to white.
_BULGE_REACH: Final = 0.9
_SPAN: Final = 2.4
# Height of the picture in which depth is computed; it is smooth.
_DEPTH_ROWS: Final = 256
# Thresholds of the trained detector, and how far below the chin edges still belong to the head: clothes are
# the style's to decide.
_CANNY: Final = (100, 200)
_HEAD_BELOW: Final = 0.10


@dataclass(frozen=True, slots=True)
class Condition:
    """One control image, (h, w, 3) uint8, with its mode and weight."""

    name: str
    mode: int
    weight: float
    image: SRGB8


def conditions(
    posed: Posed, weights: ControlWeights, depth: Callable[[Posed], SRGB8] | None = None
) -> list[Condition]:
    """The conditions of a posed photo whose weight is not 0, at the size of its picture. `depth` makes the
    depth image where something better than the mesh is there."""
    kinds = (
        ("pose", POSE_MODE, weights.pose, pose_image),
        ("depth", DEPTH_MODE, weights.depth, depth or depth_image),
        ("canny", CANNY_MODE, weights.canny, canny_image),
    )
    return [Condition(name, mode, weight, make(posed)) for name, mode, weight, make in kinds if weight > 0]


def resized(posed: Posed, size: tuple[int, int]) -> Posed:
    """The posed photo at another size (width, height) of the same shape; the photo itself stays."""
    width, height = size
    before = posed.picture.shape
    way = cv2.INTER_AREA if height < before[0] else cv2.INTER_LANCZOS4
    factors = np.array([width / before[1], height / before[0], width / before[1]], np.float32)
    body = None if posed.body is None else posed.body * np.append(factors[:2], 1).astype(np.float32)
    return Posed(
        picture=np.asarray(cv2.resize(posed.picture, size, interpolation=way), np.uint8),
        plate=np.asarray(cv2.resize(posed.plate, size, interpolation=way), np.uint8),
        alpha=np.asarray(cv2.resize(posed.alpha, size, interpolation=cv2.INTER_AREA), np.float32),
        landmarks=np.asarray(posed.landmarks * factors, np.float32),
        body=body,
        photo=posed.photo,
        matte=posed.matte,
    )


def in_the_photo(posed: Posed) -> Posed:
    """The same person where the photo has them, instead of in the style's framing."""
    assert posed.photo.decoded is not None and posed.photo.face is not None
    pixels, landmarks = posed.photo.decoded.pixels, posed.photo.face.landmarks
    body = posed.body
    if body is not None:
        back, _ = cv2.estimateAffinePartial2D(
            np.ascontiguousarray(posed.landmarks[:, :2]), np.ascontiguousarray(landmarks[:, :2])
        )
        body = np.concatenate([body[:, :2] @ back[:, :2].T + back[:, 2], body[:, 2:]], axis=1)
        body = body.astype(np.float32)
    return replace(posed, picture=pixels, plate=pixels, alpha=posed.matte, landmarks=landmarks, body=body)


def pose_image(posed: Posed) -> SRGB8:
    """OpenPose figure: limbs in their colours, joints, and the face as white points."""
    canvas = np.zeros_like(posed.picture)
    scale = min(canvas.shape[:2]) / _DRAWN_FOR_PX
    if posed.body is not None:
        canvas = _figure(canvas, posed.body, scale)
    for x, y in posed.landmarks[list(_FACE), :2]:
        cv2.circle(canvas, (round(float(x)), round(float(y))), max(1, round(2.4 * scale)), (255,) * 3, -1)
    return canvas


def _figure(canvas: SRGB8, body: NDArray[np.float32], scale: float) -> SRGB8:
    """Limbs as half-transparent ellipses, then the joints, as OpenPose draws them."""
    neck = (body[11] + body[12]) / 2
    points = np.array([neck if at < 0 else body[at] for at in _BODY])
    points[1, 2] = min(body[11, 2], body[12, 2])
    for hue, (a, b) in zip(_HUES, _LIMBS, strict=False):
        if min(points[a, 2], points[b, 2]) < _SEEN:
            continue
        (ax, ay), (bx, by) = points[a, :2].tolist(), points[b, :2].tolist()
        middle = (round((ax + bx) / 2), round((ay + by) / 2))
        half, turn = float(np.hypot(ax - bx, ay - by)) / 2, float(np.degrees(np.arctan2(ay - by, ax - bx)))
        stick = max(1, round(4 * scale))
        cv2.ellipse(canvas, middle, (max(1, round(half)), stick), turn, 0, 360, hue, -1)
    canvas = np.asarray(canvas * 0.6, np.uint8)
    for hue, (x, y, seen) in zip(_HUES, points.tolist(), strict=True):
        if seen >= _SEEN:
            cv2.circle(canvas, (round(x), round(y)), max(1, round(4 * scale)), hue, -1)
    return canvas


def depth_image(posed: Posed) -> SRGB8:
    """Depth with near bright: the mesh's own depth on the face, bulging silhouettes for head and body."""
    height, width = posed.alpha.shape
    scale = min(1.0, _DEPTH_ROWS / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    alpha = np.asarray(cv2.resize(posed.alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    landmarks = posed.landmarks * np.float32(size[1] / height)
    depth = _depth(alpha, landmarks)
    full = cv2.resize(depth, (width, height), interpolation=cv2.INTER_CUBIC)
    grey = np.asarray(np.clip(full, 0, 1) * 255, np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _depth(alpha: Alpha, landmarks: Landmarks) -> NDArray[np.float32]:
    """(h, w) 0..1, 0 behind the person."""
    unit = face_unit(landmarks)
    person = (alpha > 0.5).astype(np.uint8)
    # A frame cuts the body without ending it.
    pad = max(1, round(unit))
    padded = cv2.copyMakeBorder(person, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    padded[:pad] = 0
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[pad:-pad, pad:-pad] / (_BULGE_REACH * unit)
    round_ = np.sqrt(np.clip(1 - (1 - np.clip(inside, 0, 1)) ** 2, 0, 1)).astype(np.float32)
    below = np.clip((np.arange(alpha.shape[0], dtype=np.float32) - landmarks[CHIN, 1]) / (0.6 * unit), 0, 1)
    surface = _HEAD_BULGE * (round_ - 1) - _BODY_BEHIND * below[:, None] * person
    face, weight = _face_depth(landmarks, alpha.shape)
    surface = surface + weight * (face - surface)
    surface = cv2.GaussianBlur(surface.astype(np.float32), (0, 0), max(0.5, 0.03 * unit))
    near = 1 + (surface - surface.max()) / _SPAN
    return np.asarray(np.clip(near, 0, 1) * alpha, np.float32)


def _face_depth(
    landmarks: Landmarks, shape: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mesh's depth over the face in units, the ears' at 0 bulge, and where it holds (0..1)."""
    unit = face_unit(landmarks)
    oval = region(landmarks, FACE_OVAL, shape)
    # Depth grows away from the camera; the outline of the face lies half a bulge behind its front.
    toward = -(landmarks[:468, 2] - landmarks[list(FACE_OVAL), 2].mean()) / unit - _HEAD_BULGE / 2
    rows, columns = np.nonzero(oval)
    depth = np.zeros(shape, np.float32)
    if rows.size:
        found = LinearNDInterpolator(landmarks[:468, :2], toward)(columns, rows)
        depth[rows, columns] = np.nan_to_num(found, nan=-_HEAD_BULGE / 2)
    weight = cv2.GaussianBlur(oval.astype(np.float32), (0, 0), max(0.5, 0.08 * unit)) * oval
    return depth, np.asarray(weight, np.float32)


def canny_image(posed: Posed) -> SRGB8:
    """Canny edges of the head: features, hair and outline. Clothes and plate have none."""
    grey = cv2.cvtColor(posed.picture, cv2.COLOR_RGB2GRAY)
    edges = np.asarray(cv2.Canny(grey, *_CANNY), np.uint8)
    unit, (x, y) = face_unit(posed.landmarks), eye_middle(posed.landmarks)
    head = np.zeros(edges.shape, np.uint8)
    reach = (round(1.25 * unit), round((1 + _HEAD_BELOW) * unit))
    cv2.ellipse(head, (round(float(x)), round(float(y))), reach, 0, 0, 180, 1, -1)
    # Above the eyes as far as there is hair.
    top = max(0, round(float(y) - 1.9 * unit))
    head[top : round(float(y)), max(0, round(float(x) - 1.4 * unit)) : round(float(x) + 1.4 * unit)] = 1
    edges = edges * head * (posed.alpha > 0.05)
    return np.asarray(cv2.cvtColor(edges.astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)
