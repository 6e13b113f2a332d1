"""Where the face's landmarks are, read several times.

One reading of the mesh moves by up to a degree and a hundredth of the picture when the picture is shifted or
turned a little. The median of several readings, on the face as the detectors crop it and on the whole
picture, is what anybody who measures the picture will find on average.
"""

from typing import Final

import cv2
import numpy as np

from branding.look import Framing
from generation.imaging.face import mediapipe_models
from generation.imaging.face.detect import detect_faces
from generation.imaging.face.mediapipe_models import FaceModels
from generation.imaging.finishing import framing
from generation.imaging.landmarks import Landmarks
from generation.imaging.types import SRGB8

# Scale, shift (pixels) and turn (degrees) of each reading of a picture `_SIDE_PX` tall.
_VIEWS: Final = ((1.0, 0.0, 0.0, 0.0), (0.94, 6.0, -4.0, 1.2), (1.06, -6.0, 4.0, -1.2))
_SIDE_PX: Final = 640


def read_landmarks(picture: SRGB8) -> Landmarks | None:
    """(478, 3) in pixels of an (h, w, 3) picture of one person, or None where no face is found.

    Raises EngineError.
    """
    shrink = min(1.0, _SIDE_PX / picture.shape[0])
    size = (max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if shrink < 1 else picture
    readings = [one for view in _VIEWS for one in _read(np.asarray(small, np.uint8), view)]
    if not readings:
        return None
    middle = np.median(np.stack(readings), axis=0)
    return np.asarray(middle * [1 / shrink, picture.shape[0] / size[1], 1 / shrink], np.float32)


def _read(small: SRGB8, view: tuple[float, float, float, float]) -> list[Landmarks]:
    """Both readings of one view, in pixels of `small`."""
    scale, dx, dy, turn = view
    height, width = small.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, scale)
    matrix[:, 2] += (dx, dy)
    seen = cv2.warpAffine(
        small, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    seen = np.ascontiguousarray(seen, np.uint8)
    faces = detect_faces(seen)
    found = [faces[0].landmarks] if faces else []
    whole = mediapipe_models.run(lambda models: _whole(models, seen))
    if whole is not None:
        found.append(whole)
    back = np.linalg.inv(matrix[:, :2])
    return [
        np.concatenate([(one[:, :2] - matrix[:, 2]) @ back.T, one[:, 2:] / scale], axis=1).astype(np.float32)
        for one in found
    ]


def _whole(models: FaceModels, picture: SRGB8) -> Landmarks | None:
    """The mesh with its own cropping."""
    found = mediapipe_models.process(models.mesh, picture).multi_face_landmarks
    if not found:
        return None
    height, width = picture.shape[:2]
    points = [(point.x * width, point.y * height, point.z * width) for point in found[0].landmark]
    return np.array(points, np.float32)


def read_back(seen: Landmarks, own: Landmarks, wanted: Framing, size: tuple[int, int]) -> Landmarks:
    """Landmarks `seen` in a frame, where they lie in the master whose landmarks `own` placed it there."""
    matrix, scale = framing.place(own, wanted, size)
    points = (seen[:, :2] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    found: Landmarks = np.concatenate([points, seen[:, 2:] / scale], axis=1).astype(np.float32)
    return found
