"""Rooms for backdrops: drawn, so that no photograph of a real place is needed."""

import io
from functools import cache

import cv2
import numpy as np
from PIL import Image

from generation.imaging.types import SRGB8


@cache
def room(width: int = 2600, height: int = 2080) -> SRGB8:
    """An office: a window front, a desk, shelves with books, and lamps that are clipped as a camera's are."""
    rng = np.random.default_rng(7)
    out = np.full((height, width, 3), (176, 170, 160), np.uint8)
    w, h = width, height
    cv2.rectangle(out, (0, int(0.72 * h)), (w, h), (120, 104, 88), -1)
    for index in range(4):
        left = int((0.04 + 0.145 * index) * w)
        cv2.rectangle(out, (left, int(0.1 * h)), (left + int(0.125 * w), int(0.62 * h)), (238, 244, 250), -1)
        cv2.rectangle(out, (left, int(0.45 * h)), (left + int(0.125 * w), int(0.62 * h)), (150, 172, 150), -1)
    for shelf in range(5):
        y = int((0.14 + 0.115 * shelf) * h)
        cv2.rectangle(out, (int(0.68 * w), y), (int(0.97 * w), y + int(0.1 * h)), (92, 72, 54), -1)
        x = 0.685 * w
        while x < 0.95 * w:
            thick = rng.uniform(0.008, 0.018) * w
            colour = tuple(int(value) for value in rng.integers(40, 210, 3))
            top = y + int(rng.uniform(0.012, 0.035) * h)
            cv2.rectangle(out, (int(x), top), (int(x + thick * 0.9), y + int(0.096 * h)), colour, -1)
            x += thick
    cv2.rectangle(out, (int(0.1 * w), int(0.76 * h)), (int(0.62 * w), int(0.8 * h)), (196, 172, 140), -1)
    for x, y, r in ((0.3, 0.05, 0.010), (0.45, 0.06, 0.010), (0.6, 0.05, 0.010), (0.64, 0.35, 0.006)):
        cv2.circle(out, (int(x * w), int(y * h)), int(r * w), (255, 252, 240), -1)
    noise = rng.normal(0, 3, out.shape)
    return np.clip(out + noise, 0, 255).astype(np.uint8)


@cache
def room_jpeg(width: int = 2600, height: int = 2080) -> bytes:
    """The room as a camera would send it, with the metadata of one."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Test Camera"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(room(width, height)).save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()
