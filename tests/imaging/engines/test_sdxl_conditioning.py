"""Everything that SDXL is given changes its picture, and nothing else does: turn it off and compare."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation.imaging.engines.conditions import resized
from generation.imaging.prompt import Visible
from generation.imaging.types import SRGB8
from tests.imaging.engines import shoots

with_options = shoots.with_options


@pytest.fixture(autouse=True)
def _weights() -> Iterator[None]:
    with shoots.using(shoots.store()):
        yield


@cache
def baseline() -> SRGB8:
    return shoots.drawn()[0]


def test_the_same_arguments_give_the_same_bytes() -> None:
    np.testing.assert_array_equal(shoots.drawn()[0], baseline())


@pytest.mark.parametrize(
    "look",
    [
        with_options(control={"pose": 0.0}),
        with_options(control={"depth": 0.0}),
        with_options(control={"canny": 0.0}),
        with_options(control={"pose": 0.0, "depth": 0.0, "canny": 0.0}),
        with_options(control={"until": 0.4}),
        with_options(identity=0.0),
        with_options(style=0.0),
        with_options(guidance=1.0),
        with_options(strength=0.15),
        with_options(strength=1.0),
        with_options(steps=30),
        with_options(sampler="unipc"),
        shoots.LOOK.model_copy(update={"wardrobe": "scrubs or white coat"}),
        shoots.LOOK.model_copy(update={"mood": "calm, kind"}),
    ],
    ids=["pose", "depth", "canny", "all controls", "until", "identity", "style", "guidance", "strength",
         "from noise", "steps", "sampler", "wardrobe", "mood"],
)  # fmt: skip
def test_everything_that_a_look_says_shows(look: Look) -> None:
    assert (shoots.drawn(look)[0] != baseline()).any()


def _black(posed: Any) -> Any:
    return replace(posed, picture=np.zeros_like(posed.picture))


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 4},
        {"visible": Visible(glasses=True)},
        # Only the negative prompt knows of it.
        {"visible": Visible(glasses=False)},
        {"style": (np.full((64, 64, 3), (200, 90, 20), np.uint8),)},
        {"pose": lambda photo, size, loose: _black(shoots.pose(photo, size, loose))},
    ],
    ids=["seed", "worn", "not worn", "style picture", "the person before the plate"],
)
def test_everything_that_a_sitting_says_shows(changes: dict[str, Any]) -> None:
    assert (shoots.drawn(**changes)[0] != baseline()).any()


@pytest.mark.parametrize("what", ["landmarks", "body", "alpha"])
def test_pose_and_depth_are_the_persons(what: str) -> None:
    def moved(photo: Any, size: tuple[int, int], loose: float) -> Any:
        posed = shoots.pose(photo, size, loose)
        value = getattr(posed, what)
        return replace(
            posed, **{what: np.roll(value, 9, axis=1) if what == "alpha" else value + np.float32(9)}
        )

    assert (shoots.drawn(pose=moved)[0] != baseline()).any()


def test_the_photos_of_the_person_condition_the_picture() -> None:
    """The same pose, plate and words with somebody else's face crops."""
    mine = shoots.gallery()
    photo = mine.photos[0]
    assert photo.decoded is not None
    mirrored = np.ascontiguousarray(255 - photo.decoded.pixels)
    other = replace(photo, decoded=replace(photo.decoded, pixels=mirrored))
    assert (shoots.drawn(who=replace(mine, photos=(other,)))[0] != baseline()).any()
    # Without weight of identity they are nobody's.
    silent = with_options(identity=0.0)
    np.testing.assert_array_equal(
        shoots.drawn(silent, who=replace(mine, photos=(other,)))[0], shoots.drawn(silent)[0]
    )


def test_without_style_its_pictures_say_nothing() -> None:
    silent = with_options(style=0.0)
    other = (np.full((64, 64, 3), (200, 90, 20), np.uint8),)
    np.testing.assert_array_equal(shoots.drawn(silent, style=other)[0], shoots.drawn(silent)[0])


def test_a_picture_does_not_depend_on_how_many_are_drawn() -> None:
    one, two = shoots.drawn(), shoots.drawn(count=2)
    assert len(two) == 2
    assert (two[0] != two[1]).any()
    # Batches of other sizes round differently in the last bit, no more.
    assert int(np.abs(two[0].astype(int) - one[0].astype(int)).max()) <= 1


def test_the_second_pass_draws_detail_at_twice_the_size() -> None:
    large = shoots.drawn(with_options(refine=0.1), size=(960, 1200))[0]
    small = baseline()
    assert large.shape[0] == 2 * small.shape[0] and large.shape[1] == 2 * small.shape[1]
    plain = resized(shoots.pose(shoots.gallery().photos[0], (small.shape[1], small.shape[0]), 0.9),
                    (large.shape[1], large.shape[0])).picture  # fmt: skip
    assert (large != plain).any()


def test_conditions_let_go_entirely() -> None:
    """Two steps, of which the first is beyond a tenth: no condition has a say, as if there were none."""
    released = with_options(control={"until": 0.1})
    without = with_options(control={"pose": 0.0, "depth": 0.0, "canny": 0.0})
    np.testing.assert_array_equal(shoots.drawn(released)[0], shoots.drawn(without)[0])
