"""Photos of a screen or a print are told from photos of people."""

import cv2
import numpy as np
import pytest

from generation.imaging.types import SRGB8
from tests.imaging import recapture
from tests.imaging.people import astronaut, check, checked, codes, files, needs_photos


def portrait(side: float = 0.6) -> SRGB8:
    return np.asarray(cv2.resize(astronaut(), None, fx=side, fy=side, interpolation=cv2.INTER_AREA))


# Camera pixels to one display pixel: from a screen that fills the photo twice over to one seen from close by.
STEPS = (1.1, 1.4, 1.9, 2.6)


@pytest.mark.parametrize("step", STEPS)
def test_a_photo_of_a_screen_is_refused_with_its_own_reason(step: float) -> None:
    photo = check(recapture.of_a_screen(portrait(), step), quality=92)
    assert photo.report.verdict == "reject"
    assert "recapture" in codes(photo)
    assert photo.embedding is None


def test_a_screen_with_its_frame_and_a_lamp_mirrored_in_it_is_refused() -> None:
    photo = check(recapture.of_a_screen(portrait(), 1.6, bezel=True, glare=True), quality=92)
    assert "recapture" in codes(photo)
    assert photo.report.verdict == "reject"


def test_forwarding_the_photo_of_a_screen_does_not_hide_it() -> None:
    photo = check(recapture.of_a_screen(portrait(), 1.9, noise=4.0, blur=0.8), quality=75)
    assert "recapture" in codes(photo)


def test_the_dots_of_a_print_are_refused_where_they_can_be_seen() -> None:
    photo = check(recapture.of_a_print(portrait(), 2.2, screen_px=9.0), quality=92)
    assert photo.report.verdict == "reject"
    assert "recapture" in codes(photo)


@pytest.mark.parametrize("quality", [50, 75, 92])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_neither_resizing_nor_jpeg_blocks_are_a_screen(scale: float, quality: int) -> None:
    resized = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    assert "recapture" not in codes(check(np.asarray(resized), quality=quality))


@needs_photos
@pytest.mark.parametrize("path", [*files("portraits"), *files("identities"), *files("awkward/faces")])
def test_no_photo_of_a_person_is_taken_for_one_of_a_screen(path: str) -> None:
    assert "recapture" not in codes(checked(path))
