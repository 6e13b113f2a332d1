"""Drawings, paintings and sculptures are refused as such; photos of people are not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from generation.imaging.face.detect import detect_faces
from generation.imaging.landmarks import skin_region
from generation.imaging.types import SRGB8
from tests.imaging import drawn
from tests.imaging.people import astronaut, check, checked, codes, decoded, files, needs_photos

FLAT: dict[str, Callable[[SRGB8], SRGB8]] = {
    "cartoon": drawn.cartoon,
    "poster": drawn.poster,
    "stone": drawn.stone,
}


@pytest.mark.parametrize("kind", FLAT)
def test_a_picture_that_no_camera_took_of_a_person_is_refused(kind: str) -> None:
    photo = check(FLAT[kind](astronaut()), quality=92)
    assert photo.report.verdict == "reject"
    assert codes(photo) == ["not_a_photo"]


@pytest.mark.parametrize("draw", [drawn.pencil, drawn.crayons])
def test_a_sketch_on_white_paper_is_refused(draw: Callable[[SRGB8], SRGB8]) -> None:
    """Paper counts as a burnt-out face or as no face: the verdict is right, the reason may be another."""
    photo = check(draw(astronaut()), quality=92)
    assert photo.report.verdict == "reject"
    assert set(codes(photo)) <= {"not_a_photo", "too_bright", "no_face"}


@needs_photos
@pytest.mark.parametrize("name", ["tim-scott", "grace-meng", "nanette-barragan"])
@pytest.mark.parametrize("kind", ["poster", "stone"])
def test_whatever_the_skin_a_drawing_is_a_drawing(kind: str, name: str) -> None:
    photo = check(FLAT[kind](decoded(f"portraits/{name}.jpg").pixels), quality=92)
    assert codes(photo) == ["not_a_photo"]


def smoothed(portrait: SRGB8) -> SRGB8:
    """What a beauty filter does: skin without pores, eyes and mouth as they were."""
    face = detect_faces(portrait)[0]
    skin = cv2.GaussianBlur(skin_region(face.landmarks, portrait.shape[:2]).astype(np.float32), (0, 0), 5)
    soft = portrait
    for _ in range(3):
        soft = np.asarray(cv2.bilateralFilter(soft, 11, 30, 7), np.uint8)
    return (portrait * (1 - skin[..., None]) + soft * skin[..., None]).astype(np.uint8)


def pored(portrait: SRGB8) -> SRGB8:
    """The portrait with the grain that a phone's photo of skin has."""
    grain = np.random.default_rng(4).normal(0, 5, portrait.shape[:2]).astype(np.float32)
    return np.clip(portrait + cv2.GaussianBlur(grain, (0, 0), 0.8)[..., None] * 2, 0, 255).astype(np.uint8)


def test_a_strong_beauty_filter_is_a_warning() -> None:
    before, after = check(pored(astronaut())), check(smoothed(pored(astronaut())))
    assert "filtered" not in codes(before)
    assert after.report.verdict == "warn"
    assert "filtered" in codes(after)


@needs_photos
@pytest.mark.parametrize("path", [*files("portraits"), *files("identities"), *files("awkward/faces")])
def test_no_photo_of_a_person_is_taken_for_a_drawing_or_a_filter(path: str) -> None:
    assert {"not_a_photo", "filtered"}.isdisjoint(codes(checked(path)))
