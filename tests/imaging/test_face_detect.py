"""Faces are found at any size, told apart, and their pose has the agreed signs; also in threads and forks."""

import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from generation.imaging.face.detect import detect_faces
from generation.imaging.types import SRGB8
from tests.imaging.people import astronaut, decoded, needs_photos

ROOT = Path(__file__).resolve().parents[2]


def turned(pixels: SRGB8, clockwise_deg: float) -> SRGB8:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise_deg, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT))


def test_a_portrait_has_one_face_where_it_is() -> None:
    (face,) = detect_faces(astronaut())
    x0, y0, x1, y1 = face.box
    assert 350 < (x0 + x1) / 2 < 520
    assert 180 < (y0 + y1) / 2 < 420
    assert 0.9 < face.score <= 1.0
    assert face.landmarks.shape == (478, 3)
    assert face.landmarks.dtype == np.float32
    # Eyes above mouth, left eye left of the right one.
    assert face.landmarks[33, 0] < face.landmarks[263, 0]
    assert face.landmarks[33, 1] < face.landmarks[13, 1]


@pytest.mark.parametrize("scale", [0.15, 0.5, 3.0])
def test_size_does_not_matter(scale: float) -> None:
    small = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (face,), (reference,) = detect_faces(np.asarray(small)), detect_faces(astronaut())
    difference = face.landmarks[:, :2] / scale - reference.landmarks[:, :2]
    assert np.abs(difference).mean() < 4


def test_a_small_face_in_a_large_photo_is_found() -> None:
    canvas = np.full((2400, 3200, 3), 150, dtype=np.uint8)
    person = cv2.resize(astronaut(), (456, 504), interpolation=cv2.INTER_AREA)
    canvas[1500:2004, 300:756] = person
    (face,) = detect_faces(canvas)
    assert 400 < face.box[0] < 600
    assert 1500 < face.box[1] < 1800


def test_the_biggest_face_comes_first() -> None:
    person = astronaut()
    small = cv2.resize(person, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    canvas = np.full((1008, 1400, 3), 150, dtype=np.uint8)
    canvas[:504, :456] = small
    canvas[:, 488:1400] = person
    first, second = detect_faces(canvas)
    assert first.box[0] > 600 > second.box[0]


@pytest.mark.parametrize("angle", [-40, -20, 20, 40])
def test_positive_roll_is_clockwise(angle: int) -> None:
    (upright,), (face,) = detect_faces(astronaut()), detect_faces(turned(astronaut(), angle))
    assert face.roll_deg - upright.roll_deg == pytest.approx(angle, abs=3)


@needs_photos
@pytest.mark.parametrize(
    ("path", "side"), [("awkward/faces/ken-calvert.jpg", -1), ("awkward/faces/jody-hice.jpg", 1)]
)
def test_positive_yaw_turns_to_the_cameras_right(path: str, side: int) -> None:
    pixels = decoded(path).pixels
    (face,), (mirrored,) = detect_faces(pixels), detect_faces(np.ascontiguousarray(pixels[:, ::-1]))
    assert face.yaw_deg * side > 30
    assert mirrored.yaw_deg == pytest.approx(-face.yaw_deg, abs=8)


@needs_photos
def test_positive_pitch_looks_up() -> None:
    (up,) = detect_faces(decoded("awkward/faces/chellie-pingree.jpg").pixels)
    (down,) = detect_faces(decoded("awkward/faces/tim-burchett.jpg").pixels)
    assert up.pitch_deg > 10
    assert down.pitch_deg < -8


@pytest.mark.parametrize("value", [0, 128, 255])
def test_nothing_is_found_on_plain_ground(value: int) -> None:
    assert detect_faces(np.full((600, 800, 3), value, dtype=np.uint8)) == []


def test_one_pixel_is_no_face() -> None:
    assert detect_faces(np.zeros((1, 1, 3), dtype=np.uint8)) == []


@needs_photos
@pytest.mark.parametrize("name", ["dog.png", "lemur.png", "beach.png"])
def test_animals_and_landscapes_are_no_people(name: str) -> None:
    assert detect_faces(decoded(f"awkward/noface/{name}").pixels) == []


def test_threads_share_the_models() -> None:
    results: list[tuple[float, ...]] = []
    threads = [
        threading.Thread(target=lambda: results.append(detect_faces(astronaut())[0].box)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(results) == 4
    assert len(set(results)) == 1


IN_A_FORK = (
    "import os\n"
    "import mediapipe.python.solutions.face_mesh\n"
    "from generation.imaging.errors import EngineError\n"
    "from generation.imaging.face.detect import detect_faces\n"
    "from generation.imaging.identity.encoder import embed\n"
    "from tests.imaging.people import astronaut\n"
    "{before}"
    "child = os.fork()\n"
    "if not child:\n"
    "    try:\n"
    "        face = detect_faces(astronaut())[0]\n"
    "        os._exit(0 if embed(astronaut(), face).shape == (128,) else 1)\n"
    "    except EngineError as error:\n"
    "        os._exit(7 if error.code == 'forked_after_use' else 2)\n"
    "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
)


@pytest.mark.parametrize(("before", "status"), [("", 0), ("detect_faces(astronaut())\n", 7)])
def test_a_forked_worker_sees_faces_or_says_why_not(before: str, status: int) -> None:
    """RQ forks a work horse for every job. From a parent that used the models itself, native code would
    corrupt the child's memory: that must be an error, not a crash."""
    code = IN_A_FORK.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(status), done.stderr
    # Native start-up notices would drown the worker's own log.
    assert done.stderr == ""
