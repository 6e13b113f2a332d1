"""What is measured on: the wheels' public-domain portraits as phone photos, and the shared photographs.

Everything that is made here stays in memory.
"""

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pillow_heif
from PIL import Image

from branding.look import Look
from generation.imaging import photocheck, samples
from generation.imaging.types import CheckedPhoto, Gallery

SHARED: Final = Path(__file__).resolve().parents[3] / "shared" / "photos"
Part = Literal["tune", "report"]

# What phones call 12 megapixels, held upright.
PHONE: Final = (3024, 4032)
# Side of the tiles of an iPhone's HEIC.
_TILE_PX: Final = 512
# Four photos of one person from one portrait: left and right edge of the part (its height follows), whether
# mirrored, and a tone curve, so that they differ as photos of one day do.
_PHOTOS: Final = (
    (0.10, 0.80, False, 1.0),
    (0.14, 0.77, True, 0.8),
    (0.06, 0.81, False, 1.3),
    (0.12, 0.74, True, 1.1),
)


def part_of(file: str) -> Part:
    """Whether a file may be tuned on or is only reported: by its person's name, the same on every machine."""
    person = Path(file).stem.partition("__")[0]
    return "tune" if hashlib.sha256(person.encode()).digest()[0] < 128 else "report"


@cache
def phone_photo(index: int = 0, format_: Literal["JPEG", "HEIF", "tiled HEIF"] = "JPEG") -> bytes:
    """A 12-megapixel file of the astronaut's portrait, enlarged. `tiled HEIF` is what iPhones write: a grid
    of 512-pixel tiles and about as many bytes (1.3 MB)."""
    picture = Image.open(io.BytesIO(samples.portrait_files()["eileen-collins.png"])).convert("RGB")
    left, right, mirrored, gamma = _PHOTOS[index]
    width = picture.width
    height = min((right - left) * width * PHONE[1] / PHONE[0], picture.height)
    large = picture.resize(PHONE, Image.Resampling.LANCZOS, box=(left * width, 0, right * width, height))
    if mirrored:
        large = large.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    large = large.point([round(255 * (code / 255) ** gamma) for code in range(256)] * 3)
    out = io.BytesIO()
    if format_ == "JPEG":
        large.save(out, format_, quality=90)
        return out.getvalue()
    pillow_heif.register_heif_opener(thumbnails=False)
    tiled = {"quality": 76, "tile_size": _TILE_PX} if format_ == "tiled HEIF" else {"quality": 90}
    large.save(out, "HEIF", **tiled)
    return out.getvalue()


# Two photos of one person whose pictures pass every gate.
_TWO: Final = ("portraits/byron-donalds.jpg", "identities/congress_pairs/byron-donalds__2024.jpg")


def differing_photos() -> tuple[bytes, ...]:
    """Four 12-megapixel files that show four moments: two shared photos of one person, each mirrored as well.

    Empty without the shared photos.
    """
    found = [SHARED / name for name in _TWO]
    if not all(path.is_file() for path in found):
        return ()
    made = []
    for path in found:
        picture = Image.open(path).convert("RGB")
        scale = (PHONE[0] * PHONE[1] / (picture.width * picture.height)) ** 0.5
        size = (round(picture.width * scale), round(picture.height * scale))
        large = picture.resize(size, Image.Resampling.LANCZOS)
        for one in (large, large.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
            out = io.BytesIO()
            one.save(out, "JPEG", quality=90)
            made.append(out.getvalue())
    return tuple(made)


@cache
def checked_phone_photos(count: int = 4) -> tuple[CheckedPhoto, ...]:
    """The phone photos after the photo check."""
    framing = Look().framing
    return tuple(
        photocheck.check_photo(phone_photo(index), f"{index + 1}.jpg", framing) for index in range(count)
    )


def gallery(photos: tuple[CheckedPhoto, ...]) -> Gallery:
    """All of the photos as one person's, without looking for repetitions among them."""
    found = [photo.embedding for photo in photos if photo.embedding is not None]
    own = tuple(float(np.linalg.norm(a - b)) for at, a in enumerate(found) for b in found[at + 1 :])
    return Gallery(photos, own)


def files(folder: str) -> list[Path]:
    """The shared photos in a folder, sorted; none where there are none."""
    return sorted(path for path in (SHARED / folder).rglob("*") if path.is_file())
