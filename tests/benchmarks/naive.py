"""The same libraries put together as their examples do, to compare with in the same run.

Full-size decoding, models made for every picture, the detectors fed with all pixels, the matting system
solved at the size of the picture, and every style made from the photo again.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from branding.look import STARTERS
from generation.imaging import run
from generation.imaging.decode import decode_photo
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import masters
from generation.imaging.identity.encoder import embed
from generation.imaging.landmarks import moved
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.segment import person_probability
from generation.imaging.matting.trimap import make_trimap
from generation.imaging.models.wheels import IDENTITY_ENCODER
from generation.imaging.types import Face
from tests.benchmarks import material

# Pixels at which both mattes are measured. The naive system grows faster than its pixels; at a master's
# 6 MP it would need several minutes and more memory than many machines have.
MATTE_PX: Final = 1_000_000
# 48 MP phones: where decoding at a fraction of the size shows.
_BIG: Final = (6048, 8064)


@dataclass(frozen=True, slots=True)
class Contest:
    """The same result made by the product and by the naive composition."""

    name: str
    what: str
    product: Callable[[], Any]
    naive: Callable[[], Any]


def contests() -> list[Contest]:
    """All comparisons; making them runs the pipeline once."""
    photo = material.checked_phone_photos(1)[0]
    assert photo.decoded is not None and photo.face is not None
    decoded, face = photo.decoded.pixels, photo.face
    big = _big_photo()
    master = run.develop(photo)
    saved = masters.save_master(master)
    cut, cut_face, trimap = _matte_input(decoded, face)
    look = STARTERS["legal"]
    return [
        Contest(
            "decode 48 MP JPEG",
            "all pixels, then made smaller",
            lambda: decode_photo(big),
            lambda: decode(big),
        ),
        Contest(
            "face and mesh",
            "models made per picture, all pixels",
            lambda: detect_faces(decoded),
            lambda: mesh(decoded),
        ),
        Contest(
            "embedding",
            "network loaded per picture",
            lambda: embed(decoded, face),
            lambda: embedding(decoded, face),
        ),
        Contest(
            "matte of 1 MP",
            "system solved at full size",
            lambda: cut_out(cut, cut_face),
            lambda: matte(cut, trimap),
        ),
        Contest(
            "another style",
            "from the photo again",
            lambda: run.finish(masters.load_master(saved), look),
            lambda: run.finish(run.develop(photo), look),
        ),
    ]


def _big_photo() -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(material.phone_photo(0))).resize(_BIG).save(out, "JPEG", quality=90)
    return out.getvalue()


def _matte_input(pixels: Any, face: Face) -> tuple[Any, Face, Any]:
    """The photo at `MATTE_PX`, its face, and the trimap that both solve."""
    scale = float(np.sqrt(MATTE_PX / (pixels.shape[0] * pixels.shape[1])))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    landmarks = moved(face.landmarks, scale)
    found = Face(face.box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)
    probability = person_probability(small, found).probability
    return small, found, make_trimap(small.astype(np.float32) / 255, probability, landmarks)


def decode(data: bytes) -> Any:
    """Pillow as in its tutorial."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.thumbnail((4096, 4096), Image.Resampling.LANCZOS)
    return np.array(picture)


def mesh(pixels: Any) -> Any:
    """MediaPipe as in its examples: a `with` block around every picture."""
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

    with FaceDetection(model_selection=0) as near, FaceDetection(model_selection=1) as far:
        found = near.process(pixels).detections, far.process(pixels).detections
    with FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=8) as faces:
        return found, faces.process(pixels).multi_face_landmarks


def embedding(pixels: Any, face: Face) -> Any:
    """dlib's example: load the network, align on the whole picture."""
    import dlib

    network = dlib.face_recognition_model_v1(str(IDENTITY_ENCODER.locate()))
    points = [dlib.point(int(x), int(y)) for x, y in face.landmarks[[263, 362, 33, 133, 2], :2]]
    box = dlib.rectangle(*(int(value) for value in face.box))
    shape = dlib.full_object_detection(box, points)
    return network.compute_face_descriptor(dlib.get_face_chip(pixels, shape, 150, 0.25))


def matte(pixels: Any, trimap: Any) -> Any:
    """pymatting as in its readme."""
    from pymatting import estimate_alpha_cf, estimate_foreground_ml

    picture = pixels.astype(np.float64) / 255.0
    alpha = estimate_alpha_cf(picture, trimap.astype(np.float64))
    return estimate_foreground_ml(picture, alpha)
