"""Numbers that describe a photo for the photo check (first part: size, pose)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging.face import regions
from generation.imaging.types import SRGB8, DecodedPhoto, Face

Value = float | int | str | bool | None


def measure(decoded: DecodedPhoto, faces: list[Face], framing: Framing) -> dict[str, Value]:
    """Measures."""
    out: dict[str, Value] = {
        "width_px": decoded.original_width_px,
        "height_px": decoded.original_height_px,
        "faces": len(faces),
    }
    if faces:
        f = faces[0]
        out.update(
            head_pose_yaw_deg=f.yaw_deg,
            head_pose_pitch_deg=f.pitch_deg,
            head_pose_roll_deg=f.roll_deg,
            inter_eye_distance_px=regions.eye_span_px(f),
        )
    return out


def thumbnail(pixels: SRGB8, face: Face, side: int) -> NDArray[np.float32]:
    """The face with its surroundings as a (side, side) grey picture, 0..1."""
    cut = regions.chip(pixels, face)
    grey = cv2.cvtColor(cut.pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(255.0)
