"""Finished pixels to files without metadata."""

import io

import cv2
import numpy as np
from PIL import Image

from generation.imaging.errors import EngineError
from generation.imaging.types import SRGB8


def png(pixels: SRGB8) -> bytes:
    """Lossless PNG of (H, W, 3) uint8 sRGB."""
    # OpenCV's own default (run lengths over neighbours' differences): smaller than zlib's fast levels on a
    # dithered backdrop, in half their time.
    ok, out = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not ok:
        raise EngineError("encode_failed")
    return out.tobytes()


def jpeg(pixels: SRGB8, quality: int = 92, *, half_colour: bool = False) -> bytes:
    """JPEG of (H, W, 3) uint8 sRGB, full colour resolution unless asked for half."""
    out = io.BytesIO()
    subsampling = 2 if half_colour else 0
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
    return out.getvalue()


def resize(pixels: SRGB8, size: tuple[int, int]) -> SRGB8:
    """Scale to (width, height) with an antialiasing filter."""
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), np.uint8)


def resize_to_fit(pixels: SRGB8, side_px: int) -> SRGB8:
    """Scale so that the longer side is `side_px`; smaller pictures stay as they are."""
    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return pixels
    return resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))
