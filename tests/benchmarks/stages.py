"""Every stage of the product as one piece of work on a 12-megapixel phone photo, ready to be measured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from branding.look import Look
from generation.imaging import color, gates, photocheck, run
from generation.imaging.decode import decode_photo
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import backdrop, composite, detail, framing, grade, masters, retouch
from generation.imaging.finishing.encode import png
from generation.imaging.identity.encoder import embed
from generation.imaging.lighting import estimate, relight, scene
from generation.imaging.matting.alpha import belief, closed_form, refine
from generation.imaging.matting.foreground import foreground
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.segment import person_probability
from generation.imaging.matting.trimap import make_trimap
from generation.imaging.types import Face
from tests.benchmarks import material

SIZE: Final = run.FINAL_SIZE
_FINAL_MP: Final = SIZE[0] * SIZE[1] / 1e6
_PHONE_MP: Final = material.PHONE[0] * material.PHONE[1] / 1e6


@dataclass(frozen=True, slots=True)
class Stage:
    """A name, the megapixels that go in, and the work."""

    name: str
    megapixels: float
    work: Callable[[], Any]


def stages() -> list[Stage]:
    """All stages in the pipeline's order. Making them runs the pipeline once."""
    photo = material.checked_phone_photos(1)[0]
    assert photo.decoded is not None and photo.face is not None
    return [*_looking(photo.decoded, photo.face), *_developing(photo), *_finishing(photo)]


def _looking(decoded: Any, face: Face) -> list[Stage]:
    jpeg, heic = material.phone_photo(0), material.phone_photo(0, "HEIF")
    pixels = decoded.pixels
    seen = pixels.shape[0] * pixels.shape[1] / 1e6
    return [
        Stage("decode 12 MP JPEG", _PHONE_MP, lambda: decode_photo(jpeg)),
        Stage("decode 12 MP HEIC", _PHONE_MP, lambda: decode_photo(heic)),
        Stage("faces and mesh", seen, lambda: detect_faces(pixels)),
        Stage("photo check, decoded", seen, lambda: photocheck.check_decoded(decoded, "a", Look().framing)),
        Stage("embedding", seen, lambda: embed(pixels, face)),
    ]


def _developing(photo: Any) -> list[Stage]:
    """The steps of `cut_out` at the sizes it uses, then all of it, then all of develop."""
    master = run.develop(photo)
    pixels = color.linear_to_srgb8(master.foreground)
    scale = min(1.0, float(np.sqrt(260_000 / master.alpha.size)))
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    face = _face(master.landmarks * np.float32(scale))
    probability = person_probability(small, face).probability
    guide = small.astype(np.float32) / 255.0
    trimap = make_trimap(guide, probability, face.landmarks)
    prior, trust = belief(guide, trimap, probability, face.landmarks)
    alpha = closed_form(guide, trimap, prior, trust)
    band = (trimap > 0) & (trimap < 1)
    edge = (master.alpha > 0) & (master.alpha < 1)
    saved = masters.save_master(master)
    tiny, big = small.shape[0] * small.shape[1] / 1e6, master.alpha.size / 1e6
    own = _face(master.landmarks)
    return [
        Stage("segmentation", tiny, lambda: person_probability(small, face)),
        Stage("trimap", tiny, lambda: make_trimap(guide, probability, face.landmarks)),
        Stage("alpha, solved small", tiny, lambda: closed_form(guide, trimap, prior, trust)),
        Stage("alpha, refined full", big, lambda: refine(alpha, guide, band, pixels, edge)),
        Stage("foreground colour", big, lambda: foreground(small, alpha, pixels, master.alpha)),
        Stage("matte, all of it", big, lambda: cut_out(pixels, own)),
        Stage("develop (photo to master)", big, lambda: run.develop(photo)),
        Stage("master save", big, lambda: masters.save_master(master)),
        Stage("master load", big, lambda: masters.load_master(saved)),
    ]


def _face(landmarks: Any) -> Face:
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    return Face((float(low[0]), float(low[1]), float(high[0]), float(high[1])), landmarks, 0.0, 0.0, 0.0, 1.0)


def _finishing(photo: Any) -> list[Stage]:
    look, master = Look(), run.develop(photo)
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    small_alpha = cv2.resize(master.alpha, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    image = run.finish(master, look, SIZE)
    linear = color.srgb8_to_linear(image)
    laid = framing.frame_person(master.alpha, master.landmarks, look.framing, SIZE)
    alpha = np.asarray(cv2.resize(master.alpha, SIZE, interpolation=cv2.INTER_AREA), np.float32)
    plate = backdrop.plate(look.backdrop, SIZE)
    gallery = material.gallery((photo,))

    def judge() -> None:
        gates.judge(image, gates.measure(image, master, look), master, gallery, look)

    def light() -> None:
        seen = scene.scene(small, small_alpha, landmarks)
        relight.drawn(relight.plan(seen.face(), look.light), seen, look.light)

    def new_plate() -> None:
        backdrop.plate.cache_clear()
        backdrop.plate(look.backdrop, SIZE)

    f = _FINAL_MP
    return [
        Stage("light: plan", small_alpha.size / 1e6, light),
        Stage("framing", f, lambda: framing.frame_person(master.alpha, master.landmarks, look.framing, SIZE)),
        Stage("backdrop plate, new", f, new_plate),
        Stage("composite", f, lambda: composite.composite(linear, alpha, plate)),
        Stage("grade, to 8 bits", f, lambda: grade.to_8_bit(grade.grade(linear, look.grade))),
        Stage("retouch", f, lambda: retouch.soften_blemishes(linear, laid.landmarks, look.retouch)),
        Stage("detail", f, lambda: detail.sharpen(linear, alpha, 1.5)),
        Stage("finish, all of it", f, lambda: run.finish(master, look, SIZE)),
        Stage("gates", f, judge),
        Stage("encode PNG", f, lambda: png(image)),
        Stage("preview 512 x 640 from master", 0.33, lambda: run.finish(master, look, run.PREVIEW_SIZE)),
    ]  # fmt: skip
