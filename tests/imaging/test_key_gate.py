"""A face whose light does not come from the style's side is not shown: it would stand out of every wall."""

from dataclasses import replace

import pytest

from branding.look import Look
from generation.imaging import gates, run
from generation.imaging.identity.encoder import embed
from generation.imaging.types import Gallery, Gate
from tests.imaging import people


def _look(azimuth: float, strength: float = 1.0) -> Look:
    light = Look().light.model_copy(update={"key_azimuth_deg": azimuth, "strength": strength})
    return Look().model_copy(update={"light": light})


def _key(made_for: Look, judged_by: Look, path: str = "") -> Gate:
    master = people.master(path)
    image = run.finish(master, made_for, (512, 640))
    photo = people.checked(path)
    assert photo.decoded and photo.face
    embedding = embed(photo.decoded.pixels, photo.face)
    gallery = Gallery((replace(photo, embedding=embedding),), ())
    return gates.judge(image, gates.measure(image, master, judged_by), master, gallery, judged_by)["key"]


@pytest.mark.parametrize("azimuth", [-35.0, 35.0])
def test_light_from_the_styles_side_passes(azimuth: float) -> None:
    assert _key(_look(azimuth), _look(azimuth)).passed


@pytest.mark.parametrize("azimuth", [-35.0, 35.0])
def test_light_from_the_other_side_does_not(azimuth: float) -> None:
    gate = _key(_look(azimuth), _look(-azimuth))

    assert not gate.passed
    assert gate.value > 1


def test_a_style_that_keeps_the_photos_light_keeps_its_side() -> None:
    assert _key(_look(-35), _look(35, strength=0.0)).passed


def test_a_key_before_the_face_comes_from_no_side() -> None:
    assert _key(_look(-35), _look(0)).passed


def test_light_too_hard_to_be_turned_is_refused() -> None:
    look = Look()

    assert not _key(look, look, "portraits/earl-blumenauer.jpg").passed
