"""Likeness: the same person passes, another one does not, and the gate knows the person's own spread."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import likeness
from generation.imaging.identity.encoder import embed
from generation.imaging.types import Embedding
from tests.imaging.people import astronaut, checked, decoded, files, needs_photos, pairs


def at(distance: float, direction: int = 0) -> Embedding:
    """An embedding at a distance from `at(0)`."""
    point = np.zeros(128)
    point[direction] = distance
    return point


def of(path: str) -> Embedding:
    pixels = decoded(path).pixels
    return embed(pixels, detect_faces(pixels)[0])


@needs_photos
def test_labelled_pairs_are_told_apart_at_the_threshold() -> None:
    embeddings = {path: of(path) for path in sorted({path for a, b, _ in pairs() for path in (a, b)})}
    gates = [(same, likeness.gate(embeddings[b], [embeddings[a]])) for a, b, same in pairs()]
    same = [gate.passed for is_same, gate in gates if is_same]
    assert len(same) == 32
    assert np.mean(same) >= 0.95
    assert not any(gate.passed for is_same, gate in gates if not is_same)


def person_of(path: str) -> str:
    name = Path(path)
    return name.parent.name if name.parent.name in ("obama", "biden") else name.stem.partition("__")[0]


@needs_photos
@pytest.mark.slow
def test_nobody_among_all_shared_people_passes_for_somebody_else() -> None:
    """Every photo of one face against every other, not only the pairs that somebody labelled."""
    single = [path for path in (*files("portraits"), *files("identities")) if "obama_" not in path]
    found = {path: checked(path).embedding for path in single}
    known = [(path, embedding) for path, embedding in found.items() if embedding is not None]
    assert len(known) >= 80
    same, different = [], []
    for (one, a), (other, b) in combinations(known, 2):
        (same if person_of(one) == person_of(other) else different).append(likeness.distance(a, b))
    assert len(same) >= 32
    assert max(same) <= likeness.ENCODER_THRESHOLD < min(different)


def test_the_mirror_image_is_the_same_person() -> None:
    mirrored = np.ascontiguousarray(astronaut()[:, ::-1])
    one = embed(astronaut(), detect_faces(astronaut())[0])
    other = embed(mirrored, detect_faces(mirrored)[0])
    assert one.shape == (128,)
    assert likeness.distance(other, one) < 0.12


def test_likeness_falls_with_distance_between_one_and_zero() -> None:
    values = [likeness.likeness(at(distance), [at(0)]) for distance in (0.0, 0.35, 0.55, 0.8, 3.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.99
    assert values[1] > 0.9
    assert values[2] == pytest.approx(0.5)
    assert 0.0 <= values[4] < 0.01


def test_one_stranger_in_the_gallery_cannot_vouch_for_himself() -> None:
    gallery = [at(0), at(0.3, 1), at(0.3, 2), at(2, 3)]
    assert not likeness.gate(at(2, 3), gallery).passed
    assert likeness.gate(at(0.1), gallery).passed


def test_few_photos_fall_back_to_the_encoders_threshold() -> None:
    assert likeness.max_distance([]) == (likeness.ENCODER_THRESHOLD, "encoder")
    assert likeness.max_distance([0.2, 0.2, 0.2]) == (likeness.ENCODER_THRESHOLD, "encoder")


def test_a_steady_person_is_held_to_her_own_spread() -> None:
    own = [0.30, 0.32, 0.34, 0.36, 0.38, 0.40]
    bound, basis = likeness.max_distance(own)
    assert basis == "own_spread"
    assert bound == pytest.approx(np.percentile(own, 90))


def test_a_burst_of_selfies_does_not_shut_the_gate() -> None:
    bound, _ = likeness.max_distance([0.05] * 10)
    assert bound == likeness.TIGHTEST_BOUND


def test_a_changeable_person_never_loosens_the_encoders_threshold() -> None:
    assert likeness.max_distance([0.9] * 10) == (likeness.ENCODER_THRESHOLD, "encoder")


def test_the_gate_tells_value_and_bound_as_likeness() -> None:
    gate = likeness.gate(at(0.2), [at(0)])
    assert gate.passed
    assert gate.value == pytest.approx(likeness.likeness_at(0.2))
    assert gate.bound == pytest.approx(likeness.likeness_at(likeness.ENCODER_THRESHOLD))


def test_an_empty_gallery_is_an_error() -> None:
    with pytest.raises(ValueError, match="gallery"):
        likeness.likeness(at(0), [])


def test_the_odd_one_out_is_named() -> None:
    assert likeness.outliers([at(0), at(0.3), at(0.9, 1), at(0.3, 2)]) == (2,)


def test_photos_linked_by_a_third_belong_together() -> None:
    assert likeness.outliers([at(0), at(0.45), at(0.9)]) == ()


def test_of_two_that_disagree_both_are_named() -> None:
    assert likeness.outliers([at(0), at(0.9)]) == (0, 1)


@pytest.mark.parametrize("count", [0, 1])
def test_alone_nobody_is_a_stranger(count: int) -> None:
    assert likeness.outliers([at(0)] * count) == ()
