"""A finished picture is laid out by what a stranger reads in it, whatever was read in the photo."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from mediapipe.python.solutions.face_mesh import FaceMesh

from branding.look import Framing, Look
from generation.imaging import gates, run, settling
from generation.imaging.finishing import framing
from generation.imaging.landmarks import eyes
from generation.imaging.types import SRGB8, MasterLayers
from tests.imaging import people

SIZE = (512, 640)
LIDS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382),
)


def _make(master: MasterLayers) -> tuple[SRGB8, gates.Measured]:
    image = run.finish(master, Look(), SIZE)
    return image, gates.measure(image, master, Look())


def _turned(master: MasterLayers, degrees: float) -> MasterLayers:
    """The master as if its landmarks had been read tilted."""
    middle = eyes(master.landmarks).mean(axis=0)
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), degrees, 1.0)
    flat = master.landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    return replace(master, landmarks=np.concatenate([flat, master.landmarks[:, 2:]], 1).astype(np.float32))


def _stranger(picture: SRGB8, height: int) -> list[tuple[float, float, float]]:
    """Eye line, head height and roll of a picture by irises, outer corners and lids."""
    small = cv2.resize(picture, (round(picture.shape[1] * height / picture.shape[0]), height))
    with FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1) as mesh:
        (face,) = mesh.process(small).multi_face_landmarks
    points = np.array([(p.x * small.shape[1], p.y * height) for p in face.landmark])
    out = []
    for left, right in (((468,), (473,)), ((33,), (263,)), LIDS):
        a, b = points[list(left)].mean(axis=0), points[list(right)].mean(axis=0)
        roll = math.atan2(b[1] - a[1], b[0] - a[0])
        down = np.array([-math.sin(roll), math.cos(roll)])
        middle = (a + b) / 2
        out.append((middle[1] / height, float((points[152] - middle) @ down) / height, math.degrees(roll)))
    return out


@pytest.mark.parametrize("read_wrong_by", [0.0, 1.6])
def test_whoever_measures_the_picture_finds_it_level(read_wrong_by: float) -> None:
    wanted = Look().framing
    _, image, _ = settling.finished(_turned(people.master(), read_wrong_by), wanted, SIZE, _make)
    for height in (600, 420):
        for eye_line, head_height, roll in _stranger(image, height):
            assert eye_line == pytest.approx(wanted.eye_line, abs=0.005)
            assert head_height == pytest.approx(wanted.head_height, abs=0.015)
            assert abs(roll) <= 0.7


def test_what_reads_well_is_made_once() -> None:
    made = []

    def make(master: MasterLayers) -> tuple[SRGB8, gates.Measured]:
        made.append(master)
        return _make(master)

    master, _, measured = settling.finished(people.master(), Look().framing, SIZE, make)
    error = settling.error_of(measured.readings, Look().framing, SIZE)
    assert error < 0.08
    assert len(made) == 1
    assert master is made[0]


def test_errors_are_counted_in_bars_for_whatever_is_called_an_eye() -> None:
    laid = framing.frame_person(people.master().alpha, people.master().landmarks, Framing(), SIZE)
    found = laid.landmarks[None]
    level = settling.error_of(found, Framing(), SIZE)
    lower = found + np.array([0, 0.0075 * SIZE[1], 0], np.float32)
    assert level < 0.05
    # One and a half bars in one of three numbers: a third of 1.5 to the fourth.
    assert settling.error_of(lower, Framing(), SIZE) == pytest.approx(1.69, abs=0.9)
    far = found + np.array([0, 0.2 * SIZE[1], 0], np.float32)
    assert settling.error_of(far, Framing(), SIZE) < 14


def test_a_picture_in_which_no_face_is_found_keeps_what_was_read() -> None:
    master = people.master()
    blank = lambda *_: np.full((SIZE[1], SIZE[0], 3), 200, np.uint8)  # noqa: E731
    assert settling.settled(master, blank) is master
