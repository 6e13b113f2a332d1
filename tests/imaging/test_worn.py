"""Glasses and beards are told by what frames and hair are: thin rims, goatees; not shadows."""

import cv2
import numpy as np
import pytest

from generation.imaging import color
from generation.imaging.face import worn
from generation.imaging.face.detect import detect_faces
from generation.imaging.gates_generated import MOST_BEARD_CHANGE, MOST_GLASSES_CHANGE
from generation.imaging.landmarks import CHIN, face_unit, region
from generation.imaging.types import SRGB8, Face
from tests.imaging import people

PAIRS = "identities/congress_pairs"
# The chin and the skin around the mouth.
GOATEE = (57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 410, 394, 395, 369, 396, 175, 171, 140, 170, 169)


def astronaut() -> tuple[SRGB8, Face]:
    pixels = people.astronaut()
    return pixels, detect_faces(pixels)[0]


def score(pixels: SRGB8, face: Face) -> worn.Worn:
    return worn.worn(pixels, face)


def shared(path: str) -> worn.Worn:
    photo = people.checked(path)
    assert photo.decoded is not None and photo.face is not None
    return worn.worn(photo.decoded.pixels, photo.face)


def test_thin_wire_frames_that_were_drawn_on_are_a_change() -> None:
    pixels, face = astronaut()
    image, unit = pixels.copy(), face_unit(face.landmarks)
    grey, width = (120, 112, 100), max(1, round(0.012 * unit))
    middles = [face.landmarks[eye, :2] + (0, 0.05 * unit) for eye in (468, 473)]
    reach = np.array([0.24, 0.18]) * unit
    for middle, ear, side in zip(middles, (234, 454), (-1, 1), strict=True):
        centre = tuple(int(value) for value in np.round(middle))
        cv2.ellipse(image, centre, tuple(np.round(reach).astype(int)), 0, 0, 360, grey, width, cv2.LINE_AA)  # type: ignore[call-overload]
        start = (centre[0] + side * round(float(reach[0])), centre[1])
        cv2.line(image, start, (round(float(face.landmarks[ear, 0])), start[1]), grey, width, cv2.LINE_AA)
    ends = [
        (round(float(m[0] + side * reach[0])), round(float(m[1])))
        for m, side in zip(middles, (1, -1), strict=True)
    ]
    cv2.line(image, ends[0], ends[1], grey, width, cv2.LINE_AA)
    before, after = score(pixels, face).glasses, score(image, face).glasses
    assert before is not None and after is not None
    assert before < 0 < after and after - before > MOST_GLASSES_CHANGE


def test_a_goatee_on_a_bare_jaw_is_a_beard() -> None:
    pixels, face = astronaut()
    chin = region(face.landmarks, GOATEE, pixels.shape[:2]).astype(np.float32)
    soft = cv2.GaussianBlur(chin, (0, 0), 0.02 * face_unit(face.landmarks))[..., None]
    hairs = np.random.default_rng(0).integers(40, 150, (*pixels.shape[:2], 1)) * np.ones(3)
    image = np.asarray(pixels * (1 - soft) + hairs * soft, np.uint8)
    before, after = score(pixels, face).beard, score(image, face).beard
    assert before is not None and after is not None
    assert before < 0 < after and after - before > MOST_BEARD_CHANGE


@pytest.mark.parametrize("light", [0.35, 0.6])
def test_a_shadow_on_the_jaw_is_no_beard(light: float) -> None:
    pixels, face = astronaut()
    below = float(face.landmarks[1, 1])
    rows = np.arange(pixels.shape[0], dtype=np.float32)
    fall = np.clip((rows - below) / (float(face.landmarks[CHIN, 1]) - below), 0, 1)[:, None, None]
    linear = color.srgb8_to_linear(pixels) * (1 - (1 - light) * fall)
    image = np.asarray(np.rint(color.linear_to_srgb(linear) * 255), np.uint8)
    before, after = score(pixels, face).beard, score(image, face).beard
    assert before is not None and after is not None
    assert abs(after - before) < MOST_BEARD_CHANGE


def test_nothing_is_said_of_a_beard_whose_chin_is_out_of_the_picture() -> None:
    pixels, face = astronaut()
    cut = np.ascontiguousarray(pixels[: round(float(face.landmarks[17, 1]))])
    found = score(cut, face)
    assert found.beard is None and found.glasses is not None


@people.needs_photos
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("portraits/andrew-kim.jpg", f"{PAIRS}/andrew-kim__2024.jpg"),
        ("portraits/earl-blumenauer.jpg", f"{PAIRS}/earl-blumenauer__2024.jpg"),
        (f"{PAIRS}/kweisi-mfume__2024.jpg", "portraits/kweisi-mfume.jpg"),
    ],
)
def test_people_who_put_glasses_on_are_seen_to(before: str, after: str) -> None:
    without, with_ = shared(before).glasses, shared(after).glasses
    assert without is not None and with_ is not None
    assert with_ - without > MOST_GLASSES_CHANGE


@people.needs_photos
@pytest.mark.parametrize("who", ["robert-scott", "lauren-underwood", "byron-donalds", "clarence-owens"])
def test_people_who_stayed_as_they_were_pass(who: str) -> None:
    one, other = shared(f"portraits/{who}.jpg"), shared(f"{PAIRS}/{who}__2024.jpg")
    assert one.glasses is not None and other.glasses is not None
    assert one.beard is not None and other.beard is not None
    assert abs(one.glasses - other.glasses) <= MOST_GLASSES_CHANGE
    assert abs(one.beard - other.beard) <= MOST_BEARD_CHANGE
