"""Copies of finished pictures for screens, made when first asked for."""

import io

from PIL import Image

from generation.keys import shoot_key
from generation.models import Candidate
from portal.lib import storage

# Looks like the PNG at 100 % and is a fifth of its bytes: phones load it in the loupe.
LARGE_QUALITY = 92


def large(candidate: Candidate) -> str:
    """Key of the full-size JPEG of a candidate, in renditions. Raises FileNotFoundError."""
    key = shoot_key(candidate.shoot, f"{candidate.rank:02d}-large.jpg")
    if not storage.renditions().exists(key):
        with Image.open(io.BytesIO(storage.read(storage.renditions(), candidate.image))) as picture:
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=LARGE_QUALITY, progressive=True)
        storage.put(storage.renditions(), key, out.getvalue())
    return key
