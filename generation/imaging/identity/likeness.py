"""Is this the same person? Distances, a readable likeness, the gate, and who does not belong in a set.

The gallery stays a set: a person looks different with and without glasses, and a mean embedding looks like
neither. Distances are Euclidean between dlib embeddings (smaller is more alike).
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from generation.imaging.types import Embedding, Gate

# The encoder's threshold at a false match rate of about 1e-4. Over the 3,285 pairs of different people in the
# labelled photos a generalised Pareto tail puts 1e-4 at 0.478; the nearest pair lies at 0.472 (two bearded
# Black men, one half in shadow), the next at 0.508. The nearest impostors are pairs within one group, so the
# pooled rate understates theirs: the 293 pairs within the two darkest tone bins alone would put 1e-4 near
# 0.40, too few pairs to fit a tail and below photos that do show one person. The bound therefore lies in the
# middle of the gap that these photos leave, 0.440 (the farthest of 36 same-person pairs) to 0.472.
ENCODER_THRESHOLD: Final = 0.455
# Likeness is a logistic curve over the distance: 0.5 at 0.55, where it is anybody's guess; 0.93 at the
# median same-person distance of 0.35; 0.01 at the median impostor's 0.83.
_EVEN_ODDS_DISTANCE: Final = 0.55
_STEEPNESS: Final = 13.0
# A percentile of fewer pairs is one photo's accident; six pairs come from four photos.
MIN_OWN_PAIRS: Final = 6
# Photos of one minute are alike beyond what any other photo of the person can be. The own spread never
# tightens the gate below the median distance of one person's photos from different days.
TIGHTEST_BOUND: Final = 0.36
# Own similarity at its 10th percentile is own distance at its 90th.
OWN_PERCENTILE: Final = 90.0
# Distance beyond which one photo does not belong to a set: the equal-odds point, a little more lenient than
# the gate because a wrong "this is not you" hurts.
OUTLIER_DISTANCE: Final = _EVEN_ODDS_DISTANCE

Basis = Literal["encoder", "own_spread"]


def distance(a: Embedding, b: Embedding) -> float:
    """Euclidean distance of two (128,) embeddings; 0 is the same picture, about 0.35 the same person."""
    return float(np.linalg.norm(a - b))


def gallery_distance(embedding: Embedding, gallery: Sequence[Embedding]) -> float:
    """Mean distance to the nearer half of the gallery (rounded up).

    The nearer half, so that a gallery photo with odd light or angle does not count against the person; not
    the nearest alone, so that one wrong photo in the gallery cannot vouch for somebody else.
    Raises ValueError on an empty gallery.
    """
    if not gallery:
        raise ValueError("a likeness needs at least one gallery photo")
    nearest = sorted(distance(embedding, other) for other in gallery)
    return float(np.mean(nearest[: math.ceil(len(nearest) / 2)]))


def likeness(embedding: Embedding, gallery: Sequence[Embedding]) -> float:
    """How alike a picture is to a person's gallery, 0..1. Raises ValueError on an empty gallery."""
    return likeness_at(gallery_distance(embedding, gallery))


def likeness_at(distance_: float) -> float:
    """The likeness that a distance stands for, 0..1."""
    return 1.0 / (1.0 + math.exp(_STEEPNESS * (distance_ - _EVEN_ODDS_DISTANCE)))


def own_distances(gallery: Sequence[Embedding]) -> tuple[float, ...]:
    """Distances between all pairs of a person's own photos; empty with one photo."""
    return tuple(distance(a, b) for index, a in enumerate(gallery) for b in gallery[index + 1 :])


def max_distance(own: Sequence[float]) -> tuple[float, Basis]:
    """The farthest that a shown picture may lie from the gallery, and what decided it.

    The stricter of the encoder's threshold and the 90th percentile of the person's own photo-to-photo
    distances; with fewer than `MIN_OWN_PAIRS` own distances the encoder's threshold alone.
    """
    if len(own) < MIN_OWN_PAIRS:
        return ENCODER_THRESHOLD, "encoder"
    spread = max(TIGHTEST_BOUND, float(np.percentile(own, OWN_PERCENTILE)))
    return (spread, "own_spread") if spread < ENCODER_THRESHOLD else (ENCODER_THRESHOLD, "encoder")


def gate(embedding: Embedding, gallery: Sequence[Embedding]) -> Gate:
    """The likeness gate: value and bound as likeness (0..1, higher is more alike).

    Raises ValueError on an empty gallery.
    """
    found = gallery_distance(embedding, gallery)
    bound, _ = max_distance(own_distances(gallery))
    return Gate(likeness_at(found), likeness_at(bound), found <= bound)


def outliers(embeddings: Sequence[Embedding]) -> tuple[int, ...]:
    """Indices of the photos that show someone else than the set's main person.

    The main person is the largest group of photos linked by distances below `OUTLIER_DISTANCE` (single
    linkage); among groups of equal size, the tightest. Two photos that disagree are both named: nobody
    can say which of them is right.
    """
    groups = _groups(embeddings)
    if len(groups) < 2:
        return ()
    groups.sort(key=lambda group: (-len(group), _tightness(embeddings, group)))
    tied = len(groups[0]) == len(groups[1]) == 1
    strangers = [index for group in (groups if tied else groups[1:]) for index in group]
    return tuple(sorted(strangers))


def _groups(embeddings: Sequence[Embedding]) -> list[list[int]]:
    groups: list[list[int]] = []
    for index, embedding in enumerate(embeddings):
        near = [
            group
            for group in groups
            if any(distance(embedding, embeddings[other]) < OUTLIER_DISTANCE for other in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append(sorted([index, *(other for group in near for other in group)]))
    return groups


def _tightness(embeddings: Sequence[Embedding], group: Sequence[int]) -> float:
    own = own_distances([embeddings[index] for index in group])
    return float(np.mean(own)) if own else math.inf
