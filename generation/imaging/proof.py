"""Proofs: quick small pictures of a look, on masters that were reduced to what a proof can show.

Also the "before": the person's own photo in the frame of a look, untouched.
"""

from typing import Final

import cv2
import numpy as np

from branding.look import Framing, Look
from generation.imaging import decode, deliver, run
from generation.imaging.errors import SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import framing as frames
from generation.imaging.finishing import masters
from generation.imaging.landmarks import Landmarks, moved
from generation.imaging.types import SRGB8, CheckedPhoto, MasterLayers, PhotoReport

# Eye-to-chin heights that masters are reduced to: few, so that a moving head-height control finds the
# reduced master in the cache. The largest is a master's own.
UNITS_PX: Final = (100, 150, 210, 300, 420, 700)
# A master is reduced to this many times what the proof shows: at 1 its edges and texture look softer than
# the final's, at 1.5 the two differ by about one step of 255 on average.
_OVERSAMPLE: Final = 1.5
# Height over width of a final.
_FRAME_SHAPE: Final = 1.25
# What the photo does not show in the frame of a "before": the grey of the viewing booth.
_BEYOND: Final = (230, 230, 230)


def unit_for(framing: Framing, size: tuple[int, int]) -> int:
    """The entry of `UNITS_PX` that a proof of this framing and size (width, height) needs."""
    wanted = _OVERSAMPLE * framing.head_height * size[1]
    return next((unit for unit in UNITS_PX if unit >= wanted), UNITS_PX[-1])


def proof(content: bytes, unit_px: int) -> MasterLayers:
    """A stored master, reduced. Raises DecodeError `master_damaged`."""
    return masters.reduced(masters.load_master(content), unit_px)


def photo_name(content: bytes) -> str:
    """The name of the photo that a stored master was made from."""
    return masters.photo_of(content)


def finish(master: MasterLayers, look: Look, size: tuple[int, int], quality: int = 88) -> bytes:
    """A look on a master as JPEG. Raises SubjectError where the framing does not work."""
    return decode.encode_jpeg(run.finish(master, look, size), quality)


def square(master: MasterLayers, look: Look, framing: Framing, side_px: int, quality: int = 88) -> bytes:
    """A look on a master as square JPEG, framed anew as a directory's rendition is, or cut from the look's
    own frame where the photo ends too soon for that. `framing` is the square's.

    Raises SubjectError where the look's own framing does not work either.
    """
    try:
        return finish(master, look.model_copy(update={"framing": framing}), (side_px, side_px), quality)
    except SubjectError:
        own = look.framing
        pixels = run.finish(master, look, (side_px, round(side_px * _FRAME_SHAPE)))
        whole = (pixels.shape[1], pixels.shape[0])
        box = deliver.crop_box(whole, (1, 1), (own.eye_center, own.eye_line), framing.eye_line)
        return decode.encode_jpeg(deliver.fit(pixels, box, (side_px, side_px))[0], quality)


def develop(content: bytes, name: str) -> bytes:
    """A photo to the bytes of a master, without the photo check's verdict: for portraits that we know.

    Raises DecodeError, or SubjectError `no_face`.
    """
    decoded = decode.decode_photo(content)
    faces = detect_faces(decoded.pixels)
    if not faces:
        raise SubjectError("no_face")
    checked = CheckedPhoto(name, PhotoReport("accept", (), {}), decoded, faces[0], None)
    return masters.save_master(run.develop(checked))


def before(content: bytes, framing: Framing, size: tuple[int, int], quality: int = 88) -> bytes:
    """The photo itself, levelled and cropped as the framing says, as JPEG; nothing else is done to it.

    Raises DecodeError, or SubjectError `no_face`.
    """
    pixels: SRGB8 = decode.decode_photo(content).pixels
    faces = detect_faces(pixels)
    if not faces:
        raise SubjectError("no_face")
    return decode.encode_jpeg(framed(pixels, faces[0].landmarks, framing, size), quality)


def framed(pixels: SRGB8, landmarks: Landmarks, framing: Framing, size: tuple[int, int]) -> SRGB8:
    """A photo in the frame of a look, untouched; grey where it does not reach. `size` is (width, height)."""
    _, scale = frames.place(landmarks, framing, size)
    if scale < 0.5:
        # Averaged down first: a single bilinear step would alias.
        small = (round(pixels.shape[1] * scale * 1.5), round(pixels.shape[0] * scale * 1.5))
        landmarks = moved(landmarks, small[0] / pixels.shape[1])
        pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
    matrix, _ = frames.place(landmarks, framing, size)
    placed = cv2.warpAffine(
        pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_BEYOND
    )
    return np.asarray(placed, np.uint8)
