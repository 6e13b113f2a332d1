"""Everything the photo check measures on one photo, gathered under one flat set of names."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.face import geometry, grid, light, regions, sharpness, visibility
from generation.imaging.types import SRGB8, DecodedPhoto, Face

Value = float | int | str | bool | None


def measure(decoded: DecodedPhoto, faces: Sequence[Face], framing: Framing) -> dict[str, Value]:
    """Measures of a photo and of its biggest face (`faces` biggest first). JSON-ready values.

    Without a face only `format`, `width_px`, `height_px` (of the photo as stored), `faces` and what the
    file says of its `origin`. Pixel sizes of the face are those of the decoded photo.
    """
    found: dict[str, Value] = {
        "format": decoded.format,
        "width_px": decoded.original_width_px,
        "height_px": decoded.original_height_px,
        "faces": len(faces),
        "origin": decoded.origin,
        "origin_evidence": decoded.origin_evidence,
    }
    if not faces:
        return found
    face, pixels = faces[0], decoded.pixels
    chip = regions.chip(pixels, face)
    found |= {
        "face_confidence": face.score,
        "second_face_size": _second_face(faces),
        "head_pose_yaw_deg": face.yaw_deg,
        "head_pose_pitch_deg": face.pitch_deg,
        "head_pose_roll_deg": face.roll_deg,
    }
    found |= geometry.measure(face, pixels.shape[0], framing)
    found |= light.measure(pixels, face, chip)
    found |= sharpness.measure(pixels, face)
    found |= visibility.measure(pixels, face, chip)
    found |= grid.measure(pixels, face)
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


def _second_face(faces: Sequence[Face]) -> float:
    """Size of the second face as a share of the biggest, 0 where there is none."""
    if len(faces) < 2:
        return 0.0
    sizes = sorted((regions.eye_span_px(face) for face in faces), reverse=True)
    return float(sizes[1] / max(sizes[0], 1.0))


def thumbnail(pixels: SRGB8, face: Face, side: int) -> NDArray[np.float32]:
    """The face with its surroundings as a (side, side) grey picture, 0..1."""
    grey = cv2.cvtColor(regions.chip(pixels, face).pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(255.0)
