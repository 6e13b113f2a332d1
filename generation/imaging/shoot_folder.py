"""One person's folder of photos to finished files: what a worker process of `headshots` runs."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from branding.look import Look
from generation.imaging import photocheck, report, run
from generation.imaging.consistency import Shown
from generation.imaging.errors import EngineError, ImagingError, SubjectError
from generation.imaging.finishing.encode import png
from generation.imaging.messages import reason
from generation.imaging.types import CheckedPhoto, Reason

# Files that are no photo and nobody meant as one.
_IGNORED: Final = (".", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Order:
    """One person's work, picklable for a worker process."""

    person: str
    photos: tuple[Path, ...]
    out: Path
    look: Look
    seed: int
    count: int
    size: tuple[int, int]


def find_people(folder: Path) -> dict[str, tuple[Path, ...]]:
    """People by name, sorted: `<person>/<photo>`, or a photo directly in `folder` for one with only one.

    Two files of one stem (a.jpg, a.png) belong to one person.
    """
    people: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(_IGNORED):
            continue
        if entry.is_dir():
            photos = [
                one for one in sorted(entry.iterdir()) if one.is_file() and not one.name.startswith(_IGNORED)
            ]
            people.setdefault(entry.name, []).extend(photos)
        elif entry.is_file():
            people.setdefault(entry.stem, []).append(entry)
    return {name: tuple(photos) for name, photos in sorted(people.items())}


def shoot(order: Order) -> tuple[report.PersonResult, Shown | None]:
    """Check, develop, finish and write one person's headshots. Only EngineErrors and the file system's
    errors become a reason `engine_failed`; nobody else's pictures depend on it."""
    # Workers are processes: more threads in each would only fight for the cores.
    cv2.setNumThreads(1)
    result = report.PersonResult(order.person, "failed")
    try:
        return _shoot(order, result)
    except SubjectError as error:
        result.reasons.append(report.reason_row(_told(error)))
    except (EngineError, OSError) as error:
        result.reasons.append({**report.reason_row(reason("engine_failed")), "detail": str(error)})
    return result, None


def _shoot(order: Order, result: report.PersonResult) -> tuple[report.PersonResult, Shown | None]:
    if not order.photos:
        raise SubjectError("no_usable_photo")
    checked = photocheck.check_set([
        photocheck.check_photo(path.read_bytes(), path.name, order.look.framing) for path in order.photos
    ]).photos  # fmt: skip
    result.photos = [_photo_row(photo) for photo in checked]
    gallery = photocheck.build_gallery(checked)
    if not gallery.photos:
        result.reasons = _why_none(checked)
        return result, None
    started = time.perf_counter()
    candidates = list(run.headshots(gallery, order.look, seed=order.seed, count=order.count, size=order.size))
    folder = order.out / order.person
    folder.mkdir(parents=True, exist_ok=True)
    for candidate in candidates:
        name = f"{candidate.rank:02d}.png"
        (folder / name).write_bytes(png(candidate.image))
        result.candidates.append(report.candidate_row(candidate, f"{order.person}/{name}"))
    share = round((time.perf_counter() - started) / len(candidates), 3)
    for row in result.candidates:
        row["seconds"] = share
    result.status = "ok"
    result.thumbnail = report.thumbnail(candidates[0])
    return result, Shown.of(order.person, candidates[0])


def _photo_row(photo: CheckedPhoto) -> dict[str, object]:
    return {
        "file": photo.name,
        "verdict": photo.report.verdict,
        "reasons": [report.reason_row(one) for one in photo.report.reasons],
    }


def _why_none(photos: tuple[CheckedPhoto, ...]) -> list[dict[str, object]]:
    """The reasons of the refused photos, each once, most frequent first."""
    reasons = [one for photo in photos if photo.report.verdict == "reject" for one in photo.report.reasons]
    codes = [one.code for one in reasons]
    ordered = sorted(dict.fromkeys(codes), key=codes.count, reverse=True)
    return [report.reason_row(next(one for one in reasons if one.code == code)) for code in ordered]


def _told(error: ImagingError) -> Reason:
    """The error's sentence; an unknown code still says what happened."""
    try:
        return reason(error.code, **error.data)
    except KeyError:
        return Reason(error.code, str(error), error.data)
