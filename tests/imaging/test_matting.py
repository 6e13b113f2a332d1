"""The matte: close to the truth, only this person, sure about the face."""

import cv2
import numpy as np
import pytest

from generation.imaging.face.detect import detect_faces
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.trimap import make_trimap
from tests.imaging import people

COMPOSITES = ["byron-donalds__bg1", "cori-bush__bg2", "debbie-stabenow__bg3", "stephanie-murphy__bg0"]


@pytest.mark.parametrize("name", COMPOSITES)
def test_alpha_is_close_to_the_truth(name: str) -> None:
    folder, who = "mattes/composites", name.split("__")[0]
    pixels = cv2.cvtColor(cv2.imread(str(people.shared(f"{folder}/{name}.png"))), cv2.COLOR_BGR2RGB)
    truth = cv2.imread(str(people.shared(f"{folder}/{who}__alpha.png")), 0) / 255.0
    trimap = cv2.imread(str(people.shared(f"{folder}/{who}__trimap.png")), 0)
    matte = cut_out(pixels, detect_faces(pixels)[0])
    error = np.abs(matte.alpha - truth)
    assert error.mean() <= 0.012
    assert error[(trimap > 0) & (trimap < 255)].mean() <= 0.08


def test_the_face_is_all_person_and_the_far_corner_none() -> None:
    master = people.master()
    x, y = master.landmarks[4, :2].astype(int)
    assert master.alpha[y - 20 : y + 20, x - 20 : x + 20].min() == 1.0
    assert master.alpha[:20, :20].max() == 0.0


def test_a_second_person_is_cut() -> None:
    photo = people.checked("identities/obama_and_biden_1.jpg")
    assert photo.decoded is not None and photo.face is not None
    faces = detect_faces(photo.decoded.pixels)
    assert len(faces) >= 2
    matte = cut_out(photo.decoded.pixels, faces[0], faces[1:])
    x, y = faces[1].landmarks[4, :2].astype(int)
    assert matte.alpha[y, x] < 0.5


def test_spill_is_taken_out_of_the_foreground() -> None:
    """Seen through thin hair, a bright backdrop must not stay in the hair's colour."""
    pixels = cv2.imread(str(people.shared("mattes/composites/cori-bush__bg2.png")))[..., ::-1].copy()
    matte = cut_out(pixels, detect_faces(pixels)[0])
    thin = (matte.alpha > 0.1) & (matte.alpha < 0.6)
    thin[300:] = False
    seen = (pixels[thin] / 255.0).mean() ** 2.2
    assert matte.foreground[thin].mean() < seen


def test_the_unknown_band_is_wider_at_hair_than_at_shoulders() -> None:
    master = people.master()
    picture = np.sqrt(master.foreground)
    trimap = make_trimap(picture, (master.alpha > 0.5).astype(np.float32), master.landmarks)
    unknown = (trimap > 0) & (trimap < 1)
    crown = int(master.landmarks[10, 0])
    at_hair = int(unknown[: int(master.landmarks[10, 1]), crown].sum())
    assert at_hair >= 3
    chin = int(master.landmarks[152, 1])
    rows = unknown[chin + (chin - int(master.landmarks[10, 1])) // 2 :]
    at_cloth = np.median([row[: row.size // 2].sum() for row in rows])
    assert at_hair > at_cloth
