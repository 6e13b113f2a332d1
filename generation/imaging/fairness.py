"""What one person of a test set got: the numbers from which the fairness report counts.

Nothing about a person is inferred. Tone, age band and gender presentation come from the test set's labels;
where a tone is not labelled it is measured photometrically (ITA of the white-balanced skin), which says how
light the skin is in the photo and nothing else.
"""

import csv
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from branding.look import Look
from generation.imaging import color, photocheck, run
from generation.imaging.errors import SubjectError
from generation.imaging.finishing.skin import skin_lab
from generation.imaging.lighting import estimate, temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.shoot_folder import find_people
from generation.imaging.types import Candidate, CheckedPhoto

ATTRIBUTES: Final = ("tone", "age_band", "gender_presentation")
# The file in a folder that holds its labels.
LABELS: Final = "labels.csv"
# White that photos are balanced to before their tone is measured.
_WHITE_K: Final = 5600.0


class LabelError(ValueError):
    """The test set cannot be read; the message says what to correct, and where."""


@dataclass(frozen=True, slots=True)
class Sitter:
    """A person of the test set: photos, and labels as given (empty where none is)."""

    name: str
    photos: tuple[Path, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """One person's work, picklable for a worker process."""

    sitter: Sitter
    look: Look
    seed: int
    count: int
    size: tuple[int, int]


@dataclass(slots=True)
class Result:
    """What happened to one person."""

    person: str
    labels: dict[str, str]
    # Where the tone comes from: labelled, measured, or empty where there is none.
    tone_by: str = ""
    ita_deg: float | None = None
    photos: int = 0
    rejected: int = 0
    warned: int = 0
    # How often each finding of the photo check was the first one of a rejected or warned photo.
    findings: dict[str, int] = field(default_factory=dict)
    # Why there is no headshot: a code, or empty.
    failed: str = ""
    shown: int = 0
    # Pictures that were made and not shown, by code.
    refused: dict[str, int] = field(default_factory=dict)
    # Rounds with other seeds beyond the first, and whether the person's own photo was taken instead.
    further_rounds: int = 0
    own_photo_instead: bool = False
    # Of the shown pictures, in their order.
    likeness: list[float] = field(default_factory=list)
    ita_drift_deg: list[float] = field(default_factory=list)
    l_drift: list[float] = field(default_factory=list)
    seconds: float = 0.0


# --- the test set --------------------------------------------------------------------------------


def read_sitters(source: Path) -> list[Sitter]:
    """The test set: a CSV file (file, person, and any of tone, age_band, gender_presentation), a folder with
    such a `labels.csv`, or a folder without labels (`<person>/<photo>`). Raises LabelError."""
    if source.is_dir():
        if (source / LABELS).is_file():
            return _from_csv(source / LABELS)
        return [Sitter(name, photos) for name, photos in find_people(source).items() if photos]
    if not source.is_file():
        raise LabelError(f"{source} is neither a file nor a folder.")
    return _from_csv(source)


def _from_csv(path: Path) -> list[Sitter]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(f"{path} is not UTF-8 text.") from error
    rows = csv.DictReader(text.splitlines())
    if not {"file", "person"} <= set(rows.fieldnames or ()):
        raise LabelError(f"{path}: the first line must name the columns file and person.")
    photos: dict[str, list[Path]] = {}
    labels: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        name, photo = (row["person"] or "").strip(), path.parent / (row["file"] or "").strip()
        if not name or not (row["file"] or "").strip():
            raise LabelError(f"{path}, line {number}: file and person must both be given.")
        if not photo.is_file():
            raise LabelError(f"{path}, line {number}: there is no file {photo}.")
        photos.setdefault(name, []).append(photo)
        mine = labels.setdefault(name, {})
        for attribute in ATTRIBUTES:
            given = (row.get(attribute) or "").strip()
            if given and mine.setdefault(attribute, given) != given:
                raise LabelError(
                    f"{path}, line {number}: {name} is labelled {attribute} “{mine[attribute]}” "
                    f"before and “{given}” here."
                )
    return [Sitter(name, tuple(files), labels[name]) for name, files in photos.items()]


# --- one person ----------------------------------------------------------------------------------


def sit(trial: Trial) -> Result:
    """Check the person's photos and make the pictures, and keep what is counted. An engine that cannot work
    at all is nobody's unfairness: its EngineError is raised."""
    sitter, started = trial.sitter, time.perf_counter()
    result = Result(sitter.name, {key: value for key, value in sitter.labels.items() if value})
    checked = photocheck.check_set(
        [photocheck.check_photo(path.read_bytes(), path.name, trial.look.framing) for path in sitter.photos]
    ).photos
    _count_photos(result, checked)
    _set_tone(result, checked)
    gallery = photocheck.build_gallery(checked)
    refusals: list[SubjectError] = []
    try:
        for candidate in run.takes(
            gallery, trial.look, seed=trial.seed, count=trial.count, size=trial.size, refusals=refusals
        ):
            _count_picture(result, candidate)
    except SubjectError as error:
        result.failed = error.code
    result.refused = dict(Counter(error.code for error in refusals))
    result.seconds = round(time.perf_counter() - started, 3)
    return result


def _count_photos(result: Result, checked: tuple[CheckedPhoto, ...]) -> None:
    verdicts = Counter(photo.report.verdict for photo in checked)
    result.photos, result.rejected, result.warned = len(checked), verdicts["reject"], verdicts["warn"]
    first = [photo.report.reasons[0].code for photo in checked
             if photo.report.reasons and photo.report.verdict != "accept"]  # fmt: skip
    result.findings = dict(Counter(first))


def _count_picture(result: Result, candidate: Candidate) -> None:
    result.shown += 1
    result.likeness.append(round(candidate.likeness, 4))
    result.ita_drift_deg.append(round(candidate.gates["skin_ita"].value, 3))
    result.l_drift.append(round(candidate.gates["skin_lightness"].value, 3))
    # A take's key begins with its round.
    result.further_rounds = max(result.further_rounds, int(candidate.take.key.split(".")[0]))
    result.own_photo_instead |= "fallback" in candidate.variation


def _set_tone(result: Result, checked: tuple[CheckedPhoto, ...]) -> None:
    angles = [angle for photo in checked if (angle := tone_deg(photo)) is not None]
    if angles:
        result.ita_deg = round(float(np.median(angles)), 2)
    if result.labels.get("tone"):
        result.tone_by = "labelled"
    elif result.ita_deg is not None:
        result.tone_by = "measured"
        result.labels["tone"] = color.tone_bin(result.ita_deg)


def tone_deg(photo: CheckedPhoto) -> float | None:
    """ITA of the face's skin in degrees, after white balance; None where no face was found."""
    if photo.decoded is None or photo.face is None:
        return None
    linear = color.srgb8_to_linear(photo.decoded.pixels)
    small, landmarks = estimate.small_view(linear, photo.face.landmarks)
    seen = temperature.estimate(small, landmarks, eye_white(photo.decoded.pixels, photo.face.landmarks))
    balanced = small @ temperature.balance(seen, _WHITE_K).T
    return float(color.ita_deg(skin_lab(np.asarray(balanced, np.float32), landmarks)))
