"""Head pose from the mesh: the rotation that carries a neutral head onto it.

The neutral head is our own: the mean of the meshes of 50 official portraits after generalised Procrustes
alignment (Gower 1975), made symmetric, level and forward. Only points that expressions hardly move are
used, so that a smile or an open mouth is not read as a nod.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Mesh indices of a symmetric pair, and the second one's x, y, z; the first has x negated. In units of the
# distance between the outer eye corners; x to the right, y down, z away from the camera.
_SIDES: Final[tuple[tuple[int, int, float, float, float], ...]] = (
    (33, 263, 0.500, 0.138, -0.078),
    (133, 362, 0.197, 0.158, -0.138),
    (127, 356, 0.797, 0.197, 0.481),
    (234, 454, 0.793, 0.361, 0.532),
    (93, 323, 0.786, 0.529, 0.535),
    (109, 338, 0.212, -0.443, -0.254),
    (67, 297, 0.392, -0.412, -0.180),
    (103, 332, 0.559, -0.343, -0.054),
    (54, 284, 0.670, -0.241, 0.089),
    (162, 389, 0.781, 0.026, 0.368),
)
# Points on the midline: y, z.
_MIDDLE: Final[tuple[tuple[int, float, float], ...]] = (
    (10, -0.449, -0.274),
    (151, -0.274, -0.314),
    (9, -0.082, -0.348),
    (168, 0.094, -0.333),
    (6, 0.178, -0.384),
    (197, 0.258, -0.441),
    (195, 0.332, -0.505),
)
_INDICES: Final = [i for left, right, *_ in _SIDES for i in (left, right)] + [i for i, *_ in _MIDDLE]
_NEUTRAL: Final = np.array(
    [point for _, _, x, y, z in _SIDES for point in ((-x, y, z), (x, y, z))]
    + [(0.0, y, z) for _, y, z in _MIDDLE]
)


def angles_deg(landmarks: NDArray[np.float32]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of a (478, 3) mesh.

    Positive yaw turns to the camera's right, positive pitch looks up, positive roll is clockwise in the
    picture.
    """
    rotation = _rotation(landmarks[_INDICES].astype(np.float64))
    ahead = rotation @ np.array([0.0, 0.0, -1.0])
    right = rotation @ np.array([1.0, 0.0, 0.0])
    yaw = np.degrees(np.arctan2(ahead[0], -ahead[2]))
    pitch = np.degrees(np.arcsin(np.clip(-ahead[1], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(right[1], right[0]))
    return float(yaw), float(pitch), float(roll)


def frontal(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """The (478, 3) mesh turned to face the camera, upright; scale and origin stay."""
    return np.asarray(landmarks.astype(np.float64) @ _rotation(landmarks[_INDICES].astype(np.float64)))


def _rotation(points: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """The rotation that best carries the neutral head onto the points (Kabsch 1976)."""
    centered = points - points.mean(axis=0)
    u, _, vt = np.linalg.svd(centered.T @ (_NEUTRAL - _NEUTRAL.mean(axis=0)))
    handedness = np.sign(np.linalg.det(u @ vt))
    return np.asarray(u @ np.diag([1.0, 1.0, handedness]) @ vt)
