"""Finished pixels to files without metadata."""

import io
from typing import Final

import cv2
import numpy as np
from PIL import Image

from generation.imaging.errors import EngineError
from generation.imaging.types import SRGB8

# Fast zlib: a finished picture is written once and mostly read as JPEG renditions.
_PNG_LEVEL: Final = 2


def png(pixels: SRGB8) -> bytes:
    """Lossless PNG of (H, W, 3) uint8 sRGB."""
    ok, out = cv2.imencode(
        ".png", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    )
    if not ok:
        raise EngineError("encode_failed")
    return out.tobytes()


def jpeg(pixels: SRGB8, quality: int = 92) -> bytes:
    """JPEG of (H, W, 3) uint8 sRGB, full colour resolution."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=0, optimize=True)
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
