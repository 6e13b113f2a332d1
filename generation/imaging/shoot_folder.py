"""One person's folder of photos to finished files: what a worker process of `headshots` runs."""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from branding.look import Framing, Look
from generation.imaging import photocheck, proof, report, run, threads
from generation.imaging.consistency import Shown
from generation.imaging.errors import ImagingError, SubjectError
from generation.imaging.finishing.encode import png
from generation.imaging.finishing.vary import Variation
from generation.imaging.messages import reason
from generation.imaging.ranking import order as ranking
from generation.imaging.types import Candidate, CheckedPhoto, Gallery, Reason

# Files that are no photo and nobody meant as one.
_IGNORED: Final = (".", "Thumbs.db", "desktop.ini")
# Choices of a person that the page shows; a hundred would make it too large to mail.
_CHOICES: Final = 8
# A picture that is finished before its rank is known.
_UNRANKED: Final = ".unranked-"


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
    threads: int = 1


def find_people(folder: Path, out: Path | None = None) -> dict[str, tuple[Path, ...]]:
    """People by name, sorted: `<person>/<photo>`, or a photo directly in `folder` for one with only one.

    Two files of one stem (a.jpg, a.png) belong to one person. `out` is nobody, where it lies in `folder`.
    """
    people: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(_IGNORED) or (out is not None and entry.resolve() == out.resolve()):
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
    """Check, develop, finish and write one person's headshots. Whatever goes wrong becomes a reason of this
    person: nobody else's pictures depend on it."""
    threads.limit(order.threads)
    result = report.PersonResult(order.person, "failed")
    try:
        return _shoot(order, result)
    except SubjectError as error:
        result.reasons.append(report.reason_row(_told(error)))
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        result.reasons.append({**report.reason_row(reason("engine_failed")), "detail": detail})
    return result, None


def broken(person: str, detail: str) -> report.PersonResult:
    """The result of somebody whose worker process died."""
    row = {**report.reason_row(reason("engine_failed")), "detail": detail}
    return report.PersonResult(person, "failed", [row])


def _shoot(order: Order, result: report.PersonResult) -> tuple[report.PersonResult, Shown | None]:
    if not order.photos:
        raise SubjectError("no_usable_photo")
    framing = order.look.framing
    checked = photocheck.check_set(
        threads.side_by_side(lambda path: photocheck.check_file(path, path.name, framing), order.photos)
    ).photos
    result.photos = [_photo_row(photo) for photo in checked]
    gallery = photocheck.build_gallery(checked)
    if not gallery.photos:
        result.reasons = _why_none(checked)
        return result, None
    ranked = _ranked(order, gallery)
    result.candidates = [report.candidate_row(one, f"{order.person}/{_name(one)}") for one, _ in ranked]
    best, thumbs = ranked[0]
    result.notes = [report.reason_row(note) for note in _notes(order, [one for one, _ in ranked])]
    choices = [one for _, more in ranked[:_CHOICES] for one in more.choices]
    result.thumbs = report.Thumbs(thumbs.wall, _before(best, gallery, order), choices)
    result.status = "ok"
    return result, Shown.of(order.person, best)


def _ranked(order: Order, gallery: Gallery) -> list[tuple[Candidate, report.Thumbs]]:
    """The pictures with their thumbnails, best first; each is a file as soon as it is finished, and only the
    smallest of it stays in memory."""
    folder = order.out / order.person
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        # Of an earlier run, which may have had more pictures than this one.
        if re.fullmatch(r"\d{2,3}\.png", old.name) or old.name.startswith(_UNRANKED):
            old.unlink()
    made: dict[str, tuple[Candidate, report.Thumbs]] = {}
    pictures = run.takes(gallery, order.look, seed=order.seed, count=order.count, size=order.size)
    for one in pictures:
        (folder / f"{_UNRANKED}{one.take.key}").write_bytes(png(one.image))
        small = report.Thumbs(
            report.thumbnail(one.image), choices=[report.thumbnail(one.image, report.CHOICE_PX)]
        )
        # Image and master are what a hundred of them would not leave room for.
        nothing = one.image[:1, :1].copy()
        master = replace(one.master, foreground=one.master.foreground[:1, :1].copy(),
                         alpha=one.master.alpha[:1, :1].copy())  # fmt: skip
        made[one.take.key] = replace(one, image=nothing, master=master), small
        del one
    ranked = []
    for rank, take in enumerate(ranking.best_first([one.take for one, _ in made.values()]), 1):
        one, small = made[take.key]
        one = replace(one, rank=rank)
        shutil.move(folder / f"{_UNRANKED}{take.key}", folder / _name(one))
        ranked.append((one, small))
    return ranked


def _name(candidate: Candidate) -> str:
    return f"{candidate.rank:02d}.png"


def _before(best: Candidate, gallery: Gallery, order: Order) -> bytes:
    """The best picture's photo in the same crop; empty where none was its source."""
    photo = next((one for one in gallery.photos if one.name == best.take.photo), None)
    if photo is None or photo.decoded is None or photo.face is None:
        return b""
    framing: Framing = Variation.read(best.variation).framing(order.look.framing)
    size = (report.WALL_PX, round(report.WALL_PX * order.size[1] / order.size[0]))
    return report.thumbnail(proof.framed(photo.decoded.pixels, photo.face.landmarks, framing, size))


def _notes(order: Order, shown: list[Candidate]) -> list[Reason]:
    """What to know about a set that an engine could not draw, that does not span several photos, or is
    smaller than asked for."""
    notes = []
    fallback = next((str(one.variation["fallback"]) for one in shown if "fallback" in one.variation), "")
    if fallback:
        notes.append(reason(fallback))
    if len({one.take.photo for one in shown}) == 1 and len(shown) > 1:
        notes.append(reason("one_photo"))
    if len(shown) < order.count:
        notes.append(reason("fewer_pictures", shown=len(shown), asked=order.count))
    return notes


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
