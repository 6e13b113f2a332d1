"""Faces in a photo: two detectors propose, a mesh on the zoomed-in face confirms and measures.

BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047) in its near and far form; the attention mesh with
irises (Grishchenko et al. 2020, arXiv:2006.10962).
"""

from itertools import product
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.face import mediapipe_models, pose, regions, visibility
from generation.imaging.face.mediapipe_models import FaceModels
from generation.imaging.resample import shrink
from generation.imaging.types import SRGB8, Face

# The detectors look at 128 and 192 pixels; more than this only costs time.
DETECTION_SIDE_PX: Final = 640
# The mesh looks at 192 pixels of the face; twice that keeps its own cropping sharp.
MESH_SIDE_PX: Final = 384
# The crop around a detection, as a multiple of its longer side: the mesh finds the face anew in it and
# needs hair and chin around it.
MESH_MARGIN: Final = 2.0
# Two findings that overlap more than this (intersection over the smaller) are one face.
SAME_FACE_OVERLAP: Final = 0.4
# Below this confidence a finding must at least have the hues of skin: dogs reach 0.5, letters on a wall 0.7.
SURE_FACE: Final = 0.8
MIN_NATURAL_COLOUR: Final = 0.5
# A group photo needs no more to be recognised as one.
MAX_FACES: Final = 8

Box = tuple[float, float, float, float]


def detect_faces(pixels: SRGB8) -> list[Face]:
    """Faces in (H, W, 3) uint8 sRGB, biggest first, at most `MAX_FACES`. Raises EngineError."""
    return mediapipe_models.run(lambda models: _detect(models, pixels))


def _detect(models: FaceModels, pixels: SRGB8) -> list[Face]:
    faces: list[Face] = []
    for box, score in _propose(models, pixels):
        face = _mesh(models, pixels, box, score)
        if face is None or any(_overlap(face.box, other.box) > SAME_FACE_OVERLAP for other in faces):
            continue
        if score >= SURE_FACE or _skin_coloured(pixels, face):
            faces.append(face)
    if faces:
        models.talkative = False
    return sorted(faces, key=lambda face: _area(face.box), reverse=True)


def _propose(models: FaceModels, pixels: SRGB8) -> list[tuple[Box, float]]:
    """Boxes in pixels of the whole photo with their scores, biggest first, each face once.

    Where the whole photo shows nobody, its nine overlapping quarters are searched: someone far away is
    asked to come closer, not told that there is nobody.
    """
    height, width = pixels.shape[:2]
    found = _look(models, pixels, 0, 0)
    if not found and max(height, width) > DETECTION_SIDE_PX:
        for top, left in product((0, height // 4, height // 2), (0, width // 4, width // 2)):
            part = pixels[top : top + (height + 1) // 2, left : left + (width + 1) // 2]
            found += _look(models, part, left, top)
    kept: list[tuple[Box, float]] = []
    for box, score in sorted(found, key=lambda item: item[1], reverse=True):
        if not any(_overlap(box, other) > SAME_FACE_OVERLAP for other, _ in kept):
            kept.append((box, score))
    return sorted(kept, key=lambda item: _area(item[0]), reverse=True)[:MAX_FACES]


def _look(models: FaceModels, part: SRGB8, left: int, top: int) -> list[tuple[Box, float]]:
    """What both detectors find in a part of the photo that lies at (left, top)."""
    height, width = part.shape[:2]
    scale = min(1.0, DETECTION_SIDE_PX / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = shrink(part, size) if scale < 1.0 else np.ascontiguousarray(part)
    found = []
    for graph in (models.near, models.far):
        for detection in mediapipe_models.process(graph, small).detections or ():
            x0, y0, x1, y1 = _box(detection, width, height)
            found.append(((x0 + left, y0 + top, x1 + left, y1 + top), float(detection.score[0])))
    return found


def _box(detection: Any, width: int, height: int) -> Box:
    box = detection.location_data.relative_bounding_box
    x, y = box.xmin * width, box.ymin * height
    return x, y, x + box.width * width, y + box.height * height


def _mesh(models: FaceModels, pixels: SRGB8, box: Box, score: float) -> Face | None:
    """Landmarks of the face in `box`, from a square crop around it; None where the mesh sees no face."""
    center = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    side = max(box[2] - box[0], box[3] - box[1]) * MESH_MARGIN
    if side < 8:
        return None
    left, top = center[0] - side / 2, center[1] - side / 2
    crop = _square(pixels, left, top, side)
    found = mediapipe_models.process(models.mesh, crop).multi_face_landmarks
    if not found:
        return None
    points = np.array([(p.x, p.y, p.z) for p in found[0].landmark], dtype=np.float32) * side
    points[:, 0] += left
    points[:, 1] += top
    yaw, pitch, roll = pose.angles_deg(points)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Face(bounds, points, yaw, pitch, roll, score)


def _square(pixels: SRGB8, left: float, top: float, side: float) -> SRGB8:
    """The square at (left, top) as `MESH_SIDE_PX` pixels; the photo's edge is repeated outside of it."""
    height, width = pixels.shape[:2]
    x0, x1 = max(int(np.floor(left)), 0), min(int(np.ceil(left + side)), width)
    y0, y1 = max(int(np.floor(top)), 0), min(int(np.ceil(top + side)), height)
    part = pixels[y0:y1, x0:x1]
    scale = min(1.0, MESH_SIDE_PX / side)
    if scale < 1.0 and part.size:
        part = shrink(part, (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))))
    # Whole pixels were shrunk to whole pixels: their exact ratio decides the mapping to the square.
    across, down = part.shape[1] / (x1 - x0), part.shape[0] / (y1 - y0)
    step = side / MESH_SIDE_PX
    matrix: NDArray[np.float64] = np.array(
        [[step * across, 0.0, (left - x0) * across], [0.0, step * down, (top - y0) * down]]
    )
    square = cv2.warpAffine(
        part,
        matrix,
        (MESH_SIDE_PX, MESH_SIDE_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(square, dtype=np.uint8)


def _skin_coloured(pixels: SRGB8, face: Face) -> bool:
    return visibility.natural_colour(regions.chip(pixels, face)) >= MIN_NATURAL_COLOUR


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _overlap(a: Box, b: Box) -> float:
    """Intersection over the smaller of two boxes, 0..1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min(_area(a), _area(b))
    return max(0.0, width) * max(0.0, height) / smaller if smaller > 0 else 0.0
