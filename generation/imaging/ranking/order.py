"""Which of one person's pictures comes first. Never used to compare people."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from generation.imaging.ranking.signature import alike, same
from generation.imaging.types import Face, Take

# What a photographer looks at, and how much it weighs.
_WEIGHTS: Final = {"focus": 0.25, "exposure": 0.15, "composition": 0.15, "expression": 0.2, "likeness": 0.25}
# Given up when a picture of a photo that is shown already comes again: other photos go first.
_REPEATED: Final = 0.12
# Given up when expression and pose are those of a picture that is shown already.
_SAME_MOMENT: Final = 0.06
# Given up by a variation against the style itself: the brand's own look comes before its neighbours.
_VARIED: Final = 0.02
# A gallery is best first: what a photo gives up for each place it stands behind.
_PLACE: Final = 0.04
# Opening over width of an open eye.
_OPEN: Final = 0.28
# Degrees of turned head that make another picture of a person.
_TURN_DEG: Final = 15.0


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
    open_eyes = min(1.0, _number(photo, "eyes_open", _OPEN) / _OPEN)
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


def total(scores: Mapping[str, float]) -> float:
    """The weighted sum that orders one person's pictures, 0..1."""
    return sum(weight * scores.get(name, 0.0) for name, weight in _WEIGHTS.items())


def best_first(takes: Sequence[Take]) -> list[Take]:
    """All of them, ranked; the order in which they are given changes nothing.

    Greedy: the best of what is left, less a little for every picture of the same photo and of the same
    moment that is shown already, so that the set spans photos, poses and expressions.
    """
    left = sorted(takes, key=lambda take: take.key)
    shown: list[Take] = []
    while left:
        best = max(left, key=lambda take: _worth(take, shown))
        left.remove(best)
        shown.append(best)
    return shown


def _worth(take: Take, shown: Sequence[Take]) -> float:
    again = sum(one.photo == take.photo for one in shown)
    near = max((alike(take.signature, one.signature) for one in shown), default=0.0)
    varied = 0.0 if take.plain else _VARIED
    return total(take.scores) - _REPEATED * again - _SAME_MOMENT * near - varied


def repeats(new: str, shown: Sequence[str]) -> bool:
    """Whether a picture of this signature would show nothing that those do not."""
    return any(same(new, other) for other in shown)


def spanning(photos: Sequence[Mapping[str, Any]]) -> list[int]:
    """The order in which a person's photos (the check's measures, best first) are worked on: the best,
    then always the best of those that show something else. Returns their indices."""
    left, chosen = list(range(len(photos))), list[int]()
    while left:
        best = max(left, key=lambda at: (-_PLACE * at + _news(photos, at, chosen), -at))
        left.remove(best)
        chosen.append(best)
    return chosen


def _news(photos: Sequence[Mapping[str, Any]], at: int, chosen: Sequence[int]) -> float:
    """0..0.2: how much a photo's pose and expression differ from the nearest chosen one's."""
    if not chosen:
        return 0.0
    return 0.2 * min(1.0, min(_apart(photos[at], photos[other]) for other in chosen))


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    def difference(name: str, scale: float) -> float:
        return abs(_number(one, name, 0.0) - _number(other, name, 0.0)) / scale

    return max(difference("head_pose_yaw_deg", _TURN_DEG), difference("smile", 0.5),
               difference("mouth_openness", 0.4))  # fmt: skip
