"""What is left of flags and bystanders beside real people, and what of them was lost.

Each place is a polygon in a shared portrait that an eye named, with the mean alpha that it may or must have.
Before the second net was heard they measured 0.78 (a flag's stripe at robert-scott's jaw), 0.48 (a blurred
car at raphael-warnock's), 0.52 (shelia-jackson-lee's shoulder), 0.68 (carolyn-bourdeaux' ponytail); the
others hold that nothing else went with the flags.
"""

import hashlib
from functools import cache

import cv2
import numpy as np
import pytest

from generation.imaging import color
from generation.imaging.face.detect import detect_faces
from generation.imaging.gates import MOST_UNSURE
from generation.imaging.matting.layers import Matte, cut_out
from generation.imaging.matting.salient import WEIGHTS, salient
from generation.imaging.prepare import others, prepared
from tests.imaging import people
from tests.imaging.test_matte_leftovers import GREY

GONE = [
    ("robert-scott", [(262, 715), (290, 712), (308, 755), (325, 805), (300, 805), (270, 740)]),
    ("robert-scott", [(210, 760), (250, 740), (290, 880), (240, 900)]),
    ("raphael-warnock", [(245, 740), (280, 735), (300, 775), (260, 785)]),
    ("dan-newhouse", [(60, 800), (250, 800), (240, 890), (150, 930), (60, 950)]),
]
KEPT = [
    ("shelia-jackson-lee", [(15, 955), (120, 910), (235, 875), (200, 930), (120, 1018), (10, 1018)]),
    ("shelia-jackson-lee", [(150, 900), (235, 878), (215, 905), (150, 918)]),
    ("carolyn-bourdeaux", [(770, 700), (830, 690), (880, 770), (890, 820), (800, 810), (770, 760)]),
    ("charles-schumer", [(720, 660), (800, 680), (900, 720), (900, 800), (720, 800)]),
]


@cache
def matte(name: str) -> Matte:
    pixels, face = prepared(people.checked(f"portraits/{name}.jpg"))
    return cut_out(pixels, face, others(pixels, face))


def mean_alpha(name: str, corners: list[tuple[int, int]]) -> float:
    alpha = matte(name).alpha
    there = np.zeros(alpha.shape, np.uint8)
    cv2.fillPoly(there, [np.array(corners)], 1)
    return float(alpha[there > 0].mean())


@pytest.mark.parametrize(("name", "corners"), GONE)
def test_what_stands_beside_a_real_person_is_gone(name: str, corners: list[tuple[int, int]]) -> None:
    assert mean_alpha(name, corners) < 0.12


@pytest.mark.parametrize(("name", "corners"), KEPT)
def test_a_real_person_s_shoulder_and_hair_stay(name: str, corners: list[tuple[int, int]]) -> None:
    assert mean_alpha(name, corners) > 0.95


def test_a_red_flag_does_not_redden_the_hair_before_it() -> None:
    """Between the strands at the left of this head (0.4 of the eye-to-chin distance) a red flag shows."""
    found = matte("grace-meng")
    there = np.s_[600:760, 150:230]
    seen = found.alpha[there] > 0.5
    lab = color.linear_to_lab(found.foreground[there][seen])
    assert seen.sum() > 3_000
    # Red lies at a* 50, the hair's own about 2; it was 41 before.
    assert np.quantile(lab[:, 1], 0.95) < 14


def test_grey_hair_before_a_blue_wall_stays_grey() -> None:
    """No warm tone is put where the wall's blue is missed."""
    found = matte("robert-scott")
    hair = color.linear_to_lab(found.foreground[150:220, 400:600][found.alpha[150:220, 400:600] > 0.95])
    photo = people.decoded("portraits/robert-scott.jpg").pixels[150:220, 400:600]
    before = color.linear_to_lab(color.srgb8_to_linear(photo)[found.alpha[150:220, 400:600] > 0.95])
    assert abs(hair[:, 2].mean() - before[:, 2].mean()) < 1.5


def test_bystanders_are_refused_and_good_portraits_are_not() -> None:
    assert matte("lauren-boebert").unsure > MOST_UNSURE
    assert max(matte(name).unsure for name in ("shelia-jackson-lee", "carolyn-bourdeaux")) < MOST_UNSURE


def test_what_stands_out_is_the_person_and_its_weights_are_those_that_were_read() -> None:
    master = people.master()
    found = salient(people.astronaut())
    inside = cv2.erode((master.alpha > 0.99).astype(np.uint8), np.ones((61, 61), np.uint8)) > 0
    unit_wide = np.ones((121, 121), np.uint8)
    outside = cv2.dilate((master.alpha > 0.01).astype(np.uint8), unit_wide) == 0
    alike = cv2.resize(found, (master.alpha.shape[1], master.alpha.shape[0]))
    assert alike[inside].mean() > 0.9
    assert alike[outside].mean() < 0.1
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert digest == "4e30385ba275dcc671041afeca4144d6c6fa939913425a512708b7046484acca"


def test_a_bystander_without_a_visible_face_goes_or_is_refused() -> None:
    """Somebody who stands behind with the head turned away: body and hair, no face for the detector."""
    master, share = people.master(), 0.7
    height, width = master.alpha.shape
    size = (round(width * share), round(height * share))
    mask = cv2.resize(np.ascontiguousarray(master.alpha[:, ::-1]), size)[..., None]
    body = cv2.resize(np.ascontiguousarray(master.foreground[:, ::-1]), size)
    face = np.zeros((height, width), np.uint8)
    points = master.landmarks[:, :2]
    cv2.fillConvexPoly(face, cv2.convexHull(points.astype(np.int32)), 1)
    face = cv2.dilate(face, np.ones((41, 41), np.uint8))
    hidden = cv2.resize(np.ascontiguousarray(face[:, ::-1]), size) > 0
    rng = np.random.default_rng(0)
    strands = cv2.GaussianBlur(rng.random((size[1], size[0])).astype(np.float32), (0, 0), 1, sigmaY=12)
    hair = np.float32((0.05, 0.03, 0.02)) * (0.4 + 6 * np.abs(strands - 0.5))[..., None]
    body[hidden] = hair[hidden]
    wide = np.full((height, width + width // 2, 3), GREY, np.float32)
    seen = np.s_[height - size[1] :, -size[0] :]
    wide[seen] = mask * body + (1 - mask) * wide[seen]
    alpha = np.pad(master.alpha, ((0, 0), (0, width // 2)))
    front = np.pad(master.foreground, ((0, 0), (0, width // 2), (0, 0)))
    picture = alpha[..., None] * front + (1 - alpha[..., None]) * wide
    pixels = color.linear_to_srgb8(picture.astype(np.float32))
    faces = detect_faces(pixels)
    assert len(faces) == 1
    found = cut_out(pixels, faces[0])
    other = np.zeros(alpha.shape, bool)
    other[seen] = mask[..., 0] > 0.5
    left = float(found.alpha[other & (cv2.dilate(alpha, np.ones((31, 31))) < 0.01)].mean())
    assert left < 0.05 or found.unsure > MOST_UNSURE, (left, found.unsure)
    assert found.alpha[alpha > 0.99].mean() > 0.95
