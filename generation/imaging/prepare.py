"""The photo as a master keeps it: cut to the person, scaled to what a final can use, and read as framed."""

from typing import Final

import cv2
import numpy as np

from branding.look import Framing
from generation.imaging.errors import SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import detail, framing, upscale
from generation.imaging.landmarks import eye_middle, face_unit, moved
from generation.imaging.steady import read_back
from generation.imaging.types import SRGB8, CheckedPhoto, Face

# What a master keeps around the eyes, in eye-to-chin units (sideways, up, down): every framing that a
# Look allows, except where the photo ends.
_KEEP: Final = (2.6, 2.6, 4.2)
# A master's face is at most this tall, eyes to chin: what the tightest framing shows in a 2048 px picture.
_MOST_UNIT_PX: Final = 700.0
# Below this height a photo is enlarged for a final in the usual framing, and is cleaned for that.
_SMALL_UNIT_PX: Final = 600.0
# Models are trained for up to this factor.
_MOST_DRAWN: Final = 4.0
# At most so many pixels are kept, for time and memory.
_MOST_PX: Final = 6_000_000
# The frame in which the face is read, and the scale below which the photo is averaged down for it.
_READ_SIZE: Final = (512, 640)
_AVERAGE_BELOW: Final = 0.75


def prepared(photo: CheckedPhoto) -> tuple[SRGB8, Face]:
    """The photo's pixels and face as a master keeps them.

    Raises SubjectError `no_face` when the photo was not accepted far enough to have a face.
    """
    if photo.decoded is None or photo.face is None:
        raise SubjectError("no_face")
    pixels, face = _around_the_person(photo.decoded.pixels, photo.face)
    if face_unit(face.landmarks) < _SMALL_UNIT_PX:
        pixels, face = _drawn_larger(detail.clean(pixels), face)
    return pixels, _as_framed(pixels, face)


def _drawn_larger(pixels: SRGB8, face: Face) -> tuple[SRGB8, Face]:
    """The photo enlarged by the operator's model, where one is installed."""
    enlarger = detail.installed() or upscale.chosen()
    if enlarger is None:
        return pixels, face
    factor = min(_MOST_DRAWN, _SMALL_UNIT_PX / face_unit(face.landmarks))
    larger = enlarger(pixels, factor)
    scale = larger.shape[1] / pixels.shape[1]
    landmarks = moved(face.landmarks, scale)
    x0, y0, x1, y1 = (edge * scale for edge in face.box)
    return larger, Face((x0, y0, x1, y1), landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)


def _as_framed(pixels: SRGB8, face: Face) -> Face:
    """The face as the mesh reads it in an upright frame of headshot size: it reads a tilted or differently
    cropped face up to a degree differently."""
    matrix, scale = framing.place(face.landmarks, Framing(), _READ_SIZE)
    shrink = min(1.0, scale / _AVERAGE_BELOW)
    size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
    view = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if shrink < 1 else pixels
    warp = np.concatenate([matrix[:, :2] / (size[0] / pixels.shape[1]), matrix[:, 2:]], axis=1)
    upright = cv2.warpAffine(view, warp, _READ_SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    found = detect_faces(np.asarray(upright, np.uint8))
    if not found:
        return face
    landmarks = read_back(found[0].landmarks, face.landmarks, Framing(), _READ_SIZE)
    return Face(face.box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)


def others(pixels: SRGB8, face: Face) -> list[Face]:
    """Further faces in the picture: bystanders, whose bodies must go."""
    middle = eye_middle(face.landmarks)
    reach = 0.6 * face_unit(face.landmarks)
    return [one for one in detect_faces(pixels) if np.linalg.norm(eye_middle(one.landmarks) - middle) > reach]


def _around_the_person(pixels: SRGB8, face: Face) -> tuple[SRGB8, Face]:
    """Cut the photo to what a master keeps, and scale it to what a final can use."""
    unit, (x, y) = face_unit(face.landmarks), eye_middle(face.landmarks)
    side, up, down = _KEEP
    x0, x1 = max(0, int(x - side * unit)), min(pixels.shape[1], int(x + side * unit))
    y0, y1 = max(0, int(y - up * unit)), min(pixels.shape[0], int(y + down * unit))
    part = pixels[y0:y1, x0:x1]
    scale = min(1.0, _MOST_UNIT_PX / unit, float(np.sqrt(_MOST_PX / (part.shape[0] * part.shape[1]))))
    landmarks = moved(face.landmarks, 1.0, -x0, -y0)
    if scale < 1.0:
        size = (round(part.shape[1] * scale), round(part.shape[0] * scale))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        landmarks = moved(landmarks, scale)
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return np.ascontiguousarray(part), Face(
        box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score
    )
