"""Framing, backdrop, grade, retouch, files: what one sees and what stays the same for everybody."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from branding.look import STARTERS, Framing, Grade, Look
from generation.imaging import run
from generation.imaging.errors import SubjectError
from generation.imaging.finishing import encode, framing
from generation.imaging.landmarks import FACE_OVAL, eyes, roll_deg
from tests.imaging import people

SIZE = (256, 320)


def test_eyes_and_chin_stand_where_the_look_says() -> None:
    master, wanted = people.master(), Framing()
    laid = framing.frame_person(master.alpha, master.landmarks, wanted, SIZE)
    middle = eyes(laid.landmarks).mean(axis=0)
    assert middle[1] / SIZE[1] == pytest.approx(wanted.eye_line, abs=1e-3)
    oval = laid.landmarks[list(FACE_OVAL), 0]
    assert (oval.min() + oval.max()) / 2 / SIZE[0] == pytest.approx(wanted.eye_center, abs=1e-3)
    assert (laid.landmarks[152, 1] - middle[1]) / SIZE[1] == pytest.approx(wanted.head_height, abs=2e-3)
    assert abs(roll_deg(laid.landmarks)) < 0.1


def test_a_body_cut_by_the_photo_still_reaches_the_frame() -> None:
    master = people.master("portraits/al-green.jpg")
    laid = framing.frame_person(master.alpha, master.landmarks, Framing(), SIZE)
    assert 0 < laid.reach.cloth < 0.5
    alpha = cv2.remap(master.alpha, laid.map_x, laid.map_y, cv2.INTER_LINEAR)
    assert alpha[-1, 60:-60].min() > 0.9
    # Nothing folds: rows and columns stay in order.
    assert np.diff(laid.map_y[:, SIZE[0] // 2]).min() > 0


def test_a_photo_that_ends_at_the_chin_is_refused() -> None:
    master = people.master()
    rows = int(master.landmarks[152, 1]) + 12
    with pytest.raises(SubjectError) as error:
        framing.frame_person(master.alpha[:rows], master.landmarks, Framing(), SIZE)
    assert error.value.code == "crop_too_tight"


def test_a_head_cut_at_the_top_is_refused() -> None:
    master = people.master()
    row = int(master.landmarks[10, 1])
    landmarks = master.landmarks - np.array([0, row, 0], np.float32)
    with pytest.raises(SubjectError) as error:
        framing.frame_person(master.alpha[row:], landmarks, Framing(), SIZE)
    assert error.value.code == "head_cut"


def test_where_nobody_stands_all_pictures_are_the_same() -> None:
    a = run.finish(people.master(), Look(), SIZE)
    b = run.finish(people.master("portraits/byron-donalds.jpg"), Look(), SIZE)
    # The upper corners hold nobody.
    assert people.difference(a[:40, :30], b[:40, :30]) == 0
    assert people.difference(a[:40, -30:], b[:40, -30:]) == 0
    assert people.difference(a, b) > 50


def test_files_carry_no_metadata_and_png_no_loss() -> None:
    picture = run.finish(people.master(), Look(), SIZE)
    with Image.open(io.BytesIO(encode.png(picture))) as png:
        assert not png.info and png.getexif() == {}
        np.testing.assert_array_equal(np.asarray(png), picture)
    with Image.open(io.BytesIO(encode.jpeg(picture))) as jpeg:
        assert jpeg.getexif() == {} and "icc_profile" not in jpeg.info


@pytest.mark.parametrize("name", list(STARTERS))
def test_every_starter_finishes(name: str) -> None:
    assert run.finish(people.master("portraits/byron-donalds.jpg"), STARTERS[name], SIZE).std() > 10


def test_skin_keeps_its_lightness_under_any_contrast() -> None:
    from generation.imaging import gates

    master = people.master()
    for contrast in (0.0, 0.5):
        look = Look().model_copy(update={"grade": Grade(contrast=contrast)})
        measured = gates.measure(run.finish(master, look, (512, 640)), replace(master), look)
        assert abs(measured.skin[0] - measured.own_skin[0]) < 2.5
