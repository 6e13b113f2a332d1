"""Uploaded pictures of rooms and of the look that is wanted, made into what a style keeps of them."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from generation.imaging import decode, materials
from generation.imaging.errors import DecodeError, EngineError
from generation.imaging.types import SRGB8

# A final's frame; a picture must cover it without being enlarged.
LEAST_PX: Final = (1638, 2048)
# The shorter side that is kept: covers every crop of a final, and nothing more could be seen of a blurred
# picture.
_KEPT_PX: Final = 2048
# Image encoders of adapters see 224 to 448 pixels a side: less than the first figure is blurred for them, and
# nothing of more than the second is seen.
LEAST_REFERENCE_PX: Final = 256
_KEPT_REFERENCE_PX: Final = 1024
# Panoramas keep at most this on their long side.
_LONGEST_PX: Final = 8192
# Fast zlib: a photo with grain hardly gets smaller by more effort.
_PNG_LEVEL: Final = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: a PNG without metadata, its size, and its pixels."""

    content: bytes
    width_px: int
    height_px: int
    pixels: SRGB8

    @property
    def key(self) -> str:
        """Its content id."""
        return materials.content_id(self.content)


def prepare(data: bytes) -> Picture:
    """An uploaded file as a backdrop picture: decoded safely, upright, sRGB, no metadata, not larger than
    needed. Lossless, so that no later version of a JPEG decoder changes a pixel.

    Raises DecodeError as `decode_photo` does, and `backdrop_too_small` (data: width, height, least_width,
    least_height).
    """
    decoded = decode.decode_photo(data, max_side_px=_LONGEST_PX)
    pixels = decoded.pixels
    height, width = pixels.shape[:2]
    if width < LEAST_PX[0] or height < LEAST_PX[1]:
        raise DecodeError(
            "backdrop_too_small",
            width=decoded.original_width_px,
            height=decoded.original_height_px,
            least_width=LEAST_PX[0],
            least_height=LEAST_PX[1],
        )
    return _kept(pixels, _KEPT_PX)


def prepare_reference(data: bytes) -> Picture:
    """An uploaded file as a reference picture, as `prepare` makes a backdrop of one.

    Raises DecodeError as `decode_photo` does, and `reference_too_small` (data: width, height, least).
    """
    decoded = decode.decode_photo(data, max_side_px=_LONGEST_PX)
    if min(decoded.pixels.shape[:2]) < LEAST_REFERENCE_PX:
        raise DecodeError(
            "reference_too_small",
            width=decoded.original_width_px,
            height=decoded.original_height_px,
            least=LEAST_REFERENCE_PX,
        )
    return _kept(decoded.pixels, _KEPT_REFERENCE_PX)


def _kept(pixels: SRGB8, shorter_px: int) -> Picture:
    height, width = pixels.shape[:2]
    scale = min(1.0, shorter_px / min(height, width))
    if scale < 1.0:
        size = (round(width * scale), round(height * scale))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, out = cv2.imencode(".png", pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL])
    if not done:
        raise EngineError("encode_failed")
    return Picture(out.tobytes(), pixels.shape[1], pixels.shape[0], pixels)
