"""A drawn picture that gains or loses what the person wears, or has another skin, is caught."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from branding.look import Look
from generation.imaging import color, gates, gates_generated, hands, photocheck, run
from generation.imaging.gates import Measured
from generation.imaging.gates_generated import Wearer
from generation.imaging.landmarks import CHIN, FACE_OVAL, face_unit, region
from generation.imaging.messages import sentence
from generation.imaging.types import SRGB8, CheckedPhoto, Gate, MasterLayers
from tests.imaging import people

LOOK = Look()
# The jaw between ear and ear, and the mouth that stays free.
JAW = (
    234,
    93,
    132,
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    361,
    323,
    454,
    426,
    164,
    206,
)


@cache
def photo() -> CheckedPhoto:
    return people.check(people.astronaut(), "astronaut.jpg")


@cache
def master() -> MasterLayers:
    return run.develop(photo())


@cache
def wearer() -> Wearer:
    return Wearer(photocheck.build_gallery([photo()]), LOOK)


@cache
def picture() -> SRGB8:
    return run.finish(master(), LOOK, (512, 640))


@cache
def points() -> np.ndarray:
    return gates.measure(picture(), master(), LOOK).face.landmarks


def judged(image: SRGB8) -> dict[str, Gate]:
    measured: Measured = gates.measure(image, master(), LOOK)
    return gates_generated.judge(image, measured, wearer(), LOOK)


def failed(image: SRGB8) -> set[str]:
    return {name for name, gate in judged(image).items() if not gate.passed}


def test_the_persons_own_picture_passes() -> None:
    assert failed(picture()) == set()


def test_glasses_that_were_drawn_on_are_caught() -> None:
    image, face = picture().copy(), points()
    for eye in (468, 473):
        middle = (round(float(face[eye, 0])), round(float(face[eye, 1]) + 4))
        cv2.ellipse(image, middle, (46, 36), 0, 0, 360, (20, 18, 16), 6, cv2.LINE_AA)
    left, right = face[468], face[473]
    cv2.line(image, (round(float(left[0])) + 46, round(float(left[1]))),
             (round(float(right[0])) - 46, round(float(right[1]))), (20, 18, 16), 6, cv2.LINE_AA)  # fmt: skip
    for eye, ear, side in ((468, 234, -1), (473, 454, 1)):
        start = (round(float(face[eye, 0])) + side * 46, round(float(face[eye, 1])))
        cv2.line(image, start, (round(float(face[ear, 0])), start[1]), (20, 18, 16), 6, cv2.LINE_AA)
    assert "glasses" in failed(image)
    assert judged(image)["glasses"].value > 0


def test_a_beard_that_was_drawn_on_is_caught() -> None:
    image, face = picture().copy(), points()
    jaw = region(face, JAW, image.shape[:2]).astype(np.float32)
    mouth = cv2.dilate(region(face, (61, 37, 0, 267, 291, 314, 17, 84), image.shape[:2]), np.ones((9, 9)))
    weight = cv2.GaussianBlur(jaw * (1 - mouth), (0, 0), 4)[..., None]
    hairs = np.random.default_rng(0).integers(20, 90, (*image.shape[:2], 1)) * np.array([1.0, 0.85, 0.7])
    image = (image * (1 - 0.85 * weight) + hairs * 0.85 * weight).astype(np.uint8)
    assert "beard" in failed(image)


@pytest.mark.parametrize("factor", [1.35, 0.7])
def test_skin_that_became_lighter_or_darker_is_caught(factor: float) -> None:
    linear = color.srgb8_to_linear(picture())
    weight = cv2.GaussianBlur(region(points(), FACE_OVAL, picture().shape[:2]).astype(np.float32), (0, 0), 6)
    changed = linear * (1 + (factor - 1) * weight[..., None])
    image = np.asarray(np.rint(color.linear_to_srgb(np.clip(changed, 0, 1)) * 255), np.uint8)
    gate = judged(image)["own_skin_lightness"]
    assert not gate.passed
    assert (gate.value > 0) == (factor > 1)


def _above(image: SRGB8, reach: float) -> np.ndarray:
    """Where the hair is: the head above the eyes outside of the face, in a soft ellipse."""
    face, unit = points(), face_unit(points())
    canvas = np.zeros(image.shape[:2], np.float32)
    x, y = float(face[10, 0]), float(face[10, 1])
    cv2.ellipse(canvas, (round(x), round(y)), (round(1.0 * unit), round(reach * unit)), 0, 180, 360, 1, -1)
    return cv2.GaussianBlur(canvas, (0, 0), 2)[..., None]


def test_other_hair_colour_is_caught() -> None:
    weight = _above(picture(), 0.6)
    black = picture().astype(np.float32) * 0.12
    image = (picture() * (1 - weight) + black * weight).astype(np.uint8)
    assert "hair_colour" in failed(image)


def test_a_head_covering_that_was_drawn_on_is_caught() -> None:
    weight = _above(picture(), 0.6)
    image = (picture() * (1 - weight) + np.array([30, 60, 190]) * weight).astype(np.uint8)
    found = judged(image)["head_covering"]
    assert not found.passed and found.value == 1.0


def test_hair_that_vanished_is_caught() -> None:
    face, unit = points(), face_unit(points())
    oval = cv2.dilate(region(face, FACE_OVAL, picture().shape[:2]), np.ones((13, 13)))
    gone = 1 - oval.astype(np.float32)
    gone[round(float(face[CHIN, 1]) - 0.2 * unit) :] = 0
    weight = cv2.GaussianBlur(gone, (0, 0), 1.5)[..., None]
    plate = run.pose(photo(), LOOK, (512, 640), 1.0).plate
    image = (picture() * (1 - weight) + plate * weight).astype(np.uint8)
    assert "hair" in failed(image)


def test_a_face_whose_halves_do_not_match_is_caught() -> None:
    face = points().copy()
    half = face[:, 0] > face[1, 0]
    face[half, 1] += 0.35 * face_unit(face)
    measured = gates.measure(picture(), master(), LOOK)
    broken = replace(measured, face=replace(measured.face, landmarks=face))
    assert not gates_generated.judge(picture(), broken, wearer(), LOOK)["geometry"].passed


@people.needs_photos
def test_a_hand_that_was_drawn_into_the_picture_is_caught() -> None:
    framing = LOOK.framing.model_copy(update={"head_height": 0.24, "eye_line": 0.35})
    loose = LOOK.model_copy(update={"framing": framing})
    crossed = people.decoded("identities/obama/1.jpg").pixels
    height, width = crossed.shape[:2]
    arm = crossed[round(0.64 * height) : round(0.84 * height), round(0.54 * width) : round(0.80 * width)]
    there = cv2.resize(arm, (220, round(220 * arm.shape[0] / arm.shape[1])), interpolation=cv2.INTER_AREA)
    before = run.finish(master(), loose, (512, 640))
    image = before.copy()
    image[-there.shape[0] :, 146:366] = there
    measured = gates.measure(image, master(), loose)
    gates_of = {
        name
        for name, gate in gates_generated.judge(image, measured, wearer(), loose).items()
        if not gate.passed
    }
    assert gates_of == {"hands"}
    assert gates_generated.judge(before, measured, wearer(), loose)["hands"].passed
    assert "hand" in sentence("gate_hands")


def test_hands_are_no_matter_of_pictures_that_nobody_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "count", lambda pixels: 2)
    made = next(run.takes(photocheck.build_gallery([photo()]), LOOK, seed=1, count=1, size=(320, 400)))
    assert made.source == "retouched" and "hands" not in made.gates and "marks_detail" not in made.measures


@people.needs_photos
def test_no_real_headshot_is_taken_for_one_with_hands() -> None:
    files = sorted(people.shared("portraits").glob("*.jpg"))
    assert len(files) > 40
    assert [one.stem for one in files if hands.count(people.decoded(f"portraits/{one.name}").pixels)] == []


def test_marks_are_reported_and_lower_for_smoothed_skin() -> None:
    measured = gates.measure(picture(), master(), LOOK)
    skin = cv2.GaussianBlur(region(points(), FACE_OVAL, picture().shape[:2]).astype(np.float32), (0, 0), 6)
    soft = cv2.GaussianBlur(picture(), (0, 0), 4)
    smooth = (picture() * (1 - skin[..., None]) + soft * skin[..., None]).astype(np.uint8)
    kept, lost = (gates_generated.numbers(image, measured, wearer()) for image in (picture(), smooth))
    assert kept["marks_detail"] > 0.5 > lost["marks_detail"]


def test_what_the_photos_show_is_known_for_the_words() -> None:
    seen = wearer().visible()
    assert seen.glasses is False
    assert seen.beard is not True
    assert seen.head_covering is None


@people.needs_photos
@pytest.mark.parametrize(
    ("path", "glasses", "beard"),
    [("marilyn-strickland", True, None), ("byron-donalds", False, True), ("robert-scott", True, False),
     ("julia-brownley", False, False)],
)  # fmt: skip
def test_glasses_and_beards_of_the_labelled_people_are_seen(
    path: str, glasses: bool, beard: bool | None
) -> None:
    gallery = photocheck.build_gallery([people.checked(f"portraits/{path}.jpg")])
    seen = Wearer(gallery, LOOK).visible()
    assert seen.glasses is glasses
    if beard is not None:
        assert seen.beard is beard
