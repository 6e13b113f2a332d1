"""Light: read from a face whose light we know, and moved to the rig without touching the skin."""

import cv2
import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from branding.look import LightRig
from generation.imaging.landmarks import MIRRORED, face_unit, skin_region
from generation.imaging.lighting import estimate, relight, scene, shine, temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.lighting.normals import normal_map, triangles, vertex_normals
from generation.imaging.lighting.temperature import Colour
from generation.imaging.rig import shrunk
from generation.imaging.types import Light, LinearRGB
from tests.imaging import people


def _plain_face(shading: np.ndarray) -> tuple[LinearRGB, np.ndarray, np.ndarray]:
    """A face of even grey under a known light: the astronaut's mesh, none of her pixels."""
    master = people.master()
    landmarks = master.landmarks * np.float32(0.8)
    alpha = cv2.resize(master.alpha, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    normals = normal_map(landmarks, alpha)
    value = 0.3 * (shading[0] + normals @ shading[1:])
    return np.repeat(value[..., None], 3, axis=2).astype(np.float32), alpha, landmarks


def _read(linear: LinearRGB, landmarks: np.ndarray) -> Light:
    return estimate.describe(estimate.fit_shading(estimate.skin_samples(linear, landmarks)), 5600)


@pytest.mark.parametrize("azimuth", [-50.0, 0.0, 40.0])
def test_a_known_light_is_read_back(azimuth: float) -> None:
    rig = LightRig(key_azimuth_deg=azimuth, key_elevation_deg=25, key_fill_ratio=2.0)
    linear, _, landmarks = _plain_face(relight.rig_shading(rig))
    light = _read(linear, landmarks)
    assert light.azimuth_deg == pytest.approx(azimuth, abs=22)
    assert light.key_fill_ratio == pytest.approx(2.0, abs=0.6)


@pytest.mark.parametrize("yaw", [-25.0, 25.0])
def test_what_both_halves_of_a_turned_face_have_in_common_is_no_light_from_aside(yaw: float) -> None:
    """Skin that is darker towards the face's edges and pale in its middle, in light from everywhere."""
    master, turn = people.master(), np.deg2rad(yaw)
    points = master.landmarks - master.landmarks[:468].mean(axis=0)
    turned = points @ np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    landmarks = np.asarray(turned + master.landmarks[:468].mean(axis=0), np.float32)
    apart = np.linalg.norm(points[:468] - points[MIRRORED], axis=1)
    ys, xs = np.mgrid[: master.alpha.shape[0], : master.alpha.shape[1]]
    tone = LinearNDInterpolator(landmarks[:468, :2], 0.4 - 0.2 * apart / apart.max(), fill_value=0.1)(xs, ys)
    linear = np.asarray(np.repeat(tone[..., None], 3, axis=2), np.float32)

    read = estimate.fit_shading(estimate.skin_samples(linear, landmarks))

    # Two thirds of what a fit finds that takes both halves together: the rest is a lamp before a turned head,
    # which looks the same.
    assert abs(read[1]) < 0.18


def test_a_face_that_is_darker_towards_its_edges_hides_no_light_from_aside() -> None:
    """Hollow cheeks, a beard along the jaw: where a lamp from aside shows most, its difference between the
    halves is as small as the skin is dark."""
    linear, _, landmarks = _plain_face(np.array([1.0, 0.3, 0.1, 0.4]))
    apart = np.linalg.norm(landmarks[:468, :2] - landmarks[MIRRORED, :2], axis=1)
    ys, xs = np.mgrid[: linear.shape[0], : linear.shape[1]]
    skin = LinearNDInterpolator(landmarks[:468, :2], 1 - 0.8 * apart / apart.max(), fill_value=1)(xs, ys)
    hollow = np.asarray(linear * skin[..., None], np.float32)

    even, dark = (estimate.fit_shading(estimate.skin_samples(one, landmarks)) for one in (linear, hollow))

    # A fit of the differences as they are reads a sixth less.
    assert dark[1] == pytest.approx(even[1], rel=0.06)


def test_the_light_moves_to_the_other_side() -> None:
    linear, alpha, landmarks = _plain_face(relight.rig_shading(LightRig(key_azimuth_deg=-45)))
    rig = LightRig(key_azimuth_deg=35, rim=0)
    gain = relight.plan(scene.scene(linear, alpha, landmarks), rig).gain
    assert _read(linear * gain, landmarks).azimuth_deg == pytest.approx(35, abs=12)


def _key_once_upright(tilt: float) -> float:
    """Azimuth of the key on a face that was photographed tilted, lit from above and turned upright."""
    linear, alpha, landmarks = _plain_face(relight.rig_shading(LightRig(key_azimuth_deg=-45)))
    size = (alpha.shape[1], alpha.shape[0])
    turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), tilt, 1.0)
    tilted = landmarks.copy()
    tilted[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    photo = np.asarray(cv2.warpAffine(linear, turn, size), np.float32)
    seen = scene.scene(photo, np.asarray(cv2.warpAffine(alpha, turn, size), np.float32), tilted)
    gain = relight.plan(seen, LightRig(key_azimuth_deg=35, key_elevation_deg=50, rim=0)).gain
    upright = cv2.warpAffine(photo * gain, cv2.invertAffineTransform(turn), size)
    return _read(np.asarray(upright, np.float32), landmarks).azimuth_deg


@pytest.mark.parametrize("tilt", [-10.0, 10.0])
def test_the_key_of_a_tilted_head_is_set_up_for_the_upright_picture(tilt: float) -> None:
    assert _key_once_upright(tilt) == pytest.approx(_key_once_upright(0), abs=4)


def test_strength_zero_leaves_the_light_alone() -> None:
    linear, alpha, landmarks = _plain_face(relight.rig_shading(LightRig(key_azimuth_deg=-45)))
    gain = relight.plan(scene.scene(linear, alpha, landmarks), LightRig(strength=0, rim=0)).gain
    before = _read(linear, landmarks)
    after = _read(linear * gain, landmarks)
    assert after.key_fill_ratio == pytest.approx(before.key_fill_ratio, abs=0.35)
    assert after.azimuth_deg < 0


def test_the_gain_is_smooth_and_bounded() -> None:
    linear, alpha, landmarks = _plain_face(
        relight.rig_shading(LightRig(key_azimuth_deg=-70, key_fill_ratio=4))
    )
    gain = relight.plan(scene.scene(linear, alpha, landmarks), LightRig()).gain
    assert gain.min() > 0.2 and gain.max() < 4.5
    assert np.abs(np.diff(gain, axis=1)).max() < 0.25


def test_the_mesh_is_closed_and_faces_outwards() -> None:
    assert len(triangles()) == 852
    normals = vertex_normals(people.master().landmarks)
    # Cheek bones: left of the picture looks left, right looks right, the nose at us.
    assert normals[234, 0] < -0.5 < 0.5 < normals[454, 0]
    assert normals[4, 2] > 0.7


def _steps(linear: np.ndarray, unit: float) -> np.ndarray:
    """(h, w) stops per eye-to-chin distance across."""
    return np.abs(np.gradient(np.log2(np.maximum(linear[..., 1], 1e-4)), axis=1)) * unit


def test_no_seam_is_drawn_even_under_one_bare_lamp() -> None:
    # Hardest light from the wrong side: the gain has to move far. It may follow a shadow's edge, to open it,
    # and is a broad gradient wherever the photo has none.
    linear, alpha, landmarks = _plain_face(np.array([0.35, -0.95, 0.1, 0.5]))
    linear, unit = np.maximum(linear, 0.01), face_unit(landmarks)
    gain = relight.plan(scene.scene(linear, alpha, landmarks), LightRig(rim=0)).gain
    face = skin_region(landmarks, alpha.shape) > 0
    edges, margin = _steps(linear, unit).astype(np.float32), 2 * round(0.15 * unit) + 1
    smooth = cv2.dilate(edges, np.ones((margin, margin), np.uint8)) < 8
    assert (smooth & face).sum() > 300
    assert _steps(gain, unit)[smooth].max() < 9
    assert _steps(linear * gain, unit)[face].max() < edges[face].max()


def _with_glint(linear: LinearRGB, point: np.ndarray, amount: float) -> LinearRGB:
    x, y = np.rint(point[:2]).astype(int)
    glint = np.zeros(linear.shape[:2], np.float32)
    cv2.circle(glint, (int(x), int(y)), 9, 1.0, -1)
    return linear + amount * cv2.GaussianBlur(glint, (0, 0), 3)[..., None]


def _skin(shading: np.ndarray) -> tuple[LinearRGB, np.ndarray]:
    linear, _, landmarks = _plain_face(shading)
    return linear * np.array([1.3, 0.9, 0.7], np.float32), landmarks


def test_shine_is_powdered_and_gets_the_skin_colour_back() -> None:
    skin, landmarks = _skin(np.array([1.0, 0, 0, 0]))
    shiny = _with_glint(skin, landmarks[151], 0.25)
    gain = shine.powder(shiny, skin_region(landmarks, skin.shape[:2]), face_unit(landmarks))
    forehead, cheek = (gain[round(float(y)), round(float(x))] for x, y, _ in landmarks[[151, 205]])
    assert forehead.max() < 0.97
    # The blue of a white glint goes most: what is left is nearer to skin.
    assert forehead[2] < forehead[0] - 0.03
    np.testing.assert_allclose(cheek, 1.0, atol=0.03)


def _colour(linear: LinearRGB, landmarks: np.ndarray) -> Colour:
    return temperature.estimate(linear, landmarks, eye_white(linear, landmarks))


def test_warm_and_cool_are_told_apart_and_undone() -> None:
    master = people.master()
    warm = (master.foreground @ temperature.balance(Colour(5600), 4800).T).astype(np.float32)
    found = _colour(warm, master.landmarks)
    assert found.temperature_k < _colour(master.foreground, master.landmarks).temperature_k
    back = warm @ temperature.balance(Colour(4800), 5600).T
    np.testing.assert_allclose(back, master.foreground, atol=1e-3)


def test_green_light_is_told_and_undone() -> None:
    master = people.master()
    neutral = temperature.balance(_colour(master.foreground, master.landmarks), 5600)
    plain = np.maximum(master.foreground @ neutral.T, 0).astype(np.float32)
    green = np.array([2**-0.03, 2**0.06, 2**-0.03], np.float32)
    found = _colour(plain * green, master.landmarks)
    assert found.tint > _colour(plain, master.landmarks).tint + 0.02
    balanced = temperature.balance(Colour(5600, 0.06), 5600) @ (0.5 * green)
    np.testing.assert_allclose(balanced, balanced.mean(), atol=2e-3)


def test_a_white_collar_is_a_witness() -> None:
    master = people.master()
    collar = master.foreground.copy()
    (x, y), unit = np.rint(master.landmarks[152, :2]).astype(int), round(face_unit(master.landmarks))
    bluish = np.array([0.74, 0.8, 0.9], np.float32)
    collar[y + unit // 5 : y + unit, max(0, x - unit // 2) : x + unit // 2] = bluish
    seen = _colour(collar, master.landmarks)
    assert seen.temperature_k > _colour(master.foreground, master.landmarks).temperature_k + 150


def test_studio_white_changes_nothing() -> None:
    np.testing.assert_allclose(temperature.balance(Colour(5600), 5600), np.eye(3), atol=1e-5)


def test_one_sided_is_light_from_one_side_and_not_a_dark_frame_of_hair() -> None:
    bare_lamp, in_a_beard = np.array([0.5, -0.5, 0.1, 0.5]), np.array([0.3, 0.02, 0.1, 1.0])
    assert estimate.side_ratio(bare_lamp) > 7
    assert estimate.side_ratio(in_a_beard) < 1.5 < estimate.key_fill_ratio(in_a_beard)
    assert estimate.side_ratio(np.array([1.0, 0.0, 0.2, 0.3])) == 1.0


def test_a_plan_for_the_part_around_a_face_is_the_plan_for_the_whole_picture() -> None:
    master, rig = people.master(), LightRig(key_azimuth_deg=40, key_fill_ratio=2.5)
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    whole = scene.scene(small, shrunk(master.alpha, small), landmarks)
    face = whole.face()
    plan, part = relight.plan(whole, rig), relight.plan(face, rig)
    drawn = relight.drawn(part, whole, rig)

    assert face.linear.size < 0.5 * small.size
    np.testing.assert_allclose(np.log2(drawn), np.log2(plan.gain), atol=0.01)
    # What a search read on the skin is what is drawn there.
    left, top = (np.rint(landmarks[0, :2] - face.landmarks[0, :2])).astype(int)
    there = drawn[top : top + face.mask.shape[0], left : left + face.mask.shape[1]]
    np.testing.assert_allclose(there[face.mask > 0], part.gain[face.mask > 0], rtol=1e-5)
