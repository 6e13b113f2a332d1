"""Other clothes, the same head: not a bit of face, hair and neck changes, and no seam shows."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation.imaging.engines.base import Posed, Sitting
from generation.imaging.engines.clothes import clothes_mask, put_under
from generation.imaging.engines.table import find_engine
from generation.imaging.landmarks import FACE_OVAL, LEFT_EYE, region
from generation.imaging.types import SRGB8, Alpha
from tests.imaging.engines import shoots

LOOK = shoots.with_options(Look(engine="wardrobe"), steps=20, strength=0.3, refine=0.0)


@pytest.fixture(autouse=True)
def _weights() -> Iterator[None]:
    with shoots.using(shoots.store()):
        yield


@cache
def posed() -> Posed:
    return shoots.pose(shoots.photo(), (96, 120), 0.9)


@cache
def mask() -> Alpha:
    return clothes_mask(posed())


def photo() -> SRGB8:
    decoded = posed().photo.decoded
    assert decoded is not None
    return decoded.pixels


@cache
def dressed() -> SRGB8:
    return shoots.drawn(LOOK)[0]


def test_face_hair_and_neck_are_the_photos_own_bits() -> None:
    changed = (dressed() != photo()).any(axis=-1)
    assert not changed[mask() == 0].any()
    face = posed().photo.face
    assert face is not None
    for part in (FACE_OVAL, LEFT_EYE):
        assert not changed[region(face.landmarks, part, mask().shape) > 0].any()
    # The head is no small part of the picture, and the clothes are not either.
    assert 0.15 < (mask() == 0).mean() < 0.85


def test_clothes_are_drawn_anew() -> None:
    inside = mask() > 0.9
    difference = np.abs(dressed().astype(int) - photo().astype(int)).max(axis=-1)
    assert inside.mean() > 0.1
    assert (difference[inside] > 0).mean() > 0.5


def test_words_and_seed_decide_the_clothes() -> None:
    other = LOOK.model_copy(update={"wardrobe": "scrubs or white coat"})
    assert (shoots.drawn(other)[0] != dressed()).any()
    assert (shoots.drawn(LOOK, seed=9)[0] != dressed()).any()
    np.testing.assert_array_equal(shoots.drawn(LOOK)[0], dressed())


def test_a_second_pass_changes_clothes_only() -> None:
    detailed = shoots.drawn(shoots.with_options(LOOK, refine=0.1), size=(400, 500))[0]
    assert (detailed != dressed()).any()
    assert not (detailed != photo()).any(axis=-1)[mask() == 0].any()


def test_a_colour_shift_of_the_model_leaves_no_seam() -> None:
    """A decoder that makes all darker and bluer: beside the seam the clothes have the photo's colour."""
    shifted = np.clip(photo().astype(int) + np.array([-14, -10, 6]), 0, 255).astype(np.uint8)
    put = put_under(posed(), shifted, mask()).astype(int)
    seam = (mask() > 0.05) & (mask() < 0.6)
    unclipped = seam & (photo().min(axis=-1) > 20) & (photo().max(axis=-1) < 240)
    assert np.abs(put - photo().astype(int))[unclipped].mean() < 3


def test_a_tilted_head_keeps_its_hair() -> None:
    """The mask follows the head's axis: nothing above the chin is drawn."""
    face = posed().photo.face
    assert face is not None
    chin = int(face.landmarks[152, 1])
    unit = int(face.landmarks[152, 1] - face.landmarks[468, 1])
    assert not mask()[: chin - unit // 4].any()


def test_how_says_what_was_kept() -> None:
    sitting: Sitting = shoots.sitting()
    found = find_engine("wardrobe").photograph(
        shoots.gallery(), LOOK, sitting=sitting, seed=1, count=1, progress=lambda *_: None
    )
    portrait = next(found)
    assert portrait.source == "generated"
    assert portrait.how["kept"] == "head"
    assert portrait.how["strength"] == pytest.approx(0.51)
