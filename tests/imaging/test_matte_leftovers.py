"""What stands behind a person goes, and nothing of the person does: made scenes with a known truth."""

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.face.detect import detect_faces
from generation.imaging.landmarks import FACE_OVAL, eye_middle, face_unit, region
from generation.imaging.matting.layers import Matte, cut_out
from generation.imaging.types import SRGB8, Alpha, LinearRGB
from tests.imaging import people

GREY, NIGHT = (0.35, 0.37, 0.40), (0.012, 0.012, 0.014)


def plain(shade: tuple[float, float, float] = GREY) -> LinearRGB:
    """A backdrop (H, W, 3) of one linear colour, in the size of the wheel's portrait."""
    return np.full((*people.master().alpha.shape, 3), shade, np.float32)


def before(plate: LinearRGB, foreground: LinearRGB | None = None) -> SRGB8:
    """The wheel's portrait before another backdrop."""
    master = people.master()
    alpha = master.alpha[..., None]
    front = master.foreground if foreground is None else foreground
    return color.linear_to_srgb8((alpha * front + (1 - alpha) * plate).astype(np.float32))


def cut(pixels: SRGB8) -> Matte:
    """The largest face's matte, the other faces being bystanders."""
    faces = detect_faces(pixels)
    return cut_out(pixels, faces[0], faces[1:])


def flag() -> tuple[LinearRGB, NDArray[Any]]:
    """A plain plate with a saturated, striped flag that hangs down behind one shoulder, a little out of
    focus; and where it is."""
    plate, (height, width) = plain(), people.master().alpha.shape
    unit, (x, _) = face_unit(people.master().landmarks), eye_middle(people.master().landmarks)
    corners = np.array([[x - 2.4 * unit, 0], [x - 1.4 * unit, 0], [x, height], [x - 2.4 * unit, height]])
    there = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(there, corners.astype(np.int32), 1)
    ys, xs = np.mgrid[0:height, 0:width]
    red = ((xs - 0.5 * ys) // (0.3 * unit)).astype(int) % 2 == 0
    stripes = np.where(red[..., None], np.float32((0.55, 0.02, 0.03)), np.float32((0.8, 0.8, 0.82)))
    drawn = np.where(there[..., None] > 0, stripes, plate).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.02 * unit), np.float32), there > 0


def nobody(margin: float = 0.06) -> NDArray[Any]:
    """Where the truth has no trace of the person, that far (eye-to-chin units) from the edge."""
    size = 2 * round(margin * face_unit(people.master().landmarks)) + 1
    return np.asarray(cv2.dilate(people.master().alpha, np.ones((size, size))) < 0.01)


def inside() -> NDArray[Any]:
    """Where the truth is all person, away from the edge and from the photo's border."""
    size = 2 * round(0.1 * face_unit(people.master().landmarks)) + 1
    within = cv2.copyMakeBorder(people.master().alpha, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.erode(within, np.ones((size, size)))[1:-1, 1:-1] > 0.99)


@cache
def with_flag() -> Alpha:
    return cut(before(flag()[0])).alpha


def test_a_striped_flag_beside_the_shoulder_vanishes() -> None:
    left = with_flag()[flag()[1] & nobody()]
    assert left.size > 5_000
    assert left.mean() < 0.02


def test_hair_and_shoulders_before_the_flag_stay() -> None:
    assert with_flag()[inside()].mean() > 0.985


def test_a_bystander_behind_vanishes() -> None:
    """Somebody else's head and shoulder, seen beside the person in a photo wider than hers."""
    master, share = people.master(), 0.7
    height, width = master.alpha.shape
    size = (round(width * share), round(height * share))
    mask = cv2.resize(np.ascontiguousarray(master.alpha[:, ::-1]), size)[..., None]
    body = cv2.resize(np.ascontiguousarray(master.foreground[:, ::-1]), size)
    wide = np.full((height, width + width // 2, 3), GREY, np.float32)
    seen = np.s_[height - size[1] :, -size[0] :]
    wide[seen] = mask * body + (1 - mask) * wide[seen]
    alpha = np.pad(master.alpha, ((0, 0), (0, width // 2)))[..., None]
    front = np.pad(master.foreground, ((0, 0), (0, width // 2), (0, 0)))
    pixels = color.linear_to_srgb8((alpha * front + (1 - alpha) * wide).astype(np.float32))
    other = np.zeros(wide.shape[:2], bool)
    other[seen] = mask[..., 0] > 0.5
    left = cut(pixels).alpha
    assert left[other & (np.pad(nobody(), ((0, 0), (0, width // 2)), constant_values=True))].mean() < 0.05
    assert left[:, :width][inside()].mean() > 0.97


def test_an_island_in_the_cloth_s_colour_vanishes() -> None:
    master, plate = people.master(), plain()
    spot = max(8, round(0.35 * face_unit(master.landmarks)))
    plate[4 : 4 + spot, 4 : 4 + spot] = master.foreground[-spot:, -spot:].mean(axis=(0, 1))
    assert cut(before(plate)).alpha[: spot + 8, : spot + 8].max() == 0.0


@pytest.mark.parametrize("shade", [GREY, (0.85, 0.85, 0.85), (0.1, 0.25, 0.6)])
def test_nobody_has_a_hole(shade: tuple[float, float, float]) -> None:
    alpha = cut(before(plain(shade))).alpha[inside()]
    assert alpha.min() > 0.5
    assert alpha.mean() > 0.995


def test_a_dark_suit_before_a_dark_ground_keeps_its_shoulders() -> None:
    master = people.master()
    unit, (_, y) = face_unit(master.landmarks), eye_middle(master.landmarks)
    rows = np.arange(master.alpha.shape[0], dtype=np.float32)
    below = np.clip((rows - (y + 1.2 * unit)) / (0.2 * unit), 0, 1)[:, None, None]
    suit = master.foreground * (1 - 0.93 * below)
    alpha = cut(before(plain(NIGHT), suit.astype(np.float32))).alpha
    assert alpha[inside()].mean() > 0.97
    assert alpha[nobody(0.15)].mean() < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_whatever_stands_behind_the_face_stays_and_the_layers_are_sound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.random((rng.integers(3, 24), rng.integers(3, 24), 3)).astype(np.float32)
    height, width = people.master().alpha.shape
    plate = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    pixels = before(plate)
    matte = cut(pixels)
    assert matte.alpha.shape == (height, width) and matte.foreground.shape == (height, width, 3)
    assert matte.alpha.min() >= 0 and matte.alpha.max() <= 1
    assert np.isfinite(matte.foreground).all() and matte.foreground.min() >= 0
    assert 0 <= matte.unsure <= 1
    oval = cv2.erode(
        region(people.master().landmarks, FACE_OVAL, (height, width)), np.ones((15, 15), np.uint8)
    )
    assert matte.alpha[oval > 0].min() > 0.95
