"""Small photos enlarged: no blocks, no rings, no more noise, and sharper where there is something to see."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from branding.look import Look
from generation.imaging import color, prepare, run
from generation.imaging.finishing import detail
from generation.imaging.landmarks import face_unit
from generation.imaging.types import SRGB8
from tests.imaging import people


def _jpeg(pixels: SRGB8, quality: int) -> SRGB8:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out))


def _luma(pixels: SRGB8) -> np.ndarray:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)[..., 0], np.float32)


def _noisy(pixels: SRGB8, sigma: float) -> SRGB8:
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _smooth() -> SRGB8:
    """The astronaut without JPEG or grain of her own."""
    return np.asarray(cv2.resize(people.astronaut(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def test_the_grid_is_found_wherever_the_photo_was_cut() -> None:
    strong = detail.blockiness(_luma(_jpeg(_smooth(), 20)[3:, 5:]))
    assert strong[0] > 1.3 and strong[1:] == (2, 4)
    assert detail.blockiness(_luma(_smooth()))[0] < 1.1


def test_blocks_go_and_edges_stay() -> None:
    blocky = _jpeg(_smooth(), 15)[3:, 5:]
    cleaned, meant = detail.clean(blocky), _luma(_smooth()[3:, 5:])
    assert detail.blockiness(_luma(cleaned))[0] < 0.5 + 0.5 * detail.blockiness(_luma(blocky))[0]
    assert np.abs(_luma(cleaned) - meant).mean() < np.abs(_luma(blocky) - meant).mean()
    edges = np.abs(cv2.Sobel(meant, -1, 1, 0)) > 120
    kept = np.abs(cv2.Sobel(_luma(cleaned), -1, 1, 0))[edges].mean()
    assert kept > 0.85 * np.abs(cv2.Sobel(_luma(blocky), -1, 1, 0))[edges].mean()


def test_noise_is_measured_and_reduced() -> None:
    noisy, meant = _noisy(_smooth(), 9), _luma(_smooth())
    assert detail.noise(_luma(noisy)) > 4 * detail.noise(meant)
    cleaned = detail.clean(noisy)
    assert np.abs(_luma(cleaned) - meant).mean() < 0.7 * np.abs(_luma(noisy) - meant).mean()


def test_a_clean_photo_is_left_alone() -> None:
    assert detail.clean(_smooth()) is not None
    picture = _smooth()
    assert detail.clean(picture) is picture


@pytest.mark.parametrize("factor", [1.3, 2.0, 4.0])
def test_enlarging_makes_no_rings(factor: float) -> None:
    square = np.full((64, 64, 3), 0.3, np.float32)
    square[20:44, 20:44] = 0.8
    large = detail.enlarge(square, np.ones((64, 64), np.float32), factor)
    assert large.shape == (round(64 * factor), round(64 * factor), 3)
    assert large.max() < 0.8 + 0.05 and large.min() > 0.3 - 0.05


def test_enlarging_brings_back_more_than_bicubic() -> None:
    """A picture made half as large and enlarged again is nearer to itself."""
    whole = np.sqrt(color.srgb8_to_linear(_smooth()))
    size = (whole.shape[1] // 2 * 2, whole.shape[0] // 2 * 2)
    whole = whole[: size[1], : size[0]]
    half = cv2.resize(whole, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
    ours = detail.enlarge(half, np.ones(half.shape[:2], np.float32), 2.0)
    bicubic = cv2.resize(half, size, interpolation=cv2.INTER_CUBIC)
    assert ((ours - whole) ** 2).mean() < 0.9 * ((bicubic - whole) ** 2).mean()


def test_sharpening_leaves_grain_and_sharpens_lashes() -> None:
    flat = np.full((200, 200, 3), 0.2, np.float32)
    flat += np.random.default_rng(1).normal(0, 0.004, (200, 200, 1)).astype(np.float32)
    flat = cv2.GaussianBlur(flat, (0, 0), 1.0)
    flat[:, 100:] *= 0.3
    flat = cv2.GaussianBlur(flat, (0, 0), 1.5)
    out = detail.sharpen(flat, np.ones((200, 200), np.float32), 2.0)
    calm = np.s_[40:160, 20:80]
    assert out[calm].std() < 1.25 * flat[calm].std()
    steepest = [float(np.abs(np.diff(one[100, 80:120, 0])).max()) for one in (flat, out)]
    assert steepest[1] > 1.1 * steepest[0]
    assert detail.sharpen(flat, np.ones((200, 200), np.float32), 1.0) is flat


def test_an_installed_model_enlarges_before_the_picture_is_developed() -> None:
    """The seam: a small photo comes with more pixels, and finishes as others do."""
    photo = people.checked("portraits/byron-donalds.jpg")
    before, face = prepare.prepared(photo)
    detail.install(lambda pixels, factor: cv2.resize(pixels, None, fx=factor, fy=factor))
    try:
        after, larger = prepare.prepared(photo)
    finally:
        detail.install(None)
    factor = after.shape[1] / before.shape[1]
    assert factor > 1.2
    assert face_unit(larger.landmarks) == pytest.approx(factor * face_unit(face.landmarks), rel=0.02)


def test_a_final_says_how_far_it_was_enlarged() -> None:
    from generation.imaging import gates
    from generation.imaging.finishing.vary import Variation

    master = people.master("portraits/byron-donalds.jpg")
    told = gates.told(Variation(), master, Look(), run.FINAL_SIZE)
    assert told["enlargement"] == pytest.approx(
        Look().framing.head_height * run.FINAL_SIZE[1] / face_unit(master.landmarks), rel=0.02
    )
    assert told["enlargement"] > 1.15
    picture = run.finish(master, Look(), run.FINAL_SIZE)
    assert picture.shape == (2048, 1638, 3)
    assert np.isfinite(color.srgb8_to_linear(picture)).all()
