"""The photo check: one photo in, a verdict with reasons and measures out; and what a set still lacks.

Joins decoding, faces and identity. The measures carry the names of ISO/IEC 29794-5:2025 quality components
where one exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from branding.look import Framing
from generation.imaging import photoset
from generation.imaging.decode import MAX_BYTES, decode_photo, too_many_bytes
from generation.imaging.errors import DecodeError
from generation.imaging.face import measures as face_measures
from generation.imaging.face import rules
from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import likeness
from generation.imaging.identity.encoder import embed
from generation.imaging.messages import reason, sentence
from generation.imaging.types import (
    CheckedPhoto,
    DecodedPhoto,
    Embedding,
    Gallery,
    PhotoReport,
    Reason,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class SetReport:
    """What a person's photos add up to.

    `photos` are the checked photos with what only the set can tell (`other_person`, `near_duplicate`) added
    to their reports. `covered` and `missing` are parts of `photoset.COVERAGE`. `sentence` is for the person.
    """

    photos: tuple[CheckedPhoto, ...]
    covered: tuple[str, ...]
    missing: tuple[str, ...]
    outliers: tuple[str, ...]
    # (a photo, the better photo that it repeats)
    duplicates: tuple[tuple[str, str], ...]
    good: int
    sentence: str


def check_photo(data: bytes, name: str, framing: Framing) -> CheckedPhoto:
    """Check one photo's bytes for a headshot in `framing`. Never raises for what is in the file.

    Raises EngineError when a model is missing or fails.
    """
    try:
        decoded = decode_photo(data)
    except DecodeError as error:
        return _refused(name, error)
    return check_decoded(decoded, name, framing)


def check_file(file: Path, name: str, framing: Framing) -> CheckedPhoto:
    """`check_photo` for a file; one that is too large or cannot be opened is refused unread."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            return _refused(name, too_many_bytes(size))
        return check_photo(file.read_bytes(), name, framing)
    except OSError:
        return _refused(name, DecodeError("unreadable"))


def _refused(name: str, error: DecodeError) -> CheckedPhoto:
    report = PhotoReport("reject", (reason(error.code, **error.data),), {})
    return CheckedPhoto(name, report, None, None, None)


def check_decoded(decoded: DecodedPhoto, name: str, framing: Framing) -> CheckedPhoto:
    """`check_photo` for pixels that are decoded already. Raises EngineError."""
    faces = detect_faces(decoded.pixels)
    measured = face_measures.measure(decoded, faces, framing)
    verdict, reasons = rules.judge(measured)
    report = PhotoReport(verdict, reasons, measured)
    face = faces[0] if faces else None
    embedding = embed(decoded.pixels, face) if face is not None and verdict != "reject" else None
    return CheckedPhoto(name, report, decoded, face, embedding)


def check_set(photos: Sequence[CheckedPhoto]) -> SetReport:
    """Coverage, strangers and repetitions among one person's checked photos. Never raises."""
    summary = photoset.summarise([_member(photo) for photo in photos])
    told = tuple(_with_set_reasons(photo, summary.outliers, dict(summary.duplicates)) for photo in photos)
    words = " ".join(sentence(code, **data) for code, data in summary.parts())
    return SetReport(
        told, summary.covered, summary.missing, summary.outliers, summary.duplicates, len(summary.good), words
    )


def face_thumbnail(photo: CheckedPhoto) -> NDArray[np.float32] | None:
    """The face with its surroundings as a tiny (16, 16) grey picture, 0..1; None without a face."""
    if photo.decoded is None or photo.face is None:
        return None
    return face_measures.thumbnail(photo.decoded.pixels, photo.face, photoset.THUMBNAIL_SIDE)


def build_gallery(photos: Sequence[CheckedPhoto]) -> Gallery:
    """The person's usable photos, best first, without strangers and repetitions, with their own spread.

    Empty when no photo is usable; the caller decides what that means.
    """
    report = check_set(photos)
    copies = {name for name, _ in report.duplicates}
    usable = [photo for photo in report.photos if _usable(photo) and photo.name not in copies]
    ordered = tuple(sorted(usable, key=_quality, reverse=True))
    return Gallery(ordered, likeness.own_distances([_embedding(photo) for photo in ordered]))


def _usable(photo: CheckedPhoto) -> bool:
    return photo.report.verdict != "reject" and photo.embedding is not None


def _embedding(photo: CheckedPhoto) -> Embedding:
    assert photo.embedding is not None  # `_usable` photos only
    return photo.embedding


def _member(photo: CheckedPhoto) -> photoset.Member:
    thumbnail = face_thumbnail(photo) if _usable(photo) else None
    report = photo.report
    return photoset.Member(photo.name, report.verdict, report.measures, photo.embedding, thumbnail)


def _quality(photo: CheckedPhoto) -> float:
    report = photo.report
    return photoset.quality(photoset.Member(photo.name, report.verdict, report.measures, None, None))


def _with_set_reasons(
    photo: CheckedPhoto, outliers: Sequence[str], duplicates: dict[str, str]
) -> CheckedPhoto:
    added: list[Reason] = []
    if photo.name in outliers:
        added.append(reason("other_person"))
    if photo.name in duplicates:
        added.append(reason("near_duplicate", other=duplicates[photo.name]))
    if not added:
        return photo
    # Somebody else's face must never reach the gallery; a repetition only adds nothing.
    verdict: Verdict = "reject" if photo.name in outliers else "warn"
    report = photo.report
    return replace(photo, report=PhotoReport(verdict, (*added, *report.reasons), report.measures))
