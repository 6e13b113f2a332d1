"""The two halves of a face against each other: shadow on one is light, what both have is the person."""

import cv2
import numpy as np
import pytest

from branding.look import LightRig
from generation.imaging import color, gates
from generation.imaging.landmarks import MIRRORED, Landmarks, face_unit, skin_region
from generation.imaging.lighting import estimate, field, relight
from generation.imaging.lighting.halves import evened, halves, unlike
from generation.imaging.lighting.normals import normal_map
from generation.imaging.types import LinearRGB
from tests.imaging import people

Scene = tuple[LinearRGB, np.ndarray, np.ndarray, Landmarks]


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A face of one colour under the usual rig: picture, alpha, normals, landmarks."""
    master = people.master()
    landmarks = master.landmarks * np.float32(0.8)
    alpha = cv2.resize(master.alpha, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    normals = normal_map(landmarks, alpha)
    shading = relight.rig_shading(LightRig())
    value = 0.25 * (shading[0] + normals @ shading[1:])
    skin = (value[..., None] * np.array([1.3, 0.9, 0.7])).astype(np.float32)
    return skin, alpha, normals, landmarks


def _spot(shape: tuple[int, ...], point: np.ndarray, radius: float, soft: float) -> np.ndarray:
    out = np.zeros(shape[:2], np.float32)
    x, y = np.rint(point[:2]).astype(int)
    cv2.circle(out, (int(x), int(y)), round(radius), 1.0, -1)
    return cv2.GaussianBlur(out, (0, 0), soft)[..., None]


def _evened(picture: LinearRGB, scene: Scene) -> np.ndarray:
    _, alpha, normals, landmarks = scene
    mask = skin_region(landmarks, alpha.shape)
    return evened(picture, halves(picture, landmarks, mask, normals), field.terms(landmarks, normals))


def _at(picture: np.ndarray, landmarks: Landmarks, point: int) -> np.ndarray:
    x, y = np.rint(landmarks[point, :2]).astype(int)
    return np.asarray(picture[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1)))


def test_mirrored_points_are_where_the_other_half_has_them() -> None:
    points = people.master().landmarks[:468].astype(float)
    assert (MIRRORED[MIRRORED] == np.arange(468)).all()
    # Laid on its mirror image a face's points lie within a twentieth of a face of their partners.
    flipped = points[MIRRORED] * np.array([-1.0, 1.0, 1.0])
    middle, other = points.mean(axis=0), flipped.mean(axis=0)
    u, _, v = np.linalg.svd((flipped - other).T @ (points - middle))
    laid = (flipped - other) @ u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    off = np.linalg.norm(laid - (points - middle), axis=1) / face_unit(people.master().landmarks)
    assert off.max() < 0.1 and off.mean() < 0.03


def test_a_cast_shadow_on_one_cheek_is_opened_and_the_other_cheek_stays(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    unit = face_unit(landmarks)
    shaded = skin * (1 - 0.5 * _spot(skin.shape, landmarks[205], 0.16 * unit, 0.03 * unit))
    lit = shaded * _evened(shaded, scene)
    before, after = (
        float(np.log2(color.luminance(_at(one, landmarks, 205) / _at(one, landmarks, 425))))
        for one in (shaded, lit)
    )
    assert before < -0.9
    assert after - before > 0.45
    # What was not in shadow loses little: shadows are filled rather than keys pushed.
    far = _at(lit, landmarks, 151) / _at(skin, landmarks, 151)
    np.testing.assert_allclose(far, 1.0, atol=0.05)


def test_what_both_halves_have_stays(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    unit = face_unit(landmarks)
    both = sum(_spot(skin.shape, landmarks[point], 0.12 * unit, 0.03 * unit) for point in (205, 425))
    bearded = np.asarray(skin * (1 - 0.5 * both), np.float32)
    gain = _evened(bearded, scene)
    assert abs(np.log2(_at(gain, landmarks, 205)[1])) < 0.12


def test_the_colour_of_two_lamps_is_brought_together(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    unit = face_unit(landmarks)
    warm = np.array([1.25, 1.0, 0.75]) ** _spot(skin.shape, landmarks[205], 0.2 * unit, 0.05 * unit)
    two = np.asarray(skin * warm, np.float32)
    lit = two * _evened(two, scene)

    def apart(picture: np.ndarray) -> float:
        labs = [color.linear_to_lab(_at(picture, landmarks, point)) for point in (205, 425)]
        return float(np.linalg.norm((labs[0] - labs[1])[1:]))

    assert apart(lit) < 0.6 * apart(two)


def test_hair_over_one_side_is_neither_shadow_nor_light(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    unit = face_unit(landmarks)
    # A dark strand from the temple over the cheek's edge.
    strand = _spot(skin.shape, landmarks[127], 0.22 * unit, 0.02 * unit)
    haired = np.asarray(skin * (1 - strand) + 0.012 * strand, np.float32)
    gain = _evened(haired, scene)
    other = _at(gain, landmarks, 356 - 5)
    np.testing.assert_allclose(other, 1.0, atol=0.08)
    plain, covered = (
        estimate.describe(estimate.fit_shading(estimate.skin_samples(one, landmarks)), 5600)
        for one in (skin, haired)
    )
    assert covered.azimuth_deg == pytest.approx(plain.azimuth_deg, abs=8)


def test_a_beard_does_not_turn_the_light(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    unit = face_unit(landmarks)
    beard = _spot(skin.shape, landmarks[152], 0.5 * unit, 0.05 * unit)
    bearded = np.asarray(skin * (1 - 0.7 * beard), np.float32)
    plain, worn = (
        estimate.describe(estimate.fit_shading(estimate.skin_samples(one, landmarks)), 5600)
        for one in (skin, bearded)
    )
    assert worn.azimuth_deg == pytest.approx(plain.azimuth_deg, abs=8)


def test_a_hard_shadow_that_is_left_is_measured(scene: Scene) -> None:
    skin, _, _, landmarks = scene
    shading, unit = relight.rig_shading(LightRig()), face_unit(landmarks)
    dark = _spot(skin.shape, landmarks[205], 0.4 * unit, 0.02 * unit)
    assert unlike(skin, landmarks, shading) < 0.1
    # Half the face a stop and a half darker, with an edge: what the gate refuses.
    assert unlike(np.asarray(skin * (1 - 0.65 * dark), np.float32), landmarks, shading) > gates.MOST_SHADOW
