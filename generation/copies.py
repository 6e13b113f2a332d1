"""Copies of finished pictures for screens, made when first asked for."""

import io
from pathlib import PurePosixPath

from PIL import Image

from generation.keys import shoot_key
from generation.models import Candidate
from portal.lib import storage

# Looks like the PNG at 100 % and is a fifth of its bytes: phones load it in the loupe.
LARGE_QUALITY = 92
# Long side and quality of the copy for walls and tables: a tile of 160 px on a screen of twice the density.
THUMB_PX, THUMB_QUALITY = 400, 84


def large(candidate: Candidate) -> str:
    """Key of the full-size JPEG of a candidate, in renditions. Raises FileNotFoundError."""
    return _copy(candidate, candidate.image, "large", None, LARGE_QUALITY)


def thumb(candidate: Candidate) -> str:
    """Key of the smallest JPEG of a candidate, in renditions. Raises FileNotFoundError."""
    return _copy(candidate, candidate.small, "thumb", THUMB_PX, THUMB_QUALITY)


def every_file(candidate: Candidate) -> list[str]:
    """Keys of a candidate's pictures in renditions, whether its copies have been made or not."""
    return [candidate.image, candidate.small, *(_key(candidate, name) for name in ("large", "thumb"))]


def _key(candidate: Candidate, name: str) -> str:
    # By the stored picture's own name: ranks change while a shoot runs.
    return shoot_key(candidate.shoot, f"{PurePosixPath(candidate.image).stem}-{name}.jpg")


def _copy(candidate: Candidate, source: str, name: str, side_px: int | None, quality: int) -> str:
    key = _key(candidate, name)
    if not storage.renditions().exists(key):
        with Image.open(io.BytesIO(storage.read(storage.renditions(), source))) as stored:
            picture = stored.convert("RGB")
        if side_px is not None:
            picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, progressive=True)
        storage.put(storage.renditions(), key, out.getvalue())
    return key
