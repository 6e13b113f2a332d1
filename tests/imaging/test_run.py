"""The stages together: candidates that are the person, repeatable, never one that fails a gate."""

from dataclasses import replace

import numpy as np
import pytest

from branding.look import Look
from generation.imaging import photocheck, run
from generation.imaging.errors import Cancelled, SubjectError
from generation.imaging.types import Gallery
from tests.imaging import people

SIZE = (320, 400)
PHOTO = "portraits/byron-donalds.jpg"


def _gallery(*paths: str) -> Gallery:
    return photocheck.build_gallery([people.checked(path) for path in paths])


def test_one_photo_gives_variations_that_say_so_and_repeat() -> None:
    first = list(run.headshots(_gallery(PHOTO), Look(), seed=5, count=3, size=SIZE))
    again = list(run.headshots(_gallery(PHOTO), Look(), seed=5, count=3, size=SIZE))
    assert [one.rank for one in first] == list(range(1, len(first) + 1))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert len({str(one.variation) for one in first}) == len(first)
    for one in first:
        assert all(gate.passed for gate in one.gates.values())
        assert abs(one.eye_line - Look().framing.eye_line) <= 0.005
        assert abs(one.head_height - Look().framing.head_height) <= 0.015
        assert abs(one.roll_deg) <= 0.7


def test_another_persons_photo_in_the_gallery_is_never_shown() -> None:
    mine, other = people.checked(PHOTO), people.checked("portraits/tim-scott.jpg")
    swapped = Gallery((replace(other, embedding=mine.embedding),), ())
    with pytest.raises(SubjectError) as error:
        list(run.headshots(swapped, Look(), seed=0, count=1, size=SIZE))
    assert error.value.code == "gate_likeness"


def test_nobody_usable_says_so() -> None:
    with pytest.raises(SubjectError) as error:
        list(run.headshots(Gallery((), ()), Look(), seed=0, count=1))
    assert error.value.code == "no_usable_photo"


def test_the_caller_can_stop_between_steps() -> None:
    def stop(stage: str, share: float) -> None:
        raise Cancelled("asked")

    with pytest.raises(Cancelled):
        list(run.headshots(_gallery(PHOTO), Look(), seed=0, count=1, size=SIZE, progress=stop))
