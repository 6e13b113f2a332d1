"""Everything that conditions an edited picture changes it, and nothing else does."""

from typing import Literal

import pytest

from generation.imaging.prompt import Visible
from generation.imaging.types import Gallery
from tests.imaging.engines.sitters import apart, gallery, look, portraits

pytestmark = pytest.mark.usefixtures("edit_models")

QUALITIES = ("preview", "final")
Quality = Literal["preview", "final"]


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_same_order_gives_the_same_picture(quality: Quality) -> None:
    (one,), (again,) = portraits(gallery(), look(quality)), portraits(gallery(), look(quality))
    assert apart(one, again) == 0
    assert one.how == again.how


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(
    ("what", "other", "style"),
    [
        ("the first photo", gallery(2, 1), {}),
        ("the second photo", gallery(0, 2), {}),
        ("a photo less", gallery(0), {}),
        ("the order of the photos", gallery(1, 0), {}),
        ("the words", gallery(0, 1), {"wardrobe": "dark suit"}),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_each_photo_and_the_words_change_the_picture(
    quality: Quality, what: str, other: Gallery, style: dict[str, str]
) -> None:
    (one,) = portraits(gallery(0, 1), look(quality))
    (changed,) = portraits(other, look(quality, **style))
    assert apart(one, changed) > 0.02, f"{what} changed nothing"


@pytest.mark.parametrize("quality", QUALITIES)
def test_another_seed_is_another_picture(quality: Quality) -> None:
    (one,) = portraits(gallery(0), look(quality), seed=1)
    (other,) = portraits(gallery(0), look(quality), seed=2)
    assert apart(one, other) > 1


def test_what_the_person_does_not_wear_reaches_a_final_as_negative_words() -> None:
    (unknown,) = portraits(gallery(0), look())
    (bare,) = portraits(gallery(0), look(), visible=Visible(glasses=False))
    assert unknown.how["prompt"] == bare.how["prompt"]
    assert apart(unknown, bare) > 0.02


def test_guidance_weighs_the_words_of_a_final() -> None:
    (little,), (much,) = portraits(gallery(0), look(guidance=2.0)), portraits(gallery(0), look(guidance=8.0))
    assert apart(little, much) > 0.02


def test_candidates_start_from_one_photo_after_the_other() -> None:
    made = portraits(gallery(), look("preview"), count=4)
    assert [one.how["photo"] for one in made] == ["front.jpg", "mirrored.jpg", "closer.jpg", "front.jpg"]
    assert len({one.how["seed"] for one in made}) == 4
    assert apart(made[0], made[3]) > 1
