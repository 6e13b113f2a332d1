"""Which of one person's pictures comes first. Never used to compare people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.types import Candidate, Face

# What a photographer looks at, and how much it weighs.
_WEIGHTS: Final = {"focus": 0.25, "exposure": 0.15, "composition": 0.15, "expression": 0.2, "likeness": 0.25}
# Mean absolute difference of 32 px thumbnails (0..1) below which two pictures are one.
_SAME: Final = 0.012
# Given up when a picture of a photo that is shown already comes again: other photos go first.
_REPEATED: Final = 0.12


class Numbers(Protocol):
    """What scoring needs of a finished picture."""

    @property
    def face(self) -> Face: ...
    @property
    def skin(self) -> tuple[float, float, float]: ...
    @property
    def clipped(self) -> float: ...
    @property
    def eye_sharpness(self) -> float: ...


def scores(measured: Numbers, photo: Mapping[str, float | int | str | bool | None]) -> dict[str, float]:
    """Scores 0..1 by name. `photo` are the photo check's measures, where they exist."""
    open_eyes = _number(photo, "eyes_open", 1.0)
    smile = _number(photo, "smile", 0.3)
    mouth = _number(photo, "mouth_openness", 0.0)
    return {
        "focus": measured.eye_sharpness,
        "exposure": float(np.clip(1 - 12 * measured.clipped, 0, 1)),
        "composition": float(
            np.clip(1 - abs(measured.face.yaw_deg) / 45 - abs(measured.face.pitch_deg) / 60, 0, 1)
        ),
        "expression": float(
            np.clip(0.5 * open_eyes + 0.5 * min(1.0, 0.4 + smile) - 0.3 * max(0, mouth - 0.5), 0, 1)
        ),
    }


def _number(values: Mapping[str, float | int | str | bool | None], name: str, default: float) -> float:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) else default


def total(candidate: Candidate) -> float:
    """The weighted sum that orders one person's candidates."""
    return sum(weight * candidate.scores.get(name, 0.0) for name, weight in _WEIGHTS.items())


def best_first(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """Ranked from 1, near-identical pictures once, at most `count`.

    Greedy: the best of what is left, less a little for every picture of the same photo that is shown
    already, so that the set spans the photos.
    """
    left = list(found)
    shown: list[Candidate] = []
    thumbnails: list[NDArray[Any]] = []
    while left and len(shown) < count:
        taken = [candidate.master.photo for candidate in shown]
        best = max(
            left, key=lambda one: (total(one) - _REPEATED * taken.count(one.master.photo), one.master.photo)
        )
        left = [one for one in left if one is not best]
        thumbnail = _thumbnail(best)
        if any(float(np.abs(thumbnail - other).mean()) < _SAME for other in thumbnails):
            continue
        thumbnails.append(thumbnail)
        scores = {**best.scores, "total": round(total(best), 4)}
        shown.append(replace(best, rank=len(shown) + 1, scores=scores))
    return shown


def _thumbnail(candidate: Candidate) -> NDArray[Any]:
    grey = cv2.cvtColor(candidate.image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 40), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)
