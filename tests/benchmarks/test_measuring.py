"""The measuring code measures: known light, known split, known memory."""

import math

import numpy as np
import pytest

from branding.look import STARTERS
from generation.imaging import color, samples
from generation.imaging.decode import decode_photo
from generation.imaging.lighting.relight import rig_shading
from tests.benchmarks import halves_light, looking, material, probe
from tests.benchmarks.bars import Outcome, judge, share

GREY = 128


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, np.ndarray]:
    pixels = decode_photo(samples.portrait_files()["eileen-collins.png"]).pixels
    points = looking.find(pixels)
    assert points is not None
    return pixels, points


def lit(points: np.ndarray, shape: tuple[int, int], azimuth: float) -> np.ndarray:
    """A plaster cast of the face under one lamp."""
    lamp = np.array([math.sin(math.radians(azimuth)), 0.2, math.cos(math.radians(azimuth))])
    return 0.3 * lit_by(points, shape, lamp, 1.0)


def lit_by(points: np.ndarray, shape: tuple[int, int], lamp: np.ndarray, ambient: float) -> np.ndarray:
    """Every mesh triangle painted with its shading."""
    import cv2
    from scipy.spatial import Delaunay

    flat = points[:468] * np.array([1, -1, -1], np.float32)
    out = np.full(shape, 1.3, np.float32)
    for corners in Delaunay(points[:468, :2]).simplices:
        normal = np.cross(flat[corners[1]] - flat[corners[0]], flat[corners[2]] - flat[corners[0]])
        normal = normal * np.sign(normal[2]) / max(float(np.linalg.norm(normal)), 1e-6)
        cv2.fillConvexPoly(out, np.rint(points[corners, :2]).astype(np.int32), float(ambient + normal @ lamp))
    return np.repeat(out[..., None], 3, axis=2)


@pytest.mark.parametrize("azimuth", [-50, -20, 0, 35, 60])
def test_the_light_on_a_plaster_cast_is_found(face, azimuth: int) -> None:
    pixels, points = face
    picture = color.linear_to_srgb8(lit(points, pixels.shape[:2], azimuth))
    seen = looking.look(picture, points)
    assert seen is not None
    assert seen.azimuth_deg == pytest.approx(azimuth, abs=6)


def test_moving_and_turning_the_picture_moves_the_numbers(face) -> None:
    import cv2

    pixels, points = face
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -5, 1.0)
    turned = looking.look(cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))
    plain = looking.look(pixels, points)
    assert turned is not None and plain is not None
    assert turned.roll_deg - plain.roll_deg == pytest.approx(5, abs=0.7)
    lower = looking.look(np.roll(pixels, 50, axis=0))
    assert lower is not None
    assert lower.eye_line - plain.eye_line == pytest.approx(50 / height, abs=0.004)


def test_a_lighter_picture_has_lighter_skin(face) -> None:
    pixels, points = face
    plain = looking.look(pixels, points)
    lighter = looking.look(pixels, points, np.eye(3) * 1.3)
    assert plain is not None and lighter is not None
    assert lighter.skin[0] > plain.skin[0] + 4
    assert lighter.ita_deg > plain.ita_deg


def test_the_split_is_stable_and_keeps_a_person_together() -> None:
    names = [f"portraits/person-{index}.jpg" for index in range(200)]
    parts = [material.part_of(name) for name in names]
    assert 70 <= parts.count("tune") <= 130
    assert material.part_of("portraits/al-green.jpg") == material.part_of("identities/al-green__2024.jpg")
    assert material.part_of("portraits/al-green.jpg") == "report"


def test_the_probe_sees_memory_that_numpy_takes() -> None:
    figure = probe.measure(lambda: np.ones((40, 1024, 1024), np.uint8).sum(), rounds=1)
    assert 35 <= figure.extra_mb <= 90


def test_a_bar_is_judged_for_all_and_for_each_part() -> None:
    rows = [("tune", 1.0), ("tune", 1.0), ("report", 3.0)]
    bar = judge(
        "b", "<= 2", rows, lambda row: row[0], lambda some: Outcome("x", max(v for _, v in some) <= 2)
    )
    assert not bar.all.passed and bar.tune.passed and not bar.report.passed
    empty = judge("b", "<= 2", rows[:2], lambda row: row[0], lambda some: Outcome("x", True))
    assert empty.report is None and empty.all.passed


def test_share_counts() -> None:
    assert share([True, True, False, True]) == 0.75
    assert math.isnan(share([]))


RIG = STARTERS["corporate"].light


def from_aside(points: np.ndarray, shape: tuple[int, int], lateral: float) -> np.ndarray:
    """A plaster cast under light that has the rig's front and height, and `lateral` from aside."""
    _, _, up, front = rig_shading(RIG)
    return lit_by(points, shape, np.array([lateral, up, front]), 1.0) / 3


@pytest.mark.parametrize("azimuth", [-50, -20, 0, 35, 60])
def test_the_halves_of_a_plaster_cast_tell_where_its_light_comes_from(face, azimuth: int) -> None:
    pixels, points = face
    lateral = math.tan(math.radians(azimuth)) * rig_shading(RIG)[3]
    picture = color.linear_to_srgb8(from_aside(points, pixels.shape[:2], lateral))
    assert halves_light.halves(picture, points, RIG).azimuth_deg == pytest.approx(azimuth, abs=6)


def test_a_beard_is_no_light_to_the_halves_of_a_face(face) -> None:
    import cv2

    pixels, points = face
    cast = from_aside(points, pixels.shape[:2], rig_shading(RIG)[1])
    outline = [132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 291, 61]
    beard = cv2.fillPoly(np.ones_like(cast), [np.rint(points[outline, :2]).astype(np.int32)], (0.15,) * 3)
    plain = halves_light.halves(color.linear_to_srgb8(cast), points, RIG)
    hidden = halves_light.halves(color.linear_to_srgb8(cast * beard), points, RIG)
    assert hidden.azimuth_deg == pytest.approx(plain.azimuth_deg, abs=3)


@pytest.mark.parametrize(
    "rig", [RIG, RIG.model_copy(update={"key_azimuth_deg": -40.0, "key_fill_ratio": 2.2})]
)
def test_a_real_face_that_is_lit_by_exactly_the_rig_reads_so(face, rig) -> None:
    pixels, points = face
    lit, near = halves_light.known(pixels, points, rig)
    assert halves_light.halves(lit, near, rig).azimuth_deg == pytest.approx(rig.key_azimuth_deg, abs=7)
