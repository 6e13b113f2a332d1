"""Which of one person's pictures comes first, and which are one picture."""

import random

import cv2
import numpy as np
import pytest

from generation.imaging.ranking import order
from generation.imaging.ranking.signature import alike, moved, same, signature
from generation.imaging.types import Take
from tests.imaging import people

PERFECT = {"focus": 1.0, "exposure": 1.0, "composition": 1.0, "expression": 1.0, "likeness": 1.0}


def _signature(smile: float = 0.0, turn: float = 0.0, light: int = 0) -> str:
    """A made-up face: mouth corners out and up, everything but the outline sideways, brighter."""
    photo = people.checked()
    assert photo.face is not None and photo.decoded is not None
    points = photo.face.landmarks.copy()
    unit = float(np.ptp(points[:, 1]))
    points[[61, 78], 0] -= smile * unit
    points[[291, 308], 0] += smile * unit
    points[[61, 291, 78, 308, 205, 425], 1] -= smile * unit
    points[[1, 4, 98, 327, 13, 14, 61, 291, 0, 17, 152], 0] += turn * unit
    image = np.clip(photo.decoded.pixels.astype(int) + light, 0, 255).astype(np.uint8)
    return signature(image, points)


def _take(key: str, photo: str, focus: float = 1.0, signed: str = "", plain: bool = True) -> Take:
    return Take(key, photo, plain, {**PERFECT, "focus": focus}, signed or _signature())


def _keys(takes: list[Take]) -> list[str]:
    return [take.key for take in order.best_first(takes)]


def test_the_sharper_picture_comes_first() -> None:
    assert _keys([_take("1", "a", 0.4), _take("2", "b", 0.9)]) == ["2", "1"]


def test_the_style_itself_comes_before_its_variations() -> None:
    assert _keys([_take("1.2", "a", 0.9, plain=False), _take("1.1", "a", 0.88)]) == ["1.1", "1.2"]


def test_the_set_spans_the_photos() -> None:
    takes = [_take("a1", "a"), _take("a2", "a", 0.98, _signature(light=9)), _take("b1", "b", 0.7)]
    assert _keys(takes)[:2] == ["a1", "b1"]


def test_another_expression_goes_before_the_same_one() -> None:
    takes = [_take("1", "a"), _take("2", "b", 0.95), _take("3", "c", 0.85, _signature(smile=0.06))]
    assert _keys(takes) == ["1", "3", "2"]


def test_the_order_in_which_pictures_arrive_changes_nothing() -> None:
    takes = [_take(str(at), "ab"[at % 2], at / 9, _signature(smile=at / 90)) for at in range(7)]
    wanted = _keys(takes)
    for seed in range(5):
        random.Random(seed).shuffle(takes)
        assert _keys(takes) == wanted


@pytest.mark.parametrize(
    "other", [{"smile": 0.03}, {"turn": 0.05}, {"light": 8}], ids=["smile", "turn", "light"]
)
def test_expression_pose_and_light_make_another_picture(other: dict[str, float]) -> None:
    assert not order.repeats(_signature(**other), [_signature()])  # type: ignore[arg-type]


def test_a_thumbnail_would_not_have_seen_the_smile() -> None:
    """Only the points move here; not one pixel does."""
    assert moved(_signature(), _signature(smile=0.04)) > 0.02
    assert alike(_signature(), _signature(smile=0.04)) < alike(_signature(), _signature())


def test_the_same_picture_with_a_little_noise_is_the_same() -> None:
    photo = people.checked()
    assert photo.face is not None and photo.decoded is not None
    noise = np.random.default_rng(0).normal(0, 2, photo.decoded.pixels.shape)
    grainy = np.clip(photo.decoded.pixels + noise, 0, 255).astype(np.uint8)
    jitter = np.random.default_rng(1).normal(0, 0.004, photo.face.landmarks.shape)
    points = photo.face.landmarks + jitter.astype(np.float32) * np.ptp(photo.face.landmarks[:, 1])
    assert same(signature(grainy, points), _signature())


def test_a_signature_does_not_know_the_pictures_size() -> None:
    photo = people.checked()
    assert photo.face is not None and photo.decoded is not None
    half = cv2.resize(photo.decoded.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert same(signature(np.asarray(half), photo.face.landmarks / 2), _signature())


def test_photos_that_show_something_new_are_worked_on_first() -> None:
    front = {"head_pose_yaw_deg": 0.0, "smile": 0.1, "mouth_openness": 0.0}
    again, turned = {**front, "smile": 0.12}, {**front, "head_pose_yaw_deg": 18.0}
    smiling = {**front, "smile": 0.8}
    assert order.spanning([front, again, turned, smiling]) == [0, 2, 3, 1]
    assert order.spanning([]) == []


def test_a_damaged_signature_is_not_taken_for_one() -> None:
    with pytest.raises(ValueError):
        same("00ff", _signature())
