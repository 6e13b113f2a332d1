"""Light: read from a face whose light we know, and moved to the rig without touching the skin."""

import cv2
import numpy as np
import pytest

from branding.look import LightRig
from generation.imaging.lighting import estimate, relight, temperature
from generation.imaging.lighting.normals import normal_map, triangles, vertex_normals
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


def test_the_light_moves_to_the_other_side() -> None:
    linear, alpha, landmarks = _plain_face(relight.rig_shading(LightRig(key_azimuth_deg=-45)))
    rig = LightRig(key_azimuth_deg=35, rim=0)
    gain = relight.plan(linear, alpha, landmarks, rig).gain
    assert _read(linear * gain[..., None], landmarks).azimuth_deg == pytest.approx(35, abs=12)


def test_strength_zero_leaves_the_light_alone() -> None:
    linear, alpha, landmarks = _plain_face(relight.rig_shading(LightRig(key_azimuth_deg=-45)))
    gain = relight.plan(linear, alpha, landmarks, LightRig(strength=0, rim=0)).gain
    before = _read(linear, landmarks)
    after = _read(linear * gain[..., None], landmarks)
    assert after.key_fill_ratio == pytest.approx(before.key_fill_ratio, abs=0.35)
    assert after.azimuth_deg < 0


def test_the_gain_is_smooth_and_bounded() -> None:
    linear, alpha, landmarks = _plain_face(
        relight.rig_shading(LightRig(key_azimuth_deg=-70, key_fill_ratio=4))
    )
    gain = relight.plan(linear, alpha, landmarks, LightRig()).gain
    assert gain.min() > 0.2 and gain.max() < 4.5
    assert np.abs(np.diff(gain, axis=1)).max() < 0.25


def test_the_mesh_is_closed_and_faces_outwards() -> None:
    assert len(triangles()) == 852
    normals = vertex_normals(people.master().landmarks)
    # Cheek bones: left of the picture looks left, right looks right, the nose at us.
    assert normals[234, 0] < -0.5 < 0.5 < normals[454, 0]
    assert normals[4, 2] > 0.7


def test_warm_and_cool_are_told_apart_and_undone() -> None:
    master = people.master()
    warm = (master.foreground @ temperature.balance(5600, 4800).T).astype(np.float32)
    assert temperature.estimate_k(warm, master.landmarks) < temperature.estimate_k(
        master.foreground, master.landmarks
    )
    back = warm @ temperature.balance(4800, 5600).T
    np.testing.assert_allclose(back, master.foreground, atol=1e-3)


def test_studio_white_changes_nothing() -> None:
    np.testing.assert_allclose(temperature.balance(5600, 5600), np.eye(3), atol=1e-5)
