"""Where the face's landmarks are, read several times.

One reading of the mesh moves by up to a degree and a hundredth of the picture when the picture is scaled,
shifted or turned a little: the detector before it looks at 128 pixels, and the mesh follows how that has cut
the face. Whoever measures a finished picture hands it to the mesh whole, at some size. The picture is
therefore read like that at several sizes, and once cropped to the face; what these readings say on average
is what anybody finds on average.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.face import mediapipe_models
from generation.imaging.face.detect import detect_faces
from generation.imaging.face.mediapipe_models import FaceModels
from generation.imaging.finishing import framing
from generation.imaging.landmarks import Landmarks
from generation.imaging.types import SRGB8

# (n, 478, 3): one face's landmarks, read n times.
Readings = NDArray[np.float32]
# Sizes at which a picture is read, as shares of its own or of `_MOST_PX` in height.
_SIZES: Final = (1.0, 0.93, 0.86, 0.78, 0.62)
_MOST_PX: Final = 1024
# A smaller picture is not read: the mesh looks at 192 pixels of the face.
_LEAST_PX: Final = 300


def readings(picture: SRGB8) -> Readings | None:
    """The landmarks of an (h, w, 3) picture of one person in its pixels, once for every reading; None where
    no face is found.

    Raises EngineError.
    """
    height = picture.shape[0]
    most = min(height, _MOST_PX)
    base = sized(picture, most)
    heights = dict.fromkeys(max(round(share * most), min(_LEAST_PX, most)) for share in _SIZES)
    found = [one for px in heights if (one := _whole(sized(base, px), picture.shape)) is not None]
    faces = detect_faces(base)
    if faces:
        found.append(_scaled(faces[0].landmarks, base.shape, picture.shape))
    return np.stack(found) if found else None


def mean(found: Readings) -> Landmarks:
    """(478, 3): what readings say together."""
    return np.asarray(found.mean(axis=0), np.float32)


def read_back(seen: Landmarks, own: Landmarks, wanted: Framing, size: tuple[int, int]) -> Landmarks:
    """Landmarks `seen` in a frame, where they lie in the master whose landmarks `own` placed it there."""
    matrix, scale = framing.place(own, wanted, size)
    points = (seen[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    found: Landmarks = np.concatenate([points, seen[:, 2:] / scale], axis=1).astype(np.float32)
    return found


def sized(picture: SRGB8, height: int = _MOST_PX) -> SRGB8:
    """The picture at that height, or as it is where it is no taller."""
    if height >= picture.shape[0]:
        return picture
    size = (max(1, round(picture.shape[1] * height / picture.shape[0])), height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _whole(picture: SRGB8, shape: tuple[int, ...]) -> Landmarks | None:
    """One reading with the mesh's own cropping, in pixels of a picture of `shape`."""
    seen = np.ascontiguousarray(picture)

    def read(models: FaceModels) -> Any:
        return mediapipe_models.process(models.mesh, seen).multi_face_landmarks

    found = mediapipe_models.run(read)
    if not found:
        return None
    points = [(point.x, point.y, point.z) for point in found[0].landmark]
    return np.array(points, np.float32) * np.array([shape[1], shape[0], shape[1]], np.float32)


def _scaled(landmarks: Landmarks, shape: tuple[int, ...], to: tuple[int, ...]) -> Landmarks:
    across, down = to[1] / shape[1], to[0] / shape[0]
    return landmarks * np.array([across, down, across], np.float32)
