"""An identity encoder's threshold, measured on labelled photos of an operator's own.

A false match rate of 1e-4 cannot be counted on some thousand pairs. The nearest pairs of different people
are the tail of their distances, and a generalised Pareto distribution describes such a tail whatever the rest
looks like (Pickands 1975; peaks over threshold); the threshold is read from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from scipy import stats

from branding.look import Framing
from generation.imaging import photocheck
from generation.imaging.identity.encoders import Encoder
from generation.imaging.types import Embedding

FALSE_MATCH_RATE: Final = 1e-4
# The nearest pairs that count as the tail: enough to fit two numbers, few enough to be a tail.
_TAIL_SHARE: Final = 0.03
_LEAST_TAIL: Final = 40
# Resamplings for the range that the threshold lies in nine times of ten.
_RESAMPLED: Final = 100
# Below this many pairs of different people (40 people) the tail is a guess.
LEAST_PAIRS: Final = 780


@dataclass(frozen=True, slots=True)
class Measured:
    """What the photos say. Distances are the encoder's; None where there were no such pairs.

    `accepted` is the share of same-person pairs within `threshold`, `ours` that within the table's. `low` and
    `high` are where the threshold lies nine times of ten when the pairs are drawn again.
    """

    people: int
    photos: int
    same_pairs: int
    different_pairs: int
    nearest_different: float | None
    usual_same: float | None
    farthest_same: float | None
    threshold: float | None
    low: float | None
    high: float | None
    accepted: float | None
    ours: float | None


def measure(
    encoder: Encoder, people: Mapping[str, Sequence[Path]], told: Callable[[int, int], None]
) -> Measured:
    """Embed every usable photo and compare all pairs. `told` hears (photos done, in all).

    Raises EngineError when the encoder fails.
    """
    total, done = sum(map(len, people.values())), 0
    found: list[tuple[str, Embedding]] = []
    for person, photos in people.items():
        for photo in photos:
            seen = photocheck.check_file(photo, photo.name, Framing())
            done += 1
            told(done, total)
            if seen.decoded is not None and seen.face is not None and seen.report.verdict != "reject":
                found.append((person, encoder.embed(seen.decoded.pixels, seen.face)))
    return _compare(encoder, found)


def _compare(encoder: Encoder, found: Sequence[tuple[str, Embedding]]) -> Measured:
    same: list[float] = []
    different: list[float] = []
    for (one, a), (other, b) in combinations(found, 2):
        (same if one == other else different).append(encoder.distance(a, b))
    enough = len(different) >= LEAST_PAIRS
    bound = threshold_at(different, FALSE_MATCH_RATE) if enough else None
    low, high = threshold_range(different, FALSE_MATCH_RATE) if enough else (None, None)
    return Measured(
        people=len({person for person, _ in found}),
        photos=len(found),
        same_pairs=len(same),
        different_pairs=len(different),
        nearest_different=min(different, default=None),
        usual_same=float(np.median(same)) if same else None,
        farthest_same=max(same, default=None),
        threshold=bound,
        low=low,
        high=high,
        accepted=_within(same, bound),
        ours=_within(same, encoder.facts.threshold),
    )


def _within(distances: Sequence[float], bound: float | None) -> float | None:
    return float(np.mean(np.array(distances) <= bound)) if distances and bound is not None else None


def threshold_at(different: Sequence[float], rate: float) -> float:
    """The distance that a share `rate` of pairs of different people lies below.

    From the tail's fit where the pairs are too few to count. Raises ValueError below `_LEAST_TAIL` pairs.
    """
    if len(different) < _LEAST_TAIL:
        raise ValueError("too few pairs of different people")
    ordered = np.sort(np.asarray(different, np.float64))
    count = max(_LEAST_TAIL, round(_TAIL_SHARE * len(ordered)))
    edge = float(ordered[count - 1])
    beyond = rate * len(ordered) / count
    if beyond >= 1:
        return float(np.quantile(ordered, rate))
    shape, _, scale = stats.genpareto.fit(edge - ordered[: count - 1], floc=0)
    return edge - float(stats.genpareto.isf(beyond, shape, 0, scale))


def threshold_range(different: Sequence[float], rate: float) -> tuple[float, float]:
    """The 5th and 95th percentile of `threshold_at` over resampled pairs (bootstrap, Efron 1979).

    The same pairs give the same range. Raises ValueError, see `threshold_at`.
    """
    rng, drawn = np.random.default_rng(0), np.asarray(different)
    again = [threshold_at(list(rng.choice(drawn, len(drawn))), rate) for _ in range(_RESAMPLED)]
    low, high = np.percentile(again, (5, 95))
    return float(low), float(high)
