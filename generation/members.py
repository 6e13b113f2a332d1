"""A photo's row as what imaging judges sets of photos by; no file is read."""

import numpy as np

from generation.imaging import photoset
from generation.imaging.types import Embedding
from generation.models import FACE_THUMBNAIL, SourcePhoto, Verdict


def member(photo: SourcePhoto) -> photoset.Member:
    """The photo by its verdict, measures, embedding and thumbnail."""
    pixels = bytes.fromhex(str(photo.measures.get(FACE_THUMBNAIL, "")))
    side = photoset.THUMBNAIL_SIDE
    thumbnail = None
    if len(pixels) == side * side:
        thumbnail = np.frombuffer(pixels, np.uint8).reshape(side, side).astype(np.float32) / 255
    verdict = photo.verdict or Verdict.REJECT
    return photoset.Member(str(photo.pk), verdict, photo.measures, embedding(photo), thumbnail)  # type: ignore[arg-type]


def embedding(photo: SourcePhoto) -> Embedding | None:
    """(128,) float64, or None where no face was found."""
    return None if photo.embedding is None else np.asarray(photo.embedding, np.float64)
