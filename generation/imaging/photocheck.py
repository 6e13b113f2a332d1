"""The photo check: one photo in, a verdict with reasons and measures out; and what a set still lacks.

Joins decoding, faces and identity. The measures carry the names of ISO/IEC 29794-5:2025 quality components
where one exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from branding.look import Framing
from generation.imaging.decode import decode_photo
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
    Face,
    Gallery,
    PhotoReport,
    Reason,
    Verdict,
)

# Beyond this a head counts as slightly turned; below it as facing the camera. Degrees of yaw.
SLIGHT_TURN_DEG: Final = 8.0
# Mouth or smile differing this much from the front photo counts as another expression (0..1 measures).
EXPRESSION_CHANGE: Final = 0.12
# Embeddings and pictures closer than both of these come from one burst. Re-encoded copies lie below 0.1.
DUPLICATE_DISTANCE: Final = 0.16
DUPLICATE_DIFFERENCE: Final = 0.045
_THUMBNAIL: Final = 16
# What a full set shows, in the order in which it is asked for.
COVERAGE: Final = ("front", "slight_left", "slight_right", "expression")


@dataclass(frozen=True, slots=True)
class SetReport:
    """What a person's photos add up to.

    `photos` are the checked photos with what only the set can tell (`other_person`, `near_duplicate`) added
    to their reports. `covered` and `missing` are parts of `COVERAGE`. `sentence` is for the person.
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
        refused = reason(error.code, **error.data)
        return CheckedPhoto(name, PhotoReport("reject", (refused,), {}), None, None, None)
    return check_decoded(decoded, name, framing)


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
    outliers = _outliers(photos)
    duplicates = _duplicates([photo for photo in photos if photo.name not in outliers])
    told = tuple(_with_set_reasons(photo, outliers, dict(duplicates)) for photo in photos)
    copies = {name for name, _ in duplicates}
    good = [photo for photo in told if _usable(photo) and photo.name not in copies]
    covered = _coverage(good)
    missing = tuple(part for part in COVERAGE if part not in covered)
    return SetReport(
        told, covered, missing, outliers, duplicates, len(good), _set_sentence(len(good), missing, outliers)
    )


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


def _face(photo: CheckedPhoto) -> Face:
    assert photo.face is not None  # `_usable` photos only
    return photo.face


def _quality(photo: CheckedPhoto) -> float:
    return rules.quality(photo.report.measures) - (0.15 if photo.report.verdict == "warn" else 0.0)


def _outliers(photos: Sequence[CheckedPhoto]) -> tuple[str, ...]:
    usable = [photo for photo in photos if _usable(photo)]
    found = likeness.outliers([_embedding(photo) for photo in usable])
    return tuple(usable[index].name for index in found)


def _duplicates(photos: Sequence[CheckedPhoto]) -> tuple[tuple[str, str], ...]:
    """Pairs (worse, better) of photos that show the same moment; each worse photo once."""
    usable = sorted((photo for photo in photos if _usable(photo)), key=_quality, reverse=True)
    thumbnails = {id(photo): _thumbnail(photo) for photo in usable}
    found: dict[str, str] = {}
    for better, worse in combinations(usable, 2):
        if better.name in found or worse.name in found:
            continue
        alike = likeness.distance(_embedding(better), _embedding(worse)) < DUPLICATE_DISTANCE
        difference = float(np.abs(thumbnails[id(better)] - thumbnails[id(worse)]).mean())
        if alike and difference < DUPLICATE_DIFFERENCE:
            found[worse.name] = better.name
    return tuple(found.items())


def _thumbnail(photo: CheckedPhoto) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The face with its surroundings as a tiny grey picture, 0..1."""
    assert photo.decoded is not None
    return face_measures.thumbnail(photo.decoded.pixels, _face(photo), _THUMBNAIL)


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


def _coverage(good: Sequence[CheckedPhoto]) -> tuple[str, ...]:
    """The parts of `COVERAGE` that the photos show."""
    shown = {_direction(_face(photo).yaw_deg) for photo in good}
    if _expressions_differ(good):
        shown.add("expression")
    return tuple(part for part in COVERAGE if part in shown)


def _direction(yaw_deg: float) -> str:
    if abs(yaw_deg) < SLIGHT_TURN_DEG:
        return "front"
    # People count from their own view: the camera's right is the person's left.
    return "slight_right" if yaw_deg < 0 else "slight_left"


def _expressions_differ(good: Sequence[CheckedPhoto]) -> bool:
    def values(photo: CheckedPhoto) -> tuple[float, float]:
        measured = photo.report.measures
        return float(measured.get("smile") or 0.0), float(measured.get("mouth_openness") or 0.0)

    return any(
        max(abs(a - b) for a, b in zip(values(one), values(other), strict=True)) > EXPRESSION_CHANGE
        for one, other in combinations(good, 2)
    )


def _set_sentence(good: int, missing: Sequence[str], outliers: Sequence[str]) -> str:
    if good == 0:
        parts = [sentence("none_yet"), sentence("first")]
    else:
        count = sentence("one_good") if good == 1 else sentence("many_good", count=good)
        parts = [count, sentence(missing[0]) if missing else sentence("complete")]
    if outliers:
        parts.append(sentence("mixed_people", count=len(outliers)))
    return " ".join(parts)
