"""The plate behind everybody: five families, the same for all, and a lens that keeps light."""

from functools import cache

import cv2
import numpy as np
import pytest

from branding.look import Backdrop, Grade, Look
from generation.imaging import backdrop_file, color, decode, materials, run
from generation.imaging.errors import DecodeError, EngineError
from generation.imaging.finishing import backdrop, grade, office
from tests.imaging import people, rooms

SIZE = (256, 320)
KINDS = ["solid", "gradient", "paper", "canvas", "office"]


@cache
def room_id() -> str:
    """The content id of the drawn room, as an upload would leave it."""
    return materials.add(backdrop_file.prepare(rooms.room_jpeg()).content)


def chosen(kind: str, **values: object) -> Backdrop:
    image = room_id() if kind == "office" else ""
    return Backdrop.model_validate({"kind": kind, "color": "#8090a0", "image": image, **values})


@pytest.mark.parametrize("kind", KINDS)
def test_a_plate_repeats_exactly(kind: str) -> None:
    backdrop.plate.cache_clear()
    first = backdrop.plate(chosen(kind), SIZE)
    backdrop.plate.cache_clear()
    np.testing.assert_array_equal(first, backdrop.plate(chosen(kind), SIZE))
    assert first.shape == (SIZE[1], SIZE[0], 3)
    assert first.min() > 0 and first.max() <= 1
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0


@pytest.mark.parametrize("kind", KINDS)
def test_two_people_stand_before_the_same_pixels(kind: str) -> None:
    """Also with a table, grain and roll-off in the grade."""
    look = Look(backdrop=chosen(kind), grade=Grade(contrast=0.3, highlights=0.5, shadows=0.4, saturation=0.2))
    two = [run.finish(people.master(path), look, SIZE) for path in ("", "portraits/byron-donalds.jpg")]
    for corner in (np.s_[:40, :30], np.s_[:40, -30:]):
        assert people.difference(two[0][corner], two[1][corner]) == 0
    assert people.difference(*two) > 50


@pytest.mark.parametrize("kind", ["paper", "canvas"])
def test_another_colour_is_the_same_paper(kind: str) -> None:
    """Moving a colour or the vignette in the editor must not shuffle the texture."""
    one, other = (
        backdrop.plate(chosen(kind, color=tint, color_edge=tint, vignette=0), SIZE)
        for tint in ("#808080", "#c0c0c0")
    )
    share = other / one
    assert np.ptp(share) / share.mean() < 0.01


@pytest.mark.parametrize("kind", ["solid", "gradient"])
def test_smooth_backdrops_have_no_bands(kind: str) -> None:
    """Neighbouring code values mix, so that their mean is the value meant instead of a step."""
    plate = backdrop.plate(chosen(kind, vignette=0.4), (800, 1000))
    shown = grade.to_8_bit(plate).astype(np.float32)
    meant = color.linear_to_srgb(plate) * 255
    away = cv2.blur(shown - meant, (41, 41))[40:-40, 40:-40]
    assert np.abs(away).max() < 0.12


def test_a_preview_shows_the_paper_of_the_final() -> None:
    small = backdrop.plate(chosen("canvas"), (205, 256))
    large = backdrop.plate(chosen("canvas"), (1638, 2048))
    shrunk = cv2.resize(np.array(large), (205, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(color.linear_to_srgb(shrunk) - color.linear_to_srgb(small)).max() < 0.03


@pytest.mark.parametrize("radius", [0.7, 4.0, 13.0, 40.0])
def test_the_lens_keeps_all_light(radius: float) -> None:
    lamp = np.zeros((300, 260, 3), np.float32)
    lamp[140:143, 120:123] = [40.0, 30.0, 20.0]
    blurred = office.lens_blur(lamp, radius)
    np.testing.assert_allclose(blurred.sum(axis=(0, 1)), lamp.sum(axis=(0, 1)), rtol=0.01)


def test_a_lamp_becomes_a_disc_and_not_a_glow() -> None:
    """Even brightness inside, nothing outside: a Gaussian would fall off from the middle."""
    lamp = np.zeros((201, 201, 3), np.float32)
    lamp[100, 100] = 1000.0
    disc = office.lens_blur(lamp, 24.0)[..., 0]
    ys, xs = np.mgrid[-100:101, -100:101]
    away = np.hypot(xs, ys)
    inside, outside = disc[away < 17], disc[away > 30]
    assert inside.min() > 0.9 * inside.max()
    assert outside.max() < 0.02 * inside.max()


def test_blur_leaves_an_even_wall_as_it_is_and_smooths_the_shelves() -> None:
    sharp = office.office(chosen("office", blur=0.0), (410, 512))
    soft = office.office(chosen("office", blur=0.8), (410, 512))
    wall, shelves = np.s_[338:348, 60:250], np.s_[60:340, 325:400]
    np.testing.assert_allclose(soft[wall].mean(), sharp[wall].mean(), rtol=0.1)
    assert soft[shelves].std() < 0.5 * sharp[shelves].std()


def test_lamps_stay_bright_when_they_are_spread() -> None:
    """The camera had clipped them: averaged as they are they would turn grey."""
    soft = office.office(chosen("office", blur=0.5), (410, 512))
    # The small lamp between the windows and the shelves.
    sharp = office.office(chosen("office", blur=0.0), (410, 512))
    y, x = np.unravel_index(sharp[150:220, 280:330].mean(axis=2).argmax(), (70, 50))
    assert soft[150 + y, 280 + x].min() > 0.5


@pytest.mark.parametrize("size", [(1638, 2048), (648, 648), (1000, 400), (300, 900)])
def test_any_shape_is_covered_without_stretching(size: tuple[int, int]) -> None:
    picture = np.zeros((2048, 2560, 3), np.uint8)
    cv2.circle(picture, (1280, 1024), 200, (255, 255, 255), -1)
    found, content = cv2.imencode(".png", picture)
    assert found
    key = materials.add(content.tobytes())
    plate = office.office(Backdrop(kind="office", image=key, blur=0), size)
    ys, xs = np.nonzero(plate[..., 0] > 0.5)
    assert np.ptp(xs) == pytest.approx(np.ptp(ys), abs=3)
    assert abs(xs.mean() - size[0] / 2) < 2 and abs(ys.mean() - size[1] / 2) < 2


def test_the_focal_point_moves_the_crop_as_far_as_the_picture_goes() -> None:
    left, right = (
        office.office(Backdrop(kind="office", image=room_id(), blur=0, focus_x=x), SIZE) for x in (0.0, 1.0)
    )
    picture = color.srgb8_to_linear(
        decode.decode_photo(backdrop_file.prepare(rooms.room_jpeg()).content).pixels
    )
    for plate, edge in ((left, picture[:, :8]), (right, picture[:, -8:])):
        column = 0 if plate is left else -1
        assert np.abs(plate[:, column].mean(axis=0) - edge.mean(axis=(0, 1))).max() < 0.03


def test_exposure_warmth_and_tint_match_the_room_to_the_light() -> None:
    def mean(**values: float) -> np.ndarray:
        made = office.office(chosen("office", blur=0.3, **values), SIZE)
        return np.asarray(made[200:].mean(axis=(0, 1)))

    plain, dark, warm, magenta = mean(), mean(exposure_ev=-1), mean(warmth=1), mean(tint=1)
    np.testing.assert_allclose(dark, plain / 2, rtol=0.02)
    assert warm[0] / warm[2] > 1.3 * plain[0] / plain[2]
    assert magenta[1] / magenta[0] < 0.95 * plain[1] / plain[0]


def test_an_upload_is_kept_without_metadata_and_not_larger_than_needed() -> None:
    kept = backdrop_file.prepare(rooms.room_jpeg(3000, 2400))
    assert (kept.width_px, kept.height_px) == (2560, 2048)
    decoded = decode.decode_photo(kept.content)
    assert decoded.format == "PNG"
    np.testing.assert_array_equal(decoded.pixels, kept.pixels)
    assert b"Test Camera" not in kept.content and b"eXIf" not in kept.content


def test_a_small_picture_is_refused_with_its_size() -> None:
    with pytest.raises(DecodeError) as error:
        backdrop_file.prepare(rooms.room_jpeg(2000, 1500))
    assert (error.value.code, error.value.data["height"]) == ("backdrop_too_small", 1500)


def test_a_missing_or_wrong_file_is_our_fault_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, bytes] = {"1" * 64: b"something else"}
    monkeypatch.setattr(materials, "_sources", [kept.__getitem__])
    with pytest.raises(EngineError) as missing:
        backdrop.plate(Backdrop(kind="office", image="0" * 64), SIZE)
    assert missing.value.code == "material_missing"
    with pytest.raises(EngineError) as wrong:
        materials.read("1" * 64)
    assert wrong.value.code == "material_damaged"
