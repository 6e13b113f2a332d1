"""What one person's checked photos add up to: coverage, strangers, repetitions.

Works on what the photo check left behind (verdict, measures, embedding, a tiny picture of the face), so the
portal judges a set without decoding a photo again and without loading a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging.face import rules
from generation.imaging.identity import likeness
from generation.imaging.types import Embedding, Verdict

# Beyond this a head counts as slightly turned; below it as facing the camera. Degrees of yaw.
SLIGHT_TURN_DEG: Final = 8.0
# Mouth or smile differing this much from the front photo counts as another expression (0..1 measures).
EXPRESSION_CHANGE: Final = 0.12
# Embeddings and pictures closer than both of these come from one burst. Re-encoded copies lie below 0.1.
DUPLICATE_DISTANCE: Final = 0.16
DUPLICATE_DIFFERENCE: Final = 0.045
# A warned photo has to be this much better than an accepted one to be preferred.
WARNED_MALUS: Final = 0.15
# Side of the tiny picture; 16 grey steps a side tell two moments apart and nothing more.
THUMBNAIL_SIDE: Final = 16
# What a full set shows, in the order in which it is asked for.
COVERAGE: Final = ("front", "slight_left", "slight_right", "expression")


@dataclass(frozen=True, slots=True)
class Member:
    """One checked photo as a member of a set. `thumbnail` is (16, 16) float32 grey, 0..1."""

    name: str
    verdict: Verdict
    measures: Mapping[str, float | int | str | bool | None]
    embedding: Embedding | None
    thumbnail: NDArray[np.float32] | None

    @property
    def usable(self) -> bool:
        """Whether a headshot could be made from it."""
        return self.verdict != "reject" and self.embedding is not None

    @property
    def yaw_deg(self) -> float:
        """Head turn, positive to the camera's right."""
        return float(self.measures.get("head_pose_yaw_deg") or 0.0)


@dataclass(frozen=True, slots=True)
class SetSummary:
    """`outliers` name strangers, `duplicates` are (a photo, the better one it repeats), `good` the usable
    photos without both, `covered` and `missing` are parts of `COVERAGE`; `remarks`: whether the check had
    something to say against one of the good ones."""

    outliers: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    good: tuple[str, ...]
    covered: tuple[str, ...]
    missing: tuple[str, ...]
    remarks: bool = False

    def parts(self) -> tuple[tuple[str, dict[str, int]], ...]:
        """(code, data) of the sentences for the person; prose in `messages.SET`."""
        count = len(self.good)
        found: list[tuple[str, dict[str, int]]] = []
        if count == 0:
            found += [("none_yet", {}), ("first", {})]
        else:
            # "Good" beside a photo that is told what is wrong with it would be two opinions.
            word = "usable" if self.remarks else "good"
            found.append((f"one_{word}", {}) if count == 1 else (f"many_{word}", {"count": count}))
            found.append((self.missing[0] if self.missing else "complete", {}))
        if self.outliers:
            found.append(("mixed_people", {"count": len(self.outliers)}))
        return tuple(found)


def quality(member: Member) -> float:
    """0..1: how good a source for a headshot."""
    return rules.quality(member.measures) - (WARNED_MALUS if member.verdict == "warn" else 0.0)


def summarise(members: Sequence[Member]) -> SetSummary:
    """Judge the set. Never raises."""
    strangers = _outliers(members)
    repeated = _duplicates([member for member in members if member.name not in strangers])
    left_out = {*strangers, *(name for name, _ in repeated)}
    good = [member for member in members if member.usable and member.name not in left_out]
    covered = _coverage(good)
    missing = tuple(part for part in COVERAGE if part not in covered)
    remarks = any(member.verdict == "warn" for member in good)
    return SetSummary(strangers, repeated, tuple(member.name for member in good), covered, missing, remarks)


def _embedding(member: Member) -> Embedding:
    assert member.embedding is not None  # usable members only
    return member.embedding


def _outliers(members: Sequence[Member]) -> tuple[str, ...]:
    usable = [member for member in members if member.usable]
    found = likeness.outliers([_embedding(member) for member in usable])
    return tuple(usable[index].name for index in found)


def _duplicates(members: Sequence[Member]) -> tuple[tuple[str, str], ...]:
    """Pairs (worse, better) of photos that show the same moment; each worse photo once."""
    usable = sorted((member for member in members if member.usable), key=quality, reverse=True)
    found: dict[str, str] = {}
    for better, worse in combinations(usable, 2):
        if better.name not in found and worse.name not in found and _same_moment(better, worse):
            found[worse.name] = better.name
    return tuple(found.items())


def _same_moment(one: Member, other: Member) -> bool:
    if one.thumbnail is None or other.thumbnail is None:
        return False
    if likeness.distance(_embedding(one), _embedding(other)) >= DUPLICATE_DISTANCE:
        return False
    return float(np.abs(one.thumbnail - other.thumbnail).mean()) < DUPLICATE_DIFFERENCE


def _coverage(good: Sequence[Member]) -> tuple[str, ...]:
    """The parts of `COVERAGE` that the photos show."""
    shown = {_direction(member.yaw_deg) for member in good}
    if _expressions_differ(good):
        shown.add("expression")
    return tuple(part for part in COVERAGE if part in shown)


def _direction(yaw_deg: float) -> str:
    if abs(yaw_deg) < SLIGHT_TURN_DEG:
        return "front"
    # People count from their own view: the camera's right is the person's left.
    return "slight_right" if yaw_deg < 0 else "slight_left"


def _expressions_differ(good: Sequence[Member]) -> bool:
    def values(member: Member) -> tuple[float, float]:
        measured = member.measures
        return float(measured.get("smile") or 0.0), float(measured.get("mouth_openness") or 0.0)

    return any(
        max(abs(a - b) for a, b in zip(values(one), values(other), strict=True)) > EXPRESSION_CHANGE
        for one, other in combinations(good, 2)
    )
