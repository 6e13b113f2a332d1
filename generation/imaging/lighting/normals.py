"""Which way the surface faces: mesh normals on the face, an inflated silhouette elsewhere.

Frame of all normals: x to the camera's right, y up, z towards the camera; unit length.
"""

from collections import Counter
from functools import cache
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import FACE_OVAL, Landmarks, face_unit, region
from generation.imaging.types import Alpha

Normals = NDArray[np.float32]

# The mesh proper; the ten points after it are the irises.
MESH_POINTS = 468
# An edge on the bridge of the nose, where the winding starts.
_NOSE_EDGE = (168, 6)


@cache
def triangles() -> NDArray[np.int32]:
    """(T, 3) the mesh's triangles: MediaPipe ships them as edges, a triangle is a closed walk of three."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    neighbours: dict[int, set[int]] = {}
    for a, b in FACEMESH_TESSELATION:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    walks = [
        (a, b, c)
        for a, around in neighbours.items()
        for b, c in combinations(sorted(around), 2)
        if a < b and c in neighbours[b]
    ]
    shared = Counter(edge for walk in walks for edge in combinations(walk, 2))
    # A walk around a vertex of three neighbours is no triangle: each of its edges has two others.
    real = [walk for walk in walks if any(shared[edge] < 3 for edge in combinations(walk, 2))]
    return np.array(_wound_alike(sorted(real)), np.int32)


def _wound_alike(walks: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The same triangles, all turning the way that makes a face's normals point outwards."""
    by_edge: dict[frozenset[int], list[int]] = {}
    for index, walk in enumerate(walks):
        for edge in combinations(walk, 2):
            by_edge.setdefault(frozenset(edge), []).append(index)
    start = next(index for index, walk in enumerate(walks) if set(walk) >= set(_NOSE_EDGE))
    tip = next(iter(set(walks[start]) - set(_NOSE_EDGE)))
    turned: dict[int, tuple[int, int, int]] = {start: (*_NOSE_EDGE, tip)}
    queue = [start]
    while queue:
        a, b, c = turned[queue[-1]]
        queue.pop()
        for first, second, _ in ((a, b, c), (b, c, a), (c, a, b)):
            for index in by_edge[frozenset((first, second))]:
                if index not in turned:
                    third = next(iter(set(walks[index]) - {first, second}))
                    turned[index] = (second, first, third)
                    queue.append(index)
    return [turned[index] for index in sorted(turned)]


def vertex_normals(landmarks: Landmarks) -> Normals:
    """(468, 3) normals at the mesh's points, area-weighted over the triangles around each."""
    points = landmarks[:MESH_POINTS] * np.array([1.0, -1.0, -1.0], np.float32)
    corners = points[triangles()]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    if faces[:, 2].sum() < 0:
        faces = -faces
    normals = np.zeros((MESH_POINTS, 3), np.float32)
    for corner in range(3):
        np.add.at(normals, triangles()[:, corner], faces)
    return _unit(normals)


def _unit(normals: NDArray[Any]) -> Normals:
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-6), np.float32)


def normal_map(landmarks: Landmarks, alpha: Alpha) -> Normals:
    """(H, W, 3) smooth normals of the whole person at the size of `alpha`.

    Meant for a small picture (about 200 pixels high): relighting only needs low frequencies.
    """
    unit = face_unit(landmarks)
    body = _inflated(alpha, unit)
    face = _face_normals(landmarks, alpha.shape)
    # The mesh rules all of the face; the hand-over to the body happens outside of it.
    beyond = region(landmarks, FACE_OVAL, alpha.shape)
    distance = cv2.distanceTransform(1 - beyond, cv2.DIST_L2, 5) / (0.45 * unit)
    inside = (0.5 + 0.5 * np.cos(np.pi * np.clip(distance, 0, 1)))[..., None].astype(np.float32)
    mixed = inside * face + (1 - inside) * body
    return _unit(cv2.GaussianBlur(mixed, (0, 0), 0.03 * unit))


def _face_normals(landmarks: Landmarks, shape: tuple[int, ...]) -> Normals:
    """Vertex normals spread over the face by painting its triangles, far ones first."""
    normals = vertex_normals(landmarks)
    out = np.zeros((*shape, 3), np.float32)
    corners = landmarks[triangles()]
    order = np.argsort(-corners[..., 2].mean(axis=1))
    means = normals[triangles()].mean(axis=1)
    for index in order:
        cv2.fillConvexPoly(out, np.rint(corners[index, :, :2]).astype(np.int32), means[index].tolist())
    empty = (np.abs(out).sum(axis=-1) == 0)[..., None]
    unit = face_unit(landmarks)
    weight = cv2.GaussianBlur((~empty[..., 0]).astype(np.float32), (0, 0), 0.15 * unit)[..., None]
    spread = cv2.GaussianBlur(out, (0, 0), 0.15 * unit) / np.maximum(weight, 1e-3)
    return _unit(np.where(empty, spread, out))


def _inflated(alpha: Alpha, unit: float) -> Normals:
    """Normals of a body blown up from its silhouette: facing us inside, turning away at the edge.

    The photo's own border is no edge of the body, so the mask goes on beyond it.
    """
    pad = round(unit)
    mask = cv2.copyMakeBorder((alpha > 0.5).astype(np.uint8), pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    mask[:pad] = 0
    distance = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 5), 0.9 * unit) / (0.9 * unit)
    height = np.sqrt(np.maximum(1 - (1 - distance) ** 2, 0)) * 0.7 * unit
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), 0.12 * unit)
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) / 8
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) / 8
    normals = np.stack([-gx, gy, np.ones_like(gx)], axis=-1)[pad:-pad, pad:-pad]
    return _unit(normals)
